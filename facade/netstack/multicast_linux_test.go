package netstack_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

func four(s string) []byte { return netip.MustParseAddr(s).AsSlice() }

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// mreq is struct ip_mreq; mreqn adds an interface index.
func mreq(group, address string) []byte { return join(four(group), four(address)) }

func mreqn(group, address string, index int) []byte {
	return join(four(group), four(address), int32Bytes(index))
}

func mreqSource(group, address, source string) []byte {
	return join(four(group), four(address), four(source))
}

func mreq6(group string, index int) []byte { return join(four(group), int32Bytes(index)) }

// storage is struct sockaddr_storage.
func storage(s string) []byte {
	a := netip.MustParseAddr(s)
	sa := endpoint.SockaddrInet6(a, 0, 0, 0)
	if a.Is4() {
		sa = endpoint.SockaddrInet4(a, 0)
	}
	return append(sa.Bytes(), make([]byte, endpoint.SizeofSockaddrStorage-sa.Len())...)
}

func groupReq(index int, group string) []byte {
	return join(int32Bytes(index), make([]byte, 4), storage(group))
}

func groupSourceReq(index int, group, source string) []byte {
	return join(int32Bytes(index), make([]byte, 4), storage(group), storage(source))
}

func msfilter(group, address string, mode int, sources ...string) []byte {
	b := join(four(group), four(address), int32Bytes(mode), int32Bytes(len(sources)))
	for _, s := range sources {
		b = append(b, four(s)...)
	}
	return b
}

func groupFilter(index int, group string, mode int, sources ...string) []byte {
	b := join(int32Bytes(index), make([]byte, 4), storage(group), int32Bytes(mode), int32Bytes(len(sources)))
	for _, s := range sources {
		b = append(b, storage(s)...)
	}
	return b
}

// step is one setsockopt(2).
type step struct {
	level, opt int
	value      []byte
}

const (
	ip   = endpoint.SOL_IP
	ipv6 = endpoint.SOL_IPV6

	g1, g2, g3 = "239.1.2.1", "239.1.2.2", "239.1.2.3"
	h1, h2, h3 = "ff0e::1:1", "ff0e::1:2", "ff0e::1:3"
	any4       = "0.0.0.0"
)

