package facade

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"syscall"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Addr is the address of a socket, in the form of its family. The types of this
// package are values and comparable.
type Addr interface {
	// Family is the family whose sockets take the address.
	Family() Family
	// Network is "inet", "inet6" and so on: with String, an Addr is a net.Addr.
	Network() string
	// String is for people.
	String() string

	// sockaddr checks the address for a call, before any I/O but that of the
	// resolver.
	sockaddr(call) (endpoint.Sockaddr, error)
}

// call is what an address is given to.
type call struct {
	ctx context.Context
	op  string
	d   *description
	m   *Module
}

// refuse is the error for an argument of the call.
func (c call) refuse(reason string) error { return badArgument(c.op, reason) }

// toSockaddr checks an address for the call, and resolves the name in it.
func (c call) toSockaddr(a Addr) (endpoint.Sockaddr, error) {
	if isNil(a) {
		return endpoint.Sockaddr{}, c.refuse("address is nil")
	}
	if int(a.Family()) != c.d.family && a.Family() != AF_UNSPEC {
		return endpoint.Sockaddr{}, &ArgumentError{
			Op: c.op, Errno: syscall.EAFNOSUPPORT,
			Reason: fmt.Sprintf("address is of %v, the socket of %v", a.Family(), Family(c.d.family)),
		}
	}
	return a.sockaddr(c)
}

// isNil tells of no address, and of a nil pointer to one.
func isNil(a Addr) bool {
	v := reflect.ValueOf(a)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// addrDecoders give the addresses of a family its form; what is too short for it
// stays a RawAddr.
var addrDecoders = map[Family]func(*traffic, endpoint.Sockaddr) (Addr, bool){
	AF_UNIX:      decodeUnix,
	AF_INET:      decodeInet,
	AF_INET6:     decodeInet,
	AF_NETLINK:   decodeNetlink,
	AF_PACKET:    decodePacket,
	AF_TIPC:      decodeTIPC,
	AF_BLUETOOTH: decodeBluetooth,
	AF_VSOCK:     decodeVsock,
}

// addr gives an address the form of its family; nil for no address.
func (t *traffic) addr(sa endpoint.Sockaddr) Addr {
	if sa.IsZero() {
		return nil
	}
	if decode := addrDecoders[Family(sa.Family())]; decode != nil {
		if a, ok := decode(t, sa); ok {
			return a
		}
	}
	return RawAddr{sa}
}

// RawAddr is an address of a family that has no form of its own here, in the
// kernel's layout: two bytes of family, then the rest.
type RawAddr struct{ Sockaddr endpoint.Sockaddr }

var _ Addr = RawAddr{}

// Family returns the family that the bytes begin with.
func (a RawAddr) Family() Family { return Family(a.Sockaddr.Family()) }

// Network returns the family's name.
func (a RawAddr) Network() string { return a.Family().String() }

// String returns the bytes after the family, quoted.
func (a RawAddr) String() string {
	b := a.Sockaddr.Bytes()
	return fmt.Sprintf("%q", b[min(2, len(b)):])
}

func (a RawAddr) sockaddr(c call) (endpoint.Sockaddr, error) {
	if a.Sockaddr.IsZero() {
		return endpoint.Sockaddr{}, c.refuse("address is empty")
	}
	return a.Sockaddr, nil
}

func checkPort(op string, port int) error {
	if port < 0 || port > 65535 {
		return badArgument(op, "port must be 0-65535, not "+strconv.Itoa(port))
	}
	return nil
}
