package netstack_test

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// family is what tests of groups on a cable need of one address family.
type family struct {
	any, group, other endpoint.Sockaddr // other is a group that nobody joins
	senders           [2]endpoint.Sockaddr
	receiver          endpoint.Sockaddr
	level             int
	multicastIf       int
	multicastTTL      int
	multicastAll      int
}

var families = map[string]family{
	"IPv4": {
		any: inet4("0.0.0.0:7000"), group: inet4("239.1.2.3:7000"), other: inet4("239.1.2.4:7000"),
		senders: [2]endpoint.Sockaddr{inet4("10.0.0.1:7001"), inet4("10.0.0.3:7001")}, receiver: inet4("10.0.0.2:7000"),
		level: endpoint.SOL_IP, multicastIf: endpoint.IP_MULTICAST_IF, multicastTTL: endpoint.IP_MULTICAST_TTL, multicastAll: endpoint.IP_MULTICAST_ALL,
	},
	"IPv6": {
		any: inet6("[::]:7000", 0), group: inet6("[ff0e::1:3]:7000", 0), other: inet6("[ff0e::1:4]:7000", 0),
		senders: [2]endpoint.Sockaddr{inet6("[fd00::1]:7001", 0), inet6("[fd00::3]:7001", 0)}, receiver: inet6("[fd00::2]:7000", 0),
		level: endpoint.SOL_IPV6, multicastIf: endpoint.IPV6_MULTICAST_IF, multicastTTL: endpoint.IPV6_MULTICAST_HOPS, multicastAll: endpoint.IPV6_MULTICAST_ALL,
	},
	"IPv4 on IPv6 sockets": {
		any: inet6("[::]:7000", 0), group: inet6("[::ffff:239.1.2.3]:7000", 0), other: inet6("[::ffff:239.1.2.4]:7000", 0),
		senders:  [2]endpoint.Sockaddr{inet6("[::ffff:10.0.0.1]:7001", 0), inet6("[::ffff:10.0.0.3]:7001", 0)},
		receiver: inet6("[::ffff:10.0.0.2]:7000", 0),
		level:    endpoint.SOL_IP, multicastIf: endpoint.IP_MULTICAST_IF, multicastTTL: endpoint.IP_MULTICAST_TTL, multicastAll: endpoint.IP_MULTICAST_ALL,
	},
}

const cableIndex = 2

// groupHosts are two stacks on a cable, which compute and verify checksums; a has
// two addresses of each family.
func groupHosts(t testing.TB) (a, b *netstack.Provider) {
	t.Helper()
	testenv.LeakCheck(t)
	ea, eb := link.NewCable(link.CableConfig{Checksums: true})
	a = newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(ea, "10.0.0.1/24", "fd00::1/64", "10.0.0.3/24", "fd00::3/64")}}))
	b = newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(eb, "10.0.0.2/24", "fd00::2/64")}}))
	return a, b
}

// request is struct group_req of the family, or group_source_req.
func (f *family) request(t testing.TB, sources ...endpoint.Sockaddr) []byte {
	t.Helper()
	b := append(int32Bytes(cableIndex), 0, 0, 0, 0)
	for _, sa := range append([]endpoint.Sockaddr{f.group}, sources...) {
		addr := addrPort(t, sa).Addr()
		made := endpoint.SockaddrInet6(addr, 0, 0, 0)
		if addr.Unmap().Is4() {
			made = endpoint.SockaddrInet4(addr, 0)
		}
		b = append(b, append(made.Bytes(), make([]byte, endpoint.SizeofSockaddrStorage-made.Len())...)...)
	}
	return b
}

func (f *family) set(t testing.TB, e endpoint.Endpoint, opt int, sources ...endpoint.Sockaddr) {
	t.Helper()
	ok(t, "SetSockOpt", e.SetSockOpt(f.level, opt, f.request(t, sources...)))
}

