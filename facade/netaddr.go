package facade

import (
	"errors"
	"net"
	"net/netip"
	"strconv"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// netAddr gives an address the form of package net: *net.TCPAddr or
// *net.UDPAddr. It is nil for no address, and a RawAddr for another family.
func (m *Module) netAddr(stream bool, sa endpoint.Sockaddr) net.Addr {
	ap, ok := sa.AddrPort()
	switch {
	case sa.IsZero():
		return nil
	case !ok:
		return RawAddr{sa}
	case stream:
		return &net.TCPAddr{IP: ap.Addr().AsSlice(), Port: int(ap.Port()), Zone: m.zone(sa.ScopeID())}
	}
	return &net.UDPAddr{IP: ap.Addr().AsSlice(), Port: int(ap.Port()), Zone: m.zone(sa.ScopeID())}
}

// addrPort is netAddr without allocation. IPv4-mapped addresses stay mapped, as
// in package net.
func (m *Module) addrPort(sa endpoint.Sockaddr) netip.AddrPort {
	ap, _ := sa.AddrPort()
	if zone := m.zone(sa.ScopeID()); zone != "" {
		return netip.AddrPortFrom(ap.Addr().WithZone(zone), ap.Port())
	}
	return ap
}

// sockaddrOf converts an address for a socket of the given family; an AF_INET
// socket takes an IPv4-mapped address as IPv4.
func (m *Module) sockaddrOf(family int, ap netip.AddrPort) (endpoint.Sockaddr, bool) {
	addr := ap.Addr()
	if family == endpoint.AF_INET {
		if addr.IsValid() && !addr.Is4() && !addr.Is4In6() {
			return endpoint.Sockaddr{}, false
		}
		return endpoint.SockaddrInet4(addr, ap.Port()), true
	}
	return endpoint.SockaddrInet6(addr, ap.Port(), 0, m.scopeID(addr.Zone())), true
}

// parseNetwork splits a network of package net into transport and IP version: 0
// is either.
func parseNetwork(network string) (stream bool, version int, err error) {
	transport, suffix := network, byte(0)
	if n := len(network); n > 0 && (network[n-1] == '4' || network[n-1] == '6') {
		transport, suffix = network[:n-1], network[n-1]
	}
	if transport != "tcp" && transport != "udp" {
		return false, 0, net.UnknownNetworkError(network)
	}
	if suffix != 0 {
		version = int(suffix - '0')
	}
	return transport == "tcp", version, nil
}

// target is where to dial or to listen.
type target struct {
	network string
	stream  bool
	version int // of IP: 4, 6, or 0 for either
	// name is of a host that the resolver has to find; "" for a numeric one, or none.
	name string
	// ap is the address, invalid for none and for a name, and the port.
	ap netip.AddrPort
}

// target reads a network and "host:service" of package net, in its order: what is
// wrong with the service is told before the host is looked for.
func (m *Module) target(network, address string) (target, error) {
	t := target{network: network}
	var err error
	if t.stream, t.version, err = parseNetwork(network); err != nil {
		return t, err
	}
	if address == "" {
		return t, errMissingAddress
	}
	var service string
	if t.name, service, t.ap, err = splitHostPort(address); err != nil {
		return t, err
	}
	if service != "" {
		port, err := m.servicePort(t.stream, service)
		if err != nil {
			return t, err
		}
		t.ap = netip.AddrPortFrom(t.ap.Addr(), port)
	}
	return t, nil
}

// errMissingAddress is package net's.
var errMissingAddress = errors.New("missing address")

// splitHostPort reads "host:service". name is a host that is not numeric, and
// service a port that is not.
func splitHostPort(address string) (name, service string, ap netip.AddrPort, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", "", ap, err
	}
	n, err := parsePort(port)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		service = port
	case err != nil:
		return "", "", ap, err
	}
	var addr netip.Addr
	if host != "" {
		if addr, err = netip.ParseAddr(host); err != nil {
			name = host
		}
	}
	return name, service, netip.AddrPortFrom(addr, n), nil
}

// parsePort reads a decimal port, with a sign if need be; "" is 0. The name of a
// service is strconv.ErrSyntax.
func parsePort(port string) (uint16, error) {
	if port == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(port, 10, 64)
	if errors.Is(err, strconv.ErrSyntax) {
		return 0, err
	}
	if err != nil || n < 0 || n > 65535 {
		return 0, &net.AddrError{Err: "invalid port", Addr: port}
	}
	return uint16(n), nil
}

// parseHostPort is splitHostPort for who takes no names.
func parseHostPort(address string) (netip.AddrPort, error) {
	name, service, ap, err := splitHostPort(address)
	if err == nil && name+service != "" {
		err = &net.AddrError{Err: "not numeric", Addr: address}
	}
	return ap, err
}

// familyFor picks the family of a socket for an address, or none that fits.
func familyFor(version int, addr netip.Addr) (int, bool) {
	is4 := addr.Is4() || addr.Is4In6()
	switch {
	case version == 4:
		return endpoint.AF_INET, is4 || !addr.IsValid()
	case version == 6:
		return endpoint.AF_INET6, !is4
	case is4:
		return endpoint.AF_INET, true
	}
	return endpoint.AF_INET6, true
}
