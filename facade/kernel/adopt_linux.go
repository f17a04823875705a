package kernel

import (
	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

// Adopt takes over a socket's descriptor, which it makes non-blocking and
// close-on-exec: EBADF, ENOTSOCK, EEXIST when it has been adopted already,
// ENFILE when the table is full. On an error the descriptor stays the caller's.
func (p *Provider) Adopt(fd int) (endpoint.Endpoint, endpoint.Errno) {
	if fd < 0 || !isInt32(fd) {
		return nil, endpoint.EBADF
	}
	e := &Endpoint{}
	for _, ask := range []struct {
		opt int
		to  *int
	}{{unix.SO_DOMAIN, &e.family}, {unix.SO_TYPE, &e.typ}, {unix.SO_PROTOCOL, &e.proto}} {
		v, errno := getsockoptInt(fd, unix.SOL_SOCKET, ask.opt)
		if errno != 0 {
			return nil, errno
		}
		*ask.to = v
	}
	e.cred = endpoint.Cred{PID: unix.Getpid(), UID: uint32(unix.Geteuid()), GID: uint32(unix.Getegid())}
	if errno := p.enter(e, fd); errno != 0 {
		return nil, errno
	}
	if errno := p.watch(e); errno != 0 {
		e.giveBack()
		return nil, errno
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		e.provider.poller.remove(fd)
		e.giveBack()
		return nil, errnoOf(err)
	}
	return e, 0
}

// giveBack closes e and leaves its descriptor to the caller.
func (e *Endpoint) giveBack() {
	e.borrowed.Store(true)
	e.Close()
}