// sender is a socket that sends to groups over the cable.
func (f *family) sender(t testing.TB, p *netstack.Provider, i int) *netstack.Endpoint {
	t.Helper()
	e := bound(t, p, endpoint.SOCK_DGRAM, f.senders[i])
	index := int32Bytes(cableIndex)
	if f.level == endpoint.SOL_IP {
		index = append(make([]byte, 8), index...) // struct ip_mreqn
	}
	ok(t, "multicast interface", e.SetSockOpt(f.level, f.multicastIf, index))
	return e
}

func eachFamily(t *testing.T, test func(t *testing.T, f family, a, b *netstack.Provider)) {
	for name, f := range families {
		t.Run(name, func(t *testing.T) {
			a, b := groupHosts(t)
			test(t, f, a, b)
		})
	}
}

func TestGroupOverACable(t *testing.T) {
	eachFamily(t, func(t *testing.T, f family, a, b *netstack.Provider) {
		from, e := f.sender(t, a, 0), bound(t, b, endpoint.SOCK_DGRAM, f.any)
		sendTo(t, from, "before", f.group)
		sendTo(t, from, "to the host", f.receiver)
		wantData(t, e, "to the host") // the group was not joined
		f.set(t, e, endpoint.MCAST_JOIN_GROUP)
		sendTo(t, from, "to the group", f.group)
		data, sender := recv(t, e)
		if data != "to the group" || sender != f.senders[0] {
			t.Errorf("%q from % x", data, sender.Bytes())
		}
		f.set(t, e, endpoint.MCAST_LEAVE_GROUP)
		sendTo(t, from, "after", f.group)
		sendTo(t, from, "to the host", f.receiver)
		wantData(t, e, "to the host")
	})
}

func TestConnectedToAGroup(t *testing.T) {
	eachFamily(t, func(t *testing.T, f family, a, b *netstack.Provider) {
		from, e := f.sender(t, a, 0), bound(t, b, endpoint.SOCK_DGRAM, f.any)
		f.set(t, e, endpoint.MCAST_JOIN_GROUP)
		ok(t, "Connect", from.Connect(f.group))
		send(t, from, "to the group")
		wantData(t, e, "to the group")
	})
}

func TestMembershipsEndWithTheirSocket(t *testing.T) {
	eachFamily(t, func(t *testing.T, f family, a, b *netstack.Provider) {
		from, e := f.sender(t, a, 0), bound(t, b, endpoint.SOCK_DGRAM, f.any)
		member := open(t, b, f.any.Family(), endpoint.SOCK_DGRAM)
		f.set(t, member, endpoint.MCAST_JOIN_GROUP)
		sendTo(t, from, "to the group", f.group)
		wantData(t, e, "to the group") // IP_MULTICAST_ALL: another's membership will do
		member.Close()
		sendTo(t, from, "after", f.group)
		sendTo(t, from, "to the host", f.receiver)
		wantData(t, e, "to the host")
	})
}

// TestSourceFilter sends from a source that is not wanted, and then from one that
// is: neither readiness nor a receive may tell of the former.
func TestSourceFilter(t *testing.T) {
	for how, filter := range map[string]func(t *testing.T, f *family, e endpoint.Endpoint){
		"include one": func(t *testing.T, f *family, e endpoint.Endpoint) {
			f.set(t, e, endpoint.MCAST_JOIN_SOURCE_GROUP, f.senders[0])
		},
		"exclude the other": func(t *testing.T, f *family, e endpoint.Endpoint) {
			f.set(t, e, endpoint.MCAST_JOIN_GROUP)
			f.set(t, e, endpoint.MCAST_BLOCK_SOURCE, f.senders[1])
		},
	} {
		t.Run(how, func(t *testing.T) {
			eachFamily(t, func(t *testing.T, f family, a, b *netstack.Provider) {
				wanted, other := f.sender(t, a, 0), f.sender(t, a, 1)
				e := bound(t, b, endpoint.SOCK_DGRAM, f.any)
				filter(t, &f, e)
				for range 3 {
					sendTo(t, other, "not this", f.group)
				}
				eventually(t, "the datagrams are there, and dropped", func() bool {
					if e.Ready() != out {
						t.Fatalf("ready for %#x", e.Ready())
					}
					return e.Drops().Filtered == 3
				})
				m := endpoint.Message{Iov: [][]byte{make([]byte, 8)}}
				_, errno := e.Recv(&m)
				want(t, "Recv", errno, endpoint.EAGAIN)
				var waiting [4]byte
				_, errno = e.Ioctl(endpoint.FIONREAD, waiting[:])
				if n := binary.NativeEndian.Uint32(waiting[:]); n != 0 || errno != 0 {
					t.Errorf("FIONREAD: %d, %s", n, errno.Name())
				}
				sendTo(t, other, "nor this", f.group)
				sendTo(t, wanted, "this", f.group)
				wantData(t, e, "this")
				sendTo(t, other, "to the host", f.receiver)
				wantData(t, e, "to the host") // the filter is the group's
				if n := e.Drops().Filtered; n != 4 {
					t.Errorf("%d were filtered, want 4", n)
				}
			})
		})
	}
}

