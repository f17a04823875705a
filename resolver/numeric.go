package resolver

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Numeric is a Resolver that asks nobody and never waits, so that it ignores
// contexts. It knows numeric hosts and ports, the names of its Host, and the
// protocols and services of builtin.go. Every other name is EAI_NONAME or
// HOST_NOT_FOUND. The zero value has only localhost for a name.
type Numeric struct {
	// Host is the host whose names and interfaces count.
	Host Host
}

var _ Resolver = Numeric{}

// GetAddrInfo implements Resolver. Results are in glibc's order: by address, IPv6
// before IPv4 except among the wildcards, then by type. The AI_IDN flags have no
// effect.
func (n Numeric) GetAddrInfo(_ context.Context, host, service string, hints Hints) ([]AddrInfo, error) {
	all, code := n.addrInfo(null(host), null(service), hints)
	if code != 0 {
		return nil, &GAIError{Op: "getaddrinfo", Name: host, Code: code}
	}
	return all, nil
}

// null reads "*", which glibc takes for NULL.
func null(s string) string {
	if s == "*" {
		return ""
	}
	return s
}

func (n Numeric) addrInfo(host, service string, hints Hints) ([]AddrInfo, EAI) {
	switch {
	case host == "" && service == "":
		return nil, EAI_NONAME
	case hints.Flags&^knownAI != 0, hints.Flags&AI_CANONNAME != 0 && host == "":
		return nil, EAI_BADFLAGS
	}
	if _, code := portNumber(service, hints.Flags); code != 0 {
		return nil, code
	}
	family, code := n.family(hints)
	if code != 0 {
		return nil, code
	}
	targets, code := targets(service, hints, n.GetServByName)
	if code != 0 {
		return nil, code
	}
	addrs, code := n.lookup(host, family, hints.Flags)
	if code != 0 {
		return nil, code
	}
	return combine(addrs, targets, canonName(host, hints.Flags)), 0
}

func canonName(host string, flags int) string {
	if flags&AI_CANONNAME == 0 {
		return ""
	}
	return host
}

// family checks hints.Family, and narrows it by AI_ADDRCONFIG: addresses of the
// loopback do not count for that.
func (n Numeric) family(hints Hints) (int, EAI) {
	f := hints.Family
	if f != endpoint.AF_UNSPEC && f != endpoint.AF_INET && f != endpoint.AF_INET6 {
		return 0, EAI_FAMILY
	}
	if hints.Flags&AI_ADDRCONFIG == 0 {
		return f, 0
	}
	var has4, has6 bool
	for _, a := range n.addrs() {
		has4 = has4 || a.Is4() && !a.IsLoopback()
		has6 = has6 || a.Is6() && !a.IsLoopback()
	}
	switch {
	case f == endpoint.AF_INET && !has4, f == endpoint.AF_INET6 && !has6:
		return 0, EAI_NONAME
	case f != endpoint.AF_UNSPEC || has4 == has6:
		return f, 0
	case has4:
		return endpoint.AF_INET, 0
	}
	return endpoint.AF_INET6, 0
}

// scoped is an address without a zone, and its scope id.
type scoped struct {
	addr  netip.Addr
	scope uint32
}

// lookup finds the addresses of a host in a family; "" is NULL.
func (n Numeric) lookup(host string, family, flags int) ([]scoped, EAI) {
	if host == "" {
		return ofFamily(nullHost(flags), family), 0
	}
	if a, zone, ok := parse(host); ok {
		all, code := inFamily(a, family, flags)
		if code == 0 && zone != "" {
			all[0].scope, code = n.scopeID(a, zone)
		}
		return all, code
	}
	if flags&AI_NUMERICHOST != 0 {
		return nil, EAI_NONAME
	}
	addrs := n.ownAddrs(host)
	if len(addrs) == 0 {
		return nil, EAI_NONAME
	}
	all := make([]scoped, len(addrs))
	for i, a := range addrs {
		all[i].addr = a
	}
	if all = mapped(all, family, flags); len(all) == 0 {
		return nil, EAI_NODATA
	}
	return all, 0
}

// nullHost is the addresses of no host.
func nullHost(flags int) []scoped {
	if flags&AI_PASSIVE != 0 {
		// RFC 6724 section 2.1: ::/96 has the lowest precedence of all.
		return []scoped{{addr: netip.IPv4Unspecified()}, {addr: netip.IPv6Unspecified()}}
	}
	return []scoped{{addr: netip.IPv6Loopback()}, {addr: loopback4}}
}

// inFamily converts a numeric address to the family that is asked for.
func inFamily(a netip.Addr, family, flags int) ([]scoped, EAI) {
	switch {
	case family == endpoint.AF_INET && a.Is4In6():
		a = a.Unmap()
	case family == endpoint.AF_INET && a.Is6():
		return nil, EAI_ADDRFAMILY
	case family == endpoint.AF_INET6 && a.Is4():
		if flags&AI_V4MAPPED == 0 {
			return nil, EAI_ADDRFAMILY
		}
		a = map4(a)
	}
	return []scoped{{addr: a}}, 0
}

// mapped narrows a name's addresses to a family. With AI_V4MAPPED, a name without
// IPv6 addresses has its IPv4 ones mapped, and with AI_ALL every name.
func mapped(all []scoped, family, flags int) []scoped {
	own := ofFamily(all, family)
	if family != endpoint.AF_INET6 || flags&AI_V4MAPPED == 0 || len(own) > 0 && flags&AI_ALL == 0 {
		return own
	}
	for _, a := range ofFamily(all, endpoint.AF_INET) {
		own = append(own, scoped{addr: map4(a.addr)})
	}
	return own
}

func map4(a netip.Addr) netip.Addr { return netip.AddrFrom16(a.As16()) }

func ofFamily(all []scoped, family int) []scoped {
	if family == endpoint.AF_UNSPEC {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(a scoped) bool {
		return a.addr.Is4() != (family == endpoint.AF_INET)
	})
}

// parse reads a numeric host: IPv4 in any form of inet(3), IPv6 with or without
// a zone. The zone keeps its "%".
func parse(host string) (a netip.Addr, zone string, ok bool) {
	if packed, err := InetAton(host); err == nil {
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

// scopeID reads a zone after its "%": the name of an interface for addresses of a
// link, or a number (RFC 4007 section 11).
func (n Numeric) scopeID(a netip.Addr, zone string) (uint32, EAI) {
	zone = zone[1:]
	if n.Host.InterfaceIndex != nil && ofLink(a) {
		if index := n.Host.InterfaceIndex(zone); index != 0 {
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

// combine is every address with every target.
func combine(addrs []scoped, targets []target, canon string) []AddrInfo {
	all := make([]AddrInfo, 0, len(addrs)*len(targets))
	for _, a := range addrs {
		family := endpoint.AF_INET6
		if a.addr.Is4() {
			family = endpoint.AF_INET
		}
		for _, t := range targets {
			all = append(all, AddrInfo{
				Family: family, Type: t.typ, Proto: t.proto, CanonName: canon,
				Addr: netip.AddrPortFrom(a.addr, t.port), ScopeID: a.scope,
			})
			canon = ""
		}
	}
	return all
}
