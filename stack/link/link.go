package link

import (
	"sync/atomic"
)

// Backpressure is implemented by links that queue.
//
// The two methods together lose no wake-up: a link becomes congested before
// the refused write returns, and calls the function of NotifyRoom after it has
// stopped being congested. Who was refused and then finds Congested false may
// write at once; who finds it true will be called.
type Backpressure interface {
	// NotifyRoom sets the function that is called each time the link has
	// room again after it answered ErrNoBufferSpace. The function is called
	// without locks held, from a goroutine of the link; it must not block.
	// There is one function: a later call replaces it, nil removes it.
	NotifyRoom(fn func())
	// Congested reports whether the link has refused a packet since it last
	// had room. It takes no lock.
	Congested() bool
}

// Counted is implemented by links that keep counters of their own.
type Counted interface {
	Counters() Counters
}

// Counters is what one end of a link has counted since it was made. Packets
// are counted as they cross: a TCP super-segment is one packet.
type Counters struct {
	SentPackets     uint64
	SentBytes       uint64 // from the network header on
	ReceivedPackets uint64
	ReceivedBytes   uint64

	// RefusedFull counts packets answered with ErrNoBufferSpace.
	RefusedFull uint64
	// RefusedTooBig counts packets larger than the MTU, answered with
	// ErrMessageTooLong.
	RefusedTooBig uint64
	// DroppedDown counts packets sent while this end was down or closed.
	DroppedDown uint64
	// DroppedPeer counts packets sent while the other end was down, closed,
	// or not attached to a stack.
	DroppedPeer uint64
	// DroppedUndelivered counts packets that waited for this end when it was
	// taken down, detached or closed.
	DroppedUndelivered uint64
	// DroppedQueue counts packets for this end that its queue had no room for,
	// where the sender is not told: at a port of a Switch, or an Impairment.
	DroppedQueue uint64
	// DroppedFiltered counts frames that reached this end and are for another
	// hardware address.
	DroppedFiltered uint64
	// DroppedMalformed counts frames without the header or the source address
	// that a frame must have.
	DroppedMalformed uint64
	// DroppedImpaired counts packets that an Impairment was asked to lose.
	DroppedImpaired uint64
}

// Add returns the sums of c and o.
func (c Counters) Add(o Counters) Counters {
	c.SentPackets += o.SentPackets
	c.SentBytes += o.SentBytes
	c.ReceivedPackets += o.ReceivedPackets
	c.ReceivedBytes += o.ReceivedBytes
	c.RefusedFull += o.RefusedFull
	c.RefusedTooBig += o.RefusedTooBig
	c.DroppedDown += o.DroppedDown
	c.DroppedPeer += o.DroppedPeer
	c.DroppedUndelivered += o.DroppedUndelivered
	c.DroppedQueue += o.DroppedQueue
	c.DroppedFiltered += o.DroppedFiltered
	c.DroppedMalformed += o.DroppedMalformed
	c.DroppedImpaired += o.DroppedImpaired
	return c
}

type counters struct {
	sentPackets, sentBytes, receivedPackets, receivedBytes                   atomic.Uint64
	refusedFull, refusedTooBig, droppedDown, droppedPeer, droppedUndelivered atomic.Uint64
	droppedQueue, droppedFiltered, droppedMalformed, droppedImpaired         atomic.Uint64
}

func (c *counters) sent(bytes int) {
	c.sentPackets.Add(1)
	c.sentBytes.Add(uint64(bytes))
}

func (c *counters) received(bytes int) {
	c.receivedPackets.Add(1)
	c.receivedBytes.Add(uint64(bytes))
}

func (c *counters) snapshot() Counters {
	return Counters{
		SentPackets:        c.sentPackets.Load(),
		SentBytes:          c.sentBytes.Load(),
		ReceivedPackets:    c.receivedPackets.Load(),
		ReceivedBytes:      c.receivedBytes.Load(),
		RefusedFull:        c.refusedFull.Load(),
		RefusedTooBig:      c.refusedTooBig.Load(),
		DroppedDown:        c.droppedDown.Load(),
		DroppedPeer:        c.droppedPeer.Load(),
		DroppedUndelivered: c.droppedUndelivered.Load(),
		DroppedQueue:       c.droppedQueue.Load(),
		DroppedFiltered:    c.droppedFiltered.Load(),
		DroppedMalformed:   c.droppedMalformed.Load(),
		DroppedImpaired:    c.droppedImpaired.Load(),
	}
}
