package netstack

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

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

// peerAddress is fullAddress for a peer. To a socket that has an IPv4 address the
// unspecified IPv6 one is IPv4's loopback (ip6_datagram_connect, tcp_v6_connect).
func (e *Endpoint) peerAddress(c *core, sa *endpoint.Sockaddr) (tcpip.FullAddress, endpoint.Errno) {
	full, errno := e.fullAddress(c, sa)
	if errno == 0 && e.isIPv6() && full.Addr.BitLen() == 0 && c.isOnIPv4() {
		full.Addr = header.IPv4Loopback
	}
	return full, errno
}

// isOnIPv4 tells whether a core has an IPv4 address of its own.
func (c *core) isOnIPv4() bool {
	local, err := c.GetLocalAddress()
	return err == nil && isIPv4(local.Addr)
}

// unlike corrects the errno of a call on an IPv6 socket whose address is IPv4's when
// it names a peer of IPv6: gVisor says EINVAL, ip6_dst_lookup_tail of the kernel
// whether there is a route.
func (e *Endpoint) unlike(c *core, peer tcpip.FullAddress, errno endpoint.Errno) endpoint.Errno {
	if errno != endpoint.EINVAL || !e.isIPv6() || peer.Addr.BitLen() == 0 || isIPv4(peer.Addr) || !c.isOnIPv4() {
		return errno
	}
	if _, err := e.p.stack.Source(int(peer.NIC), ipv6, peer.Addr); err != nil {
		return toErrno(err)
	}
	return endpoint.EAFNOSUPPORT
}

// minSockaddrInet6 is the least that bind(2) of an IPv6 socket takes, without a scope
// (SIN6_LEN_RFC2133).
const minSockaddrInet6 = 24

// isForeign tells of an IPv4 address that nobody here can be bound to.
func (e *Endpoint) isForeign(addr tcpip.Address) bool {
	if e.family != endpoint.AF_INET || addr.BitLen() == 0 || isMulticast(addr) || addr == header.IPv4Broadcast {
		return false
	}
	ip, _ := netip.AddrFromSlice(addr.AsSlice())
	return !e.p.isLocal(ip, 0)
}

// wildcardOf makes AF_INET of an AF_UNSPEC address that is INADDR_ANY, as
// __inet_bind of the kernel does for old programs.
func wildcardOf(family int, sa *endpoint.Sockaddr) (endpoint.Sockaddr, bool) {
	any, ok := unspecAsInet4(sa)
	ap, _ := any.AddrPort()
	return any, ok && family == endpoint.AF_INET && ap.Addr().IsUnspecified()
}

// unspecAsInet4 reads an AF_UNSPEC address as one of AF_INET.
func unspecAsInet4(sa *endpoint.Sockaddr) (endpoint.Sockaddr, bool) {
	b := sa.Bytes()
	if sa.Family() != endpoint.AF_UNSPEC || len(b) < endpoint.SizeofSockaddrInet4 {
		return endpoint.Sockaddr{}, false
	}
	return endpoint.SockaddrInet4(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:])), true
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
