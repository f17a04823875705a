package optiontable_test

import (
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack/optiontable"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

func TestMain(m *testing.M) { os.Exit(testenv.RunInNetns(m)) }

// kind is a kind of socket that the stack has.
type kind struct {
	kind   optiontable.Kinds
	family facade.Family
	typ    facade.Type
	proto  int
}

var kinds = []kind{
	{optiontable.TCP4, facade.AF_INET, facade.SOCK_STREAM, 0},
	{optiontable.UDP4, facade.AF_INET, facade.SOCK_DGRAM, 0},
	{optiontable.TCP6, facade.AF_INET6, facade.SOCK_STREAM, 0},
	{optiontable.UDP6, facade.AF_INET6, facade.SOCK_DGRAM, 0},
	{optiontable.Raw4, facade.AF_INET, facade.SOCK_RAW, facade.IPPROTO_ICMP},
	{optiontable.Raw6, facade.AF_INET6, facade.SOCK_RAW, facade.IPPROTO_UDP},
	{optiontable.Ping4, facade.AF_INET, facade.SOCK_DGRAM, facade.IPPROTO_ICMP},
	{optiontable.Ping6, facade.AF_INET6, facade.SOCK_DGRAM, facade.IPPROTO_ICMPV6},
	{optiontable.Packet, facade.AF_PACKET, facade.SOCK_DGRAM, 0},
}

func (k kind) stream() bool { return k.typ == facade.SOCK_STREAM }

func (k kind) loopback(port uint16) netip.AddrPort {
	if k.family == facade.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), port)
}

// socket is what the tests do with a socket, whoever has it.
type socket interface {
	get(level, name, size int) ([]byte, syscall.Errno)
	set(level, name int, v []byte) syscall.Errno
}

// stackSocket is a socket of the stack, with the engine above it.
type stackSocket struct{ *facade.Socket }

func (s stackSocket) get(level, name, size int) ([]byte, syscall.Errno) {
	v, err := s.GetSockOptBytes(level, name, size)
	return v, errnoOf(err)
}

func (s stackSocket) set(level, name int, v []byte) syscall.Errno {
	return errnoOf(s.SetSockOptBytes(level, name, v))
}

func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if err != nil && !errors.As(err, &errno) {
		return syscall.EIO
	}
	return errno
}

// module is on a stack with the links and addresses of the tests' namespace.
func module(t *testing.T) *facade.Module {
	t.Helper()
	testenv.LeakCheck(t)
	end, _ := link.NewCable(link.CableConfig{})
	s, err := stack.New(stack.Config{Links: []stack.LinkConfig{{Endpoint: end, Addresses: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8::1/64"),
	}}}})
	must(t, err)
	m := facade.New(facade.Config{Stack: s, Kernel: facade.KernelNever})
	t.Cleanup(func() {
		must(t, m.Close())
		must(t, s.Close())
	})
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bind gives a socket an address of the loopback.
func (k kind) bind(t *testing.T, s *facade.Socket) {
	t.Helper()
	if k.kind == optiontable.Packet {
		must(t, s.Bind(facade.PacketAddr{Interface: "lo", Protocol: endpoint.ETH_P_IP}))
		return
	}
	must(t, s.Bind(address(k.loopback(0))))
}

func address(a netip.AddrPort) facade.Addr {
	if a.Addr().Is4() {
		return facade.InetAddr{Host: a.Addr().String(), Port: int(a.Port())}
	}
	return facade.Inet6Addr{Host: a.Addr().String(), Port: int(a.Port())}
}

// openStack opens a socket in a state. It lives as long as the module.
func openStack(t *testing.T, m *facade.Module, k kind, state optiontable.States) stackSocket {
	t.Helper()
	open := func() *facade.Socket {
		s, err := m.Socket(k.family, k.typ, k.proto)
		must(t, err)
		t.Cleanup(func() { s.Close() })
		return s
	}
	bound := func() *facade.Socket {
		s := open()
		k.bind(t, s)
		return s
	}
	switch state {
	case optiontable.Bound:
		return stackSocket{bound()}
	case optiontable.Listening:
		s := bound()
		must(t, s.Listen(1))
		return stackSocket{s}
	case optiontable.Connected:
		peer, s := bound(), open()
		if k.stream() {
			must(t, peer.Listen(1))
		}
		name, err := peer.GetSockName()
		must(t, err)
		must(t, s.Connect(name))
		return stackSocket{s}
	}
	return stackSocket{open()}
}

// states are those that sockets of a kind have.
func (k kind) states() []optiontable.States {
	if k.stream() {
		return []optiontable.States{optiontable.FreshSocket, optiontable.Bound, optiontable.Listening, optiontable.Connected}
	}
	if k.kind == optiontable.Packet {
		return []optiontable.States{optiontable.FreshSocket, optiontable.Bound}
	}
	return []optiontable.States{optiontable.FreshSocket, optiontable.Bound, optiontable.Connected}
}

// unsupported are the answers to an option that the stack does not have; the second
// is getsockopt's where a socket has not even the level.
var unsupported = map[syscall.Errno]bool{
	endpoint.ENOPROTOOPT.Host(): true,
	endpoint.EOPNOTSUPP.Host():  true,
}
