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
)

func TestMain(m *testing.M) { os.Exit(testenv.RunInNetns(m)) }

// pending are rows of options that the table calls supported and that the stack does
// not have yet. The test fails for those that it does have.
var pending = map[string]bool{
	"SO_TIMESTAMP": true, "SO_TIMESTAMPNS": true, "SO_TIMESTAMPING": true, "SO_TIMESTAMP_NEW": true, "SO_TIMESTAMPNS_NEW": true, "SO_TIMESTAMPING_NEW": true,
	"IP_PKTINFO": true, "IP_RECVERR": true, "IP_RECVTTL": true, "IP_RECVTOS": true, "IP_RECVORIGDSTADDR": true, "IP_HDRINCL": true,
	"IP_MULTICAST_IF": true, "IP_MULTICAST_TTL": true, "IP_MULTICAST_LOOP": true, "IP_ADD_MEMBERSHIP": true, "IP_DROP_MEMBERSHIP": true, "IP_UNBLOCK_SOURCE": true, "IP_BLOCK_SOURCE": true,
	"IP_ADD_SOURCE_MEMBERSHIP": true, "IP_DROP_SOURCE_MEMBERSHIP": true, "IP_MSFILTER": true, "MCAST_JOIN_GROUP": true, "MCAST_BLOCK_SOURCE": true, "MCAST_UNBLOCK_SOURCE": true,
	"MCAST_LEAVE_GROUP": true, "MCAST_JOIN_SOURCE_GROUP": true, "MCAST_LEAVE_SOURCE_GROUP": true, "MCAST_MSFILTER": true, "IP_MULTICAST_ALL": true,
	"IPV6_CHECKSUM": true, "IPV6_HDRINCL": true, "IPV6_MULTICAST_IF": true, "IPV6_MULTICAST_HOPS": true, "IPV6_MULTICAST_LOOP": true, "IPV6_ADD_MEMBERSHIP": true, "IPV6_DROP_MEMBERSHIP": true,
	"IPV6_RECVERR": true, "IPV6_MULTICAST_ALL": true, "IPV6_RECVPKTINFO": true, "IPV6_RECVHOPLIMIT": true, "IPV6_RECVTCLASS": true, "IPV6_RECVORIGDSTADDR": true,
	"PACKET_ADD_MEMBERSHIP": true, "PACKET_DROP_MEMBERSHIP": true, "PACKET_STATISTICS": true, "PACKET_AUXDATA": true, "PACKET_IGNORE_OUTGOING": true,
}

// kind is a kind of socket that the stack has.
type kind struct {
	kind   optiontable.Kinds
	family facade.Family
	typ    facade.Type
}

var kinds = []kind{
	{optiontable.TCP4, facade.AF_INET, facade.SOCK_STREAM},
	{optiontable.UDP4, facade.AF_INET, facade.SOCK_DGRAM},
	{optiontable.TCP6, facade.AF_INET6, facade.SOCK_STREAM},
	{optiontable.UDP6, facade.AF_INET6, facade.SOCK_DGRAM},
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

func module(t *testing.T) *facade.Module {
	t.Helper()
	testenv.LeakCheck(t)
	m := facade.New(facade.Config{Kernel: facade.KernelNever})
	t.Cleanup(func() { must(t, m.Close()) })
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
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
		s, err := m.Socket(k.family, k.typ, 0)
		must(t, err)
		t.Cleanup(func() { s.Close() })
		return s
	}
	bound := func() *facade.Socket {
		s := open()
		must(t, s.Bind(address(k.loopback(0))))
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
	return []optiontable.States{optiontable.FreshSocket, optiontable.Bound, optiontable.Connected}
}

// unsupported are the answers to an option that the stack does not have; the second
// is getsockopt's where a socket has not even the level.
var unsupported = map[syscall.Errno]bool{
	endpoint.ENOPROTOOPT.Host(): true,
	endpoint.EOPNOTSUPP.Host():  true,
}
