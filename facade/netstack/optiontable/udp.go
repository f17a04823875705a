package optiontable

import (
	"encoding/binary"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// udpRows are the options of udp(7).
var udpRows = []Row{
	{Number: 1, Name: "UDP_CORK", Status: Unsupported, Form: Flag, Why: "gVisor does not cork datagrams"},
	{Number: 100, Name: "UDP_ENCAP", Status: Unsupported, Form: Int, Why: "there is no IPsec"},
	{Number: 101, Name: "UDP_NO_CHECK6_TX", Status: Unsupported, Form: Flag, Why: "gVisor always sums UDP over IPv6"},
	{Number: 102, Name: "UDP_NO_CHECK6_RX", Status: Unsupported, Form: Flag, Why: "gVisor drops UDP over IPv6 without a checksum"},
	{Number: 103, Name: "UDP_SEGMENT", Status: Unsupported, Form: Int, Why: "gVisor does not cut datagrams; QUIC libraries then send one by one"},
	{Number: 104, Name: "UDP_GRO", Status: NoEffect, Form: Flag, Fresh: ints(0), Takes: flags(), Why: "it allows datagrams to be merged, and none are"},
}

// udpLiteRows are the options of udplite(7).
var udpLiteRows = []Row{
	{Number: 10, Name: "UDPLITE_SEND_CSCOV", Status: Unsupported, Form: Int, Why: "the stack has no UDP-Lite"},
	{Number: 11, Name: "UDPLITE_RECV_CSCOV", Status: Unsupported, Form: Int, Why: "the stack has no UDP-Lite"},
}

const (
	noRings  = "there are no rings of shared memory; recvmsg and its batches do the same"
	noFanout = "a packet goes to every packet socket"
)

// packetRows are the options of packet(7).
var packetRows = []Row{
	{Number: 1, Name: "PACKET_ADD_MEMBERSHIP", Form: "struct packet_mreq", Access: WriteOnly, Takes: writes(promiscuous()),
		Refuses: []Refusal{{promiscuous()[:15], endpoint.EINVAL}}},
	{Number: 2, Name: "PACKET_DROP_MEMBERSHIP", Form: "struct packet_mreq", Access: WriteOnly, Takes: writes(promiscuous()),
		Refuses: []Refusal{{promiscuous()[:15], endpoint.EINVAL}}},
	{Number: 3, Name: "PACKET_RECV_OUTPUT", Status: Refused, Form: Int, Why: obsolete},
	{Number: 5, Name: "PACKET_RX_RING", Status: Unsupported, Form: "struct tpacket_req", Why: noRings},
	{Number: 6, Name: "PACKET_STATISTICS", Form: "struct tpacket_stats", Access: ReadOnly, Fresh: ints(0, 0), Why: "reading them clears them"},
	{Number: 7, Name: "PACKET_COPY_THRESH", Status: Unsupported, Form: Int, Why: noRings},
	{Number: 8, Name: "PACKET_AUXDATA", Status: Unsupported, Form: Flag, Why: "links neither take VLAN tags off packets nor check their sums, which it would tell"},
	{Number: 9, Name: "PACKET_ORIGDEV", Status: Unsupported, Form: Flag, Why: "links have no links below them"},
	{Number: 10, Name: "PACKET_VERSION", Status: Unsupported, Form: Int, Why: noRings},
	{Number: 11, Name: "PACKET_HDRLEN", Status: Unsupported, Form: Int, Why: noRings},
	{Number: 12, Name: "PACKET_RESERVE", Status: Unsupported, Form: Int, Why: noRings},
	{Number: 13, Name: "PACKET_TX_RING", Status: Unsupported, Form: "struct tpacket_req", Why: noRings},
	{Number: 14, Name: "PACKET_LOSS", Status: Unsupported, Form: Flag, Why: noRings},
	{Number: 15, Name: "PACKET_VNET_HDR", Status: Unsupported, Form: Flag, Why: "packet sockets see whole frames"},
	{Number: 16, Name: "PACKET_TX_TIMESTAMP", Status: Refused, Form: Int, Why: "control data only: ENOPROTOOPT"},
	{Number: 17, Name: "PACKET_TIMESTAMP", Status: Unsupported, Form: Int, Why: noRings},
	{Number: 18, Name: "PACKET_FANOUT", Status: Unsupported, Form: Int, Why: noFanout},
	{Number: 19, Name: "PACKET_TX_HAS_OFF", Status: Unsupported, Form: Flag, Why: noRings},
	{Number: 20, Name: "PACKET_QDISC_BYPASS", Status: Unsupported, Form: Flag, Why: "there are no queueing disciplines"},
	{Number: 21, Name: "PACKET_ROLLOVER_STATS", Status: Unsupported, Form: "struct tpacket_rollover_stats", Why: noFanout},
	{Number: 22, Name: "PACKET_FANOUT_DATA", Status: Unsupported, Form: "struct sock_fprog", Why: noFanout},
	{Number: 23, Name: "PACKET_IGNORE_OUTGOING", Form: Int, Fresh: ints(0), Takes: same(0, 1), Refuses: invalid(-1, 2)},
}

// promiscuous is a struct packet_mreq of PACKET_MR_PROMISC on the loopback.
func promiscuous() []byte {
	b := binary.NativeEndian.AppendUint16(ints(1), 1)
	return append(b, make([]byte, 10)...)
}
