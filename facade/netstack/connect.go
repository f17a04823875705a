package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Connect wraps connect(2). A stream whose last attempt failed may connect
// again; as on Linux, an attempt that fails in the background has its error
// told once, by SO_ERROR or by the next Connect.
func (e *Endpoint) Connect(sa endpoint.Sockaddr) endpoint.Errno {
	c, errno := e.lock()
	if errno != 0 {
		return errno
	}
	defer e.mu.Unlock()
	if e.family == endpoint.AF_PACKET {
		return endpoint.EOPNOTSUPP // sock_no_connect
	}
	if sa.Family() == endpoint.AF_UNSPEC && !sa.IsZero() {
		return e.disconnect(c)
	}
	if e.isStream() && c.state() == tcp.StateListen {
		return endpoint.EISCONN
	}
	if peer, errno := e.PeerAddr(); e.isStream() && errno == 0 {
		sa = peer // of a connection, connect(2) only tells that there is one
	}
	full, errno := e.peerAddress(c, &sa)
	switch {
	case errno != 0:
	case e.isStream():
		errno = e.connectStream(c, full)
	default:
		errno = e.connectDatagram(c, full)
		e.Notify(endpoint.Writable)
	}
	errno = e.unlike(c, full, errno)
	e.autobind(c, errno)
	return errno
}

// autobind gives a UDP socket a port when a call has failed that would have given it
// one: the kernel does so before it looks at anything else (inet_send_prepare,
// inet_dgram_connect).
func (e *Endpoint) autobind(c *core, errno endpoint.Errno) {
	if errno == 0 || !e.isUDP() {
		return
	}
	if local, err := c.GetLocalAddress(); err == nil && local.Port == 0 {
		c.Bind(tcpip.FullAddress{}) // no port is free: the next call tells
	}
}

// connectDatagram makes up for what gVisor looks at only in a Send: whether
// 255.255.255.255 is allowed, and which link it is on. Of a subnet's broadcast
// address the Send still has to tell.
func (e *Endpoint) connectDatagram(c *core, full tcpip.FullAddress) endpoint.Errno {
	if full.Addr == header.IPv4Broadcast {
		if !c.SocketOptions().GetBroadcast() {
			return endpoint.EACCES
		}
		if local, err := c.GetLocalAddress(); err == nil && full.NIC == 0 {
			full.NIC = local.NIC
		}
	}
	return toErrno(e.connectDatagrams(c, full))
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
	case tcp.StateClose, tcp.StateTimeWait:
		return endpoint.EISCONN
	}
	err := c.connect(e.p.stack, full)
	if _, started := err.(*tcpip.ErrConnectStarted); !started && c.state() == tcp.StateError {
		// What has started may have failed by now, and is told later.
		e.replace(c)
	}
	return toErrno(err)
}

// disconnect wraps connect(2) with AF_UNSPEC.
func (e *Endpoint) disconnect(c *core) endpoint.Errno {
	if !e.isStream() {
		return toErrno(e.disconnectDatagrams(c))
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
	c := e.newCore(ep, wq)
	e.applyDefaults(ep)
	e.replay(c)
	old.Abort() // before what follows binds to its port
	old.release()
	e.current.Store(c)
	e.backlog.Store(0)
	e.shut.Store(0)
	e.mute.Store(false)
	if e.closed.Load() {
		ep.Abort()
		return endpoint.EBADF
	}
	if e.bound.IsZero() {
		return 0
	}
	full, errno := e.fullAddress(c, &e.bound)
	if errno != 0 {
		return errno
	}
	return e.bindCore(c, full)
}
