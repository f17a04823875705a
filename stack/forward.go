package stack

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack/link"
)

// enableForwarding makes the host a router. gVisor forgets the segmentation
// state of a packet that it forwards, and would fragment it or answer that it
// is too big; a hook where packet filters have theirs, just before that check,
// puts it back.
func (s *Stack) enableForwarding() error {
	s.gs.SetNFTables(resegmenter{})
	s.gs.SetNFTablesConfigured(true)
	for _, o := range networkProtocols {
		if err := s.gs.SetForwardingDefaultAndAllNICs(o, true); err != nil {
			return netstackError("forwarding", err)
		}
	}
	return nil
}

// resegmenter is the hook for super-segments that are forwarded.
type resegmenter struct{}

var _ gstack.NFTablesInterface = resegmenter{}

func (resegmenter) CheckPrerouting(*gstack.PacketBuffer, *gstack.Route, gstack.AddressFamily) bool {
	return true
}
func (resegmenter) CheckInput(*gstack.PacketBuffer, *gstack.Route, gstack.AddressFamily) bool {
	return true
}
func (resegmenter) CheckOutput(*gstack.PacketBuffer, *gstack.Route, gstack.AddressFamily) bool {
	return true
}
func (resegmenter) CheckIngress(*gstack.PacketBuffer, *gstack.Route, gstack.AddressFamily) bool {
	return true
}
func (resegmenter) CheckEgress(*gstack.PacketBuffer, *gstack.Route, gstack.AddressFamily) bool {
	return true
}

// CheckForward keeps the memory of the network header from being used again.
// gVisor reads the TTL of an IPv4 packet from a slice of that memory after it
// has released it to its pool (ipv4.forwardPacketWithRoute), and so could take
// the TTL of another packet. The reference is never released: the garbage
// collector takes the memory instead of the pool.
func (resegmenter) CheckForward(pkt *gstack.PacketBuffer, _ *gstack.Route, af gstack.AddressFamily) bool {
	if af == gstack.IP {
		pkt.NetworkHeader().View()
	}
	return true
}

// CheckPostrouting reports whether gVisor is to go on with pkt.
//
// A segment that does not fit the way out is left as it came: gVisor then
// answers that it is too big, or fragments it, as for a packet of that size.
func (resegmenter) CheckPostrouting(pkt *gstack.PacketBuffer, r *gstack.Route, _ gstack.AddressFamily) bool {
	mss := link.ForwardedMSS(pkt)
	if mss == 0 || pkt.Data().Size() <= mss {
		return true
	}
	if len(pkt.TransportHeader().Slice())+mss > int(r.MTU()) {
		return true
	}
	if r.HasHostGSOCapability() {
		restoreGSO(pkt, r, mss)
		return true
	}
	return !writeSegments(pkt, r, mss)
}

func restoreGSO(pkt *gstack.PacketBuffer, r *gstack.Route, mss int) {
	network := pkt.Network()
	pkt.GSOOptions = gstack.GSO{
		Type:       gstack.GSOTCPv4,
		NeedsCsum:  true,
		CsumOffset: header.TCPChecksumOffset,
		MSS:        uint16(mss),
		L3HdrLen:   uint16(len(pkt.NetworkHeader().Slice())),
		MaxSize:    r.GSOMaxSize(),
	}
	if pkt.NetworkProtocolNumber == header.IPv6ProtocolNumber {
		pkt.GSOOptions.Type = gstack.GSOTCPv6
	}
	tcp := header.TCP(pkt.TransportHeader().Slice())
	length := uint16(len(tcp) + pkt.Data().Size())
	tcp.SetChecksum(header.PseudoHeaderChecksum(header.TCPProtocolNumber, network.SourceAddress(), network.DestinationAddress(), length))
}

// writeSegments cuts pkt for a link without segmentation offload, and reports
// whether it could. What the link refuses gVisor counts.
func writeSegments(pkt *gstack.PacketBuffer, r *gstack.Route, mss int) bool {
	view := pkt.ToView()
	defer view.Release()
	segments, err := link.Segment(view.AsSlice(), mss)
	if err != nil {
		return false
	}
	for _, segment := range segments {
		out := gstack.NewPacketBuffer(gstack.PacketBufferOptions{
			ReserveHeaderBytes: int(r.MaxHeaderLength()),
			Payload:            buffer.MakeWithData(segment),
		})
		out.NetworkProtocolNumber = pkt.NetworkProtocolNumber
		r.WriteHeaderIncludedPacket(out)
		out.DecRef()
	}
	return true
}
