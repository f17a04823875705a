package facade

import (
	"context"
	"slices"
	"strings"

	"github.com/usernet-stack/usernet/resolver"
)

// HostEnt is the reference's triple (hostname, aliaslist, ipaddrlist).
type HostEnt struct {
	Name    string
	Aliases []string
	// Addrs are numeric addresses, at least one.
	Addrs []string
}

// GetHostByName returns the IPv4 address of a host, as text; "" is "0.0.0.0".
// Errors are *GAIError. It may wait for a server; ctx ends that.
func (m *Module) GetHostByName(ctx context.Context, hostname string) (string, error) {
	a, err := m.resolveHost(ctx, "gethostbyname", hostname, AF_INET)
	if err != nil {
		return "", err
	}
	return a.String(), nil
}

// GetHostByNameEx is gethostbyname(3): the names and IPv4 addresses of a host.
// Errors are *HError. It may wait for a server; ctx ends that.
func (m *Module) GetHostByNameEx(ctx context.Context, hostname string) (HostEnt, error) {
	r, err := m.resolver("gethostbyname_ex")
	if err != nil {
		return HostEnt{}, err
	}
	ctx, done := m.lookups.begin(ctx)
	defer done()
	ent, err := r.GetHostByName(ctx, hostname)
	return hostEnt(ent), err
}

// GetHostByAddr is gethostbyaddr(3): the names of the host that has an address. A
// name in the address's place is resolved first, as in CPython; if it cannot be,
// or the text is malformed, the error is a *GAIError, and for an address without a
// name an *HError. It may wait for a server; ctx ends that.
func (m *Module) GetHostByAddr(ctx context.Context, ipAddress string) (HostEnt, error) {
	const op = "gethostbyaddr"
	a, err := m.resolveHost(ctx, op, ipAddress, AF_UNSPEC)
	if err != nil {
		return HostEnt{}, err
	}
	r, err := m.resolver(op)
	if err != nil {
		return HostEnt{}, err
	}
	ctx, done := m.lookups.begin(ctx)
	defer done()
	ent, err := r.GetHostByAddr(ctx, a)
	return hostEnt(ent), err
}

func hostEnt(ent resolver.HostEnt) HostEnt {
	all := HostEnt{Name: ent.Name, Aliases: ent.Aliases}
	for _, a := range ent.Addrs {
		all.Addrs = append(all.Addrs, a.WithZone("").String())
	}
	return all
}

// GetFQDN returns the first name of a host that has a period, of its name and
// then its aliases; the name without one is the next best. "", "0.0.0.0" and "::"
// are the host itself; a name that is unknown is returned as it is.
func (m *Module) GetFQDN(ctx context.Context, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || name == "0.0.0.0" || name == "::" {
		own, err := m.GetHostName()
		if err != nil {
			return "", err
		}
		name = own
	}
	ent, err := m.GetHostByAddr(ctx, name)
	if err != nil {
		return name, ctx.Err()
	}
	all := append([]string{ent.Name}, ent.Aliases...)
	if i := slices.IndexFunc(all, func(n string) bool { return strings.Contains(n, ".") }); i >= 0 {
		return all[i], nil
	}
	return ent.Name, nil
}
