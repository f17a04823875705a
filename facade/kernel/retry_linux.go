package kernel

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

// retryAfter is how long a call waits that the kernel refused but will not
// announce to be possible again.
const retryAfter = time.Millisecond

// retry marks POLLOUT after a while, in place of an edge that never comes, and
// of edges that mean nothing: each refused send causes one by giving back the
// memory of its message (sock_wfree, net/core/sock.c), which would make who
// waits spin. The zero value is ready for use.
type retry struct {
	// pending is true until the timer has fired. What it holds back, the timer
	// makes up for.
	pending atomic.Bool

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

// filter takes away the edges that are to wait for the timer.
func (r *retry) filter(ev endpoint.Events) endpoint.Events {
	if r.pending.Load() {
		ev &^= endpoint.POLLOUT
	}
	return ev
}

func (r *retry) arm(e *Endpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || r.pending.Load() {
		return
	}
	r.pending.Store(true)
	if r.timer != nil {
		r.timer.Reset(retryAfter)
		return
	}
	r.timer = time.AfterFunc(retryAfter, func() {
		r.pending.Store(false)
		e.waiters.Notify(endpoint.POLLOUT)
	})
}

func (r *retry) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	if r.timer != nil {
		r.timer.Stop()
	}
}

// refused looks into an EAGAIN of a send. Where poll(2) says at the same time
// that sending is possible, no edge will follow when it is:
//   - an unbound AF_INET or AF_INET6 datagram socket for which no ephemeral
//     port is left (inet_autobind, net/ipv4/af_inet.c): EADDRNOTAVAIL, as
//     connect(2) says on TCP;
//   - the queue of a destination that the socket is not connected to is full
//     (AF_UNIX, AF_NETLINK): EAGAIN, and POLLOUT is marked a little later.
//
// The caller has acquired the descriptor.
func (e *Endpoint) refused(errno endpoint.Errno) endpoint.Errno {
	if errno != endpoint.EAGAIN || e.typ == unix.SOCK_STREAM || poll(e.fd.n)&endpoint.POLLOUT == 0 {
		return errno
	}
	if e.typ == unix.SOCK_DGRAM && e.unbound() {
		return endpoint.EADDRNOTAVAIL
	}
	e.retry.arm(e)
	return errno
}

// unbound tells whether an AF_INET or AF_INET6 socket has no port.
func (e *Endpoint) unbound() bool {
	local, errno := name(unix.SYS_GETSOCKNAME, e.fd.n)
	ap, ok := local.AddrPort()
	return errno == 0 && ok && ap.Port() == 0
}
