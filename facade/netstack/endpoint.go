package netstack

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Endpoint is a socket on the stack: TCP, UDP, raw, ping or packet.
type Endpoint struct {
	endpoint.Waiters
	ancillary

	p                  *Provider
	family, typ, proto int
	network            tcpip.NetworkProtocolNumber
	transport          tcpip.TransportProtocolNumber
	cred               endpoint.Cred
	cookie             uint64
	current            atomic.Pointer[core]
	closed             atomic.Bool
	congested          atomic.Bool
	backlog            atomic.Int64
	// shut is the tcpip.ShutdownFlags of the directions that Shutdown closed.
	shut atomic.Uint32
	// mute says that a stream was shut down for sending ahead of its connection,
	// which gVisor does not know of.
	mute atomic.Bool
	// failed says that there may be an error that a send has to tell.
	failed atomic.Bool

	// whole says what forbids to fragment datagrams.
	whole atomic.Uint32
	// lowWater is SO_RCVLOWAT; 0 stands for 1.
	lowWater atomic.Int32

	// mu orders what changes or replaces the core.
	mu sync.Mutex
	// bound is the address that Bind was given, for a core that follows.
	bound endpoint.Sockaddr
	// options are those that were set, for a core that follows.
	options []setOption
	// kept are options that are only read back.
	kept map[optionKey]int32
}

var _ endpoint.Endpoint = (*Endpoint)(nil)

// core is the gVisor endpoint under an Endpoint. Its states are final where
// Linux's are not, so that an Endpoint may go through several.
type core struct {
	tcpip.Endpoint
	wq    *waiter.Queue
	entry waiter.Entry
	owner *Endpoint
	// wildcard and udp are guarded by the owner's mu.
	wildcard wildcardPort
	udp      udpPort
	// told says that EPIPE was, of a connection that is broken.
	told atomic.Bool
}

// NotifyEvent implements waiter.EventListener. gVisor's events have poll(2)'s
// bits.
func (c *core) NotifyEvent(mask waiter.EventMask) {
	if mask&waiter.EventErr != 0 {
		c.owner.failed.Store(true)
		c.takeErrors()
	}
	c.owner.Notify(endpoint.Events(mask) & endpoint.AllEvents)
}

func (e *Endpoint) newCore(ep tcpip.Endpoint, wq *waiter.Queue) *core {
	c := &core{Endpoint: ep, wq: wq, owner: e}
	c.entry.Init(c, waiter.AllEvents)
	wq.EventRegister(&c.entry)
	return c
}

// release lets go of a core that has been closed: what gVisor still does with
// the connection no longer concerns anyone.
func (c *core) release() { c.wq.EventUnregister(&c.entry) }

// start enters a new endpoint in the table and applies the stack's defaults.
// The gVisor endpoint is gone if it fails.
func (e *Endpoint) start(ep tcpip.Endpoint, wq *waiter.Queue) endpoint.Errno {
	e.current.Store(e.newCore(ep, wq))
	e.applyDefaults(ep)
	entry := endpoint.Entry{Family: e.family, Type: e.typ, Proto: e.proto, Cred: e.cred, Endpoint: e}
	errno := e.p.table.Add(entry, func(cookie uint64) { e.cookie = cookie })
	if errno != 0 {
		e.current.Load().release()
		ep.Abort()
	}
	return errno
}

// Cookie names the socket in the provider's table: SO_COOKIE.
func (e *Endpoint) Cookie() uint64 {
	if e == nil {
		return 0
	}
	return e.cookie
}

func (e *Endpoint) isStream() bool { return e.typ == endpoint.SOCK_STREAM }

// live returns the current core, or EBADF after Close and for an Endpoint that no
// Provider made.
func (e *Endpoint) live() (*core, endpoint.Errno) {
	if e == nil || e.closed.Load() {
		return nil, endpoint.EBADF
	}
	c := e.current.Load()
	if c == nil {
		return nil, endpoint.EBADF
	}
	return c, 0
}

// lock is live for what changes or replaces the core: the core stays current
// until e.mu, which it leaves locked if there is no error, is unlocked.
func (e *Endpoint) lock() (*core, endpoint.Errno) {
	if e == nil {
		return nil, endpoint.EBADF
	}
	e.mu.Lock()
	c, errno := e.live()
	if errno != 0 {
		e.mu.Unlock()
	}
	return c, errno
}

