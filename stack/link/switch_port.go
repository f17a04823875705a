package link

import (
	"net"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// PortConfig describes a port of a switch. The zero value is useful.
type PortConfig struct {
	// Name of the port, for whoever reads a list of them. Default "portN".
	Name string
	// MAC is the hardware address of the host on the port, 6 bytes, not a
	// group's. Default SwitchConfig.BaseMAC plus the number of the port. Two
	// ports may have the same.
	MAC net.HardwareAddr
	// DisableGSO keeps super-segments from the port both ways: its stack makes
	// none, and those of others are cut for it.
	DisableGSO bool
	// Promiscuous shows frames for other stations, where the switch has to flood
	// them, to the packet sockets of the host, marked PacketOtherHost. The
	// default is to drop them, as a network adapter does.
	Promiscuous bool
}

// SwitchCounters is what happened to the frames that came from one port.
type SwitchCounters struct {
	Forwarded uint64 // to the port of a station that is known
	Unknown   uint64 // flooded, because the station is not known
	Group     uint64 // flooded, to a group or to all
	// Filtered counts frames for a station on the port that they came from, or
	// to an address that bridges keep to themselves.
	Filtered uint64

	Learned    uint64 // stations heard on this port that were not known
	Moved      uint64 // stations heard on this port that were known elsewhere
	NotLearned uint64 // frames of stations for which the table had no room
}

// SwitchPort is a port of a Switch, with the network adapter of the host on it: a
// link endpoint with Ethernet headers, over which stacks resolve addresses by
// ARP and NDP.
type SwitchPort struct {
	inbox
	ethernetHeader
	sw  *Switch
	cfg PortConfig
	mtu atomic.Uint32

	forwarded, unknown, group, filtered atomic.Uint64
	learned, movedHere, notLearned      atomic.Uint64
}

var (
	_ gstack.LinkEndpoint = (*SwitchPort)(nil)
	_ gstack.GSOEndpoint  = (*SwitchPort)(nil)
	_ Counted             = (*SwitchPort)(nil)
)

func newSwitchPort(sw *Switch, cfg PortConfig, m mac) *SwitchPort {
	p := &SwitchPort{sw: sw, cfg: cfg}
	p.inbox.init(packetQueue{maxPackets: sw.cfg.QueueLen, maxBytes: sw.cfg.QueueBytes}, p.deliverFrame, func() {})
	p.mtu.Store(uint32(sw.cfg.MTU))
	p.addr = m.linkAddress()
	return p
}

// Name of the port.
func (p *SwitchPort) Name() string { return p.cfg.Name }

// Switch that the port belongs to, or did until it was closed.
func (p *SwitchPort) Switch() *Switch { return p.sw }

// WritePackets passes frames to the switch. It returns the number taken: fewer
// than all only with ErrMessageTooLong, for a packet over the MTU. What no port
// takes is counted and dropped.
func (p *SwitchPort) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	for i, pkt := range pkts.AsSlice() {
		if err := p.write(pkt); err != nil {
			return i, err
		}
	}
	return pkts.Len(), nil
}

func (p *SwitchPort) write(pkt *gstack.PacketBuffer) tcpip.Error {
	if p.down.Load() {
		p.counters.droppedDown.Add(1)
		return nil
	}
	dst, src, ok := destinationAndSource(pkt.LinkHeader().Slice())
	if !ok || !src.station() {
		p.counters.droppedMalformed.Add(1)
		return nil
	}
	size := frameSize(pkt)
	if size > int(p.mtu.Load()) && !isSuper(&pkt.GSOOptions, size) {
		p.counters.refusedTooBig.Add(1)
		return &tcpip.ErrMessageTooLong{}
	}
	if p.sw.cfg.Checksums && pkt.GSOOptions.NeedsCsum {
		completeChecksum(pkt)
	}
	if p.sw.forward(p, dst, src, pkt, size) {
		p.counters.sent(size)
	} else {
		p.counters.droppedPeer.Add(1)
	}
	return nil
}

// offer queues a frame for the port and reports whether the port is in use.
// Several ports may hold the same packet: it is not changed.
func (p *SwitchPort) offer(pkt *gstack.PacketBuffer, size int) bool {
	if p.SupportedGSO() == gstack.HostGSOSupported || !isSuper(&pkt.GSOOptions, size) {
		return p.push(pkt)
	}
	segments, err := cut(pkt, header.EthernetMinimumSize, int(pkt.GSOOptions.MSS))
	if err != nil {
		p.counters.droppedMalformed.Add(1)
		return true
	}
	taken := false
	for _, s := range segments {
		taken = p.push(s) || taken
		s.DecRef()
	}
	return taken
}

