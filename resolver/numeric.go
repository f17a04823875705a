package resolver

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// scoped is an address without a zone, and its scope id.
type scoped struct {
	addr  netip.Addr
	scope uint32
}

func scopedOf(addrs []netip.Addr) []scoped {
	all := make([]scoped, len(addrs))
	for i, a := range addrs {
		all[i].addr = a
	}
	return all
}

// scopes resolves the zones of a name's addresses. One that is unknown is none.
func (s *Switch) scopes(addrs []netip.Addr) []scoped {
	all := make([]scoped, len(addrs))
	for i, a := range addrs {
		all[i].addr = a.WithZone("")
		if zone := a.Zone(); zone != "" {
			all[i].scope, _ = s.scopeID(a, zone)
		}
	}
	return all
}

// nullHost is the addresses of no host.
func nullHost(flags int) []netip.Addr {
	if flags&AI_PASSIVE != 0 {
		// RFC 6724 section 2.1: ::/96 has the lowest precedence of all.
		return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	}
	return []netip.Addr{netip.IPv6Loopback(), loopback4}
}

// numeric converts a numeric host to the family that is asked for.
func (s *Switch) numeric(a netip.Addr, zone string, family, flags int) (one scoped, code EAI) {
	switch {
	case family == endpoint.AF_INET && a.Is4In6():
		a = a.Unmap()
	case family == endpoint.AF_INET && a.Is6():
		return scoped{}, EAI_ADDRFAMILY
	case family == endpoint.AF_INET6 && a.Is4():
		if flags&AI_V4MAPPED == 0 {
			return scoped{}, EAI_ADDRFAMILY
		}
		a = map4(a)
	}
	one.addr = a
	if zone != "" {
		one.scope, code = s.scopeID(a, zone[1:])
	}
	return one, code
}

func map4(a netip.Addr) netip.Addr { return netip.AddrFrom16(a.As16()) }

// parse reads a numeric host: IPv4 in any form of inet(3), IPv6 with or without
// a zone. The zone keeps its "%".
func parse(host string) (a netip.Addr, zone string, ok bool) {
	if packed, err := inetAton(host); err == nil {
		return netip.AddrFrom4([4]byte(packed)), "", true
	}
	text := host
	if i := strings.IndexByte(host, '%'); i >= 0 {
		text, zone = host[:i], host[i:]
	}
	packed, err := InetPton(endpoint.AF_INET6, text)
	if err != nil {
		return netip.Addr{}, "", false
	}
	return netip.AddrFrom16([16]byte(packed)), zone, true
}

// scopeID reads a zone: the name of an interface for addresses of a link, or a number
// (RFC 4007 section 11).
func (s *Switch) scopeID(a netip.Addr, zone string) (uint32, EAI) {
	if find := s.config.Host.InterfaceIndex; find != nil && ofLink(a) {
		if index := find(zone); index != 0 {
			return index, 0
		}
	}
	id, err := strconv.ParseUint(zone, 10, 32)
	if err != nil {
		return 0, EAI_NONAME
	}
	return uint32(id), 0
}

func ofLink(a netip.Addr) bool { return a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() }
