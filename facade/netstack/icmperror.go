package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
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

// hardErrors are the ICMP messages that end a call on a connected socket: those
// that icmp_err_convert of net/ipv4/icmp.c calls fatal. The others are passing
// troubles of the network.
var hardErrors = map[icmpKind]tcpip.Error{
	{3, 2}:  &tcpip.ErrUnknownProtocolOption{}, // protocol unreachable: ENOPROTOOPT
	{3, 3}:  &tcpip.ErrConnectionRefused{},
	{3, 6}:  &tcpip.ErrNetworkUnreachable{},
	{3, 7}:  &tcpip.ErrHostDown{},
	{3, 8}:  &tcpip.ErrNoNet{},
	{3, 9}:  &tcpip.ErrNetworkUnreachable{},
	{3, 10}: &tcpip.ErrHostUnreachable{},
	{3, 13}: &tcpip.ErrHostUnreachable{},
	{3, 14}: &tcpip.ErrHostUnreachable{},
	{3, 15}: &tcpip.ErrHostUnreachable{},
	{12, 0}: errProtocol,
	{12, 1}: errProtocol,
	{12, 2}: errProtocol,
}

// hardErrors6 are those of icmpv6_err_convert of net/ipv6/icmp.c.
var hardErrors6 = map[icmpKind]tcpip.Error{
	{1, 1}: errAccess,
	{1, 4}: &tcpip.ErrConnectionRefused{},
	{1, 5}: errAccess,
	{1, 6}: errAccess,
	{4, 0}: errProtocol,
	{4, 1}: errProtocol,
	{4, 2}: errProtocol,
}

// icmpError is an ICMP error message about a packet that was sent.
type icmpError struct {
	err                 tcpip.Error
	source, destination tcpip.Address // of the packet
	transport           tcpip.TransportProtocolNumber
	payload             []byte // of the packet; at least 8 bytes of it
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
	errors := hardErrors
	if network == ipv6 {
		errors = hardErrors6
	}
	err, ok := errors[icmpKind{b[0], b[1]}]
	if !ok {
		return icmpError{}, false
	}
	e.err = err
	inner := b[icmpHeader:]
	length := header.IPv6MinimumSize
	if network == ipv4 {
		if len(inner) < header.IPv4MinimumSize {
			return icmpError{}, false
		}
		h := header.IPv4(inner)
		if length = int(h.HeaderLength()); length < header.IPv4MinimumSize || h.FragmentOffset() != 0 {
			return icmpError{}, false
		}
		e.source, e.destination, e.transport = h.SourceAddress(), h.DestinationAddress(), h.TransportProtocol()
	} else if len(inner) >= length {
		h := header.IPv6(inner)
		e.source, e.destination = h.SourceAddress(), h.DestinationAddress()
		e.transport = tcpip.TransportProtocolNumber(h.NextHeader())
	}
	if len(inner) < length+icmpHeader {
		return icmpError{}, false
	}
	e.payload = inner[length:]
	return e, true
}

// handleError tells a connected socket what ICMP says of its packets. As on
// Linux, one that is not connected is not told.
func (s *ipSocket) handleError(pkt *gstack.PacketBuffer) {
	e, ok := parseICMPError(s.network, payloadOf(pkt))
	if !ok || e.transport != s.transport {
		return
	}
	st := s.load()
	if !st.peered || st.remote.Addr != e.destination {
		return
	}
	if local := st.localAddress(); local.BitLen() != 0 && local != e.source {
		return
	}
	if s.ping != nil && header.ICMPv4(e.payload).Ident() != st.ident {
		return
	}
	s.fail(e.err)
}