func (p *SwitchPort) push(pkt *gstack.PacketBuffer) bool {
	switch p.enqueue(pkt, pkt.Size()) {
	case notListening:
		return false
	case queueFull:
		p.counters.droppedQueue.Add(1)
	}
	return true
}

// deliverFrame takes over the reference on pkt, which others may read.
func (p *SwitchPort) deliverFrame(d gstack.NetworkDispatcher, pkt *gstack.PacketBuffer) {
	in := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: pkt.ToBuffer()})
	defer in.DecRef()
	size := frameSize(pkt)
	if isSuper(&pkt.GSOOptions, size) {
		markSuperSegment(in, pkt.GSOOptions)
	}
	pkt.DecRef()
	if !p.ParseHeader(in) {
		p.counters.droppedMalformed.Add(1)
		return
	}
	frame := header.Ethernet(in.LinkHeader().Slice())
	in.PktType = packetType(mac(frame[:6]), mac([]byte(p.LinkAddress())))
	if in.PktType != tcpip.PacketOtherHost {
		p.counters.received(size)
		d.DeliverNetworkPacket(frame.Type(), in)
		return
	}
	p.counters.droppedFiltered.Add(1)
	if p.cfg.Promiscuous {
		d.DeliverLinkPacket(frame.Type(), in)
	}
}

// Attach starts delivery to d; nil stops it without waiting, see Wait, and the
// switch forgets who was heard on the port.
func (p *SwitchPort) Attach(d gstack.NetworkDispatcher) {
	if d != nil {
		p.inbox.Attach(d)
		return
	}
	p.sw.forget(p, func() { p.inbox.Attach(nil) })
}

// SetUp sets whether the port takes part. One that is down neither sends nor
// receives, what waits for it is dropped, and the switch forgets who was heard
// on it.
func (p *SwitchPort) SetUp(up bool) {
	p.sw.forget(p, func() { p.inbox.SetUp(up) })
}

// Close removes the port from the switch for good, and from its stack if it is
// attached to one. It does not wait for a delivery that is under way (see Wait)
// and is idempotent.
func (p *SwitchPort) Close() {
	p.inbox.Close()
	p.sw.remove(p)
}

// SwitchCounters returns what happened to the frames from this port.
func (p *SwitchPort) SwitchCounters() SwitchCounters {
	return SwitchCounters{
		Forwarded:  p.forwarded.Load(),
		Unknown:    p.unknown.Load(),
		Group:      p.group.Load(),
		Filtered:   p.filtered.Load(),
		Learned:    p.learned.Load(),
		Moved:      p.movedHere.Load(),
		NotLearned: p.notLearned.Load(),
	}
}

// MTU implements stack.LinkEndpoint. In bytes, from the network header on.
func (p *SwitchPort) MTU() uint32 { return p.mtu.Load() }

// SetMTU sets the MTU of this port only, for what it sends.
func (p *SwitchPort) SetMTU(mtu uint32) { p.mtu.Store(mtu) }

// SetLinkAddress changes the hardware address of the host. One that is not a
// station's is ignored.
func (p *SwitchPort) SetLinkAddress(addr tcpip.LinkAddress) {
	if _, err := parseMAC(net.HardwareAddr(addr)); err == nil {
		p.setLinkAddress(addr)
	}
}

// SupportedGSO implements stack.GSOEndpoint.
func (p *SwitchPort) SupportedGSO() gstack.SupportedGSO {
	if p.cfg.DisableGSO || p.sw.cfg.DisableGSO {
		return gstack.GSONotSupported
	}
	return gstack.HostGSOSupported
}

// GSOMaxSize implements stack.GSOEndpoint.
func (*SwitchPort) GSOMaxSize() uint32 { return GSOMaxSize }

// Capabilities implements stack.LinkEndpoint.
func (p *SwitchPort) Capabilities() gstack.LinkEndpointCapabilities {
	if p.sw.cfg.Checksums {
		return gstack.CapabilityResolutionRequired
	}
	return gstack.CapabilityResolutionRequired | gstack.CapabilityTXChecksumOffload | gstack.CapabilityRXChecksumOffload
}
