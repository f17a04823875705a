package optiontable

import (
	"net/netip"
	"slices"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

const (
	noForeign = "gVisor binds to the stack's own addresses; taken without effect, the bind would fail later"
	noIPsec   = "there is no IPsec"
	noOptions = "gVisor neither sends nor hands on options of IPv4"
	noMinTTL  = "packets with a lower TTL are not dropped: to take it without effect would open a door"
	noPolicy  = "a datagram's link follows its route, or SO_BINDTODEVICE"
)

// ipRows are the options of ip(7).
var ipRows = []Row{
	{Number: 1, Name: "IP_TOS", Form: Int, Fresh: ints(0), Takes: append(same(0, 0x10, 0xfc), reads(0x110, 0x10)),
		Why: "the ECN bits of streams belong to TCP"},
	{Number: 2, Name: "IP_TTL", Form: Int, Fresh: ints(64), Takes: append(same(1, 255), reads(-1, 64)), Refuses: invalid(-2, 0, 256)},
	{Number: 3, Name: "IP_HDRINCL", On: Raw4, Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 4, Name: "IP_OPTIONS", Status: Unsupported, Form: "options", Why: noOptions},
	{Number: 5, Name: "IP_ROUTER_ALERT", Status: Unsupported, Form: Flag, Why: "the stack hands no router alerts on"},
	{Number: 6, Name: "IP_RECVOPTS", Status: Unsupported, Form: Flag, Why: noOptions},
	{Number: 7, Name: "IP_RETOPTS", Aliases: []string{"IP_RECVRETOPTS"}, Status: Unsupported, Form: Flag, Why: noOptions},
	{Number: 8, Name: "IP_PKTINFO", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 9, Name: "IP_PKTOPTIONS", Status: Unsupported, Form: "control messages", Why: noOptions},
	{Number: 10, Name: "IP_MTU_DISCOVER", Aliases: []string{"IP_PMTUDISC"}, Form: Int, Fresh: ints(1), Takes: same(0, 1, 2, 3, 4, 5), Refuses: invalid(-1, 6),
		Why: "with DO, PROBE and INTERFACE a datagram longer than the link's MTU is EMSGSIZE, with the others it is fragmented; WANT, DO and PROBE forbid routers to, WANT even for what the stack has fragmented, where Linux does not. gVisor takes no path MTU from ICMP for datagrams, which is as PROBE, INTERFACE and OMIT have it"},
	{Number: 11, Name: "IP_RECVERR", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 12, Name: "IP_RECVTTL", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 13, Name: "IP_RECVTOS", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 14, Name: "IP_MTU", Form: Int, Access: ReadOnly, Why: "of the link towards the peer; ENOTCONN without one"},
	{Number: 15, Name: "IP_FREEBIND", Status: Unsupported, Form: Flag, Why: noForeign},
	{Number: 16, Name: "IP_IPSEC_POLICY", Status: Unsupported, Form: "policy", Why: noIPsec},
	{Number: 17, Name: "IP_XFRM_POLICY", Status: Unsupported, Form: "policy", Why: noIPsec},
	{Number: 18, Name: "IP_PASSSEC", Status: Unsupported, Form: Flag, Why: "there is no security module"},
	{Number: 19, Name: "IP_TRANSPARENT", Status: Unsupported, Form: Flag, Why: noForeign + "; tun/forward takes flows for any address"},
	{Number: 20, Name: "IP_RECVORIGDSTADDR", Aliases: []string{"IP_ORIGDSTADDR"}, Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 21, Name: "IP_MINTTL", Status: Unsupported, Form: Int, Why: noMinTTL},
	{Number: 22, Name: "IP_NODEFRAG", Status: Unsupported, Form: Flag, Why: "gVisor reassembles before sockets see a packet"},
	{Number: 23, Name: "IP_CHECKSUM", Status: Unsupported, Form: Flag, Why: "gVisor does not hand checksums on"},
	{Number: 24, Name: "IP_BIND_ADDRESS_NO_PORT", Status: NoEffect, Form: Flag, Fresh: ints(0), Takes: flags(),
		Why: "bind takes a port at once: connections from one address share its ephemeral ports, whatever they connect to"},
	{Number: 25, Name: "IP_RECVFRAGSIZE", Status: Unsupported, Form: Flag, Why: "gVisor does not tell how a packet was cut"},
	{Number: 26, Name: "IP_RECVERR_RFC4884", Status: Unsupported, Form: Int, Why: "gVisor does not look at extensions of ICMP"},
	{Number: 32, Name: "IP_MULTICAST_IF", On: Datagrams &^ Raw6, Form: "struct ip_mreqn", Fresh: ints(0),
		Takes: []Sample{{mreqn("0.0.0.0"), ints(0)}}, Refuses: []Refusal{{ints(-1), endpoint.EADDRNOTAVAIL}}},
	{Number: 33, Name: "IP_MULTICAST_TTL", On: Datagrams &^ Raw6, Form: Int, Fresh: ints(1), Takes: append(same(0, 1, 255), reads(-1, 1)), Refuses: invalid(-2, 256)},
	{Number: 34, Name: "IP_MULTICAST_LOOP", On: Datagrams &^ Raw6, Form: Flag, Fresh: ints(1), Takes: flags()},
	{Number: 35, Name: "IP_ADD_MEMBERSHIP", On: Datagrams &^ Raw6, Form: "struct ip_mreqn", Access: WriteOnly, Takes: writes(mreqn("239.1.2.3")),
		Refuses: []Refusal{{mreqn("239.1.2.3"), endpoint.EADDRINUSE}, {mreqn("127.0.0.1"), endpoint.EINVAL}, {ints(0), endpoint.EINVAL}}},
	{Number: 36, Name: "IP_DROP_MEMBERSHIP", On: Datagrams &^ Raw6, Form: "struct ip_mreqn", Access: WriteOnly,
		Refuses: []Refusal{{mreqn("239.1.2.3"), endpoint.EADDRNOTAVAIL}, {ints(0), endpoint.EINVAL}}},
	{Number: 37, Name: "IP_UNBLOCK_SOURCE", On: Datagrams &^ Raw6, Form: "struct ip_mreq_source", Access: WriteOnly, Refuses: notJoined(mreqSource("239.1.2.3", "10.9.9.9"))},
	{Number: 38, Name: "IP_BLOCK_SOURCE", On: Datagrams &^ Raw6, Form: "struct ip_mreq_source", Access: WriteOnly, Refuses: notJoined(mreqSource("239.1.2.3", "10.9.9.9"))},
	{Number: 39, Name: "IP_ADD_SOURCE_MEMBERSHIP", On: Datagrams &^ Raw6, Form: "struct ip_mreq_source", Access: WriteOnly,
		Takes:   writes(mreqSource("239.1.2.3", "10.9.9.9"), mreqSource("239.1.2.3", "10.9.9.8")),
		Refuses: []Refusal{{mreqSource("239.1.2.3", "10.9.9.9"), endpoint.EADDRNOTAVAIL}, {ints(0, 0), endpoint.EINVAL}}},
	{Number: 40, Name: "IP_DROP_SOURCE_MEMBERSHIP", On: Datagrams &^ Raw6, Form: "struct ip_mreq_source", Access: WriteOnly, Refuses: notJoined(mreqSource("239.1.2.3", "10.9.9.9"))},
	{Number: 41, Name: "IP_MSFILTER", On: Datagrams &^ Raw6, Form: "struct ip_msfilter", Volatile: true, Refuses: invalid(0)},
	{Number: 42, Name: "MCAST_JOIN_GROUP", On: Datagrams &^ Raw6, Form: "struct group_req", Access: WriteOnly, Takes: writes(groupReq("239.1.2.3")),
		Refuses: []Refusal{{groupReq("239.1.2.3"), endpoint.EADDRINUSE}, {ints(0), endpoint.EINVAL}}},
	{Number: 43, Name: "MCAST_BLOCK_SOURCE", On: Datagrams &^ Raw6, Form: "struct group_source_req", Access: WriteOnly, Refuses: notJoined(groupReq("239.1.2.3", "10.9.9.9"))},
	{Number: 44, Name: "MCAST_UNBLOCK_SOURCE", On: Datagrams &^ Raw6, Form: "struct group_source_req", Access: WriteOnly, Refuses: notJoined(groupReq("239.1.2.3", "10.9.9.9"))},
	{Number: 45, Name: "MCAST_LEAVE_GROUP", On: Datagrams &^ Raw6, Form: "struct group_req", Access: WriteOnly,
		Refuses: []Refusal{{groupReq("239.1.2.3"), endpoint.EADDRNOTAVAIL}, {ints(0), endpoint.EINVAL}}},
	{Number: 46, Name: "MCAST_JOIN_SOURCE_GROUP", On: Datagrams &^ Raw6, Form: "struct group_source_req", Access: WriteOnly,
		Takes:   writes(groupReq("239.1.2.3", "10.9.9.9"), groupReq("239.1.2.3", "10.9.9.8")),
		Refuses: []Refusal{{groupReq("239.1.2.3", "10.9.9.9"), endpoint.EADDRNOTAVAIL}, {ints(0), endpoint.EINVAL}}},
	{Number: 47, Name: "MCAST_LEAVE_SOURCE_GROUP", On: Datagrams &^ Raw6, Form: "struct group_source_req", Access: WriteOnly, Refuses: notJoined(groupReq("239.1.2.3", "10.9.9.9"))},
	{Number: 48, Name: "MCAST_MSFILTER", On: Datagrams &^ Raw6, Form: "struct group_filter", Volatile: true, Refuses: invalid(0)},
	{Number: 49, Name: "IP_MULTICAST_ALL", On: IPLevel, Form: Int, Takes: same(0, 1), Refuses: invalid(-1, 2)},
	{Number: 50, Name: "IP_UNICAST_IF", Status: Unsupported, Form: Int, Why: noPolicy},
}

// mreqn is a struct ip_mreqn for a group on the loopback, which has the index 1.
func mreqn(group string) []byte {
	return slices.Concat(addr(group), addr("0.0.0.0"), ints(1))
}

// mreqSource is a struct ip_mreq_source for a group on the loopback.
func mreqSource(group, source string) []byte {
	return slices.Concat(addr(group), addr("127.0.0.1"), addr(source))
}

// mreq6 is a struct ipv6_mreq for a group on the loopback.
func mreq6(group string) []byte { return append(addr(group), ints(1)...) }

// groupReq is a struct group_req, or with a source group_source_req, on the
// loopback.
func groupReq(addresses ...string) []byte {
	b := ints(1, 0) // gr_interface, and what aligns
	for _, a := range addresses {
		sa := endpoint.SockaddrInet4(netip.MustParseAddr(a), 0)
		b = append(b, sa.Bytes()...)
		b = append(b, make([]byte, endpoint.SizeofSockaddrStorage-len(sa.Bytes()))...)
	}
	return b
}

func addr(s string) []byte { return netip.MustParseAddr(s).AsSlice() }

// notJoined are the refusals of an option about a group that was not joined.
func notJoined(v []byte) []Refusal {
	return []Refusal{{v, endpoint.EINVAL}, {v[:4], endpoint.EINVAL}}
}