// state returns the state of a TCP core.
func (c *core) state() tcp.EndpointState { return tcp.EndpointState(c.State()) }

// broken tells of a connection that was reset after the end of its input: EPIPE
// (tcp_reset). gVisor just closes it, as it does what both sides have ended.
func (c *core) broken() bool {
	e := c.owner
	return e.isStream() && c.state() == tcp.StateClose && !e.closed.Load() &&
		tcpip.ShutdownFlags(e.shut.Load())&tcpip.ShutdownWrite == 0
}

// LastError implements tcpip.Endpoint: SO_ERROR.
func (c *core) LastError() tcpip.Error {
	if c.broken() && !c.told.Swap(true) {
		return &tcpip.ErrClosedForSend{}
	}
	return c.Endpoint.LastError()
}

// Bind wraps bind(2).
func (e *Endpoint) Bind(sa endpoint.Sockaddr) endpoint.Errno {
	c, errno := e.lock()
	if errno != 0 {
		return errno
	}
	defer e.mu.Unlock()
	if e.isIPv6() && sa.Len() < minSockaddrInet6 {
		return endpoint.EINVAL
	}
	if any, ok := wildcardOf(e.family, &sa); ok {
		sa = any
	}
	full, errno := e.fullAddress(c, &sa)
	if errno == endpoint.ENETUNREACH {
		errno = endpoint.EINVAL // what __inet6_bind says of mapped addresses
	}
	if errno != 0 {
		return errno
	}
	errno = e.bindCore(c, full)
	switch {
	case errno == 0:
		e.bound = sa
	case errno == endpoint.EINVAL && e.isForeign(full.Addr):
		errno = endpoint.EADDRNOTAVAIL // __inet_bind looks at the address first
	}
	return errno
}

func (e *Endpoint) bindCore(c *core, full tcpip.FullAddress) endpoint.Errno {
	err := c.Bind(full)
	if err == nil && e.isStream() {
		c.wildcard = e.reservedBy(c, full)
	}
	if err == nil {
		e.notePort(c, full.Addr)
	}
	if err == nil && e.isIPv6() && !e.isRaw6() && full.Addr.BitLen() != 0 && !isIPv4(full.Addr) {
		c.SocketOptions().SetV6Only(true) // __inet6_bind
	}
	return bindErrno(err)
}

// bindErrno is toErrno for what binds: bind(2) and listen(2) have their own errno
// when no ephemeral port is free.
func bindErrno(err tcpip.Error) endpoint.Errno {
	if _, ok := err.(*tcpip.ErrNoPortAvailable); ok {
		return endpoint.EADDRINUSE
	}
	return toErrno(err)
}

// Listen wraps listen(2).
func (e *Endpoint) Listen(backlog int) endpoint.Errno {
	c, errno := e.lock()
	if errno != 0 {
		return errno
	}
	defer e.mu.Unlock()
	backlog = min(max(backlog, 0), endpoint.SOMAXCONN, e.p.stack.Caps().Backlog)
	// Linux queues one connection more than the backlog (sk_acceptq_is_full).
	err := c.Listen(backlog + 1)
	if err == nil {
		e.backlog.Store(int64(backlog))
	}
	return bindErrno(err)
}

// Accept wraps accept(2).
func (e *Endpoint) Accept() (endpoint.Endpoint, endpoint.Sockaddr, endpoint.Errno) {
	c, errno := e.live()
	if errno != 0 {
		return nil, endpoint.Sockaddr{}, errno
	}
	var peer tcpip.FullAddress
	ep, wq, err := c.Accept(&peer)
	if err != nil {
		return nil, endpoint.Sockaddr{}, toErrno(err)
	}
	a := &Endpoint{
		p: e.p, family: e.family, typ: e.typ, proto: e.proto, cred: e.cred,
		network: e.network, transport: e.transport,
	}
	if errno := a.start(ep, wq); errno != 0 {
		return nil, endpoint.Sockaddr{}, errno
	}
	a.inherit(e)
	return a, sockaddr(e.family, peer), 0
}

// shutdowns maps SHUT_* to gVisor's flags.
var shutdowns = map[int]tcpip.ShutdownFlags{
	endpoint.SHUT_RD:   tcpip.ShutdownRead,
	endpoint.SHUT_WR:   tcpip.ShutdownWrite,
	endpoint.SHUT_RDWR: tcpip.ShutdownRead | tcpip.ShutdownWrite,
}

