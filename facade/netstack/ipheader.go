package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// ipHeader is what a packet says before its payload.
type ipHeader struct {
	source, destination tcpip.Address
	transport           tcpip.TransportProtocolNumber
	tos, ttl            uint8
	// fragment marks what is not the beginning of a datagram.
	fragment bool
	// payload follows the header, and the extension headers of IPv6.
	payload []byte
}

// parseIP reads a packet from its IP header on, which may be cut short after that.
// Extension headers that are cut are payload.
func parseIP(network tcpip.NetworkProtocolNumber, b []byte) (h ipHeader, err tcpip.Error) {
	if err := checkHeader(network, b); err != nil {
		return ipHeader{}, err
	}
	if network == ipv4 {
		ip := header.IPv4(b)
		h = ipHeader{
			source: ip.SourceAddress(), destination: ip.DestinationAddress(), transport: ip.TransportProtocol(),
			ttl: ip.TTL(), fragment: ip.FragmentOffset() != 0, payload: b[ip.HeaderLength():],
		}
		h.tos, _ = ip.TOS()
		return h, nil
	}
	ip := header.IPv6(b)
	h = ipHeader{
		source: ip.SourceAddress(), destination: ip.DestinationAddress(),
		transport: tcpip.TransportProtocolNumber(ip.NextHeader()),
		ttl:       ip.HopLimit(), payload: b[header.IPv6MinimumSize:],
	}
	h.tos, _ = ip.TOS()
	h.skipExtensions()
	return h, nil
}

// checkHeader refuses a packet whose own IP header does not fit it. The rest of
// the header is the sender's affair, but for what stack.IPPacket says.
func checkHeader(network tcpip.NetworkProtocolNumber, b []byte) tcpip.Error {
	if network == ipv6 {
		if len(b) < header.IPv6MinimumSize || b[0]>>4 != header.IPv6Version {
			return &tcpip.ErrMalformedHeader{}
		}
		return nil
	}
	if len(b) < header.IPv4MinimumSize || b[0]>>4 != header.IPv4Version {
		return &tcpip.ErrMalformedHeader{}
	}
	if n := int(header.IPv4(b).HeaderLength()); n < header.IPv4MinimumSize || n > len(b) {
		return &tcpip.ErrMalformedHeader{}
	}
	return nil
}

// extensionUnit is what lengths of extension headers count beyond the first unit,
// in bytes (RFC 8200 section 4); those of the authentication header count half of
// it (RFC 4302 section 2.2).
const extensionUnit = 8

// extensions are the lengths of the extension headers of IPv6, of which b has the
// first unit. gVisor's TryParseTransportProtocol has a length of 255 wrap to 0, and
// never ends.
var extensions = map[header.IPv6ExtensionHeaderIdentifier]func(b []byte) int{
	header.IPv6HopByHopOptionsExtHdrIdentifier:    extensionLength,
	header.IPv6RoutingExtHdrIdentifier:            extensionLength,
	header.IPv6DestinationOptionsExtHdrIdentifier: extensionLength,
	header.IPv6AuthenticationExtHdrIdentifier:     func(b []byte) int { return (int(b[1]) + 2) * extensionUnit / 2 },
	header.IPv6FragmentExtHdrIdentifier:           func([]byte) int { return extensionUnit },
}

func extensionLength(b []byte) int { return (int(b[1]) + 1) * extensionUnit }

// skipExtensions moves on to the transport's header, as ipv6_skip_exthdr of the
// kernel does: not into a later fragment, which does not have it.
func (h *ipHeader) skipExtensions() {
	for !h.fragment && len(h.payload) >= extensionUnit {
		id := header.IPv6ExtensionHeaderIdentifier(h.transport)
		length, ok := extensions[id]
		if !ok {
			return
		}
		n := length(h.payload)
		if n > len(h.payload) {
			return
		}
		if id == header.IPv6FragmentExtHdrIdentifier {
			h.fragment = binary.BigEndian.Uint16(h.payload[2:])&^(extensionUnit-1) != 0
		}
		h.transport = tcpip.TransportProtocolNumber(h.payload[0])
		h.payload = h.payload[n:]
	}
}
