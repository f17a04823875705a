package link

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// CableConfig describes a cable. The zero value is useful. Values of zero or
// below mean the default.
type CableConfig struct {
	// MTU of both ends in bytes, from the network header on. Default 1500,
	// at most 65,535.
	MTU int
	// QueueLen is the number of packets that may wait in each direction.
	// Default 4096. Up to 16 more are being delivered.
	QueueLen int
	// QueueBytes is the number of bytes that may wait in each direction.
	// Default 32 MiB. A queue that is empty takes any packet.
	QueueBytes int
	// DisableGSO makes the stacks cut TCP streams into segments that fit the
	// MTU. The default is to carry super-segments of up to GSOMaxSize bytes
	// across, with which an MTU of 1500 costs no more than one of 65,535.
	DisableGSO bool
	// Checksums makes the stacks compute and verify transport checksums, for
	// cables with something in between that corrupts. Default off.
	Checksums bool
}

func (c CableConfig) withDefaults() CableConfig {
	if c.MTU <= 0 {
		c.MTU = 1500
	}
	c.MTU = min(c.MTU, 65535)
	if c.QueueLen <= 0 {
		c.QueueLen = 4096
	}
	if c.QueueBytes <= 0 {
		c.QueueBytes = 32 << 20
	}
	return c
}

// NewCable returns the two ends of a cable. Both are up; each begins to take
// packets when it is attached to a stack.
func NewCable(cfg CableConfig) (a, b *CableEnd) {
	cfg = cfg.withDefaults()
	a, b = newCableEnd(cfg), newCableEnd(cfg)
	a.peer, b.peer = b, a
	return a, b
}

// CableEnd is one end of a cable. What is written to one end waits in a
// bounded queue until the goroutine of the other end delivers it; that
// goroutine runs while a stack is attached.
//
// A packet is kept as it is while it waits: a UDP socket's send buffer stays
// charged until the other side takes the datagram.
type CableEnd struct {
	cfg      CableConfig
	peer     *CableEnd
	counters counters

	mtu     atomic.Uint32
	down    atomic.Bool
	room    atomic.Pointer[func()]
	onClose atomic.Pointer[func()]
	// congested is set when in refused a packet, and cleared when it is half
	// empty again. Written with mu held.
	congested atomic.Bool

	mu         sync.Mutex
	work, idle sync.Cond // work: something to do for deliver; idle: deliver ended
	in         packetQueue
	dispatcher gstack.NetworkDispatcher
	addr       tcpip.LinkAddress
	closed     bool
	running    bool
}

var (
	_ gstack.LinkEndpoint = (*CableEnd)(nil)
	_ gstack.GSOEndpoint  = (*CableEnd)(nil)
	_ Backpressure        = (*CableEnd)(nil)
	_ Counted             = (*CableEnd)(nil)
)

func newCableEnd(cfg CableConfig) *CableEnd {
	e := &CableEnd{cfg: cfg, in: packetQueue{maxPackets: cfg.QueueLen, maxBytes: cfg.QueueBytes}}
	e.work.L, e.idle.L = &e.mu, &e.mu
	e.mtu.Store(uint32(cfg.MTU))
	return e
}

// WritePackets queues pkts for the other end. It returns the number of packets
// taken; fewer than all with ErrNoBufferSpace when the queue is full, and with
// ErrMessageTooLong for a packet over the MTU. Packets for an end that is
// down, closed or not attached are taken, counted and dropped, as by a wire.
func (e *CableEnd) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	for i, pkt := range pkts.AsSlice() {
		if err := e.write(pkt); err != nil {
			return i, err
		}
	}
	return pkts.Len(), nil
}

func (e *CableEnd) write(pkt *gstack.PacketBuffer) tcpip.Error {
	if e.down.Load() {
		e.counters.droppedDown.Add(1)
		return nil
	}
	size := pkt.Size()
	if size > int(e.mtu.Load()) && !isSuperSegment(pkt) {
		e.counters.refusedTooBig.Add(1)
		return &tcpip.ErrMessageTooLong{}
	}
	if e.cfg.Checksums && pkt.GSOOptions.NeedsCsum {
		completeChecksum(pkt)
	}
	switch e.peer.enqueue(pkt, size) {
	case queued:
		e.counters.sent(size)
	case queueFull:
		e.counters.refusedFull.Add(1)
		return &tcpip.ErrNoBufferSpace{}
	case notListening:
		e.counters.droppedPeer.Add(1)
	}
	return nil
}

type enqueueResult int

const (
	queued enqueueResult = iota
	queueFull
	notListening
)

func (e *CableEnd) enqueue(pkt *gstack.PacketBuffer, size int) enqueueResult {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dispatcher == nil || e.down.Load() {
		return notListening
	}
	if !e.in.push(pkt, size) {
		e.congested.Store(true)
		return queueFull
	}
	if e.in.len() == 1 {
		e.work.Signal()
	}
	return queued
}

// Attach starts delivery to d; nil stops it without waiting, see Wait.
func (e *CableEnd) Attach(d gstack.NetworkDispatcher) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		d = nil
	}
	e.dispatcher = d
	if d != nil && !e.running {
		e.running = true
		go e.deliver()
	}
	e.work.Signal()
}