// TestFilteredDatagramsAreFollowedByWakeUps: gVisor notifies only when its queue was
// empty, which what is filtered must not prevent.
func TestFilteredDatagramsAreFollowedByWakeUps(t *testing.T) {
	eachFamily(t, func(t *testing.T, f family, a, b *netstack.Provider) {
		wanted, other := f.sender(t, a, 0), f.sender(t, a, 1)
		e := bound(t, b, endpoint.SOCK_DGRAM, f.any)
		f.set(t, e, endpoint.MCAST_JOIN_SOURCE_GROUP, f.senders[0])
		for range 50 {
			sendTo(t, other, "not this", f.group)
			sendTo(t, wanted, "this", f.group)
			wantData(t, e, "this")
		}
	})
}

func TestMulticastAll(t *testing.T) {
	eachFamily(t, func(t *testing.T, f family, a, b *netstack.Provider) {
		from, e := f.sender(t, a, 0), bound(t, b, endpoint.SOCK_DGRAM, f.any)
		member := open(t, b, f.any.Family(), endpoint.SOCK_DGRAM)
		f.set(t, member, endpoint.MCAST_JOIN_GROUP)
		ok(t, "all off", setInt(e, f.level, f.multicastAll, 0))
		sendTo(t, from, "not this", f.group)
		sendTo(t, from, "to the host", f.receiver)
		wantData(t, e, "to the host")
		f.set(t, e, endpoint.MCAST_JOIN_GROUP)
		sendTo(t, from, "to the group", f.group)
		wantData(t, e, "to the group")
	})
}