// memberships are scripts of options; after each step the filters are read.
var memberships = map[string][]step{
	"IP_ADD_MEMBERSHIP": {
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, local4)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, local4)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreqn(g1, any4, silentIndex)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreqn(g1, local4, 1)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g2, "127.0.0.1")},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g3, any4)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g3, "198.51.100.1")},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreqn(g3, any4, 99)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq("10.0.0.1", local4)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g3, local4)[:7]},
		{ip, endpoint.IP_ADD_MEMBERSHIP, nil},
	},
	"IP_DROP_MEMBERSHIP": {
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreq(g1, local4)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, local4)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreq(g1, "198.51.100.1")},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreqn(g1, any4, 99)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreqn(g1, any4, 1)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreq(g1, any4)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreq("10.0.0.1", any4)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreq("10.0.0.1", local4)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreq(g1, local4)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreq(g1, local4)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreqn(g1, any4, silentIndex)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreqn(g1, any4, silentIndex)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, []byte{1, 2}},
	},
	"IP_ADD_SOURCE_MEMBERSHIP": {
		{ip, endpoint.IP_DROP_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.2")},
		{ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, local4, "10.0.0.3")},
		{ip, endpoint.IP_UNBLOCK_SOURCE, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_DROP_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.9")},
		{ip, endpoint.IP_DROP_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_DROP_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.2")},
		{ip, endpoint.IP_DROP_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.2")},
		{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource("10.0.0.1", local4, "10.0.0.1")},
		{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource(g1, "198.51.100.1", "10.0.0.1")},
		{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.1")[:11]},
		{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, append(mreqSource(g1, local4, "10.0.0.1"), 0)},
	},
	"IP_BLOCK_SOURCE": {
		{ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, local4)},
		{ip, endpoint.IP_UNBLOCK_SOURCE, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_UNBLOCK_SOURCE, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource(g1, local4, "10.0.0.1")},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreq(g1, local4)},
	},
	"IP_MSFILTER": {
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_INCLUDE, "10.0.0.1")},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_INCLUDE)},
		{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, local4)},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_INCLUDE, "10.0.0.1", "10.0.0.2")},
		{ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, local4, "10.0.0.3")},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_EXCLUDE, "10.0.0.3")},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, 7, "10.0.0.3")},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_EXCLUDE)},
		{ip, endpoint.IP_MSFILTER, msfilter("10.0.0.1", local4, endpoint.MCAST_EXCLUDE)},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, "198.51.100.1", endpoint.MCAST_EXCLUDE)},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_EXCLUDE, "10.0.0.1")[:19]},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_EXCLUDE)[:15]},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_EXCLUDE, many4(10)...)},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_EXCLUDE, many4(11)...)},
		{ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, local4, "10.9.9.9")},
		{ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, local4, "10.7.0.1")},
		{ip, endpoint.IP_MSFILTER, msfilter(g1, local4, endpoint.MCAST_INCLUDE)},
		{ip, endpoint.IP_DROP_MEMBERSHIP, mreq(g1, local4)},
	},
	"MCAST of IPv4": {
		{ip, endpoint.MCAST_LEAVE_GROUP, groupReq(silentIndex, g1)},
		{ip, endpoint.MCAST_JOIN_GROUP, groupReq(silentIndex, g1)},
		{ip, endpoint.MCAST_JOIN_GROUP, groupReq(silentIndex, g1)},
		{ip, endpoint.MCAST_JOIN_GROUP, groupReq(0, g1)},
		{ip, endpoint.MCAST_JOIN_GROUP, groupReq(99, g1)},
		{ip, endpoint.MCAST_JOIN_GROUP, groupReq(silentIndex, h1)},
		{ip, endpoint.MCAST_JOIN_GROUP, groupReq(silentIndex, "10.0.0.1")},
		{ip, endpoint.MCAST_JOIN_GROUP, groupReq(silentIndex, g2)[:135]},
		{ip, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(silentIndex, g1, "10.0.0.1")},
		{ip, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(silentIndex, g1, "::1")},
		{ip, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(silentIndex, h1, "10.0.0.1")},
		{ip, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(silentIndex, g1, "10.0.0.1")[:263]},
		{ip, endpoint.MCAST_UNBLOCK_SOURCE, groupSourceReq(silentIndex, g1, "10.0.0.1")},
		{ip, endpoint.MCAST_LEAVE_GROUP, groupReq(silentIndex, g1)},
		{ip, endpoint.MCAST_JOIN_SOURCE_GROUP, groupSourceReq(silentIndex, g1, "10.0.0.1")},
		{ip, endpoint.MCAST_JOIN_SOURCE_GROUP, groupSourceReq(silentIndex, g1, "10.0.0.2")},
		{ip, endpoint.MCAST_LEAVE_SOURCE_GROUP, groupSourceReq(silentIndex, g1, "10.0.0.1")},
		{ip, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, g1, endpoint.MCAST_EXCLUDE, "10.0.0.4", "10.0.0.5")},
		{ip, endpoint.MCAST_MSFILTER, groupFilter(0, g1, endpoint.MCAST_EXCLUDE)},
		{ip, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, h1, endpoint.MCAST_EXCLUDE)},
		{ip, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, g1, endpoint.MCAST_EXCLUDE, "::1")},
		{ip, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, g1, endpoint.MCAST_EXCLUDE)[:143]},
		{ip, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, g1, endpoint.MCAST_INCLUDE)},
	},
	"IPV6_JOIN_GROUP": {
		{ipv6, endpoint.IPV6_LEAVE_GROUP, mreq6(h1, silentIndex)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, silentIndex)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, silentIndex)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, 0)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, 1)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h2, 0)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h2, silentIndex)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h3, 99)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6("2001:db8::9", silentIndex)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6("::ffff:239.1.2.3", silentIndex)},
		{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h3, 0)[:19]},
		{ipv6, endpoint.IPV6_LEAVE_GROUP, mreq6(h1, 99)},
		{ipv6, endpoint.IPV6_LEAVE_GROUP, mreq6(h1, 1)},
		{ipv6, endpoint.IPV6_LEAVE_GROUP, mreq6(h1, 0)},
		{ipv6, endpoint.IPV6_LEAVE_GROUP, mreq6(h1, 0)},
		{ipv6, endpoint.IPV6_LEAVE_GROUP, mreq6("2001:db8::9", 0)},
	},
	"MCAST of IPv6": {
		{ipv6, endpoint.MCAST_JOIN_GROUP, groupReq(silentIndex, h1)},
		{ipv6, endpoint.MCAST_JOIN_GROUP, groupReq(silentIndex, h1)},
		{ipv6, endpoint.MCAST_JOIN_GROUP, groupReq(silentIndex, g1)},
		{ipv6, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(silentIndex, h1, "2001:db8::7")},
		{ipv6, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(silentIndex, h1, "2001:db8::7")},
		{ipv6, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(0, h1, "2001:db8::8")},
		{ipv6, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(99, h1, "2001:db8::8")},
		{ipv6, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(silentIndex, g1, "2001:db8::8")},
		{ipv6, endpoint.MCAST_JOIN_SOURCE_GROUP, groupSourceReq(silentIndex, h1, "2001:db8::8")},
		{ipv6, endpoint.MCAST_UNBLOCK_SOURCE, groupSourceReq(silentIndex, h1, "2001:db8::9")},
		{ipv6, endpoint.MCAST_UNBLOCK_SOURCE, groupSourceReq(silentIndex, h1, "2001:db8::7")},
		{ipv6, endpoint.MCAST_LEAVE_GROUP, groupReq(0, h1)},
		{ipv6, endpoint.MCAST_JOIN_SOURCE_GROUP, groupSourceReq(silentIndex, h2, "2001:db8::7")},
		{ipv6, endpoint.MCAST_LEAVE_SOURCE_GROUP, groupSourceReq(silentIndex, h2, "2001:db8::8")},
		{ipv6, endpoint.MCAST_LEAVE_SOURCE_GROUP, groupSourceReq(silentIndex, h2, "2001:db8::7")},
		{ipv6, endpoint.MCAST_LEAVE_SOURCE_GROUP, groupSourceReq(silentIndex, h2, "2001:db8::7")},
		{ipv6, endpoint.MCAST_JOIN_GROUP, groupReq(silentIndex, h1)},
		{ipv6, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, h1, endpoint.MCAST_INCLUDE, "2001:db8::4", "2001:db8::5")},
		{ipv6, endpoint.MCAST_MSFILTER, groupFilter(0, h1, endpoint.MCAST_EXCLUDE)},
		{ipv6, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, h1, 9)},
		{ipv6, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, h1, endpoint.MCAST_EXCLUDE, many6(64)...)},
		{ipv6, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, h1, endpoint.MCAST_EXCLUDE, many6(65)...)},
		{ipv6, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(silentIndex, h1, "2001:db8::8")},
		{ipv6, endpoint.MCAST_MSFILTER, groupFilter(silentIndex, h1, endpoint.MCAST_INCLUDE)},
	},
	"the bound": manyGroups(),
	"IP_MULTICAST_IF": {
		{ip, endpoint.IP_MULTICAST_IF, four(local4)},
		{ip, endpoint.IP_MULTICAST_IF, four("198.51.100.1")},
		{ip, endpoint.IP_MULTICAST_IF, four(any4)},
		{ip, endpoint.IP_MULTICAST_IF, mreq(g1, local4)},
		{ip, endpoint.IP_MULTICAST_IF, mreqn(any4, any4, silentIndex)},
		{ip, endpoint.IP_MULTICAST_IF, mreqn(any4, any4, 99)},
		{ip, endpoint.IP_MULTICAST_IF, mreqn(any4, "198.51.100.1", silentIndex)},
		{ip, endpoint.IP_MULTICAST_IF, []byte{1, 2, 3}},
		{ipv6, endpoint.IPV6_MULTICAST_IF, int32Bytes(silentIndex)},
		{ipv6, endpoint.IPV6_MULTICAST_IF, int32Bytes(99)},
		{ipv6, endpoint.IPV6_MULTICAST_IF, int32Bytes(0)},
		{ipv6, endpoint.IPV6_MULTICAST_IF, []byte{1}},
		{endpoint.SOL_SOCKET, endpoint.SO_BINDTODEVICE, []byte("lo")},
		{ip, endpoint.IP_MULTICAST_IF, four(local4)},
		{ip, endpoint.IP_MULTICAST_IF, four("127.0.0.1")},
		{ipv6, endpoint.IPV6_MULTICAST_IF, int32Bytes(silentIndex)},
		{ipv6, endpoint.IPV6_MULTICAST_IF, int32Bytes(1)},
	},
}

