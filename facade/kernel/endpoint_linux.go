package kernel

import (
	"sync/atomic"
	"unsafe"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

// Endpoint is a socket of the kernel. It is safe for concurrent use. One that
// is closed, nil or the zero value answers EBADF.
type Endpoint struct {
	provider           *Provider
	fd                 descriptor
	cookie             atomic.Uint64
	family, typ, proto int
	cred               endpoint.Cred
	borrowed           atomic.Bool // the descriptor outlives the endpoint
	waiters            endpoint.Waiters
	retry              retry
}

var _ endpoint.Endpoint = (*Endpoint)(nil)

// anyEvent is what a closed endpoint is ready for, as no call answers EAGAIN.
const anyEvent = endpoint.POLLIN | endpoint.POLLOUT | endpoint.POLLERR | endpoint.POLLHUP

// acquire begins a call: the descriptor stays open until release.
func (e *Endpoint) acquire() bool { return e != nil && e.fd.acquire() }

func (e *Endpoint) release() {
	if e.fd.release() {
		e.destroy()
	}
}

// FD returns the descriptor, which is borrowed: it is valid until Close, and
// must stay non-blocking. It is -1 when the endpoint is closed.
func (e *Endpoint) FD() int {
	if !e.acquire() {
		return -1
	}
	defer e.release()
	return e.fd.n
}

// Cookie returns the socket's name in the provider's table, which is its
// endpoint.Key; 0 when there is none.
func (e *Endpoint) Cookie() uint64 {
	if e == nil {
		return 0
	}
	return e.cookie.Load()
}

// Bind wraps bind(2).
func (e *Endpoint) Bind(a endpoint.Sockaddr) endpoint.Errno { return e.callAddr(unix.SYS_BIND, &a) }

// Connect wraps connect(2) on a non-blocking socket. AF_UNIX answers EAGAIN
// when the listener's backlog is full; POLLOUT is then marked a little later.
func (e *Endpoint) Connect(a endpoint.Sockaddr) endpoint.Errno {
	errno := e.callAddr(unix.SYS_CONNECT, &a)
	if errno == endpoint.ECONNABORTED {
		// An attempt before failed, and SO_ERROR took its error: the kernel has
		// just tidied up (__inet_stream_connect), and is ready for this one.
		errno = e.callAddr(unix.SYS_CONNECT, &a)
	}
	if errno == endpoint.EAGAIN && e.family == unix.AF_UNIX {
		e.retry.arm(e)
	}
	return errno
}

func (e *Endpoint) callAddr(trap uintptr, a *endpoint.Sockaddr) endpoint.Errno {
	if !e.acquire() {
		return endpoint.EBADF
	}
	defer e.release()
	raw := a.Bytes()
	_, errno := call(trap, e.fd.n, unsafe.Pointer(unsafe.SliceData(raw)), uintptr(len(raw)))
	return errno
}

// Listen wraps listen(2).
func (e *Endpoint) Listen(backlog int) endpoint.Errno {
	if !e.acquire() {
		return endpoint.EBADF
	}
	defer e.release()
	return errnoOf(unix.Listen(e.fd.n, min(max(backlog, 0), endpoint.SOMAXCONN)))
}

// Accept wraps accept4(2). When the table is full the connection is closed, and
// the error is ENFILE.
func (e *Endpoint) Accept() (endpoint.Endpoint, endpoint.Sockaddr, endpoint.Errno) {
	if !e.acquire() {
		return nil, endpoint.Sockaddr{}, endpoint.EBADF
	}
	defer e.release()
	fd, peer, errno := accept(e.fd.n)
	if errno != 0 {
		return nil, endpoint.Sockaddr{}, errno
	}
	made := &Endpoint{family: e.family, typ: e.typ, proto: e.proto, cred: e.cred}
	if made, errno = e.provider.own(made, fd); errno != 0 {
		return nil, endpoint.Sockaddr{}, errno
	}
	return made, peer, 0
}

// Shutdown wraps shutdown(2).
func (e *Endpoint) Shutdown(how int) endpoint.Errno {
	if !e.acquire() {
		return endpoint.EBADF
	}
	defer e.release()
	if !isInt32(how) {
		return endpoint.EINVAL
	}
	return errnoOf(unix.Shutdown(e.fd.n, how))
}

// LocalAddr wraps getsockname(2).
func (e *Endpoint) LocalAddr() (endpoint.Sockaddr, endpoint.Errno) {
	return e.askAddr(unix.SYS_GETSOCKNAME)
}

// PeerAddr wraps getpeername(2).
func (e *Endpoint) PeerAddr() (endpoint.Sockaddr, endpoint.Errno) {
	return e.askAddr(unix.SYS_GETPEERNAME)
}

func (e *Endpoint) askAddr(trap uintptr) (endpoint.Sockaddr, endpoint.Errno) {
	if !e.acquire() {
		return endpoint.Sockaddr{}, endpoint.EBADF
	}
	defer e.release()
	return name(trap, e.fd.n)
}

// Ready wraps poll(2) without waiting.
func (e *Endpoint) Ready() endpoint.Events {
	if !e.acquire() {
		return anyEvent
	}
	defer e.release()
	return poll(e.fd.n)
}

// Subscribe implements endpoint.Endpoint. Close marks every waiter.
func (e *Endpoint) Subscribe(w *endpoint.Waiter) {
	if e != nil && w != nil {
		e.waiters.Subscribe(w)
	}
}

// Unsubscribe implements endpoint.Endpoint.
func (e *Endpoint) Unsubscribe(w *endpoint.Waiter) {
	if e != nil && w != nil {
		e.waiters.Unsubscribe(w)
	}
}