// TestTTLAndLoopAreOfEachFamily uses both families of one socket, for which gVisor
// has one TTL and one loop.
func TestTTLAndLoopAreOfEachFamily(t *testing.T) {
	four, six := families["IPv4 on IPv6 sockets"], families["IPv6"]
	a, b := groupHosts(t)
	from := open(t, a, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
	e, own := bound(t, b, endpoint.SOCK_DGRAM, four.any), bound(t, a, endpoint.SOCK_DGRAM, four.any)
	for _, s := range []endpoint.Endpoint{e, own} {
		four.set(t, s, endpoint.MCAST_JOIN_GROUP)
		six.set(t, s, endpoint.MCAST_JOIN_GROUP)
		ok(t, "IP_RECVTTL", setInt(s, endpoint.SOL_IP, endpoint.IP_RECVTTL, 1))
		ok(t, "IPV6_RECVHOPLIMIT", setInt(s, endpoint.SOL_IPV6, endpoint.IPV6_RECVHOPLIMIT, 1))
	}
	ok(t, "IP_MULTICAST_IF", from.SetSockOpt(endpoint.SOL_IP, endpoint.IP_MULTICAST_IF, append(make([]byte, 8), int32Bytes(cableIndex)...)))
	ok(t, "IPV6_MULTICAST_IF", setInt(from, endpoint.SOL_IPV6, endpoint.IPV6_MULTICAST_IF, cableIndex))
	ok(t, "IP_MULTICAST_TTL", setInt(from, endpoint.SOL_IP, endpoint.IP_MULTICAST_TTL, 5))
	ok(t, "IPV6_MULTICAST_HOPS", setInt(from, endpoint.SOL_IPV6, endpoint.IPV6_MULTICAST_HOPS, 9))
	ok(t, "IP_MULTICAST_LOOP", setInt(from, endpoint.SOL_IP, endpoint.IP_MULTICAST_LOOP, 0))
	for _, c := range []struct {
		to      endpoint.Sockaddr
		control []byte
	}{
		{four.group, endpoint.AppendCmsg(nil, endpoint.SOL_IP, endpoint.IP_TTL, int32Bytes(5))},
		{six.group, endpoint.AppendCmsg(nil, endpoint.SOL_IPV6, endpoint.IPV6_HOPLIMIT, int32Bytes(9))},
	} {
		sendTo(t, from, "to the group", c.to)
		m := endpoint.Message{Iov: [][]byte{make([]byte, 32)}, Control: make([]byte, 64)}
		ok(t, "Recv", wait(t, e, func() endpoint.Errno { _, errno := e.Recv(&m); return errno }))
		if string(m.Control) != string(c.control) {
			t.Errorf("control % x, want % x", m.Control, c.control)
		}
	}
	// Of the two only IPv6's came back.
	if _, sender := recv(t, own); !addrPort(t, sender).Addr().Is6() || addrPort(t, sender).Addr().Is4In6() {
		t.Errorf("from % x", sender.Bytes())
	}
	_, errno := own.Recv(&endpoint.Message{Iov: [][]byte{make([]byte, 8)}})
	want(t, "Recv", errno, endpoint.EAGAIN)
}

// TestGroupOptionsWhileOthersReceive changes filters while datagrams come in: what
// the socket never refuses must arrive.
func TestGroupOptionsWhileOthersReceive(t *testing.T) {
	f := families["IPv4"]
	a, b := groupHosts(t)
	from, e := f.sender(t, a, 0), bound(t, b, endpoint.SOCK_DGRAM, f.any)
	f.set(t, e, endpoint.MCAST_JOIN_GROUP)
	request := f.request(t, f.senders[1])
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			want(t, "block", e.SetSockOpt(f.level, endpoint.MCAST_BLOCK_SOURCE, request), 0)
			want(t, "unblock", e.SetSockOpt(f.level, endpoint.MCAST_UNBLOCK_SOURCE, request), 0)
			e.Ready()
		}
	}()
	for range 300 {
		sendTo(t, from, "to the group", f.group)
		wantData(t, e, "to the group")
	}
	<-done
}

// FuzzGroupOptions feeds every option of groups with bytes.
func FuzzGroupOptions(f *testing.F) {
	address := netip.MustParseAddr("127.0.0.1").As4()
	f.Add(uint8(0), append([]byte{239, 1, 2, 3}, address[:]...))
	f.Add(uint8(5), make([]byte, 16))
	f.Add(uint8(12), make([]byte, 144))
	f.Add(uint8(9), make([]byte, 264))
	p := newProvider(f, newStack(f, stack.Config{}))
	options := netstack.Options()
	slices.SortFunc(options, func(a, b netstack.OptionName) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Name, b.Name))
	})
	f.Fuzz(func(t *testing.T, which uint8, v []byte) {
		e := open(t, p, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
		defer e.Close()
		for i := range 3 {
			o := options[(int(which)+i)%len(options)]
			if o.Name < endpoint.IP_MULTICAST_IF || o.Name > endpoint.MCAST_MSFILTER {
				continue
			}
			e.SetSockOpt(o.Level, o.Name, v)
			out := append([]byte(nil), v...)
			if n, errno := e.GetSockOpt(o.Level, o.Name, out); n > len(v) || errno != 0 && n != 0 {
				t.Errorf("%d of %d bytes, %s", n, len(v), errno.Name())
			}
		}
	})
}