func many4(n int) (all []string) {
	for i := range n {
		all = append(all, netip.AddrFrom4([4]byte{10, 7, 0, byte(i)}).String())
	}
	return all
}

func many6(n int) (all []string) {
	for i := range n {
		all = append(all, netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(i)}).String())
	}
	return all
}

// manyGroups joins one group more than a socket may, leaves one, and tries again.
func manyGroups() (steps []step) {
	group := func(i int) string { return netip.AddrFrom4([4]byte{239, 7, 0, byte(i)}).String() }
	for i := range endpoint.IP_MAX_MEMBERSHIPS + 1 {
		steps = append(steps, step{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(group(i), local4)})
	}
	return append(steps,
		step{ip, endpoint.IP_DROP_MEMBERSHIP, mreq(group(3), local4)},
		step{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(group(50), local4)},
		step{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, silentIndex)})
}

func TestMembershipsAreTheKernels(t *testing.T) {
	for name, steps := range memberships {
		for kind, s := range map[string]struct{ family, typ int }{
			"IPv4 datagrams": {endpoint.AF_INET, endpoint.SOCK_DGRAM}, "IPv6 datagrams": {endpoint.AF_INET6, endpoint.SOCK_DGRAM},
		} {
			t.Run(name+" of "+kind, func(t *testing.T) {
				compare(t, func(k *talk) {
					e := k.socket(s.family, s.typ)
					readFilters(k, e, s.family)
					for _, step := range steps {
						if step.level == ipv6 && s.family == endpoint.AF_INET {
							continue
						}
						k.set(e, step.level, step.opt, step.value)
						readFilters(k, e, s.family)
					}
				})
			})
		}
	}
}

