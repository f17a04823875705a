package resolver

import (
	"context"
	"errors"
	"net/netip"
)

// Resolver answers questions for names. It is safe for concurrent use. Calls with
// a context may wait for a server; they end with the context.
type Resolver interface {
	// GetAddrInfo is getaddrinfo(3): the addresses of host and service that fit
	// hints, the best first. "" and "*" are no host and no service: NULL. Its
	// errors are *GAIError.
	GetAddrInfo(ctx context.Context, host, service string, hints Hints) ([]AddrInfo, error)
	// GetNameInfo is getnameinfo(3): host and service of an address, whose zone
	// is ignored in favour of scopeID. flags are NI_*. Its errors are *GAIError.
	GetNameInfo(ctx context.Context, addr netip.AddrPort, scopeID uint32, flags int) (host, service string, err error)
	// GetHostByName is gethostbyname(3): IPv4 only. Its errors are *HError.
	GetHostByName(ctx context.Context, name string) (HostEnt, error)
	// GetHostByAddr is gethostbyaddr(3). Its errors are *HError.
	GetHostByAddr(ctx context.Context, addr netip.Addr) (HostEnt, error)
	// GetProtoByName is getprotobyname(3): ErrProtocol for an unknown name.
	GetProtoByName(name string) (int, error)
	// GetServByName is getservbyname(3): proto is "tcp" or "udp", or "" for any.
	// ErrService for an unknown one.
	GetServByName(name, proto string) (int, error)
	// GetServByPort is getservbyport(3), with the port in host byte order.
	// ErrPort for an unknown one.
	GetServByPort(port int, proto string) (string, error)
}

// What has no row in a database of protocols and services.
var (
	ErrProtocol = errors.New("protocol not found")
	ErrService  = errors.New("service/proto not found")
	ErrPort     = errors.New("port/proto not found")
)

// Hints narrow what GetAddrInfo returns. The zero value asks for everything.
type Hints struct {
	// Family is AF_INET, AF_INET6, or AF_UNSPEC for both.
	Family int
	// Type is SOCK_*, or 0 for SOCK_STREAM, SOCK_DGRAM and SOCK_RAW.
	Type int
	// Proto is IPPROTO_*, or 0 for the type's own.
	Proto int
	// Flags are AI_*.
	Flags int
	// Partial is called, if it is set, with the results of one family as soon as they
	// are there, while those of the other are still waited for: on the caller's
	// goroutine, before GetAddrInfo returns all of them in their order. A Resolver
	// need not call it.
	Partial func([]AddrInfo)
}

// AddrInfo is struct addrinfo: what a socket to the service is made of.
type AddrInfo struct {
	Family, Type, Proto int
	// CanonName is set in the first result, with AI_CANONNAME.
	CanonName string
	// Addr has no zone; its address is IPv4-mapped where AI_V4MAPPED made it so.
	Addr netip.AddrPort
	// ScopeID is sin6_scope_id, 0 for AF_INET.
	ScopeID uint32
}

// HostEnt is struct hostent.
type HostEnt struct {
	// Name is the primary name.
	Name string
	// Aliases are further names of the host.
	Aliases []string
	// Addrs are at least one address.
	Addrs []netip.Addr
}
