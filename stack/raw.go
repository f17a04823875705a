package stack

import (
	"slices"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// ipProtocol names a protocol over IP.
type ipProtocol struct {
	network   tcpip.NetworkProtocolNumber
	transport tcpip.TransportProtocolNumber
}

// ipReceivers are the receivers of the protocols that gVisor does not know: its
// own list of raw endpoints is for those that it does.
type ipReceivers struct {
	mu   sync.Mutex
	list atomic.Pointer[map[ipProtocol][]*ipReceiver]
}

type ipReceiver struct {
	s  *Stack
	fn func(*gstack.PacketBuffer)
}

// HandlePacket implements gstack.RawTransportEndpoint. gVisor also shows packets
// that it is going to forward or drop, which a raw socket does not get.
func (r *ipReceiver) HandlePacket(pkt *gstack.PacketBuffer) {
	if r.s.isForHost(pkt) {
		r.fn(pkt)
	}
}

func (s *Stack) isForHost(pkt *gstack.PacketBuffer) bool {
	network, dst := pkt.NetworkProtocolNumber, pkt.Network().DestinationAddress()
	switch {
	case header.IsV4MulticastAddress(dst), header.IsV6MulticastAddress(dst):
		in, err := s.gs.IsInGroup(pkt.NICID, dst)
		return err == nil && in
	case dst == header.IPv4Broadcast:
		return true
	}
	return s.gs.CheckLocalAddress(0, network, dst) != 0 || s.gs.IsSubnetBroadcast(pkt.NICID, network, dst)
}

// ReceiveIP calls fn with each packet of an IP protocol that is for this host,
// IPv4 ones reassembled. The packet has its network header and is fn's only
// until it returns; fn is called by the goroutine that delivers, so it must not
// block. cancel ends it; a call may still be under way then.
//
// gVisor's limits: an IPv6 packet is seen only if transport follows the fixed
// header at once, and fragments of a protocol other than TCP, UDP, ICMP and
// ICMPv6 are not seen at all. After Close of the Stack: *tcpip.ErrAborted.
func (s *Stack) ReceiveIP(network tcpip.NetworkProtocolNumber, transport tcpip.TransportProtocolNumber, fn func(*gstack.PacketBuffer)) (cancel func(), err tcpip.Error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, &tcpip.ErrAborted{}
	}
	r := &ipReceiver{s: s, fn: fn}
	if s.gs.TransportProtocolInstance(transport) == nil {
		return s.receivers.add(ipProtocol{network, transport}, r), nil
	}
	if err := s.gs.RegisterRawTransportEndpoint(network, transport, r); err != nil {
		return nil, err
	}
	return func() { s.gs.UnregisterRawTransportEndpoint(network, transport, r) }, nil
}

func (l *ipReceivers) add(p ipProtocol, r *ipReceiver) (cancel func()) {
	l.change(p, func(rs []*ipReceiver) []*ipReceiver { return append(rs, r) })
	return func() {
		l.change(p, func(rs []*ipReceiver) []*ipReceiver {
			return slices.DeleteFunc(rs, func(o *ipReceiver) bool { return o == r })
		})
	}
}

func (l *ipReceivers) change(p ipProtocol, fn func([]*ipReceiver) []*ipReceiver) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := make(map[ipProtocol][]*ipReceiver)
	if old := l.list.Load(); old != nil {
		for k, v := range *old {
			next[k] = v
		}
	}
	if rs := fn(slices.Clone(next[p])); len(rs) > 0 {
		next[p] = rs
	} else {
		delete(next, p)
	}
	if len(next) == 0 {
		l.list.Store(nil)
		return
	}
	l.list.Store(&next)
}

// deliver hands out a packet that is for this host and reports whether gVisor is
// to go on with it: what a raw socket took is not answered with "protocol
// unreachable".
func (l *ipReceivers) deliver(pkt *gstack.PacketBuffer) bool {
	receivers := l.list.Load()
	if receivers == nil || isFragment(pkt) {
		return true
	}
	transport := pkt.Network().TransportProtocol()
	rs := (*receivers)[ipProtocol{pkt.NetworkProtocolNumber, transport}]
	for _, r := range rs {
		clone := pkt.Clone()
		r.fn(clone)
		clone.DecRef()
	}
	return len(rs) == 0 || handledByNetwork[transport]
}

// handledByNetwork are the protocols that gVisor's IP layers handle themselves.
var handledByNetwork = map[tcpip.TransportProtocolNumber]bool{
	header.IGMPProtocolNumber: true,
	tcpip.TransportProtocolNumber(header.IPv6HopByHopOptionsExtHdrIdentifier):    true,
	tcpip.TransportProtocolNumber(header.IPv6RoutingExtHdrIdentifier):            true,
	tcpip.TransportProtocolNumber(header.IPv6FragmentExtHdrIdentifier):           true,
	tcpip.TransportProtocolNumber(header.IPv6DestinationOptionsExtHdrIdentifier): true,
	tcpip.TransportProtocolNumber(header.IPv6NoNextHeaderIdentifier):             true,
}

// NoChecksum as IPPacket.ChecksumOffset says that there is none to fill in.
const NoChecksum = -1

