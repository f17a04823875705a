package facade

import (
	"sync"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// pollFile shows an endpoint's readiness on a descriptor: one end of a pair of
// AF_UNIX streams. It is readable while a byte of the other end waits in it, and
// not writable while its own send buffer is full.
type pollFile struct {
	fd    int // the end to wait on
	other int
	ep    endpoint.Endpoint

	marks       chan struct{}
	quit, ended chan struct{}

	mu      sync.Mutex
	in, out bool
	closed  bool
}

func newPollFile(ep endpoint.Endpoint) (*pollFile, endpoint.Errno) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		errno, _ := err.(unix.Errno)
		return nil, endpoint.Errno(errno)
	}
	// The kernel raises it to its minimum: the less there is to fill.
	unix.SetsockoptInt(pair[0], unix.SOL_SOCKET, unix.SO_SNDBUF, 1)
	f := &pollFile{
		fd: pair[0], other: pair[1], ep: ep, out: true,
		marks: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	go f.run()
	return f, 0
}

// mark has the descriptor brought up to date soon: it may be called with locks
// of the stack held.
func (f *pollFile) mark() {
	select {
	case f.marks <- struct{}{}:
	default:
	}
}

func (f *pollFile) run() {
	defer close(f.ended)
	for {
		select {
		case <-f.marks:
			f.sync()
		case <-f.quit:
			return
		}
	}
}

// sync brings the descriptor up to date.
func (f *pollFile) sync() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	in, out := visible(f.ep.Ready())
	if in != f.in {
		f.setIn(in)
	}
	if out != f.out {
		f.setOut(out)
	}
}

func (f *pollFile) setIn(in bool) {
	f.in = in
	var b [1]byte
	if in {
		unix.Write(f.other, b[:])
	} else {
		unix.Read(f.fd, b[:])
	}
}

func (f *pollFile) setOut(out bool) {
	f.out = out
	var b [1024]byte
	move := func() (int, error) { return unix.Write(f.fd, b[:]) }
	if out {
		move = func() (int, error) { return unix.Read(f.other, b[:]) }
	}
	for {
		if n, err := move(); n <= 0 && err != unix.EINTR {
			return
		}
	}
}

// close closes the descriptor and waits for the goroutine that serves it.
func (f *pollFile) close() {
	f.mu.Lock()
	f.closed = true
	unix.Close(f.fd)
	unix.Close(f.other)
	f.mu.Unlock()
	close(f.quit)
	<-f.ended
}