// deliver hands what arrives at e to its stack until e is detached.
func (e *CableEnd) deliver() {
	var batch [16]*gstack.PacketBuffer
	e.mu.Lock()
	for {
		for e.dispatcher != nil && !e.down.Load() && e.in.len() == 0 {
			e.work.Wait()
		}
		if e.dispatcher == nil || e.down.Load() {
			if e.discard() {
				continue
			}
			if e.dispatcher != nil {
				e.work.Wait()
				continue
			}
			e.running = false
			e.idle.Broadcast()
			e.mu.Unlock()
			return
		}
		n := e.in.pop(batch[:])
		d := e.dispatcher
		room := e.clearCongestion()
		e.mu.Unlock()
		if room {
			e.peer.callRoom()
		}
		for i, pkt := range batch[:n] {
			e.deliverPacket(d, pkt)
			batch[i] = nil
		}
		e.mu.Lock()
	}
}

func (e *CableEnd) deliverPacket(d gstack.NetworkDispatcher, pkt *gstack.PacketBuffer) {
	in := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: pkt.ToBuffer()})
	carryGSO(in, pkt)
	proto := pkt.NetworkProtocolNumber
	e.counters.received(pkt.Size())
	pkt.DecRef()
	d.DeliverNetworkPacket(proto, in)
	in.DecRef()
}

// discard drops what waits for e. It reports whether it let go of e.mu, which
// is held on entry and on return.
func (e *CableEnd) discard() bool {
	pkts := e.in.takeAll()
	room := e.clearCongestion()
	if len(pkts) == 0 && !room {
		return false
	}
	// Releasing a packet may wake its socket: not under a lock.
	e.mu.Unlock()
	for _, pkt := range pkts {
		pkt.DecRef()
	}
	e.counters.droppedUndelivered.Add(uint64(len(pkts)))
	if room {
		e.peer.callRoom()
	}
	e.mu.Lock()
	return true
}

// clearCongestion reports whether the writer is to be told that there is room.
func (e *CableEnd) clearCongestion() bool {
	if !e.congested.Load() || !e.in.halfEmpty() {
		return false
	}
	e.congested.Store(false)
	return true
}

func (e *CableEnd) callRoom() {
	if fn := e.room.Load(); fn != nil {
		(*fn)()
	}
}

// NotifyRoom implements Backpressure.
func (e *CableEnd) NotifyRoom(fn func()) { storeFunc(&e.room, fn) }

// Congested implements Backpressure.
func (e *CableEnd) Congested() bool { return e.peer.congested.Load() }

// Counters implements Counted.
func (e *CableEnd) Counters() Counters { return e.counters.snapshot() }

// SetUp sets whether this end takes part. An end that is down neither sends
// nor receives, and what waits for it is dropped; all of it is counted.
func (e *CableEnd) SetUp(up bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.down.Store(!up)
	e.work.Signal()
}

// Up reports whether this end takes part; a closed end does not.
func (e *CableEnd) Up() bool { return !e.down.Load() }

// Close takes the end down for good, and removes it from its stack if it is
// attached to one. It does not wait for a delivery that is under way (see
// Wait), is idempotent, and leaves the other end alone.
func (e *CableEnd) Close() {
	e.mu.Lock()
	e.closed = true
	e.dispatcher = nil
	e.down.Store(true)
	e.work.Signal()
	e.mu.Unlock()
	if fn := e.onClose.Swap(nil); fn != nil {
		(*fn)()
	}
}

// Wait returns when nothing is being delivered and nothing will be until the
// end is attached again. It must not be called from within a delivery.
func (e *CableEnd) Wait() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.running {
		e.idle.Wait()
	}
}

// IsAttached implements stack.LinkEndpoint.
func (e *CableEnd) IsAttached() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.dispatcher != nil
}

// SetOnCloseAction implements stack.LinkEndpoint.
func (e *CableEnd) SetOnCloseAction(fn func()) { storeFunc(&e.onClose, fn) }

// MTU implements stack.LinkEndpoint. In bytes, from the network header on.
func (e *CableEnd) MTU() uint32 { return e.mtu.Load() }

// SetMTU sets the MTU of this end only, for what it sends.
func (e *CableEnd) SetMTU(mtu uint32) { e.mtu.Store(mtu) }

// SupportedGSO implements stack.GSOEndpoint.
func (e *CableEnd) SupportedGSO() gstack.SupportedGSO {
	if e.cfg.DisableGSO {
		return gstack.GSONotSupported
	}
	return gstack.HostGSOSupported
}

// GSOMaxSize implements stack.GSOEndpoint.
func (e *CableEnd) GSOMaxSize() uint32 { return GSOMaxSize }

// Capabilities implements stack.LinkEndpoint.
func (e *CableEnd) Capabilities() gstack.LinkEndpointCapabilities {
	if e.cfg.Checksums {
		return gstack.CapabilityNone
	}
	return gstack.CapabilityTXChecksumOffload | gstack.CapabilityRXChecksumOffload
}

// LinkAddress implements stack.LinkEndpoint.
func (e *CableEnd) LinkAddress() tcpip.LinkAddress {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.addr
}

// SetLinkAddress implements stack.LinkEndpoint. The address is shown, not used.
func (e *CableEnd) SetLinkAddress(addr tcpip.LinkAddress) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.addr = addr
}

// MaxHeaderLength implements stack.LinkEndpoint.
func (*CableEnd) MaxHeaderLength() uint16 { return 0 }

// ARPHardwareType implements stack.LinkEndpoint.
func (*CableEnd) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareNone }

// AddHeader implements stack.LinkEndpoint.
func (*CableEnd) AddHeader(*gstack.PacketBuffer) {}

// ParseHeader implements stack.LinkEndpoint.
func (*CableEnd) ParseHeader(*gstack.PacketBuffer) bool { return true }
