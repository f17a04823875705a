package netstack

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// fullAddress converts a socket address for the socket. The unspecified address
// becomes the empty one, which is gVisor's wildcard.
func (e *Endpoint) fullAddress(c *core, sa *endpoint.Sockaddr) (tcpip.FullAddress, endpoint.Errno) {
	if e.family == endpoint.AF_PACKET {
		return linkAddress(sa)
	}
	if sa.Family() != e.family {
		if sa.IsZero() {
			return tcpip.FullAddress{}, endpoint.EINVAL
		}
		return tcpip.FullAddress{}, endpoint.EAFNOSUPPORT
	}
	ap, ok := sa.AddrPort()
	if !ok {
		return tcpip.FullAddress{}, endpoint.EINVAL
	}
	full := tcpip.FullAddress{Port: ap.Port()}
	addr := ap.Addr()
	if isLinkLocal(addr) {
		full.NIC = tcpip.NICID(sa.ScopeID())
		if full.NIC == 0 {
			full.NIC = tcpip.NICID(c.SocketOptions().GetBindToDevice())
		}
		if full.NIC == 0 {
			// A link-local address says nothing without its link: ipv6(7).
			return tcpip.FullAddress{}, endpoint.EINVAL
		}
	}
	if addr.Is4In6() && c.SocketOptions().GetV6Only() && rawOrPing(c) == nil { // those have answers of their own
		return tcpip.FullAddress{}, endpoint.ENETUNREACH
	}
	if !addr.IsUnspecified() {
		full.Addr = tcpip.AddrFromSlice(addr.AsSlice())
	}
	return full, 0
}

// wildcardOf makes AF_INET of an AF_UNSPEC address that is INADDR_ANY, as
// __inet_bind of the kernel does for old programs.
func wildcardOf(family int, sa *endpoint.Sockaddr) (endpoint.Sockaddr, bool) {
	b := sa.Bytes()
	if family != endpoint.AF_INET || sa.Family() != endpoint.AF_UNSPEC || len(b) < endpoint.SizeofSockaddrInet4 || [4]byte(b[4:8]) != [4]byte{} {
		return endpoint.Sockaddr{}, false
	}
	return endpoint.SockaddrInet4(netip.IPv4Unspecified(), binary.BigEndian.Uint16(b[2:])), true
}

// sockaddr converts an address of the stack for a socket of the given family:
// an IPv6 socket sees IPv4 addresses mapped.
func sockaddr(family int, full tcpip.FullAddress) endpoint.Sockaddr {
	addr, _ := netip.AddrFromSlice(full.Addr.AsSlice())
	if family == endpoint.AF_INET {
		return endpoint.SockaddrInet4(addr, full.Port)
	}
	var scope uint32
	if isLinkLocal(addr) {
		scope = uint32(full.NIC)
	}
	return endpoint.SockaddrInet6(addr, full.Port, 0, scope)
}

// isLinkLocal tells whether addr needs a scope id (RFC 4007).
func isLinkLocal(addr netip.Addr) bool {
	return addr.Is6() && !addr.Is4In6() &&
		(addr.IsLinkLocalUnicast() || addr.IsLinkLocalMulticast() || addr.IsInterfaceLocalMulticast())
}
