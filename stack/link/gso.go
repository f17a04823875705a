package link

import (
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// GSOMaxSize is the largest super-segment, in bytes from the network header
// on: what the length fields of IPv4 and IPv6 can say.
const GSOMaxSize = 65535

// markGSO tells a mark that holds a segment size from any other. gVisor keeps
// a packet's Mark, but not its GSOOptions, when it copies it for forwarding.
const markGSO = 0x47530000

// carryGSO gives the inbound packet in the segmentation state of the outbound
// packet out.
func carryGSO(in, out *gstack.PacketBuffer) {
	if isSuperSegment(out) {
		markSuperSegment(in, out.GSOOptions)
	}
}

func markSuperSegment(in *gstack.PacketBuffer, gso gstack.GSO) {
	in.GSOOptions = gso
	in.Mark = markGSO | uint32(gso.MSS)
}

// ForwardedMSS returns the segment size, in bytes of TCP payload, of a
// super-segment that came in over a link of this package and is being
// forwarded; 0 for any other packet.
func ForwardedMSS(pkt *gstack.PacketBuffer) int {
	if !pkt.NetworkPacketInfo.IsForwardedPacket || pkt.Mark&0xffff0000 != markGSO {
		return 0
	}
	if pkt.TransportProtocolNumber != header.TCPProtocolNumber {
		return 0
	}
	return int(pkt.Mark & 0xffff)
}

// isSuperSegment reports whether pkt, outbound or just received, is a TCP
// packet that stands for more than one segment.
func isSuperSegment(pkt *gstack.PacketBuffer) bool {
	return isSuper(&pkt.GSOOptions, pkt.Size()-len(pkt.LinkHeader().Slice()))
}

// isSuper is isSuperSegment of a packet of size bytes from the network header on.
func isSuper(g *gstack.GSO, size int) bool {
	if g.Type != gstack.GSOTCPv4 && g.Type != gstack.GSOTCPv6 {
		return false
	}
	return g.MSS > 0 && size > int(g.L3HdrLen)+header.TCPMinimumSize+int(g.MSS)
}

// completeChecksum makes the checksum of an outbound TCP packet, which holds
// the sum of the pseudo-header, that of the packet. Of a super-segment it
// covers the whole.
func completeChecksum(pkt *gstack.PacketBuffer) {
	tcp := header.TCP(pkt.TransportHeader().Slice())
	if len(tcp) < header.TCPMinimumSize {
		return
	}
	pseudo := tcp.Checksum()
	tcp.SetChecksum(0)
	tcp.SetChecksum(^tcp.CalculateChecksum(checksum.Combine(pseudo, pkt.Data().Checksum())))
	pkt.GSOOptions.NeedsCsum = false
}
