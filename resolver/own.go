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

// GetHostByName implements Resolver.
func (n Numeric) GetHostByName(_ context.Context, name string) (HostEnt, error) {
	addrs, code := n.lookup(name, endpoint.AF_INET, 0)
	if name == "" || code != 0 {
		return HostEnt{}, &HError{Op: "gethostbyname_ex", Name: name, Code: HOST_NOT_FOUND}
	}
	ent := HostEnt{Name: name}
	for _, a := range addrs {
		ent.Addrs = append(ent.Addrs, a.addr)
	}
	return ent, nil
}

// GetHostByAddr implements Resolver. An IPv4-mapped address counts as IPv4.
func (n Numeric) GetHostByAddr(_ context.Context, addr netip.Addr) (HostEnt, error) {
	name, aliases, ok := n.nameOf(addr)
	if !ok {
		return HostEnt{}, &HError{Op: "gethostbyaddr", Name: addr.String(), Code: HOST_NOT_FOUND}
	}
	return HostEnt{Name: name, Aliases: aliases, Addrs: []netip.Addr{addr}}, nil
}

func (n Numeric) name() string {
	if n.Host.Name == nil {
		return ""
	}
	return n.Host.Name()
}

// addrs are the addresses of the host's interfaces, without zones.
func (n Numeric) addrs() []netip.Addr {
	if n.Host.Addrs == nil {
		return nil
	}
	var all []netip.Addr
	for _, a := range n.Host.Addrs() {
		all = append(all, a.WithZone("").Unmap())
	}
	return all
}

// ownAddrs returns the addresses of a name that needs no asking: localhost and
// whatever ends in it (RFC 6761 section 6.3), and the host's own name.
func (n Numeric) ownAddrs(name string) []netip.Addr {
	name = strings.TrimSuffix(name, ".")
	switch {
	case isLocalhost(name):
		return []netip.Addr{netip.IPv6Loopback(), loopback4}
	case name != "" && strings.EqualFold(name, n.name()):
		return n.hostAddrs()
	}
	return nil
}

func isLocalhost(name string) bool {
	name = strings.ToLower(name)
	return name == localhost || strings.HasSuffix(name, "."+localhost)
}

// hostAddrs are what the host's own name stands for: the addresses that others
// can reach it by, IPv6 first (RFC 6724). Without one of IPv4, which
// gethostbyname(3) needs, the loopback's stands in; without any, that of IPv6 too.
func (n Numeric) hostAddrs() []netip.Addr {
	var v4, v6 []netip.Addr
	for _, a := range n.addrs() {
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

// nameOf is the inverse of ownAddrs. An address of the loopback is localhost, and
// by another name the host itself, where its name has no better address.
func (n Numeric) nameOf(a netip.Addr) (name string, aliases []string, ok bool) {
	a = a.WithZone("").Unmap()
	own := n.name()
	switch {
	case a.IsLoopback():
		if own != "" && !isLocalhost(own) && slices.Contains(n.hostAddrs(), a) {
			aliases = []string{own}
		}
		return localhost, aliases, true
	case own != "" && !isLocalhost(own) && slices.Contains(n.addrs(), a):
		return own, nil, true
	}
	return "", nil, false
}
