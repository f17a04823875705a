package facade

import (
	"runtime"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// noFD is the number of a descriptor that is not there.
const noFD = -1

// Fileno returns a descriptor that poll(2), select(2) and epoll(7) can wait on;
// -1 for a closed socket. On the kernel path it is the socket's own, which is
// non-blocking in every mode: a socket of KernelPrefixes is not on that path.
//
// Otherwise it is one that stands for the socket: it is readable and writable
// when the socket is, and an error or hang-up shows as both. It is there to wait
// on, and for FromFD, SocketFromFileno and CloseFD, not to read, write or close;
// it is closed with the socket. Only Linux has it: elsewhere the error is ENOSYS.
func (s *Socket) Fileno() (int, error) {
	const op = "fileno"
	e, err := s.engineFor(op)
	if err != nil {
		return noFD, err
	}
	defer runtime.KeepAlive(e)
	fd, errno := e.openFileno()
	return fd, errnoError(op, nil, errno)
}

// descriptor is an endpoint that has a descriptor of the kernel's.
type descriptor interface {
	FD() int
	// Use runs fn with the descriptor, which stays open until fn returns.
	Use(fn func(fd int) endpoint.Errno) endpoint.Errno
	// Release gives the descriptor up, still open, and closes the endpoint.
	Release() (int, endpoint.Errno)
}

// openFileno returns the descriptor that stands for the socket, made when it is
// first asked for.
func (t *traffic) openFileno() (int, endpoint.Errno) {
	t.filenoMu.Lock()
	defer t.filenoMu.Unlock()
	if t.fd != noFD {
		return t.fd, 0
	}
	if t.closed.Load() {
		return noFD, endpoint.EBADF
	}
	var shown *pollFile
	fd := noFD
	if own, ok := t.ep.(descriptor); ok {
		fd = own.FD()
	} else {
		f, errno := newPollFile(t.ep)
		if errno != 0 {
			return noFD, errno
		}
		shown, fd = f, f.fd
	}
	if fd == noFD || !t.m.filenos.add(fd, t) {
		if shown != nil {
			shown.close()
		}
		return noFD, endpoint.EBADF
	}
	t.fd = fd
	if shown != nil {
		t.fileno.Store(shown)
		t.shown.add(shown)
		shown.sync()
	}
	return fd, 0
}

// closeFileno ends what stands for the socket. It comes before the endpoint is
// closed, and its descriptor's number with it.
func (t *traffic) closeFileno() {
	t.filenoMu.Lock()
	defer t.filenoMu.Unlock()
	if t.fd == noFD {
		return
	}
	t.m.filenos.forget(t.fd, t)
	t.fd = noFD
	if f := t.fileno.Swap(nil); f != nil {
		t.shown.remove(f)
		f.close()
	}
}

// visible is what a descriptor can show: errors and hang-ups make it readable
// and writable, as select(2) has them.
func visible(ready endpoint.Events) (in, out bool) {
	return ready&endpoint.Readable != 0, ready&endpoint.Writable != 0
}
