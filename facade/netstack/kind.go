package netstack

import (
	"encoding/binary"
	"math"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// kind is what the arguments of socket(2) stand for in the stack.
type kind struct {
	network   tcpip.NetworkProtocolNumber
	transport tcpip.TransportProtocolNumber
	etherType uint16 // of a packet socket
	make      func(*Endpoint, kind, *waiter.Queue) (tcpip.Endpoint, tcpip.Error)
}

var networks = map[int]tcpip.NetworkProtocolNumber{
	endpoint.AF_INET:  header.IPv4ProtocolNumber,
	endpoint.AF_INET6: header.IPv6ProtocolNumber,
}

// triple is the arguments of socket(2).
type triple struct{ family, typ, proto int }

// kinds are the sockets of IP other than raw ones.
var kinds = map[triple]kind{
	{endpoint.AF_INET, endpoint.SOCK_STREAM, 0}:                       {ipv4, tcp.ProtocolNumber, 0, makeTransport},
	{endpoint.AF_INET, endpoint.SOCK_STREAM, endpoint.IPPROTO_TCP}:    {ipv4, tcp.ProtocolNumber, 0, makeTransport},
	{endpoint.AF_INET, endpoint.SOCK_DGRAM, 0}:                        {ipv4, udp.ProtocolNumber, 0, makeTransport},
	{endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_UDP}:     {ipv4, udp.ProtocolNumber, 0, makeTransport},
	{endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP}:    {ipv4, header.ICMPv4ProtocolNumber, 0, makePing},
	{endpoint.AF_INET6, endpoint.SOCK_STREAM, 0}:                      {ipv6, tcp.ProtocolNumber, 0, makeTransport},
	{endpoint.AF_INET6, endpoint.SOCK_STREAM, endpoint.IPPROTO_TCP}:   {ipv6, tcp.ProtocolNumber, 0, makeTransport},
	{endpoint.AF_INET6, endpoint.SOCK_DGRAM, 0}:                       {ipv6, udp.ProtocolNumber, 0, makeTransport},
	{endpoint.AF_INET6, endpoint.SOCK_DGRAM, endpoint.IPPROTO_UDP}:    {ipv6, udp.ProtocolNumber, 0, makeTransport},
	{endpoint.AF_INET6, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMPV6}: {ipv6, header.ICMPv6ProtocolNumber, 0, makePing},
}

// maxProtocol is IPPROTO_MAX of linux/in.h.
const maxProtocol = 263

// kindOfSocket tells, as the kernel does, which part of a socket's description is
// unknown.
func kindOfSocket(family, typ, proto int) (kind, endpoint.Errno) {
	network, ok := networks[family]
	switch {
	case family == endpoint.AF_PACKET:
		return packetKind(typ, proto)
	case !ok:
		return kind{}, endpoint.EAFNOSUPPORT
	case proto < 0 || proto >= maxProtocol:
		return kind{}, endpoint.EINVAL
	case typ == endpoint.SOCK_RAW:
		return rawKind(network, proto)
	}
	if k, ok := kinds[triple{family, typ, proto}]; ok {
		return k, 0
	}
	if typ == endpoint.SOCK_STREAM || typ == endpoint.SOCK_DGRAM {
		return kind{}, endpoint.EPROTONOSUPPORT
	}
	return kind{}, endpoint.ESOCKTNOSUPPORT
}

// rawKind takes any protocol that IP has a number for. IPPROTO_IP, which Linux
// refuses, is for SIO_RCVALL.
func rawKind(network tcpip.NetworkProtocolNumber, proto int) (kind, endpoint.Errno) {
	if proto > math.MaxUint8 || proto == endpoint.IPPROTO_IP && network != ipv4 {
		return kind{}, endpoint.EPROTONOSUPPORT
	}
	return kind{network, tcpip.TransportProtocolNumber(proto), 0, makeRaw}, 0
}

// packetKind takes an EtherType in network byte order.
func packetKind(typ, proto int) (kind, endpoint.Errno) {
	if typ != endpoint.SOCK_RAW && typ != endpoint.SOCK_DGRAM {
		return kind{}, endpoint.ESOCKTNOSUPPORT
	}
	etherType := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, uint16(proto)))
	if typ == endpoint.SOCK_DGRAM {
		return kind{0, 0, etherType, makeCooked}, 0
	}
	return kind{0, 0, etherType, makePacket}, 0
}

func makeTransport(e *Endpoint, _ kind, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	return e.p.stack.NewEndpoint(e.transport, e.network, wq)
}

func makeRaw(e *Endpoint, _ kind, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	return newRaw(e, wq)
}

func makePing(e *Endpoint, _ kind, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	return newPing(e, wq)
}

func makePacket(e *Endpoint, k kind, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	return newPacket(e.p.stack, false, k.etherType, wq)
}

func makeCooked(e *Endpoint, k kind, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	return newPacket(e.p.stack, true, k.etherType, wq)
}
