package facade

import (
	"context"
	"net"
	"net/netip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Dial is DialContext without a context.
func (m *Module) Dial(network, address string) (net.Conn, error) {
	return m.DialContext(context.Background(), network, address)
}

// DialContext connects to a numeric "host:port" on "tcp", "udp" and their "4"
// and "6" forms; it returns a *TCPConn or a *UDPConn. An empty host is the
// loopback. It fits http.Transport and the like. Its errors are package net's.
func (m *Module) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	stream, version, err := parseNetwork(network)
	if err != nil {
		return nil, argumentError("dial", network, nil, err)
	}
	ap, err := parseHostPort(address)
	if err != nil {
		return nil, argumentError("dial", network, nil, err)
	}
	if !ap.Addr().IsValid() {
		ap = netip.AddrPortFrom(loopback(version), ap.Port())
	}
	addr := goAddr(stream, ap)
	family, ok := familyFor(version, ap.Addr())
	if !ok {
		return nil, argumentError("dial", network, nil, &net.AddrError{Err: "no suitable address found", Addr: ap.Addr().String()})
	}
	e, errno := m.open(family, typeOf(stream), 0)
	if errno != 0 {
		return nil, opError("dial", network, nil, addr, "socket", result{errno: errno})
	}
	to, _ := m.sockaddrOf(family, ap)
	if r := e.dial(ctx, to); !r.ok() {
		e.close()
		return nil, opError("dial", network, nil, addr, "connect", r)
	}
	peer := e.peer() // of a wildcard, the loopback
	if peer.IsZero() {
		peer = to
	}
	if stream {
		return newTCPConn(e, network, peer), nil
	}
	return &UDPConn{newNetConn(e, network, peer)}, nil
}

// dial connects as long as ctx lets it. Its deadline counts by the stack's
// clock as well, and a deadline that has passed is a timeout.
func (e *engine) dial(ctx context.Context, to endpoint.Sockaddr) result {
	w := patience{timeout: NoTimeout, ctx: ctx}
	if end, ok := ctx.Deadline(); ok {
		if w.timeout = end.Sub(e.exec.Now()); w.timeout <= 0 {
			return result{outcome: timedOut}
		}
	}
	return e.connect(to, w)
}

func loopback(version int) netip.Addr {
	if version == 6 {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

func typeOf(stream bool) int {
	if stream {
		return endpoint.SOCK_STREAM
	}
	return endpoint.SOCK_DGRAM
}

func goAddr(stream bool, ap netip.AddrPort) net.Addr {
	if stream {
		return net.TCPAddrFromAddrPort(ap)
	}
	return net.UDPAddrFromAddrPort(ap)
}

// Listen listens for streams on "tcp", "tcp4" or "tcp6" at a numeric
// "host:port"; it returns a *TCPListener. An empty or unspecified host is every
// address: with "tcp" those of IPv4 and IPv6 both, as in package net. Port 0 is a
// free one.
func (m *Module) Listen(network, address string) (net.Listener, error) {
	stream, _, err := parseNetwork(network)
	if err == nil && !stream {
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return nil, argumentError("listen", network, nil, err)
	}
	e, addr, err := m.bound(network, address, endpoint.SO_REUSEADDR)
	if err != nil {
		return nil, err
	}
	if errno := e.ep.Listen(endpoint.SOMAXCONN); errno != 0 {
		e.close()
		return nil, opError("listen", network, nil, addr, "listen", result{errno: errno})
	}
	return &TCPListener{newNetConn(e, network, noAddr)}, nil
}

// ListenPacket binds a datagram socket on "udp", "udp4" or "udp6"; it returns a
// *UDPConn. Addresses are as in Listen.
func (m *Module) ListenPacket(network, address string) (net.PacketConn, error) {
	stream, _, err := parseNetwork(network)
	if err == nil && stream {
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return nil, argumentError("listen", network, nil, err)
	}
	e, _, err := m.bound(network, address, endpoint.SO_BROADCAST)
	if err != nil {
		return nil, err
	}
	return &UDPConn{newNetConn(e, network, noAddr)}, nil
}

// bound makes a socket that is bound to address, with the option that package
// net sets on it.
func (m *Module) bound(network, address string, option int) (*engine, net.Addr, error) {
	stream, version, _ := parseNetwork(network)
	ap, err := parseHostPort(address)
	if err != nil {
		return nil, nil, argumentError("listen", network, nil, err)
	}
	addr := goAddr(stream, ap)
	if version == 0 && ap.Addr().IsUnspecified() {
		ap = netip.AddrPortFrom(netip.Addr{}, ap.Port())
	}
	family, ok := familyFor(version, ap.Addr())
	if !ok {
		return nil, nil, argumentError("listen", network, nil, &net.AddrError{Err: "no suitable address found", Addr: ap.Addr().String()})
	}
	fail := func(call string, errno endpoint.Errno) (*engine, net.Addr, error) {
		return nil, nil, opError("listen", network, nil, addr, call, result{errno: errno})
	}
	e, errno := m.open(family, typeOf(stream), 0)
	if errno == endpoint.EAFNOSUPPORT && version == 0 && !ap.Addr().IsValid() {
		family = endpoint.AF_INET // a kernel without IPv6
		e, errno = m.open(family, typeOf(stream), 0)
	}
	if errno != 0 {
		return fail("socket", errno)
	}
	if family == endpoint.AF_INET6 {
		// Of the wildcards only "tcp" and "udp" take IPv4 too.
		only := version == 6 || ap.Addr().IsValid()
		errno = e.setFlag(endpoint.IPPROTO_IPV6, endpoint.IPV6_V6ONLY, only)
	}
	if errno == 0 {
		errno = e.setFlag(endpoint.SOL_SOCKET, option, true)
	}
	if errno != 0 {
		e.close()
		return fail("setsockopt", errno)
	}
	sa, _ := m.sockaddrOf(family, ap)
	if errno := e.ep.Bind(sa); errno != 0 {
		e.close()
		return fail("bind", errno)
	}
	return e, addr, nil
}

func (e *engine) setFlag(level, name int, on bool) endpoint.Errno {
	return e.setOption(level, name, intBytes(boolInt(on)))
}
