package link

import (
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// LoopbackMTU is the MTU of a new Loopback, that of Linux's lo. IPv4 packets
// end at 65,535 bytes, so that a datagram of 65,507 bytes is one packet; the
// longest IPv6 datagrams (over 65,488 bytes) are two fragments, as on Linux.
const LoopbackMTU = 65536

// Loopback delivers every packet that is written to it to the stack that wrote
// it, within the call of WritePackets. It has no queue and no goroutine, and
// neither computes nor verifies checksums: memory does not corrupt.
//
// The zero value is not usable; see NewLoopback.
type Loopback struct {
	dispatcher atomic.Pointer[gstack.NetworkDispatcher]
	onClose    atomic.Pointer[func()]
	mtu        atomic.Uint32
	counters   counters
}

var (
	_ gstack.LinkEndpoint = (*Loopback)(nil)
	_ Counted             = (*Loopback)(nil)
)

// NewLoopback returns a loopback with an MTU of LoopbackMTU.
func NewLoopback() *Loopback {
	l := &Loopback{}
	l.mtu.Store(LoopbackMTU)
	return l
}

// WritePackets delivers pkts before it returns. It never refuses one; without
// a stack attached they are counted as dropped.
func (l *Loopback) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	d := l.dispatcher.Load()
	for _, pkt := range pkts.AsSlice() {
		if d == nil {
			l.counters.droppedDown.Add(1)
			continue
		}
		l.counters.sent(pkt.Size())
		in := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: pkt.ToBuffer()})
		(*d).DeliverNetworkPacket(pkt.NetworkProtocolNumber, in)
		in.DecRef()
	}
	return pkts.Len(), nil
}

// Attach implements stack.LinkEndpoint; nil detaches.
func (l *Loopback) Attach(d gstack.NetworkDispatcher) { storeDispatcher(&l.dispatcher, d) }

func storeDispatcher(p *atomic.Pointer[gstack.NetworkDispatcher], d gstack.NetworkDispatcher) {
	if d == nil {
		p.Store(nil)
		return
	}
	p.Store(&d)
}

// IsAttached implements stack.LinkEndpoint.
func (l *Loopback) IsAttached() bool { return l.dispatcher.Load() != nil }

// MTU implements stack.LinkEndpoint. In bytes, from the network header on.
func (l *Loopback) MTU() uint32 { return l.mtu.Load() }

// SetMTU implements stack.LinkEndpoint.
func (l *Loopback) SetMTU(mtu uint32) { l.mtu.Store(mtu) }

// Capabilities implements stack.LinkEndpoint.
func (*Loopback) Capabilities() gstack.LinkEndpointCapabilities {
	return gstack.CapabilityLoopback | gstack.CapabilityTXChecksumOffload | gstack.CapabilityRXChecksumOffload
}

// Counters implements Counted. What is sent is received: only the sent side is
// counted.
func (l *Loopback) Counters() Counters {
	c := l.counters.snapshot()
	c.ReceivedPackets, c.ReceivedBytes = c.SentPackets, c.SentBytes
	return c
}

// Close implements stack.LinkEndpoint: the loopback leaves its stack.
func (l *Loopback) Close() {
	l.dispatcher.Store(nil)
	if fn := l.onClose.Swap(nil); fn != nil {
		(*fn)()
	}
}

// SetOnCloseAction implements stack.LinkEndpoint.
func (l *Loopback) SetOnCloseAction(fn func()) { storeFunc(&l.onClose, fn) }

func storeFunc(p *atomic.Pointer[func()], fn func()) {
	if fn == nil {
		p.Store(nil)
		return
	}
	p.Store(&fn)
}

// MaxHeaderLength implements stack.LinkEndpoint.
func (*Loopback) MaxHeaderLength() uint16 { return 0 }

// LinkAddress implements stack.LinkEndpoint: a loopback has none.
func (*Loopback) LinkAddress() tcpip.LinkAddress { return "" }

// SetLinkAddress implements stack.LinkEndpoint and does nothing.
func (*Loopback) SetLinkAddress(tcpip.LinkAddress) {}

// ARPHardwareType implements stack.LinkEndpoint.
func (*Loopback) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareLoopback }

// AddHeader implements stack.LinkEndpoint.
func (*Loopback) AddHeader(*gstack.PacketBuffer) {}

// ParseHeader implements stack.LinkEndpoint.
func (*Loopback) ParseHeader(*gstack.PacketBuffer) bool { return true }

// Wait implements stack.LinkEndpoint: there is no goroutine to wait for.
func (*Loopback) Wait() {}
