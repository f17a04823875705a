package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// icmpOf is the ICMP of a version of IP.
func icmpOf(network tcpip.NetworkProtocolNumber) tcpip.TransportProtocolNumber {
	if network == ipv4 {
		return header.ICMPv4ProtocolNumber
	}
	return header.ICMPv6ProtocolNumber
}

// icmpKind is the type and code of an ICMP message.
type icmpKind struct{ typ, code byte }

// icmpMeaning is the error that an ICMP message stands for. A hard one ends a call on
// a connected socket; the others are passing troubles of the network, which are told
// to sockets with IP_RECVERR only.
type icmpMeaning struct {
	errno endpoint.Errno
	hard  bool
}

// icmpMeanings are icmp_err_convert of net/ipv4/icmp.c, and what raw_err and
// ping_err make of the other types. That fragmentation is needed is hard unless a
// socket allows it (IP_PMTUDISC_DONT).
var icmpMeanings = map[icmpKind]icmpMeaning{
	{3, 0}:  {endpoint.ENETUNREACH, false},
	{3, 1}:  {endpoint.EHOSTUNREACH, false},
	{3, 2}:  {endpoint.ENOPROTOOPT, true},
	{3, 3}:  {endpoint.ECONNREFUSED, true},
	{3, 4}:  {endpoint.EMSGSIZE, true},
	{3, 5}:  {endpoint.EOPNOTSUPP, false},
	{3, 6}:  {endpoint.ENETUNREACH, true},
	{3, 7}:  {endpoint.EHOSTDOWN, true},
	{3, 8}:  {endpoint.ENONET, true},
	{3, 9}:  {endpoint.ENETUNREACH, true},
	{3, 10}: {endpoint.EHOSTUNREACH, true},
	{3, 11}: {endpoint.ENETUNREACH, false},
	{3, 12}: {endpoint.EHOSTUNREACH, false},
	{3, 13}: {endpoint.EHOSTUNREACH, true},
	{3, 14}: {endpoint.EHOSTUNREACH, true},
	{3, 15}: {endpoint.EHOSTUNREACH, true},
	{11, 0}: {endpoint.EHOSTUNREACH, false},
	{12, 0}: {endpoint.EPROTO, true},
	{12, 1}: {endpoint.EPROTO, true},
	{12, 2}: {endpoint.EPROTO, true},
}

// icmpMeanings6 are icmpv6_err_convert of net/ipv6/icmp.c.
var icmpMeanings6 = map[icmpKind]icmpMeaning{
	{1, 0}: {endpoint.ENETUNREACH, false},
	{1, 1}: {endpoint.EACCES, true},
	{1, 2}: {endpoint.EHOSTUNREACH, false},
	{1, 3}: {endpoint.EHOSTUNREACH, false},
	{1, 4}: {endpoint.ECONNREFUSED, true},
	{1, 5}: {endpoint.EACCES, true},
	{1, 6}: {endpoint.EACCES, true},
	{2, 0}: {endpoint.EMSGSIZE, false},
	{3, 0}: {endpoint.EHOSTUNREACH, false},
	{3, 1}: {endpoint.EHOSTUNREACH, false},
	{4, 0}: {endpoint.EPROTO, true},
	{4, 1}: {endpoint.EPROTO, true},
	{4, 2}: {endpoint.EPROTO, true},
}

// icmpError is an ICMP error message about a packet that was sent.
type icmpError struct {
	icmpKind
	icmpMeaning
	// info is what the message says beside: the MTU of the next link, or where in
	// the packet the fault is.
	info uint32
	// packet has at least 8 bytes of payload.
	packet ipHeader
	whole  []byte // the packet from its IP header on
}

// icmpHeader is the length of the header of an ICMP error, in bytes, after which
// comes the packet that it is about: RFC 792, RFC 4443.
const icmpHeader = 8

// parseICMPError reads an ICMP or ICMPv6 message from its type on. ok is false
// for all that is no error to tell a socket.
func parseICMPError(network tcpip.NetworkProtocolNumber, b []byte) (e icmpError, ok bool) {
	if len(b) < icmpHeader {
		return icmpError{}, false
	}
	meanings := icmpMeanings
	if network == ipv6 {
		meanings = icmpMeanings6
	}
	e.icmpKind, e.whole = icmpKind{b[0], b[1]}, b[icmpHeader:]
	if e.icmpMeaning, ok = meanings[e.icmpKind]; !ok {
		return icmpError{}, false
	}
	packet, err := parseIP(network, e.whole)
	if err != nil || packet.fragment || len(packet.payload) < icmpHeader {
		return icmpError{}, false
	}
	e.packet, e.info = packet, icmpInfo(network, b)
	return e, true
}

// icmpInfo is the info of icmp_unreach and icmpv6_notify: of ICMPv4 only some
// messages have any.
func icmpInfo(network tcpip.NetworkProtocolNumber, b []byte) uint32 {
	switch {
	case network == ipv6:
		return binary.BigEndian.Uint32(b[4:])
	case b[0] == 3 && b[1] == 4:
		return uint32(binary.BigEndian.Uint16(b[6:]))
	case b[0] == 12:
		return uint32(b[4])
	}
	return 0
}

// handleError tells a socket what ICMP says of its packets. As on Linux, one that is
// not connected is told only if it asks for extended errors.
func (s *ipSocket) handleError(pkt *gstack.PacketBuffer) {
	b := payloadOf(pkt)
	e, ok := parseICMPError(s.network, b)
	if !ok || e.packet.transport != s.transport || !intact(s.network, b, pkt.Network()) {
		return
	}
	if !s.sent(&e, pkt) {
		return
	}
	reports := s.owner.reportsErrors(s.network == ipv4)
	if reports {
		s.owner.queueICMP(s, &e, datagramOf(pkt, nil, b))
	}
	if reports || e.hard && s.connected() {
		s.fail(&linuxError{errno: e.errno})
	}
}

// sent tells whether the packet that an error is about was the socket's: the lookup
// of raw_icmp_error and ping_err. A ping socket has an identifier to be known by.
func (s *ipSocket) sent(e *icmpError, pkt *gstack.PacketBuffer) bool {
	if s.ping != nil {
		echo := echoes[s.network]
		kind := e.packet.payload[0]
		return (kind == echo.request || kind == echo.extended) && e.packet.payload[1] == 0 &&
			s.ping.takes(s, header.ICMPv4(e.packet.payload).Ident(), pkt.NICID, e.packet.destination, e.packet.source)
	}
	st := s.load()
	return s.admits(&st, pkt.NICID, e.packet.destination, e.packet.source)
}
