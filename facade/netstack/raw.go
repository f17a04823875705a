package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// newRaw makes a raw socket. IPPROTO_RAW only sends, and IPPROTO_IP only does so
// until SIO_RCVALL: no packet has a protocol of either number that is not a
// mistake.
func newRaw(e *Endpoint, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	r, err := newIPSocket(e, wq)
	if err != nil {
		return nil, err
	}
	transport := r.transport
	r.SocketOptions().SetHeaderIncluded(transport == endpoint.IPPROTO_RAW)
	if transport != endpoint.IPPROTO_RAW && transport != endpoint.IPPROTO_IP {
		if err := r.receive(transport, r.handleRaw); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

// handleRaw queues a packet: from the IP header on, or without it on IPv6.
func (s *ipSocket) handleRaw(pkt *gstack.PacketBuffer) {
	st := s.load()
	ip := pkt.Network()
	if st.sniffing || !s.admits(&st, pkt.NICID, ip.SourceAddress(), ip.DestinationAddress()) {
		return
	}
	payload := payloadOf(pkt)
	data := payload
	if s.transport == icmpOf(s.network) && s.filtered(data) {
		return
	}
	if s.network == ipv4 {
		data = append(append([]byte(nil), pkt.NetworkHeader().Slice()...), data...)
	} else if !s.leftOut(pkt) && !s.verifies(data, ip) {
		return
	}
	s.push(datagramOf(pkt, data, payload))
}

// filtered tells whether ICMP_FILTER or ICMP6_FILTER holds an ICMP message back.
func (s *ipSocket) filtered(icmp []byte) bool {
	if len(icmp) < header.ICMPv4MinimumSize {
		return true
	}
	if s.network == ipv4 {
		// Types from 32 on pass: icmp_filter of net/ipv4/raw.c.
		return icmp[0] < 32 && s.icmpFilter.Load()&(1<<icmp[0]) != 0
	}
	var filter tcpip.ICMPv6Filter
	s.Endpoint.GetSockOpt(&filter)
	return filter.ShouldDeny(icmp[0])
}

// leftOut tells of a packet whose checksum is left to links that do without it:
// CHECKSUM_PARTIAL of the kernel.
func (s *ipSocket) leftOut(pkt *gstack.PacketBuffer) bool {
	return pkt.RXChecksumValidated && (s.transport == header.TCPProtocolNumber || s.transport == header.UDPProtocolNumber)
}

// verifies tells whether an IPv6 packet has the checksum that IPV6_CHECKSUM asks
// for.
func (s *ipSocket) verifies(data []byte, ip header.Network) bool {
	offset, err := s.Endpoint.GetSockOptInt(tcpip.IPv6Checksum)
	if err != nil || offset < 0 {
		return true
	}
	if len(data) < offset+checksum.Size {
		return false
	}
	sum := header.PseudoHeaderChecksum(s.transport, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(data)))
	return checksum.Checksum(data, sum) == 0xffff
}

// icmpMinimum is the part of an ICMP message, type and code, that raw sockets of
// the kernel read before they send it.
const icmpMinimum = 2

// checkRaw refuses what raw(7) does.
func (s *ipSocket) checkRaw(p *stack.IPPacket) tcpip.Error {
	if p.HeaderIncluded {
		return checkHeader(s.network, p.Payload)
	}
	if s.transport == icmpOf(s.network) && len(p.Payload) < icmpMinimum {
		return &tcpip.ErrBadBuffer{}
	}
	if s.network == ipv4 {
		if len(p.Payload) > maxIPPacket-header.IPv4MinimumSize {
			return &tcpip.ErrMessageTooLong{}
		}
		return nil
	}
	if offset, err := s.Endpoint.GetSockOptInt(tcpip.IPv6Checksum); err == nil && offset >= 0 {
		p.ChecksumOffset = offset
	}
	return nil
}
