package facade

import (
	"net/netip"
	"strconv"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// broadcastHost stands for INADDR_BROADCAST.
const broadcastHost = "<broadcast>"

// InetAddr is the reference's pair (host, port) of AF_INET.
type InetAddr struct {
	// Host is a numeric IPv4 address or a name, of which the resolver's first
	// address counts; "" is INADDR_ANY and "<broadcast>" is INADDR_BROADCAST.
	Host string
	// Port is 0 to 65535.
	Port int
}

// Inet6Addr is the reference's four-tuple of AF_INET6.
type Inet6Addr struct {
	// Host is a numeric IPv6 address, IPv4-mapped ones among them, or a name,
	// of which the resolver's first address counts; "" is in6addr_any. A zone,
	// as in "fe80::1%eth0" or "fe80::1%2", sets ScopeID.
	Host string
	// Port is 0 to 65535.
	Port int
	// FlowInfo is sin6_flowinfo, at most 20 bits. It is carried to the kernel;
	// the stack sends flow label 0.
	FlowInfo uint32
	// ScopeID is sin6_scope_id: the index of the interface that a link-local
	// address is on.
	ScopeID uint32
}

var (
	_ Addr = InetAddr{}
	_ Addr = Inet6Addr{}
)

// Family returns AF_INET.
func (InetAddr) Family() Family { return AF_INET }

// Network returns "inet".
func (InetAddr) Network() string { return "inet" }

// String returns "host:port".
func (a InetAddr) String() string { return a.Host + ":" + strconv.Itoa(a.Port) }

func (a InetAddr) sockaddr(c call) (endpoint.Sockaddr, error) {
	if err := checkPort(c.op, a.Port); err != nil {
		return endpoint.Sockaddr{}, err
	}
	var ip netip.Addr
	if a.Host != "" {
		var err error
		if ip, err = c.resolve(a.Host); err != nil {
			return endpoint.Sockaddr{}, err
		}
	}
	return endpoint.SockaddrInet4(ip, uint16(a.Port)), nil
}

// Family returns AF_INET6.
func (Inet6Addr) Family() Family { return AF_INET6 }

// Network returns "inet6".
func (Inet6Addr) Network() string { return "inet6" }

// String returns "[host%scope]:port".
func (a Inet6Addr) String() string {
	host := a.Host
	if a.ScopeID != 0 {
		host += "%" + strconv.FormatUint(uint64(a.ScopeID), 10)
	}
	return "[" + host + "]:" + strconv.Itoa(a.Port)
}

const maxFlowInfo = 1<<20 - 1

func (a Inet6Addr) sockaddr(c call) (endpoint.Sockaddr, error) {
	if err := checkPort(c.op, a.Port); err != nil {
		return endpoint.Sockaddr{}, err
	}
	if a.FlowInfo > maxFlowInfo {
		return endpoint.Sockaddr{}, c.refuse("flowinfo must be 0 to 1048575")
	}
	scope := a.ScopeID
	var ip netip.Addr
	if a.Host != "" {
		var err error
		if ip, err = c.resolve(a.Host); err != nil {
			return endpoint.Sockaddr{}, err
		}
		if zone := ip.Zone(); zone != "" {
			id := c.m.scopeID(zone)
			if scope != 0 && scope != id {
				return endpoint.Sockaddr{}, c.refuse("scope of " + strconv.Quote(a.Host) + " is not ScopeID")
			}
			scope = id
		}
	}
	return endpoint.SockaddrInet6(ip, uint16(a.Port), a.FlowInfo, scope), nil
}

// resolve returns the address of a host: numeric, or the resolver's first.
func (c call) resolve(host string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(host)
	if err == nil && ip.Is4() == (c.d.family == endpoint.AF_INET) && ip.Zone() == "" {
		return ip, nil
	}
	return c.m.resolveHost(c.ctx, c.op, host, Family(c.d.family))
}

func decodeInet(_ *traffic, sa endpoint.Sockaddr) (Addr, bool) {
	ap, ok := sa.AddrPort()
	switch {
	case !ok:
		return nil, false
	case ap.Addr().Is4():
		return InetAddr{Host: ap.Addr().String(), Port: int(ap.Port())}, true
	}
	return Inet6Addr{
		Host: ap.Addr().String(), Port: int(ap.Port()),
		FlowInfo: sa.FlowInfo(), ScopeID: sa.ScopeID(),
	}, true
}
