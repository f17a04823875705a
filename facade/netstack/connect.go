package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Connect wraps connect(2). A stream whose last attempt failed may connect
// again; as on Linux, an attempt that fails in the background has its error
// told once, by SO_ERROR or by the next Connect.
func (e *Endpoint) Connect(sa endpoint.Sockaddr) endpoint.Errno {
	c, errno := e.live()
	if errno != 0 {
		return errno
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if sa.Family() == endpoint.AF_UNSPEC && !sa.IsZero() {
		return e.disconnect(c)
	}
	full, errno := fullAddress(e.family, &sa)
	if errno != 0 {
		return errno
	}
	if !e.isStream() {
		errno := toErrno(c.Connect(full))
		e.Notify(endpoint.Writable)
		return errno
	}
	return e.connectStream(c, full)
}

func (e *Endpoint) connectStream(c *core, full tcpip.FullAddress) endpoint.Errno {
	switch c.state() {
	case tcp.StateError:
		// The attempt before failed. Tell how, and start afresh next time.
		errno := toErrno(c.LastError())
		if errno == 0 {
			errno = endpoint.ECONNABORTED
		}
		if e := e.replace(c); e != 0 {
			return e
		}
		return errno
	case tcp.StateClose, tcp.StateListen, tcp.StateTimeWait:
		return endpoint.EISCONN
	}
	err := c.Connect(full)
	if c.state() == tcp.StateError {
		e.replace(c)
	}
	return toErrno(err)
}

// disconnect wraps connect(2) with AF_UNSPEC.
func (e *Endpoint) disconnect(c *core) endpoint.Errno {
	if !e.isStream() {
		return toErrno(c.Disconnect())
	}
	return e.replace(c)
}

// replace puts a new gVisor endpoint under e, with the options that were set and
// the address that was bound; the old one is reset. The caller holds e.mu.
func (e *Endpoint) replace(old *core) endpoint.Errno {
	wq := &waiter.Queue{}
	ep, err := e.p.stack.NewEndpoint(e.transport, e.network, wq)
	if err != nil {
		return toErrno(err)
	}
	old.Abort()
	old.release()
	c := e.newCore(ep, wq)
	e.applyDefaults(ep)
	e.current.Store(c)
	e.backlog.Store(0)
	for _, o := range e.options {
		// Each was accepted before; what the new state refuses stays default.
		o.option.set(e, c, o.value)
	}
	if e.closed.Load() {
		ep.Abort()
		return endpoint.EBADF
	}
	if e.bound.IsZero() {
		return 0
	}
	full, errno := fullAddress(e.family, &e.bound)
	if errno != 0 {
		return errno
	}
	return bind(c, full)
}
