package link

import gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

// packetQueue is a first-in first-out ring, bounded in packets and in bytes,
// that holds a reference on each packet. Its owner serialises access.
type packetQueue struct {
	maxPackets, maxBytes int

	ring    []queuedPacket
	head, n int
	bytes   int
}

type queuedPacket struct {
	pkt  *gstack.PacketBuffer
	size int
}

func (q *packetQueue) len() int { return q.n }

// halfEmpty is the point at which a congested queue takes packets again: late
// enough that writers are not woken for one packet each.
func (q *packetQueue) halfEmpty() bool {
	return q.n <= q.maxPackets/2 && q.bytes <= q.maxBytes/2
}

func (q *packetQueue) push(pkt *gstack.PacketBuffer, size int) bool {
	if q.n >= q.maxPackets || (q.n > 0 && q.bytes+size > q.maxBytes) {
		return false
	}
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)%len(q.ring)] = queuedPacket{pkt.IncRef(), size}
	q.n++
	q.bytes += size
	return true
}

func (q *packetQueue) grow() {
	ring := make([]queuedPacket, min(max(2*len(q.ring), 16), q.maxPackets))
	for i := range q.n {
		ring[i] = q.ring[(q.head+i)%len(q.ring)]
	}
	q.ring, q.head = ring, 0
}

// pop moves up to len(dst) packets, with their references, to dst.
func (q *packetQueue) pop(dst []*gstack.PacketBuffer) int {
	n := min(len(dst), q.n)
	for i := range n {
		p := &q.ring[q.head]
		dst[i] = p.pkt
		q.bytes -= p.size
		*p = queuedPacket{}
		q.head = (q.head + 1) % len(q.ring)
	}
	q.n -= n
	return n
}

func (q *packetQueue) takeAll() []*gstack.PacketBuffer {
	if q.n == 0 {
		return nil
	}
	pkts := make([]*gstack.PacketBuffer, q.n)
	q.pop(pkts)
	return pkts
}
