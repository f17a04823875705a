package facade

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver"
)

// GAIError is the reference's gaierror: what GetAddrInfo, GetNameInfo and host
// names in addresses answer.
type GAIError = resolver.GAIError

// HError is the reference's herror: what GetHostByNameEx and GetHostByAddr answer.
type HError = resolver.HError

// The h_errno of an HError.
const (
	HOST_NOT_FOUND = resolver.HOST_NOT_FOUND
	TRY_AGAIN      = resolver.TRY_AGAIN
	NO_RECOVERY    = resolver.NO_RECOVERY
	NO_DATA        = resolver.NO_DATA
)

var (
	_ net.Error = (*Error)(nil)
	_ net.Error = (*GAIError)(nil)
	_ net.Error = (*HError)(nil)
)

// AddrInfoHints narrow what GetAddrInfo returns. The zero value asks for
// everything.
type AddrInfoHints struct {
	// Family is AF_INET, AF_INET6, or AF_UNSPEC for both.
	Family Family
	// Type is SOCK_*, or 0 for streams, datagrams and raw sockets.
	Type Type
	// Proto is IPPROTO_*, or 0 for the type's own.
	Proto int
	// Flags are AI_*.
	Flags int
}

// AddrInfo is what a socket for a service is made of, and connected to.
type AddrInfo struct {
	Family Family
	Type   Type
	Proto  int
	// CanonName is set in the first result when AI_CANONNAME is asked for.
	CanonName string
	// Addr is an InetAddr or an Inet6Addr.
	Addr Addr
}

// resolver returns what answers for names.
func (m *Module) resolver(op string) (resolver.Resolver, error) {
	switch {
	case m == nil:
		return nil, errnoError(op, nil, endpoint.EBADF)
	case m.config.Resolver != nil:
		return m.config.Resolver, nil
	}
	return m.Names(), nil
}

// Names is what Config.Names sets up: to change its servers while the module is in use,
// or to answer a net.Resolver. The module itself does not ask it if there is a
// Config.Resolver. Nil for a nil Module.
func (m *Module) Names() *resolver.Switch {
	if m == nil {
		return nil
	}
	m.named.Do(func() {
		var c resolver.Config
		switch {
		case m.config.Names != nil:
			c = *m.config.Names
		case m.onKernel():
			c = resolver.System()
		}
		c.Host = m.host(c.Host)
		if c.Logger == nil {
			c.Logger = m.config.Logger
		}
		m.names = resolver.New(c)
	})
	return m.names
}

// GetAddrInfo is getaddrinfo(3). host is a name or a numeric address, and service
// a name or a port number; "" is None. The results are in the order to be tried
// in. Errors are *GAIError. It may wait for a server; ctx ends that.
func (m *Module) GetAddrInfo(ctx context.Context, host, service string, hints AddrInfoHints) ([]AddrInfo, error) {
	found, err := m.addrInfo(ctx, "getaddrinfo", host, service, resolver.Hints{
		Family: int(hints.Family), Type: int(hints.Type), Proto: hints.Proto, Flags: hints.Flags,
	})
	if err != nil {
		return nil, err
	}
	all := make([]AddrInfo, len(found))
	for i, f := range found {
		all[i] = AddrInfo{
			Family: Family(f.Family), Type: Type(f.Type), Proto: f.Proto, CanonName: f.CanonName,
			Addr: addrOf(f),
		}
	}
	return all, nil
}

// addrInfo asks the resolver for a call of the given name.
func (m *Module) addrInfo(ctx context.Context, op, host, service string, hints resolver.Hints) ([]resolver.AddrInfo, error) {
	r, err := m.resolver(op)
	if err != nil {
		return nil, err
	}
	ctx, done := m.lookups.begin(ctx)
	defer done()
	found, err := r.GetAddrInfo(ctx, host, service, hints)
	if err == nil && len(found) == 0 {
		err = &GAIError{Op: op, Name: host, Code: EAI_NODATA} // of a resolver that breaks its contract
	}
	var gai *GAIError
	if errors.As(err, &gai) && gai.Op != op {
		renamed := *gai
		renamed.Op, err = op, &renamed
	}
	return found, err
}

// addrOf gives a result the form of its family.
func addrOf(i resolver.AddrInfo) Addr {
	host, port := i.Addr.Addr().String(), int(i.Addr.Port())
	if i.Family == endpoint.AF_INET {
		return InetAddr{Host: host, Port: port}
	}
	return Inet6Addr{Host: host, Port: port, ScopeID: i.ScopeID}
}

// resolveHost finds the address that a host in an address stands for, as
// setipaddr of CPython does: "" is the wildcard, "<broadcast>" is
// INADDR_BROADCAST, and of several addresses the first counts, whatever the
// socket's type. A scope id is the zone, as a number. Errors are *GAIError with
// the call's name.
func (m *Module) resolveHost(ctx context.Context, op, host string, family Family) (netip.Addr, error) {
	hints := resolver.Hints{Family: int(family), Type: endpoint.SOCK_DGRAM}
	service := ""
	switch {
	case host == broadcastHost && family == AF_INET6:
		return netip.Addr{}, &GAIError{Op: op, Name: host, Code: EAI_ADDRFAMILY}
	case host == broadcastHost:
		return netip.AddrFrom4([4]byte{255, 255, 255, 255}), nil
	case host == "":
		hints.Flags, service = AI_PASSIVE, "0" // one of host and service must be there
	}
	found, err := m.addrInfo(ctx, op, host, service, hints)
	if err != nil {
		return netip.Addr{}, err
	}
	addr := found[0].Addr.Addr()
	if scope := found[0].ScopeID; scope != 0 {
		addr = addr.WithZone(strconv.FormatUint(uint64(scope), 10))
	}
	return addr, nil
}

// GetNameInfo is getnameinfo(3), for an InetAddr or Inet6Addr with a numeric host;
// flags are NI_*. What has no name is numeric, unless NI_NAMEREQD is given.
// Errors are *GAIError. It may wait for a server; ctx ends that.
func (m *Module) GetNameInfo(ctx context.Context, address Addr, flags int) (host, service string, err error) {
	const op = "getnameinfo"
	r, err := m.resolver(op)
	if err != nil {
		return "", "", err
	}
	var a Inet6Addr
	switch address := address.(type) {
	case InetAddr:
		a.Host, a.Port = address.Host, address.Port
	case Inet6Addr:
		a = address
	default:
		return "", "", &GAIError{Op: op, Code: EAI_FAMILY}
	}
	if err := checkPort(op, a.Port); err != nil {
		return "", "", err
	}
	if a.FlowInfo > maxFlowInfo {
		return "", "", badArgument(op, "flowinfo must be 0 to 1048575")
	}
	if a.Host == "" {
		return "", "", &GAIError{Op: op, Code: EAI_NONAME}
	}
	found, err := m.addrInfo(ctx, op, a.Host, "", resolver.Hints{Type: endpoint.SOCK_DGRAM, Flags: AI_NUMERICHOST})
	if err != nil {
		return "", "", err
	}
	if a.ScopeID == 0 {
		a.ScopeID = found[0].ScopeID
	}
	ctx, done := m.lookups.begin(ctx)
	defer done()
	return r.GetNameInfo(ctx, netip.AddrPortFrom(found[0].Addr.Addr(), uint16(a.Port)), a.ScopeID, flags)
}
