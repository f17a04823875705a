package link

import (
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// heldPacket is a packet on its way through a lane.
type heldPacket struct {
	number   uint64
	copy     bool
	protocol tcpip.NetworkProtocolNumber
	pkt      *gstack.PacketBuffer
	owned    bool // a reference on pkt is ours

	// Of those that are held:
	due      time.Duration
	sequence uint64
	size     int
}

func (h *heldPacket) release() {
	if h.owned {
		h.pkt.DecRef()
	}
}

// heldPackets is a heap of packets, the next to leave first. Of those that are
// due at one time the order in which they came is kept.
type heldPackets []*heldPacket

func (h heldPackets) Len() int      { return len(h) }
func (h heldPackets) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h heldPackets) Less(i, j int) bool {
	return h[i].due < h[j].due || h[i].due == h[j].due && h[i].sequence < h[j].sequence
}

// Push implements heap.Interface.
func (h *heldPackets) Push(x any) { *h = append(*h, x.(*heldPacket)) }

// Pop implements heap.Interface.
func (h *heldPackets) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}

// corrupt returns a copy of pkt with one bit flipped, the one that is share of
// 2^64 of the way through what follows the link header.
func corrupt(pkt *gstack.PacketBuffer, share uint64) *gstack.PacketBuffer {
	view := pkt.ToView()
	defer view.Release()
	packet := append([]byte(nil), view.AsSlice()...)
	head := len(pkt.LinkHeader().Slice())
	if n := uint64(len(packet)-head) * 8; n > 0 {
		bit := below(share, n)
		packet[head+int(bit/8)] ^= 1 << (bit % 8)
	}
	return likePacket(pkt, packet, head)
}

// transmitter sends one packet after another at a rate.
type transmitter struct {
	until time.Duration // when the last packet will have been sent
	rest  uint64        // of a nanosecond that it took, in units of 1/rate
	queue []transmission
	bytes int // of the queue
}

type transmission struct {
	done time.Duration
	size int
}

// send returns when a packet will have been sent, false if the queue is full.
func (t *transmitter) send(f *Faults, size int, now time.Duration) (done time.Duration, ok bool) {
	if f.Rate == 0 {
		return now, true
	}
	for len(t.queue) > 0 && t.queue[0].done <= now {
		t.bytes -= t.queue[0].size
		t.queue = t.queue[1:]
	}
	if len(t.queue) >= f.QueueLen || len(t.queue) > 0 && t.bytes+size > f.QueueBytes {
		return 0, false
	}
	if t.until < now {
		t.until, t.rest = now, 0
	}
	const bitNanoseconds = 8 * uint64(time.Second)
	took := uint64(size)*bitNanoseconds + t.rest
	t.until += time.Duration(took / uint64(f.Rate))
	t.rest = took % uint64(f.Rate)
	t.queue = append(t.queue, transmission{t.until, size})
	t.bytes += size
	return t.until, true
}
