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

// Release closes the endpoint and returns its descriptor, still open and
// non-blocking, which is the caller's from then on.
func (e *Endpoint) Release() (int, endpoint.Errno) {
	if !e.acquire() {
		return -1, endpoint.EBADF
	}
	defer e.release()
	if e.borrowed.Swap(true) {
		return -1, endpoint.EBADF
	}
	e.provider.poller.remove(e.fd.n)
	e.Close()
	return e.fd.n, 0
}

// Use runs fn with the descriptor, which stays open until fn returns.
func (e *Endpoint) Use(fn func(fd int) endpoint.Errno) endpoint.Errno {
	if !e.acquire() {
		return endpoint.EBADF
	}
	defer e.release()
	return fn(e.fd.n)
}

// Duplicate wraps fcntl(2) with F_DUPFD_CLOEXEC, for any descriptor.
func Duplicate(fd int) (int, endpoint.Errno) {
	if !isInt32(fd) {
		return -1, endpoint.EBADF
	}
	d, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	return d, errnoOf(err)
}

// CloseFD wraps close(2), for a socket's descriptor that no endpoint owns; other
// descriptors are ENOTSOCK.
func CloseFD(fd int) endpoint.Errno {
	if fd < 0 || !isInt32(fd) {
		return endpoint.EBADF
	}
	if _, errno := getsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); errno != 0 {
		return errno
	}
	return errnoOf(unix.Close(fd))
}

// Inheritable tells whether a descriptor outlives execve(2).
func Inheritable(fd int) (bool, endpoint.Errno) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return flags&unix.FD_CLOEXEC == 0, errnoOf(err)
}

// SetInheritable sets whether a descriptor outlives execve(2).
func SetInheritable(fd int, inheritable bool) endpoint.Errno {
	flags := unix.FD_CLOEXEC
	if inheritable {
		flags = 0
	}
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, flags)
	return errnoOf(err)
}
