package resolver

import (
	"context"
	"net/netip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// GetHostByName implements Resolver. A name that is not ASCII is encoded (RFC
// 5891). Addresses are in the order of their source, as in glibc.
func (s *Switch) GetHostByName(ctx context.Context, name string) (HostEnt, error) {
	ent, err := s.setUp().hostByName(ctx, name)
	if err != nil {
		return HostEnt{}, &HError{Op: "gethostbyname_ex", Name: name, Code: codeOf(err), Err: reason(err)}
	}
	return ent, nil
}

func (s *Switch) hostByName(ctx context.Context, name string) (HostEnt, error) {
	name, code := ascii(name)
	if name == "" || code != 0 {
		return HostEnt{}, HOST_NOT_FOUND
	}
	if a, zone, ok := parse(name); ok {
		one, code := s.numeric(a, zone, endpoint.AF_INET, 0)
		if code != 0 {
			return HostEnt{}, HOST_NOT_FOUND
		}
		return HostEnt{Name: name, Addrs: []netip.Addr{one.addr}}, nil
	}
	q := Query{Name: name, Family: endpoint.AF_INET}
	return s.ask(ctx, func(source Source) (HostEnt, error) { return source.HostByName(ctx, q) })
}

// GetHostByAddr implements Resolver. An IPv4-mapped address counts as IPv4.
func (s *Switch) GetHostByAddr(ctx context.Context, addr netip.Addr) (HostEnt, error) {
	ent, err := s.setUp().hostByAddr(ctx, addr)
	if err != nil {
		return HostEnt{}, &HError{Op: "gethostbyaddr", Name: addr.String(), Code: codeOf(err), Err: reason(err)}
	}
	ent.Addrs = []netip.Addr{addr}
	return ent, nil
}

func (s *Switch) hostByAddr(ctx context.Context, a netip.Addr) (HostEnt, error) {
	a = a.WithZone("").Unmap()
	if a == netip.IPv6Unspecified() {
		return HostEnt{}, HOST_NOT_FOUND // glibc asks nobody for it
	}
	return s.ask(ctx, func(source Source) (HostEnt, error) { return source.HostByAddr(ctx, a) })
}
