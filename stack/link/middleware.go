package link

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/link/nested"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// middleware is what stands between a stack and its link and passes on what it
// does not change.
type middleware struct {
	nested.Endpoint
	lower    gstack.LinkEndpoint
	counters counters // of its own
}

func (m *middleware) init(lower gstack.LinkEndpoint, embedder gstack.NetworkDispatcher) {
	m.lower = lower
	m.Endpoint.Init(lower, embedder)
}

// NotifyRoom implements Backpressure for the link below.
func (m *middleware) NotifyRoom(fn func()) {
	if b, ok := m.lower.(Backpressure); ok {
		b.NotifyRoom(fn)
	}
}

// Congested implements Backpressure for the link below.
func (m *middleware) Congested() bool {
	b, ok := m.lower.(Backpressure)
	return ok && b.Congested()
}

// Counters implements Counted: the counters of the link below, if it has any,
// and the drops on the way to and from it.
func (m *middleware) Counters() Counters {
	own := m.counters.snapshot()
	if c, ok := m.lower.(Counted); ok {
		return own.Add(c.Counters())
	}
	return own
}

// cut makes packets of the segments of a super-segment, of at most mss bytes of
// payload each, with its link header, of head bytes. It only reads pkt.
func cut(pkt *gstack.PacketBuffer, head, mss int) ([]*gstack.PacketBuffer, error) {
	view := pkt.ToView()
	defer view.Release()
	packet := view.AsSlice()
	if len(packet) < head {
		return nil, ErrNotSegmentable
	}
	segments, err := Segment(packet[head:], mss)
	if err != nil {
		return nil, err
	}
	pkts := make([]*gstack.PacketBuffer, 0, len(segments))
	for _, s := range segments {
		if head > 0 {
			s = append(packet[:head:head], s...)
		}
		pkts = append(pkts, likePacket(pkt, s, head))
	}
	return pkts, nil
}

// likePacket is a whole packet in place of pkt; its link header is the first
// head bytes.
func likePacket(pkt *gstack.PacketBuffer, packet []byte, head int) *gstack.PacketBuffer {
	out := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(packet), Mark: pkt.Mark})
	if head > 0 {
		out.LinkHeader().Consume(head)
	}
	out.NetworkProtocolNumber = pkt.NetworkProtocolNumber
	out.TransportProtocolNumber = pkt.TransportProtocolNumber
	out.EgressRoute = pkt.EgressRoute
	out.PktType = pkt.PktType
	out.Hash = pkt.Hash
	return out
}

func release(pkts []*gstack.PacketBuffer) {
	for _, pkt := range pkts {
		pkt.DecRef()
	}
}
