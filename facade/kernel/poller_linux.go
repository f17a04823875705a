package kernel

import (
	"os"
	"syscall"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

const (
	pollerEvents = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET
	// harvestSize is the number of events that one epoll_wait takes.
	harvestSize = 256
)

// poller is one edge-triggered epoll instance and the goroutine that harvests
// it. The instance is itself waited for by Go's runtime poller, so that no
// thread is blocked in epoll_wait(2).
//
// No edge is lost: every event on a socket also wakes who polls the instance
// (ep_poll_callback, fs/eventpoll.c), and the runtime is only waited for after
// a harvest that found nothing. Events carry the socket's cookie, not the
// descriptor's number, so that a number in use again gets none of its
// predecessor's.
type poller struct {
	file *os.File
	conn syscall.RawConn
	done chan struct{}
}

func newPoller(p *Provider) (*poller, endpoint.Errno) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, errnoOf(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		closeFD(fd)
		return nil, errnoOf(err)
	}
	po := &poller{file: os.NewFile(uintptr(fd), "epoll"), done: make(chan struct{})}
	// A file that the runtime's poller does not take has no deadlines.
	if err := po.file.SetReadDeadline(time.Time{}); err != nil {
		po.file.Close()
		return nil, endpoint.ENOMEM
	}
	if po.conn, err = po.file.SyscallConn(); err != nil {
		po.file.Close()
		return nil, errnoOf(err)
	}
	go po.run(p)
	return po, 0
}

// close ends the goroutine and waits for it.
func (po *poller) close() {
	po.file.Close()
	<-po.done
}

// add registers fd under a cookie: EEXIST when it is there already.
func (po *poller) add(fd int, cookie uint64) endpoint.Errno {
	// The event's data is a union of 64 bits, which x/sys shows as two fields.
	ev := unix.EpollEvent{Events: pollerEvents, Fd: int32(cookie), Pad: int32(cookie >> 32)}
	return po.control(unix.EPOLL_CTL_ADD, fd, &ev)
}

// remove ends the registration. Closing fd would not do so while another
// descriptor (dup, SCM_RIGHTS, fork) shares its open file.
func (po *poller) remove(fd int) { po.control(unix.EPOLL_CTL_DEL, fd, nil) }

func (po *poller) control(op, fd int, ev *unix.EpollEvent) endpoint.Errno {
	var errno endpoint.Errno
	if err := po.conn.Control(func(epfd uintptr) {
		if err := unix.EpollCtl(int(epfd), op, fd, ev); err != nil {
			errno = errnoOf(err)
		}
	}); err != nil {
		return endpoint.EBADF
	}
	return errno
}

func (po *poller) run(p *Provider) {
	defer close(po.done)
	var (
		events  [harvestSize]unix.EpollEvent
		n       int
		harvest error
	)
	wait := func(epfd uintptr) bool {
		n, harvest = unix.EpollWait(int(epfd), events[:], 0)
		if harvest == unix.EINTR {
			n, harvest = 0, nil
			return true
		}
		return n > 0 || harvest != nil
	}
	for {
		if err := po.conn.Read(wait); err != nil {
			return // the file is closed
		}
		if harvest != nil {
			// Nobody would ever be woken again, so nobody may wait.
			p.log.Error("kernel: sockets closed: epoll_wait failed", "err", harvest)
			p.closeAll()
			return
		}
		for i := range events[:n] {
			p.deliver(&events[i])
		}
	}
}

func (p *Provider) deliver(ev *unix.EpollEvent) {
	entry, ok := p.table.Get(uint64(uint32(ev.Fd)) | uint64(uint32(ev.Pad))<<32)
	if !ok {
		return // closed since
	}
	if e, ok := entry.Endpoint.(*Endpoint); ok {
		if events := e.retry.filter(endpoint.Events(ev.Events)); events != 0 {
			e.waiters.Notify(events)
		}
	}
}