// readFilters reads what options say of the groups and links of memberships.
func readFilters(k *talk, e endpoint.Endpoint, family int) {
	ask := func(level, opt, list int, v []byte, room int) {
		binary.NativeEndian.PutUint32(v[list-4:], uint32(room))
		k.get(e, level, opt, append(v, make([]byte, 2*endpoint.SizeofSockaddrStorage)...))
	}
	for _, room := range []int{0, 1, 2} {
		ask(ip, endpoint.IP_MSFILTER, 16, msfilter(g1, local4, 0), room)
		ask(ip, endpoint.MCAST_MSFILTER, 144, groupFilter(silentIndex, g1, 0), room)
		if family == endpoint.AF_INET6 {
			ask(ipv6, endpoint.MCAST_MSFILTER, 144, groupFilter(silentIndex, h1, 0), room)
		}
	}
	ask(ip, endpoint.IP_MSFILTER, 16, msfilter("10.0.0.1", local4, 0), 0)
	ask(ip, endpoint.IP_MSFILTER, 16, msfilter(g1, any4, 0), 0)
	ask(ip, endpoint.MCAST_MSFILTER, 144, groupFilter(0, g1, 0), 0)
	ask(ip, endpoint.MCAST_MSFILTER, 144, groupFilter(silentIndex, h1, 0), 0)
	k.get(e, ip, endpoint.IP_MULTICAST_IF, make([]byte, 16))
	k.get(e, ip, endpoint.IP_MULTICAST_IF, make([]byte, 2))
	k.get(e, ip, endpoint.IP_MSFILTER, make([]byte, 15))
	if family == endpoint.AF_INET6 {
		k.get(e, ipv6, endpoint.IPV6_MULTICAST_IF, make([]byte, 4))
		ask(ipv6, endpoint.MCAST_MSFILTER, 144, groupFilter(0, h1, 0), 0)
		ask(ipv6, endpoint.MCAST_MSFILTER, 144, groupFilter(silentIndex, g1, 0), 0)
	}
}

func TestMembershipsOfStreamsAreTheKernels(t *testing.T) {
	compare(t, func(k *talk) {
		e := k.socket(endpoint.AF_INET6, endpoint.SOCK_STREAM)
		k.set(e, ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, local4))
		k.set(e, ip, endpoint.IP_DROP_MEMBERSHIP, mreq(g1, local4))
		k.set(e, ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, silentIndex))
		k.set(e, ipv6, endpoint.IPV6_LEAVE_GROUP, mreq6(h1, silentIndex))
		k.set(e, ip, endpoint.IP_MULTICAST_IF, four(local4))
		k.set(e, ipv6, endpoint.IPV6_MULTICAST_IF, int32Bytes(silentIndex))
	})
}

func TestTheLinksOfTheComparisonAreTheSame(t *testing.T) {
	compare(t, func(k *talk) { k.note("a namespace is there") })
	if l, err := net.InterfaceByName("silent0"); err != nil || l.Index != silentIndex {
		t.Errorf("%v, %v", l, err)
	}
}
