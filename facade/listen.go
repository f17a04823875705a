package facade

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Listen listens for streams on "tcp", "tcp4" or "tcp6" at "host:service"; it
// returns a *TCPListener. Host and service are as in DialContext; of the addresses
// of a name it takes the first of IPv4, or else the first, as package net does, and
// waits for the resolver as long as that needs. An empty or unspecified host is every
// address: with "tcp" those of IPv4 and IPv6 both, as in package net. Port 0 is a
// free one.
func (m *Module) Listen(network, address string) (net.Listener, error) {
	t, err := m.listenTarget(network, address, true)
	if err != nil {
		return nil, err
	}
	e, addr, err := m.bound(t, endpoint.SO_REUSEADDR)
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
	t, err := m.listenTarget(network, address, false)
	if err != nil {
		return nil, err
	}
	e, _, err := m.bound(t, endpoint.SO_BROADCAST)
	if err != nil {
		return nil, err
	}
	return &UDPConn{newNetConn(e, network, noAddr)}, nil
}

// listenTarget is the target of a stream or a datagram socket, with an address: no
// name is left.
func (m *Module) listenTarget(network, address string, stream bool) (target, error) {
	if address == "" {
		address = ":0" // as in package net
	}
	t, err := m.target(network, address)
	if err == nil && t.stream != stream {
		err = net.UnknownNetworkError(network)
	}
	var found []netip.AddrPort
	if err == nil && t.name != "" {
		found, err = m.lookup(context.Background(), t, nil)
	}
	if err != nil {
		return t, argumentError("listen", network, nil, err)
	}
	if len(found) > 0 {
		t.ap = found[max(slices.IndexFunc(found, isIPv4), 0)]
	}
	return t, nil
}

// bound makes a socket that is bound to the address of t, with the option that
// package net sets on it.
func (m *Module) bound(t target, option int) (*engine, net.Addr, error) {
	ap, addr := t.ap, goAddr(t.stream, t.ap)
	if t.version == 0 && ap.Addr().IsUnspecified() {
		ap = netip.AddrPortFrom(netip.Addr{}, ap.Port())
	}
	family, ok := familyFor(t.version, ap.Addr())
	if !ok {
		return nil, nil, argumentError("listen", t.network, nil, noSuitableAddress(ap))
	}
	fail := func(call string, errno endpoint.Errno) (*engine, net.Addr, error) {
		return nil, nil, opError("listen", t.network, nil, addr, call, result{errno: errno})
	}
	e, errno := m.open(family, typeOf(t.stream), 0)
	if errno == endpoint.EAFNOSUPPORT && t.version == 0 && !ap.Addr().IsValid() {
		family = endpoint.AF_INET // a kernel without IPv6
		e, errno = m.open(family, typeOf(t.stream), 0)
	}
	if errno != 0 {
		return fail("socket", errno)
	}
	if family == endpoint.AF_INET6 {
		// Of the wildcards only "tcp" and "udp" take IPv4 too.
		only := t.version == 6 || ap.Addr().IsValid()
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