// IPPacket is a packet for SendIP.
type IPPacket struct {
	Network   tcpip.NetworkProtocolNumber
	Transport tcpip.TransportProtocolNumber
	// Link to send through; 0 is what the routes say.
	Link int
	// Source is filled in if it is empty.
	Source, Destination tcpip.Address
	// TTL, or hop limit, counts if HasTTL says so; else the stack has a default.
	TTL    uint8
	HasTTL bool
	// TOS, or traffic class.
	TOS uint8
	// Discovery is what ip(7) says of IP_MTU_DISCOVER: Want sets IPv4's DF on
	// what fits into one packet, Do and Probe refuse what does not fit.
	Discovery tcpip.PMTUDStrategy
	// Broadcast allows a broadcast address as Destination.
	Broadcast bool
	// MulticastLoop delivers a multicast packet to this host as well.
	MulticastLoop bool
	// HeaderIncluded says that Payload starts with the IP header. Its total
	// length and IPv4 checksum are filled in, the source address and IPv4's
	// identification if they are zero. It is not fragmented.
	HeaderIncluded bool
	// ChecksumOffset is where in Payload an IPv6 packet's checksum over the
	// pseudo-header goes; NoChecksum is nowhere.
	ChecksumOffset int
	// Payload is changed by the call, and not kept.
	Payload []byte
	// Released is called, if it is not nil, when no link holds the packet any
	// longer: once for each call of SendIP.
	Released func()
}

// SendIP sends a packet, fragmented if it is longer than the MTU. Like every
// write it does not block: *tcpip.ErrNoBufferSpace says that a link is full.
func (s *Stack) SendIP(p *IPPacket) tcpip.Error {
	route, err := s.gs.FindRoute(tcpip.NICID(p.Link), p.Source, p.Destination, p.Network, p.MulticastLoop)
	if err != nil {
		p.released()
		return err
	}
	defer route.Release()
	if err := p.check(route); err != nil {
		p.released()
		return err
	}
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{
		ReserveHeaderBytes: int(route.MaxHeaderLength()),
		Payload:            buffer.MakeWithData(p.Payload),
		OnRelease:          p.Released,
	})
	defer pkt.DecRef()
	if p.HeaderIncluded {
		return route.WriteHeaderIncludedPacket(pkt)
	}
	ttl := p.TTL
	if !p.HasTTL {
		ttl = route.DefaultTTL()
	}
	fits := len(p.Payload) <= int(route.MTU())
	return route.WritePacket(gstack.NetworkHeaderParams{
		Protocol: p.Transport,
		TTL:      ttl,
		TOS:      p.TOS,
		DF:       p.Discovery != tcpip.PMTUDiscoveryDont && fits,
	}, pkt)
}

func (p *IPPacket) released() {
	if p.Released != nil {
		p.Released()
	}
}

// check refuses what the route cannot carry, and fills in the checksum, which
// needs the route's source address.
func (p *IPPacket) check(route *gstack.Route) tcpip.Error {
	if !p.Broadcast && route.IsOutboundBroadcast() {
		return &tcpip.ErrBroadcastDisabled{}
	}
	room := int(route.MTU()) // without the network header
	if p.HeaderIncluded {
		room += headerLength(p.Network)
	}
	whole := p.HeaderIncluded || p.Discovery == tcpip.PMTUDiscoveryDo || p.Discovery == tcpip.PMTUDiscoveryProbe
	if whole && len(p.Payload) > room {
		return &tcpip.ErrMessageTooLong{}
	}
	if p.ChecksumOffset < 0 || p.HeaderIncluded {
		return nil
	}
	if len(p.Payload) < p.ChecksumOffset+checksum.Size {
		return &tcpip.ErrInvalidOptionValue{}
	}
	field := p.Payload[p.ChecksumOffset:]
	checksum.Put(field, 0)
	sum := header.PseudoHeaderChecksum(p.Transport, route.LocalAddress(), route.RemoteAddress(), uint16(len(p.Payload)))
	checksum.Put(field, ^checksum.Checksum(p.Payload, sum))
	return nil
}

func headerLength(network tcpip.NetworkProtocolNumber) int {
	if network == header.IPv4ProtocolNumber {
		return header.IPv4MinimumSize
	}
	return header.IPv6MinimumSize
}

// IsLocalAddress tells whether a is an address of this host: of the given link,
// or of any link if it is 0. link is where the address is.
func (s *Stack) IsLocalAddress(index int, network tcpip.NetworkProtocolNumber, a tcpip.Address) (link int, ok bool) {
	nic := s.gs.CheckLocalAddress(tcpip.NICID(index), network, a)
	return int(nic), nic != 0
}

// SourceToward is the address that this host would send from to a destination,
// and the link, which may be given.
func (s *Stack) SourceToward(index int, network tcpip.NetworkProtocolNumber, source, destination tcpip.Address) (tcpip.Address, int, tcpip.Error) {
	route, err := s.gs.FindRoute(tcpip.NICID(index), source, destination, network, false)
	if err != nil {
		return tcpip.Address{}, 0, err
	}
	defer route.Release()
	return route.LocalAddress(), int(route.NICID()), nil
}

// ReceiveBuffer is the size in bytes that the receive buffer of a socket has
// before anybody sets another.
func (s *Stack) ReceiveBuffer() int {
	var o tcpip.ReceiveBufferSizeOption
	s.gs.Option(&o)
	return o.Default
}
