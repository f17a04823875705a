package endpoint

import (
	"encoding/binary"
	"net/netip"
)

// Lengths of Linux's socket addresses, in bytes.
const (
	SizeofSockaddrInet4   = 16
	SizeofSockaddrInet6   = 28
	SizeofSockaddrStorage = 128
)

// Sockaddr is a sockaddr in Linux's layout: the family in host byte order, then
// what the family says. It is a value and comparable; the zero value is no
// address.
type Sockaddr struct {
	n   uint8
	raw [SizeofSockaddrStorage]byte
}

// SockaddrFromBytes copies raw. More than 128 bytes, or fewer than the two of
// the family, are no address: ok is false.
func SockaddrFromBytes(raw []byte) (s Sockaddr, ok bool) {
	if len(raw) < 2 || len(raw) > SizeofSockaddrStorage {
		return Sockaddr{}, false
	}
	s.n = uint8(copy(s.raw[:], raw))
	return s, true
}

// SockaddrUnspec is the AF_UNSPEC address, which disconnects.
func SockaddrUnspec() Sockaddr {
	return Sockaddr{n: SizeofSockaddrInet4}
}

// SockaddrInet4 makes a sockaddr_in. An invalid address counts as INADDR_ANY.
func SockaddrInet4(addr netip.Addr, port uint16) Sockaddr {
	s := Sockaddr{n: SizeofSockaddrInet4}
	binary.NativeEndian.PutUint16(s.raw[0:], AF_INET)
	binary.BigEndian.PutUint16(s.raw[2:], port)
	if addr = addr.Unmap(); addr.Is4() {
		a := addr.As4()
		copy(s.raw[4:], a[:])
	}
	return s
}

// SockaddrInet6 makes a sockaddr_in6 (RFC 3493 section 3.3). An IPv4 address is
// mapped, an invalid one counts as in6addr_any; a zone in addr is ignored.
func SockaddrInet6(addr netip.Addr, port uint16, flowInfo, scopeID uint32) Sockaddr {
	s := Sockaddr{n: SizeofSockaddrInet6}
	binary.NativeEndian.PutUint16(s.raw[0:], AF_INET6)
	binary.BigEndian.PutUint16(s.raw[2:], port)
	binary.BigEndian.PutUint32(s.raw[4:], flowInfo)
	if addr.IsValid() {
		a := addr.As16()
		copy(s.raw[8:], a[:])
	}
	binary.NativeEndian.PutUint32(s.raw[24:], scopeID)
	return s
}

// Bytes returns the address in the kernel's layout. It aliases s.
func (s *Sockaddr) Bytes() []byte { return s.raw[:s.n] }

// Len returns the address's length in bytes.
func (s *Sockaddr) Len() int { return int(s.n) }

// IsZero tells whether there is no address.
func (s *Sockaddr) IsZero() bool { return s.n == 0 }

// Family returns AF_*, or AF_UNSPEC when there is no address.
func (s *Sockaddr) Family() int { return int(binary.NativeEndian.Uint16(s.raw[0:])) }

// AddrPort returns the address and port of a sockaddr_in or sockaddr_in6. ok is
// false for another family or a length too short. IPv4-mapped addresses stay
// mapped, and there is no zone: see ScopeID.
func (s *Sockaddr) AddrPort() (ap netip.AddrPort, ok bool) {
	port := binary.BigEndian.Uint16(s.raw[2:])
	switch {
	case s.Family() == AF_INET && s.n >= SizeofSockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(s.raw[4:8])), port), true
	case s.Family() == AF_INET6 && s.n >= SizeofSockaddrInet6-4:
		// Linux accepts sockaddr_in6 without its scope id (SIN6_LEN_RFC2133).
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(s.raw[8:24])), port), true
	}
	return netip.AddrPort{}, false
}

// FlowInfo returns sin6_flowinfo in host byte order; 0 for other families.
func (s *Sockaddr) FlowInfo() uint32 {
	if s.Family() != AF_INET6 {
		return 0
	}
	return binary.BigEndian.Uint32(s.raw[4:])
}

// ScopeID returns sin6_scope_id, an interface index; 0 for other families.
func (s *Sockaddr) ScopeID() uint32 {
	if s.Family() != AF_INET6 || s.n < SizeofSockaddrInet6 {
		return 0
	}
	return binary.NativeEndian.Uint32(s.raw[24:])
}
