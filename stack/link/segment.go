package link

import (
	"errors"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// ErrNotSegmentable means that a packet is not TCP directly over IP, or not
// whole.
var ErrNotSegmentable = errors.New("link: packet cannot be segmented")

// Segment cuts a TCP super-segment, from the network header on, into packets
// with at most mss bytes of payload each, as a device with segmentation
// offload would: lengths, sequence numbers, IPv4 identification, FIN, PSH and
// CWR follow (RFC 9293, RFC 3168 section 6.1.2), and all checksums are filled
// in. The result does not share memory with packet.
func Segment(packet []byte, mss int) ([][]byte, error) {
	network, transport, ok := parseIP(packet)
	if !ok || transport != header.TCPProtocolNumber || mss <= 0 || len(packet) < network+header.TCPMinimumSize {
		return nil, ErrNotSegmentable
	}
	offset := int(header.TCP(packet[network:]).DataOffset())
	if offset < header.TCPMinimumSize || len(packet) < network+offset {
		return nil, ErrNotSegmentable
	}
	head, payload := packet[:network+offset], packet[network+offset:]
	var segments [][]byte
	for i := 0; i == 0 || len(payload) > 0; i++ {
		n := min(mss, len(payload))
		s := make([]byte, len(head)+n)
		copy(s, head)
		copy(s[len(head):], payload[:n])
		payload = payload[n:]
		fixSegment(s, network, i, mss, len(payload) == 0)
		segments = append(segments, s)
	}
	return segments, nil
}

// fixSegment makes the headers of segment number i, whose TCP header begins at
// network, its own.
func fixSegment(s []byte, network, i, mss int, last bool) {
	if s[0]>>4 == header.IPv4Version {
		h := header.IPv4(s)
		h.SetTotalLength(uint16(len(s)))
		h.SetID(h.ID() + uint16(i))
		h.SetChecksum(0)
		h.SetChecksum(^h.CalculateChecksum())
	} else {
		header.IPv6(s).SetPayloadLength(uint16(len(s) - header.IPv6MinimumSize))
	}
	tcp := header.TCP(s[network:])
	tcp.SetSequenceNumber(tcp.SequenceNumber() + uint32(i*mss))
	flags := tcp.Flags()
	if !last {
		flags &^= header.TCPFlagFin | header.TCPFlagPsh
	}
	if i > 0 {
		flags &^= tcpFlagCWR
	}
	tcp.SetFlags(uint8(flags))
	FillChecksum(s)
}

const tcpFlagCWR = 1 << 7 // RFC 3168 section 6.1

// FillChecksum computes the TCP or UDP checksum of a whole packet, from the
// network header on, in place. Fragments and other protocols are left alone.
func FillChecksum(packet []byte) {
	network, transport, ok := parseIP(packet)
	if !ok {
		return
	}
	var src, dst tcpip.Address
	if packet[0]>>4 == header.IPv4Version {
		h := header.IPv4(packet)
		src, dst = h.SourceAddress(), h.DestinationAddress()
	} else {
		h := header.IPv6(packet)
		src, dst = h.SourceAddress(), h.DestinationAddress()
	}
	body := packet[network:]
	pseudo := header.PseudoHeaderChecksum(transport, src, dst, uint16(len(body)))
	switch {
	case transport == header.TCPProtocolNumber && len(body) >= header.TCPMinimumSize:
		tcp := header.TCP(body)
		tcp.SetChecksum(0)
		tcp.SetChecksum(^checksum.Checksum(body, pseudo))
	case transport == header.UDPProtocolNumber && len(body) >= header.UDPMinimumSize:
		udp := header.UDP(body)
		udp.SetChecksum(0)
		sum := ^checksum.Checksum(body, pseudo)
		if sum == 0 {
			sum = 0xffff // RFC 768: zero stands for no checksum
		}
		udp.SetChecksum(sum)
	}
}

// parseIP finds the transport header of a packet that is no fragment. Of IPv6
// it knows only packets without extension headers.
func parseIP(packet []byte) (offset int, transport tcpip.TransportProtocolNumber, ok bool) {
	switch header.IPVersion(packet) {
	case header.IPv4Version:
		h := header.IPv4(packet)
		if !h.IsValid(len(packet)) || h.More() || h.FragmentOffset() != 0 {
			return 0, 0, false
		}
		return int(h.HeaderLength()), h.TransportProtocol(), true
	case header.IPv6Version:
		h := header.IPv6(packet)
		if !h.IsValid(len(packet)) {
			return 0, 0, false
		}
		return header.IPv6MinimumSize, tcpip.TransportProtocolNumber(h.NextHeader()), true
	}
	return 0, 0, false
}
