package netstack_test

import (
	"encoding/binary"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

const packet = endpoint.AF_PACKET

// htons is an EtherType as socket(2) takes it for a packet socket.
func htons(n uint16) int {
	return int(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n)))
}

// onLink is a sockaddr_ll.
func onLink(index int, protocol uint16) endpoint.Sockaddr {
	return endpoint.SockaddrLinklayer(endpoint.Linklayer{Ifindex: index, Protocol: protocol})
}

// index of a link by its name: SIOCGIFINDEX.
func (n *notes) index(name string) int {
	n.t.Helper()
	arg := make([]byte, endpoint.SizeofIfreq)
	copy(arg, name)
	if _, errno := n.socket(inet, dgram, 0).Ioctl(endpoint.SIOCGIFINDEX, arg); errno != 0 {
		n.t.Fatalf("no link %s: %s", name, errno.Name())
	}
	return int(binary.NativeEndian.Uint32(arg[endpoint.IFNAMSIZ:]))
}

// sendUDP sends a datagram from and to a port of the loopback where nobody is.
func (n *notes) sendUDP(data string) {
	n.t.Helper()
	e := n.socket(inet, dgram, 0)
	defer e.Close()
	ok(n.t, "Bind", e.Bind(in4("127.0.0.1", 4444)))
	sendTo(n.t, e, data, in4("127.0.0.1", 4444))
}

// maskFrame blanks out what differs in the UDP packets of sendUDP behind an
// Ethernet header: identification, DF and checksums.
func maskFrame(b []byte) {
	if len(b) >= 42 {
		clear(b[18:22])
		clear(b[24:26])
		clear(b[40:42])
	}
}

// maskFlow blanks out IPv6's flow label behind an Ethernet header: gVisor sets none.
func maskFlow(b []byte) { clear(b[15:18]) }

// maskCooked is maskFrame without the header.
func maskCooked(b []byte) {
	if len(b) >= 28 {
		clear(b[4:8])
		clear(b[10:12])
		clear(b[26:28])
	}
}

func membership(index int, kind, length uint16) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(index))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, length)
	return append(b, make([]byte, 8)...)
}

