package link

import (
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Impairment makes the link below it worse, each direction for itself: latency,
// jitter, loss, bursts of it, duplication, reordering, corruption, a rate with a
// queue, partition. See Faults.
//
// Packets are impaired as they would be on a wire, one by one: the stack is not
// offered segmentation offload, and super-segments that arrive from below are cut
// first. A Segmenter above may offer it. What is held is held as a copy: a
// socket's send buffer is not charged for it (netem does the same).
//
// There is no goroutine: packets that are held are passed on by the clock's
// timers, one for each direction. What the link below refuses is refused, unless
// it was held, in which case it is counted and dropped.
type Impairment struct {
	middleware
	clock  tcpip.Clock
	onFate func(Fate)

	dispatcher atomic.Pointer[gstack.NetworkDispatcher]
	lanes      [2]lane // by Direction
}

var (
	_ gstack.LinkEndpoint      = (*Impairment)(nil)
	_ gstack.NetworkDispatcher = (*Impairment)(nil)
	_ gstack.GSOEndpoint       = (*Impairment)(nil)
	_ Backpressure             = (*Impairment)(nil)
	_ Counted                  = (*Impairment)(nil)
)

// NewImpairment puts an impairment before lower, which must not be attached yet.
// It fails for faults that cannot be; see Set.
func NewImpairment(lower gstack.LinkEndpoint, cfg ImpairConfig) (*Impairment, error) {
	if cfg.Clock == nil {
		cfg.Clock = tcpip.NewStdClock()
	}
	m := &Impairment{clock: cfg.Clock, onFate: cfg.OnFate}
	m.init(lower, m)
	m.lanes[Outbound].init(m, Outbound, cfg.Seed)
	m.lanes[Inbound].init(m, Inbound, cfg.Seed)
	if err := m.Set(cfg.Outbound, cfg.Inbound); err != nil {
		return nil, err
	}
	return m, nil
}

// Set changes the faults of both directions, for packets that come from then on;
// what is held leaves as it would have. It fails, and changes nothing, for a
// value that is out of range, and with ErrNoChecksums.
func (m *Impairment) Set(outbound, inbound Faults) error {
	const offloads = gstack.CapabilityTXChecksumOffload | gstack.CapabilityRXChecksumOffload
	faults := [2]Faults{outbound, inbound}
	for _, f := range faults {
		if err := f.validate(); err != nil {
			return err
		}
		if f.Corrupt > 0 && m.lower.Capabilities()&offloads != 0 {
			return ErrNoChecksums
		}
	}
	for d := range m.lanes {
		m.lanes[d].set(faults[d])
	}
	return nil
}

// Faults returns those in force, with their defaults filled in.
func (m *Impairment) Faults() (outbound, inbound Faults) {
	return m.lanes[Outbound].get(), m.lanes[Inbound].get()
}

// WritePackets takes packets from the stack.
func (m *Impairment) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	for i, pkt := range pkts.AsSlice() {
		if err := m.carry(Outbound, pkt.NetworkProtocolNumber, pkt); err != nil {
			return i, err
		}
	}
	return pkts.Len(), nil
}

// DeliverNetworkPacket takes packets from the link below.
func (m *Impairment) DeliverNetworkPacket(protocol tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) {
	m.carry(Inbound, protocol, pkt)
}

// DeliverLinkPacket passes on what is for packet sockets only.
func (m *Impairment) DeliverLinkPacket(protocol tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) {
	if d := m.dispatcher.Load(); d != nil {
		(*d).DeliverLinkPacket(protocol, pkt)
	}
}

func (m *Impairment) carry(d Direction, protocol tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) tcpip.Error {
	l := &m.lanes[d]
	if !isSuperSegment(pkt) {
		return l.carry(protocol, pkt)
	}
	segments, err := cut(pkt, len(pkt.LinkHeader().Slice()), int(pkt.GSOOptions.MSS))
	if err != nil {
		return l.carry(protocol, pkt)
	}
	defer release(segments)
	for _, segment := range segments {
		if err := l.carry(protocol, segment); err != nil {
			return err
		}
	}
	return nil
}

// FateCounts is how often each FateKind befell the packets of one direction.
type FateCounts [fateKinds]uint64

// Fates returns what has happened in one direction.
func (m *Impairment) Fates(d Direction) FateCounts {
	var counts FateCounts
	for kind := range counts {
		counts[kind] = m.lanes[d].counts[kind].Load()
	}
	return counts
}

// Attach implements stack.LinkEndpoint. With nil what is held on its way to the
// stack is dropped.
func (m *Impairment) Attach(d gstack.NetworkDispatcher) {
	storeDispatcher(&m.dispatcher, d)
	if d == nil {
		m.lower.Attach(nil)
		m.lanes[Inbound].discard(false)
		return
	}
	m.lower.Attach(m)
}

// IsAttached implements stack.LinkEndpoint.
func (m *Impairment) IsAttached() bool { return m.dispatcher.Load() != nil }

// Close drops what is held and closes the link below.
func (m *Impairment) Close() {
	for d := range m.lanes {
		m.lanes[d].discard(true)
	}
	m.lower.Close()
}

// Wait returns when nothing is being passed on, and the link below has nothing
// to wait for. It must not be called from within a delivery.
func (m *Impairment) Wait() {
	for d := range m.lanes {
		m.lanes[d].wait()
	}
	m.lower.Wait()
}

// SupportedGSO implements stack.GSOEndpoint: there is none.
func (*Impairment) SupportedGSO() gstack.SupportedGSO { return gstack.GSONotSupported }

// GSOMaxSize implements stack.GSOEndpoint.
func (*Impairment) GSOMaxSize() uint32 { return 0 }
