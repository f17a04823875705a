package facade

import (
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"syscall"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Addr is the address of a socket, in the form of its family.
type Addr interface {
	// Family is the family whose sockets take the address.
	Family() Family
	// Network is "inet", "inet6" and so on: with String, an Addr is a net.Addr.
	Network() string
	// String is for people.
	String() string

	// sockaddr checks the address for a call, before any I/O.
	sockaddr(op string) (endpoint.Sockaddr, error)
}

// broadcastHost stands for INADDR_BROADCAST.
const broadcastHost = "<broadcast>"

// InetAddr is the reference's pair (host, port) of AF_INET.
type InetAddr struct {
	// Host is a numeric IPv4 address; "" is INADDR_ANY and "<broadcast>" is
	// INADDR_BROADCAST.
	Host string
	// Port is 0 to 65535.
	Port int
}

// Inet6Addr is the reference's four-tuple of AF_INET6.
type Inet6Addr struct {
	// Host is a numeric IPv6 address, IPv4-mapped ones among them; "" is
	// in6addr_any. A zone that is a number, as in "fe80::1%2", sets ScopeID.
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
	_ Addr = RawAddr{}
)

// Family returns AF_INET.
func (InetAddr) Family() Family { return AF_INET }

// Network returns "inet".
func (InetAddr) Network() string { return "inet" }

// String returns "host:port".
func (a InetAddr) String() string { return a.Host + ":" + strconv.Itoa(a.Port) }

func (a InetAddr) sockaddr(op string) (endpoint.Sockaddr, error) {
	if err := checkPort(op, a.Port); err != nil {
		return endpoint.Sockaddr{}, err
	}
	var ip netip.Addr
	switch a.Host {
	case "":
	case broadcastHost:
		ip = netip.AddrFrom4([4]byte{255, 255, 255, 255})
	default:
		var err error
		if ip, err = netip.ParseAddr(a.Host); err != nil || !ip.Is4() {
			return endpoint.Sockaddr{}, badHost(op, a.Host, "an IPv4")
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

func (a Inet6Addr) sockaddr(op string) (endpoint.Sockaddr, error) {
	if err := checkPort(op, a.Port); err != nil {
		return endpoint.Sockaddr{}, err
	}
	if a.FlowInfo > maxFlowInfo {
		return endpoint.Sockaddr{}, badArgument(op, "flowinfo must be 0 to 1048575")
	}
	scope := a.ScopeID
	var ip netip.Addr
	if a.Host != "" {
		var err error
		if ip, err = netip.ParseAddr(a.Host); err != nil || !ip.Is6() {
			return endpoint.Sockaddr{}, badHost(op, a.Host, "an IPv6")
		}
		if zone := ip.Zone(); zone != "" {
			n, err := strconv.ParseUint(zone, 10, 32)
			if err != nil || scope != 0 && scope != uint32(n) {
				return endpoint.Sockaddr{}, badHost(op, a.Host, "an unambiguous IPv6")
			}
			scope = uint32(n)
		}
	}
	return endpoint.SockaddrInet6(ip, uint16(a.Port), a.FlowInfo, scope), nil
}

// RawAddr is an address of a family that has no form of its own here, in the
// kernel's layout: two bytes of family, then the rest.
type RawAddr struct{ Sockaddr endpoint.Sockaddr }

// Family returns the family that the bytes begin with.
func (a RawAddr) Family() Family { return Family(a.Sockaddr.Family()) }

// Network returns the family's name.
func (a RawAddr) Network() string { return a.Family().String() }

// String returns the bytes after the family, quoted.
func (a RawAddr) String() string {
	b := a.Sockaddr.Bytes()
	return fmt.Sprintf("%q", b[min(2, len(b)):])
}

func (a RawAddr) sockaddr(op string) (endpoint.Sockaddr, error) {
	if a.Sockaddr.IsZero() {
		return endpoint.Sockaddr{}, badArgument(op, "address is empty")
	}
	return a.Sockaddr, nil
}

func checkPort(op string, port int) error {
	if port < 0 || port > 65535 {
		return badArgument(op, "port must be 0-65535, not "+strconv.Itoa(port))
	}
	return nil
}

func badHost(op, host, kind string) error {
	return badArgument(op, "host "+strconv.Quote(host)+" is not "+kind+" address")
}

// toSockaddr checks an address for a socket of the given family.
func toSockaddr(op string, family int, a Addr) (endpoint.Sockaddr, error) {
	if v := reflect.ValueOf(a); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return endpoint.Sockaddr{}, badArgument(op, "address is nil")
	}
	if int(a.Family()) != family && a.Family() != AF_UNSPEC {
		return endpoint.Sockaddr{}, &ArgumentError{
			Op: op, Errno: syscall.EAFNOSUPPORT,
			Reason: fmt.Sprintf("address is of %v, the socket of %v", a.Family(), Family(family)),
		}
	}
	return a.sockaddr(op)
}

// fromSockaddr gives an address the form of its family; nil for no address.
func fromSockaddr(sa endpoint.Sockaddr) Addr {
	ap, ok := sa.AddrPort()
	switch {
	case sa.IsZero():
		return nil
	case ok && ap.Addr().Is4():
		return InetAddr{Host: ap.Addr().String(), Port: int(ap.Port())}
	case ok:
		return Inet6Addr{
			Host: ap.Addr().String(), Port: int(ap.Port()),
			FlowInfo: sa.FlowInfo(), ScopeID: sa.ScopeID(),
		}
	}
	return RawAddr{sa}
}