var packetScripts = map[string]script{
	"names and refusals": func(n *notes) {
		n.refused(packet, endpoint.SOCK_STREAM, 0)
		e := n.socket(packet, rawType, 0)
		n.name(e)
		n.plain(e)
		n.note("connect: %s", e.Connect(onLink(1, 0)).Name())
		n.nothing(e)
		n.get(e, endpoint.SOL_SOCKET, endpoint.SO_PROTOCOL, 4)
		n.get(e, endpoint.IPPROTO_IP, endpoint.IP_TTL, 4)
		n.send(e, make([]byte, 20), none, 0)
		n.bind(e, onLink(99, 0))
		n.bind(e, in4("127.0.0.1", 0))
		n.bind(e, onLink(1, endpoint.ETH_P_IP))
		n.bind(e, onLink(1, 0))
		n.bind(e, onLink(0, endpoint.ETH_P_ALL))
		n.bind(n.socket(packet, rawType, htons(endpoint.ETH_P_ALL)), onLink(n.index("silent0"), 0))
		e = n.socket(packet, rawType, htons(endpoint.ETH_P_ALL))
		n.name(e)
		n.send(e, make([]byte, 20), onLink(99, 0), 0)
		n.send(e, make([]byte, 20), in4("127.0.0.1", 0), 0)
		n.send(e, make([]byte, 13), onLink(1, 0), 0)
		n.send(e, nil, onLink(1, 0), 0)
		n.send(e, make([]byte, 14+65537), onLink(1, 0), 0)
		n.send(e, nil, onLink(n.index("silent0"), 0), 0)
		n.send(e, make([]byte, 1501), onLink(n.index("silent0"), 0), 0)
		n.send(e, append([]byte{0x45}, make([]byte, 1499)...), onLink(n.index("silent0"), 0), 0)
		n.send(n.socket(packet, dgram, 0), []byte("E"), none, 0)
		n.send(n.socket(packet, dgram, 0), []byte("E"), onLink(0, 0), 0)
	},
	"what crosses the loopback": func(n *notes) {
		all := n.socket(packet, rawType, htons(endpoint.ETH_P_ALL))
		bound := n.socket(packet, rawType, 0)
		n.bind(bound, onLink(1, endpoint.ETH_P_IP))
		elsewhere := n.socket(packet, rawType, 0)
		n.bind(elsewhere, onLink(n.index("silent0"), endpoint.ETH_P_IP))
		six := n.socket(packet, rawType, htons(endpoint.ETH_P_IPV6))
		cooked := n.socket(packet, dgram, htons(endpoint.ETH_P_IP))
		quiet := n.socket(packet, rawType, htons(endpoint.ETH_P_ALL))
		n.set(quiet, endpoint.SOL_PACKET, endpoint.PACKET_IGNORE_OUTGOING, int32Bytes(1))
		n.sendUDP("hello")
		n.recv(all, 100, 0, maskFrame)
		n.recv(all, 100, 0, maskFrame)
		n.recv(bound, 100, endpoint.MSG_PEEK, maskFrame)
		n.ioctl(bound, endpoint.FIONREAD, make([]byte, 4))
		n.recv(bound, 4, endpoint.MSG_TRUNC, nil)
		n.nothing(bound)
		n.nothing(elsewhere)
		n.nothing(six)
		n.recv(cooked, 100, 0, maskCooked)
		n.recv(quiet, 100, 0, maskFrame)
		n.get(bound, endpoint.SOL_PACKET, endpoint.PACKET_STATISTICS, 8)
		n.get(bound, endpoint.SOL_PACKET, endpoint.PACKET_STATISTICS, 8)
		n.get(bound, endpoint.SOL_PACKET, endpoint.PACKET_STATISTICS, 4)
		n.get(bound, endpoint.SOL_PACKET, 999, 4)
	},
	"sending frames": func(n *notes) {
		e := n.socket(packet, rawType, 0)
		// The kernel takes packets from 127.0.0.0/8 for Martians.
		rx := n.socket(inet6Family, rawType, unassigned)
		spy := n.socket(packet, rawType, htons(endpoint.ETH_P_IPV6))
		n.send(rx, []byte("template"), in6("::1", 0), 0)
		frame := n.recv(spy, 100, 0, maskFlow)
		n.recv(rx, 100, 0, nil)
		n.send(e, frame, onLink(1, endpoint.ETH_P_IPV6), 0)
		n.recv(rx, 100, 0, nil)
		n.bind(e, onLink(1, endpoint.ETH_P_IPV6))
		n.send(e, frame, none, 0)
		n.recv(rx, 100, 0, nil)
		n.send(n.socket(packet, dgram, 0), frame[14:], onLink(1, endpoint.ETH_P_IPV6), 0)
		n.recv(rx, 100, 0, nil)
	},
	"memberships": func(n *notes) {
		e := n.socket(packet, rawType, 0)
		for _, v := range [][]byte{
			membership(1, endpoint.PACKET_MR_PROMISC, 0), membership(1, endpoint.PACKET_MR_ALLMULTI, 0),
			membership(1, endpoint.PACKET_MR_MULTICAST, 6), membership(1, endpoint.PACKET_MR_MULTICAST, 7),
			membership(1, endpoint.PACKET_MR_UNICAST, 6), membership(99, endpoint.PACKET_MR_PROMISC, 0), []byte("short"),
		} {
			n.set(e, endpoint.SOL_PACKET, endpoint.PACKET_ADD_MEMBERSHIP, v)
		}
		n.set(e, endpoint.SOL_PACKET, endpoint.PACKET_DROP_MEMBERSHIP, membership(1, endpoint.PACKET_MR_PROMISC, 0))
		n.set(e, endpoint.SOL_PACKET, endpoint.PACKET_DROP_MEMBERSHIP, membership(1, endpoint.PACKET_MR_PROMISC, 0))
		n.get(e, endpoint.SOL_PACKET, endpoint.PACKET_ADD_MEMBERSHIP, 4)
		n.set(e, endpoint.SOL_PACKET, endpoint.PACKET_IGNORE_OUTGOING, int32Bytes(2))
		n.get(e, endpoint.SOL_PACKET, endpoint.PACKET_IGNORE_OUTGOING, 4)
	},
}

func TestPacketSocketsAreTheKernels(t *testing.T) {
	for name, run := range packetScripts {
		t.Run(name, func(t *testing.T) { likeTheKernel(t, run) })
	}
}
