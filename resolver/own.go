package resolver

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

const localhost = "localhost"

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// ownSource is the source of names that need no asking: localhost and whatever ends in
// it (RFC 6761 section 6.3), and the host's own name.
type ownSource struct{ host Host }

// HostByName implements Source.
func (o ownSource) HostByName(_ context.Context, q Query) (HostEnt, error) {
	name := strings.TrimSuffix(q.Name, ".")
	var addrs []netip.Addr
	switch {
	case isLocalhost(name):
		addrs = []netip.Addr{netip.IPv6Loopback(), loopback4}
	case name != "" && strings.EqualFold(name, o.host.name()):
		addrs = o.addrs()
	default:
		return HostEnt{}, HOST_NOT_FOUND
	}
	if addrs = ofFamily(addrs, q.Family); len(addrs) == 0 {
		return HostEnt{}, NO_DATA
	}
	return HostEnt{Name: q.Name, Addrs: addrs}, nil
}

// HostByAddr implements Source. An address of the loopback is localhost, and by another
// name the host itself, where its name has no better address.
func (o ownSource) HostByAddr(_ context.Context, a netip.Addr) (HostEnt, error) {
	ent := HostEnt{Addrs: []netip.Addr{a}}
	own := o.host.name()
	named := own != "" && !isLocalhost(own)
	switch {
	case a.IsLoopback():
		ent.Name = localhost
		if named && slices.Contains(o.addrs(), a) {
			ent.Aliases = []string{own}
		}
	case named && slices.Contains(o.host.addrs(), a):
		ent.Name = own
	default:
		return HostEnt{}, HOST_NOT_FOUND
	}
	return ent, nil
}

func isLocalhost(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == localhost || strings.HasSuffix(name, "."+localhost)
}

// addrs are what the host's own name stands for: the addresses that others can reach it
// by, IPv6 first. Without one of IPv4, which gethostbyname(3) needs, the loopback's
// stands in; without any, that of IPv6 too.
func (o ownSource) addrs() []netip.Addr {
	var v4, v6 []netip.Addr
	for _, a := range o.host.addrs() {
		switch {
		case !reachable(a):
		case a.Is4():
			v4 = append(v4, a)
		default:
			v6 = append(v6, a)
		}
	}
	if len(v4) == 0 {
		v4 = []netip.Addr{loopback4}
	}
	if len(v6) == 0 && !reachable(v4[0]) {
		v6 = []netip.Addr{netip.IPv6Loopback()}
	}
	return append(v6, v4...)
}

func reachable(a netip.Addr) bool {
	return !a.IsLoopback() && !ofLink(a) && !a.IsUnspecified()
}

func ofFamily(all []netip.Addr, family int) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(all), func(a netip.Addr) bool { return !fits(a, family) })
}

func fits(a netip.Addr, family int) bool {
	return family == endpoint.AF_UNSPEC || a.Is4() == (family == endpoint.AF_INET)
}
