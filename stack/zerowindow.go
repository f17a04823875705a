package stack

import (
	"slices"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/seqnum"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// zeroWindows keeps connections alive that gVisor would stop for ever when
// both directions are full.
//
// gVisor accepts segments up to the edge of the window as it is advertised,
// rounded down by the window scale (transport/tcp/rcv.go, acceptable); when
// bytes arrive that are no multiple of the scale, that edge retreats, and bytes
// that the peer may have sent before are dropped with the window at zero. From
// then on the peer's ACKs carry a SEQ beyond RCV.NXT, and gVisor drops them
// with the ACK field unread. RFC 9293 section 3.10.7.4 wants it read, and RFC
// 7323 section 2.4 wants the earlier edge honoured. Linux as the peer avoids it
// by sending the edge as SEQ (net/ipv4/tcp_output.c, tcp_acceptable_seq); here
// it is made so on arrival, whoever the peer is.
//
// Only segments of this host's own endpoints pass; forwarded ones do not.
type zeroWindows struct {
	shards [zeroWindowShards]zeroWindowShard

	rewritten, evicted atomic.Uint64
}

const (
	zeroWindowShards = 64
	zeroWindowFlows  = 64 // in each shard: 4096 in all

	// maxRetreat is what the peer can be ahead: the rounding by the largest
	// scale (RFC 7323 section 2.3), and its FIN.
	maxRetreat = 1<<header.MaxWndScale - 1 + 1
)

// zeroWindowShard holds some of the flows whose last segment from here
// advertised a window of zero. It is short, and mostly empty: a list will do.
type zeroWindowShard struct {
	n atomic.Int32 // len(flows), to be read without the lock

	mu    sync.Mutex
	flows []zeroWindow // by the time when the window closed
}

// zeroWindow is a flow, seen from this host, with its RCV.NXT, which does not
// move while the window is zero, except over a FIN.
type zeroWindow struct {
	id  gstack.TransportEndpointID
	nxt seqnum.Value
}

// sent notes what an endpoint of this host sends.
func (z *zeroWindows) sent(pkt *gstack.PacketBuffer) {
	tcp := tcpHeader(pkt)
	if tcp == nil {
		return
	}
	closed := tcp.WindowSize() == 0 && tcp.Flags()&(header.TCPFlagSyn|header.TCPFlagRst) == 0
	s := z.shard(tcp)
	if !closed && s.n.Load() == 0 {
		return
	}
	ip := pkt.Network()
	id := gstack.TransportEndpointID{
		LocalPort: tcp.SourcePort(), LocalAddress: ip.SourceAddress(),
		RemotePort: tcp.DestinationPort(), RemoteAddress: ip.DestinationAddress(),
	}
	if !closed {
		s.remove(id)
	} else if s.put(zeroWindow{id, seqnum.Value(tcp.AckNumber())}) {
		z.evicted.Add(1)
	}
}

// received gives a pure ACK that gVisor would drop the SEQ that it accepts.
// A RST that gVisor accepts ends the flow.
func (z *zeroWindows) received(pkt *gstack.PacketBuffer) {
	tcp := tcpHeader(pkt)
	if tcp == nil || z.shard(tcp).n.Load() == 0 || pkt.Data().Size() > 0 {
		return
	}
	ip := pkt.Network()
	id := gstack.TransportEndpointID{
		LocalPort: tcp.DestinationPort(), LocalAddress: ip.DestinationAddress(),
		RemotePort: tcp.SourcePort(), RemoteAddress: ip.SourceAddress(),
	}
	s := z.shard(tcp)
	nxt, ok := s.get(id)
	if !ok {
		return
	}
	const kind = header.TCPFlagSyn | header.TCPFlagFin | header.TCPFlagRst | header.TCPFlagAck
	ahead := nxt.Size(seqnum.Value(tcp.SequenceNumber()))
	switch flags := tcp.Flags() & kind; {
	case flags == header.TCPFlagAck && ahead > 0 && ahead <= maxRetreat:
		setSequenceNumber(tcp, uint32(nxt))
		z.rewritten.Add(1)
	case flags&header.TCPFlagRst != 0 && ahead == 0:
		s.remove(id)
	}
}

// tcpHeader is nil for anything but whole TCP packets. It may be written to:
// gVisor copies memory that is shared before it hands it out (buffer.PullUp).
func tcpHeader(pkt *gstack.PacketBuffer) header.TCP {
	if pkt.TransportProtocolNumber != header.TCPProtocolNumber {
		return nil
	}
	if tcp := header.TCP(pkt.TransportHeader().Slice()); len(tcp) >= header.TCPMinimumSize {
		return tcp
	}
	return nil
}

// setSequenceNumber keeps a checksum as good as it was (RFC 1624, equation 3).
func setSequenceNumber(tcp header.TCP, seq uint32) {
	sum, old := ^tcp.Checksum(), tcp.SequenceNumber()
	for _, word := range [...]uint16{^uint16(old >> 16), ^uint16(old), uint16(seq >> 16), uint16(seq)} {
		sum = checksum.Combine(sum, word)
	}
	tcp.SetSequenceNumber(seq)
	tcp.SetChecksum(^sum)
}

// shard is the same for both directions of a flow.
func (z *zeroWindows) shard(tcp header.TCP) *zeroWindowShard {
	return &z.shards[(tcp.SourcePort()^tcp.DestinationPort())%zeroWindowShards]
}

func (s *zeroWindowShard) get(id gstack.TransportEndpointID) (nxt seqnum.Value, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.index(id); i >= 0 {
		return s.flows[i].nxt, true
	}
	return 0, false
}

// put reports whether the flow that was closed the longest had to make room.
func (s *zeroWindowShard) put(w zeroWindow) (evicted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.index(w.id); i >= 0 {
		s.flows[i].nxt = w.nxt
		return false
	}
	if evicted = len(s.flows) == zeroWindowFlows; evicted {
		s.flows = slices.Delete(s.flows, 0, 1)
	}
	s.flows = append(s.flows, w)
	s.n.Store(int32(len(s.flows)))
	return evicted
}

func (s *zeroWindowShard) remove(id gstack.TransportEndpointID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.index(id); i >= 0 {
		s.flows = slices.Delete(s.flows, i, i+1)
		s.n.Store(int32(len(s.flows)))
	}
}

func (s *zeroWindowShard) index(id gstack.TransportEndpointID) int {
	return slices.IndexFunc(s.flows, func(w zeroWindow) bool { return w.id == id })
}