// Shutdown wraps shutdown(2). As on Linux, a socket that is not connected is shut
// down although the errno is ENOTCONN.
func (e *Endpoint) Shutdown(how int) endpoint.Errno {
	c, errno := e.lock()
	if errno != 0 {
		return errno
	}
	defer e.mu.Unlock()
	flags, ok := shutdowns[how]
	switch {
	case !ok:
		return endpoint.EINVAL
	case e.isStream():
		errno = e.shutStream(c, flags)
	case e.isInternet():
		errno = e.shutDatagrams(c, flags)
	default:
		errno = toErrno(c.Shutdown(flags))
	}
	e.Notify(endpoint.AllEvents)
	return errno
}

func (e *Endpoint) shutStream(c *core, flags tcpip.ShutdownFlags) endpoint.Errno {
	switch c.state() {
	case tcp.StateListen:
		if flags&tcpip.ShutdownRead != 0 {
			return e.stopListening(c)
		}
		return 0
	case tcp.StateInitial, tcp.StateBound:
		e.shut.Or(uint32(flags))
		e.mute.Store(tcpip.ShutdownFlags(e.shut.Load())&tcpip.ShutdownWrite != 0)
		return endpoint.ENOTCONN
	}
	if err := c.Shutdown(flags); err != nil {
		return toErrno(err)
	}
	e.shut.Or(uint32(flags))
	if peer, err := c.GetRemoteAddress(); err == nil {
		c.Connect(peer) // notices the connection, as inet_shutdown of the kernel does
	}
	return 0
}

// shutDatagrams leaves to gVisor only what raw and ping sockets send. Of a socket that
// is shut for reading it drops what arrives, where the kernel goes on queueing, and
// what is sent it refuses before it has looked at the address: see refusal.
func (e *Endpoint) shutDatagrams(c *core, flags tcpip.ShutdownFlags) endpoint.Errno {
	e.shut.Or(uint32(flags))
	if !e.isUDP() {
		return toErrno(c.Shutdown(flags & tcpip.ShutdownWrite))
	}
	if c.peer().Addr.BitLen() == 0 {
		return endpoint.ENOTCONN
	}
	return 0
}

// stopListening makes a listener a socket that is only bound, as inet_shutdown of
// the kernel does: the connections that wait are reset. It has no port any more if
// accepted connections have it, and SO_REUSEADDR is not set.
func (e *Endpoint) stopListening(c *core) endpoint.Errno {
	errno := e.replace(c)
	if errno == endpoint.EADDRINUSE {
		return 0
	}
	return errno
}

// LocalAddr wraps getsockname(2).
func (e *Endpoint) LocalAddr() (endpoint.Sockaddr, endpoint.Errno) {
	c, errno := e.live()
	if errno != 0 {
		return endpoint.Sockaddr{}, errno
	}
	full, err := c.GetLocalAddress()
	if err != nil {
		return endpoint.Sockaddr{}, toErrno(err)
	}
	return e.sockaddr(full), 0
}

// PeerAddr wraps getpeername(2).
func (e *Endpoint) PeerAddr() (endpoint.Sockaddr, endpoint.Errno) {
	c, errno := e.live()
	if errno != 0 {
		return endpoint.Sockaddr{}, errno
	}
	if e.isStream() && c.state() == tcp.StateTimeWait {
		return endpoint.Sockaddr{}, endpoint.ENOTCONN // the kernel has no socket for it any more
	}
	full, err := c.GetRemoteAddress()
	if err != nil {
		return endpoint.Sockaddr{}, toErrno(err)
	}
	return e.sockaddr(full), 0
}

// Abort resets a connection, and closes.
func (e *Endpoint) Abort() { e.close(tcpip.Endpoint.Abort) }

// Close releases the socket. A connection with unread data is reset, as
// RFC 1122 section 4.2.2.13 asks.
func (e *Endpoint) Close() endpoint.Errno {
	e.close(tcpip.Endpoint.Close)
	return 0
}

func (e *Endpoint) close(end func(tcpip.Endpoint)) {
	if e == nil || e.closed.Swap(true) {
		return
	}
	e.mu.Lock()
	c := e.current.Load()
	e.mu.Unlock()
	if c == nil {
		return
	}
	e.p.table.Remove(e.cookie)
	c.freePort(func() { end(c.Endpoint) })
	c.release()
	e.p.room.forget(e)
	e.Notify(endpoint.AllEvents)
}
