package facade

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

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

// parseHostPort reads "host:port" with a numeric host, or none, and a numeric
// port.
func parseHostPort(address string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	n := uint64(0)
	if port != "" {
		if n, err = strconv.ParseUint(port, 10, 64); err != nil || n > 65535 {
			return netip.AddrPort{}, &net.AddrError{Err: "invalid port", Addr: address}
		}
	}
	if host == "" {
		return netip.AddrPortFrom(netip.Addr{}, uint16(n)), nil
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, &net.DNSError{Err: "no such host", Name: strings.TrimSpace(host), IsNotFound: true}
	}
	return netip.AddrPortFrom(addr, uint16(n)), nil
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
