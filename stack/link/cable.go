package link

import (
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
	inbox
	cfg  CableConfig
	peer *CableEnd
	mtu  atomic.Uint32
	room atomic.Pointer[func()]
}

var (
	_ gstack.LinkEndpoint = (*CableEnd)(nil)
	_ gstack.GSOEndpoint  = (*CableEnd)(nil)
	_ Backpressure        = (*CableEnd)(nil)
	_ Counted             = (*CableEnd)(nil)
)

func newCableEnd(cfg CableConfig) *CableEnd {
	e := &CableEnd{cfg: cfg}
	e.inbox.init(packetQueue{maxPackets: cfg.QueueLen, maxBytes: cfg.QueueBytes}, e.deliverPacket, e.peerRoom)
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

func (e *CableEnd) deliverPacket(d gstack.NetworkDispatcher, pkt *gstack.PacketBuffer) {
	in := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: pkt.ToBuffer()})
	carryGSO(in, pkt)
	proto := pkt.NetworkProtocolNumber
	e.counters.received(pkt.Size())
	pkt.DecRef()
	d.DeliverNetworkPacket(proto, in)
	in.DecRef()
}

func (e *CableEnd) peerRoom() {
	if fn := e.peer.room.Load(); fn != nil {
		(*fn)()
	}
}

// NotifyRoom implements Backpressure.
func (e *CableEnd) NotifyRoom(fn func()) { storeFunc(&e.room, fn) }

// Congested implements Backpressure.
func (e *CableEnd) Congested() bool { return e.peer.congested.Load() }

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

// SetLinkAddress implements stack.LinkEndpoint. The address is shown, not used.
func (e *CableEnd) SetLinkAddress(addr tcpip.LinkAddress) { e.setLinkAddress(addr) }

// MaxHeaderLength implements stack.LinkEndpoint.
func (*CableEnd) MaxHeaderLength() uint16 { return 0 }

// ARPHardwareType implements stack.LinkEndpoint.
func (*CableEnd) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareNone }

// AddHeader implements stack.LinkEndpoint.
func (*CableEnd) AddHeader(*gstack.PacketBuffer) {}

// ParseHeader implements stack.LinkEndpoint.
func (*CableEnd) ParseHeader(*gstack.PacketBuffer) bool { return true }
