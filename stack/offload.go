package stack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack/link"
)

// offloads mends what gVisor does to packets, foremost to those whose
// segmentation or checksums are left to the link. It stands where packet
// filters have their hooks.
//
//   - gVisor forgets the segmentation state of a packet that it forwards, and
//     would fragment it or answer that it is too big.
//   - It fragments a datagram without its checksum if the link could have
//     computed it; no link can do so for fragments.
//   - It computes a checksum into every packet that it forwards to a link that
//     wants them, fragments included, whose checksum, or payload, it destroys.
//   - It takes the TTL of an IPv4 packet that it forwards from memory that it
//     has already released to a pool (ipv4.forwardPacketWithRoute).
//   - It drops acknowledgements that a full connection needs: see zeroWindows.
type offloads struct {
	zeroWindows *zeroWindows
	receivers   *ipReceivers
}

var _ gstack.NFTablesInterface = offloads{}

func (s *Stack) installOffloads() {
	s.gs.SetNFTables(offloads{&s.zeroWindows, &s.receivers})
	s.gs.SetNFTablesConfigured(true)
}

// CheckForward prepares pkt for being copied: the copy keeps its Mark.
func (offloads) CheckForward(pkt *gstack.PacketBuffer, r *gstack.Route, af gstack.AddressFamily) bool {
	if af == gstack.IP {
		// A reference that is never released keeps the memory of the header
		// out of the pool: the garbage collector takes it instead.
		pkt.NetworkHeader().View()
	}
	if r != nil && r.RequiresTXTransportChecksum() && isFragment(pkt) {
		if sum := checksumField(pkt); sum != nil {
			pkt.Mark = markChecksum | uint32(binary.BigEndian.Uint16(sum))
		}
	}
	return true
}

// CheckPostrouting reports whether gVisor is to go on with pkt.
func (offloads) CheckPostrouting(pkt *gstack.PacketBuffer, r *gstack.Route, _ gstack.AddressFamily) bool {
	if !pkt.NetworkPacketInfo.IsForwardedPacket {
		checksumBeforeFragmenting(pkt, r)
		return true
	}
	if pkt.Mark&0xffff0000 == markChecksum {
		if sum := checksumField(pkt); sum != nil {
			binary.BigEndian.PutUint16(sum, uint16(pkt.Mark))
		}
		return true
	}
	return forwardSegments(pkt, r)
}

// CheckInput sees what is for this host.
func (o offloads) CheckInput(pkt *gstack.PacketBuffer, _ *gstack.Route, _ gstack.AddressFamily) bool {
	o.zeroWindows.received(pkt)
	return o.receivers.deliver(pkt)
}

// CheckOutput sees what this host sends.
func (o offloads) CheckOutput(pkt *gstack.PacketBuffer, _ *gstack.Route, _ gstack.AddressFamily) bool {
	o.zeroWindows.sent(pkt)
	return true
}

// CheckPrerouting and the hooks below let everything pass.
func (offloads) CheckPrerouting(*gstack.PacketBuffer, *gstack.Route, gstack.AddressFamily) bool {
	return true
}

func (offloads) CheckIngress(*gstack.PacketBuffer, *gstack.Route, gstack.AddressFamily) bool {
	return true
}

func (offloads) CheckEgress(*gstack.PacketBuffer, *gstack.Route, gstack.AddressFamily) bool {
	return true
}

// markChecksum tells a mark that holds the two bytes of a fragment that gVisor
// takes for its checksum.
const markChecksum = 0x43530000

func isFragment(pkt *gstack.PacketBuffer) bool {
	switch h := pkt.Network().(type) {
	case header.IPv4:
		return h.More() || h.FragmentOffset() != 0
	case header.IPv6:
		return h.NextHeader() == uint8(header.IPv6FragmentExtHdrIdentifier)
	}
	return false
}

// checksumField returns the bytes where gVisor puts a checksum, nil if nowhere.
func checksumField(pkt *gstack.PacketBuffer) []byte {
	transport := pkt.TransportProtocolNumber
	if transport == 0 {
		transport = pkt.Network().TransportProtocol()
	}
	offset := header.TCPChecksumOffset
	switch transport {
	case header.TCPProtocolNumber:
	case header.UDPProtocolNumber:
		offset = udpChecksumOffset
	default:
		return nil
	}
	b := pkt.TransportHeader().Slice()
	if len(b) == 0 {
		b, _ = pkt.Data().PullUp(min(offset+2, pkt.Data().Size()))
	}
	if len(b) < offset+2 {
		return nil
	}
	return b[offset : offset+2]
}

const udpChecksumOffset = 6 // RFC 768

func checksumBeforeFragmenting(pkt *gstack.PacketBuffer, r *gstack.Route) {
	if pkt.TransportProtocolNumber != header.UDPProtocolNumber || r.RequiresTXTransportChecksum() {
		return
	}
	if len(pkt.TransportHeader().Slice())+pkt.Data().Size() > int(r.MTU()) {
		pkt.CalculateTransportChecksum()
	}
}

// forwardSegments reports whether gVisor is to go on with pkt. A segment that
// does not fit the way out is left as it came: gVisor then answers that it is
// too big, or fragments it, as for a packet of that size.
func forwardSegments(pkt *gstack.PacketBuffer, r *gstack.Route) bool {
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
