package link

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// inbox is the receiving half of an end of a link: a bounded queue, and a
// goroutine that empties it while a stack is attached.
type inbox struct {
	counters counters
	// onPacket delivers a packet and takes over its reference; onRoom is called
	// when a queue that was full has room. Both without locks held.
	onPacket func(gstack.NetworkDispatcher, *gstack.PacketBuffer)
	onRoom   func()

	down    atomic.Bool
	onClose atomic.Pointer[func()]
	// congested is set when the queue refused a packet, and cleared when it is
	// half empty again. Written with mu held.
	congested atomic.Bool

	mu         sync.Mutex
	work, idle sync.Cond // work: something to do for deliver; idle: deliver ended
	queue      packetQueue
	dispatcher gstack.NetworkDispatcher
	addr       tcpip.LinkAddress
	closed     bool
	running    bool
}

func (b *inbox) init(queue packetQueue, onPacket func(gstack.NetworkDispatcher, *gstack.PacketBuffer), onRoom func()) {
	b.queue, b.onPacket, b.onRoom = queue, onPacket, onRoom
	b.work.L, b.idle.L = &b.mu, &b.mu
}

type enqueueResult int

const (
	queued enqueueResult = iota
	queueFull
	notListening
)

func (b *inbox) enqueue(pkt *gstack.PacketBuffer, size int) enqueueResult {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dispatcher == nil || b.down.Load() {
		return notListening
	}
	if !b.queue.push(pkt, size) {
		b.congested.Store(true)
		return queueFull
	}
	if b.queue.len() == 1 {
		b.work.Signal()
	}
	return queued
}

// Attach starts delivery to d; nil stops it without waiting, see Wait.
func (b *inbox) Attach(d gstack.NetworkDispatcher) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		d = nil
	}
	b.dispatcher = d
	if d != nil && !b.running {
		b.running = true
		go b.deliver()
	}
	b.work.Signal()
}

// deliver hands what arrives to the stack until b is detached.
func (b *inbox) deliver() {
	var batch [16]*gstack.PacketBuffer
	b.mu.Lock()
	for {
		for b.dispatcher != nil && !b.down.Load() && b.queue.len() == 0 {
			b.work.Wait()
		}
		if b.dispatcher == nil || b.down.Load() {
			if b.discard() {
				continue
			}
			if b.dispatcher != nil {
				b.work.Wait()
				continue
			}
			b.running = false
			b.idle.Broadcast()
			b.mu.Unlock()
			return
		}
		n := b.queue.pop(batch[:])
		d := b.dispatcher
		room := b.clearCongestion()
		b.mu.Unlock()
		if room {
			b.onRoom()
		}
		for i, pkt := range batch[:n] {
			b.onPacket(d, pkt)
			batch[i] = nil
		}
		b.mu.Lock()
	}
}

// discard drops what waits. It reports whether it let go of b.mu, which
// is held on entry and on return.
func (b *inbox) discard() bool {
	pkts := b.queue.takeAll()
	room := b.clearCongestion()
	if len(pkts) == 0 && !room {
		return false
	}
	// Releasing a packet may wake its socket: not under a lock.
	b.mu.Unlock()
	for _, pkt := range pkts {
		pkt.DecRef()
	}
	b.counters.droppedUndelivered.Add(uint64(len(pkts)))
	if room {
		b.onRoom()
	}
	b.mu.Lock()
	return true
}

// clearCongestion reports whether the writer is to be told that there is room.
func (b *inbox) clearCongestion() bool {
	if !b.congested.Load() || !b.queue.halfEmpty() {
		return false
	}
	b.congested.Store(false)
	return true
}

// Counters implements Counted.
func (b *inbox) Counters() Counters { return b.counters.snapshot() }

// SetUp sets whether this end takes part. An end that is down neither sends
// nor receives, and what waits for it is dropped; all of it is counted.
func (b *inbox) SetUp(up bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.down.Store(!up)
	b.work.Signal()
}

// Up reports whether this end takes part; a closed end does not.
func (b *inbox) Up() bool { return !b.down.Load() }

// Close takes the end down for good, and removes it from its stack if it is
// attached to one. It does not wait for a delivery that is under way (see
// Wait), is idempotent, and leaves the other end alone.
func (b *inbox) Close() {
	b.mu.Lock()
	b.closed = true
	b.dispatcher = nil
	b.down.Store(true)
	b.work.Signal()
	b.mu.Unlock()
	if fn := b.onClose.Swap(nil); fn != nil {
		(*fn)()
	}
}

// Wait returns when nothing is being delivered and nothing will be until the
// end is attached again. It must not be called from within a delivery.
func (b *inbox) Wait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.running {
		b.idle.Wait()
	}
}

// IsAttached implements stack.LinkEndpoint.
func (b *inbox) IsAttached() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dispatcher != nil
}

// SetOnCloseAction implements stack.LinkEndpoint.
func (b *inbox) SetOnCloseAction(fn func()) { storeFunc(&b.onClose, fn) }

// LinkAddress implements stack.LinkEndpoint.
func (b *inbox) LinkAddress() tcpip.LinkAddress {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.addr
}

func (b *inbox) setLinkAddress(addr tcpip.LinkAddress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.addr = addr
}
