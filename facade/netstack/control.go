package netstack

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// ancillary is what an Endpoint keeps for control data, extended errors and
// groups. The zero value asks for nothing.
type ancillary struct {
	// wants has a bit for each of controls that the socket asked for.
	wants atomic.Uint32
	// errors are the extended errors that wait for MSG_ERRQUEUE.
	errors errorQueue
	// groups is nil until an option of multicast is set.
	groups atomic.Pointer[groups]
	// filtering says that groups may refuse what was received.
	filtering atomic.Bool
	// filtered counts what groups refused.
	filtered atomic.Uint64

	// writing is held exclusively while one datagram goes out with options that
	// are not the socket's.
	writing sync.RWMutex
	// reading is held exclusively while datagrams are looked at before they are
	// received.
	reading sync.RWMutex
}

// Drops counts what an endpoint received, and did not pass on.
type Drops struct {
	// Errors did not fit in the queue of extended errors.
	Errors uint64
	// Full is datagrams that found the receive buffer full.
	Full uint64
	// Filtered datagrams came to a group that the socket has not joined, or from
	// a source that it does not want.
	Filtered uint64
}

// Drops returns the counters of a datagram socket. It is safe for concurrent use.
func (e *Endpoint) Drops() Drops {
	d := Drops{Errors: e.errors.dropped.Load(), Filtered: e.filtered.Load()}
	if c := e.current.Load(); c != nil {
		_, d.Full = c.receiveUsage()
	}
	return d
}

// receiveUsage is what the receive queue is charged for, in bytes, and how many
// datagrams did not fit in it.
func (c *core) receiveUsage() (charged int, lost uint64) {
	if m := mailboxOf(c); m != nil {
		return m.usage()
	}
	charged, _ = c.GetSockOptInt(tcpip.ReceiveQueueSizeOption)
	if stats, ok := c.Stats().(*tcpip.TransportEndpointStats); ok {
		lost = stats.ReceiveErrors.ReceiveBufferOverflow.Value()
	}
	return charged, lost
}

// The bits of ancillary.wants.
const (
	wantTimestamp uint32 = 1 << iota
	wantTimestampNS
	wantTimestampNew
	wantTimestampNSNew
	wantPacketInfo4
	wantTTL
	wantTOS
	wantOriginalDst4
	wantPacketInfo6
	wantHopLimit
	wantTrafficClass
	wantOriginalDst6

	wantTimestamps = wantTimestamp | wantTimestampNS | wantTimestampNew | wantTimestampNSNew
)

// controlKind is one kind of control data that a receive delivers.
type controlKind struct {
	bit        uint32
	level, typ int
	// has tells whether gVisor has it of a datagram.
	has func(*tcpip.ReceivableControlMessages) bool
	// add appends it in the kernel's layout.
	add func(e *Endpoint, b []byte, r *tcpip.ReadResult) []byte
}

// controls are in the order in which udpv6_recvmsg and udp_recvmsg of the kernel
// deliver them.
var controls = []controlKind{
	{wantTimestamp, endpoint.SOL_SOCKET, endpoint.SCM_TIMESTAMP, hasTimestamp, addTimeval},
	{wantTimestampNS, endpoint.SOL_SOCKET, endpoint.SCM_TIMESTAMPNS, hasTimestamp, addTimespec},
	{wantTimestampNew, endpoint.SOL_SOCKET, endpoint.SCM_TIMESTAMP_NEW, hasTimestamp, addTimeval},
	{wantTimestampNSNew, endpoint.SOL_SOCKET, endpoint.SCM_TIMESTAMPNS_NEW, hasTimestamp, addTimespec},
	{wantPacketInfo6, endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, hasPacketInfo, addPacketInfo6},
	{wantPacketInfo4, endpoint.SOL_IP, endpoint.IP_PKTINFO, hasPacketInfo4, addPacketInfo4},
	{wantTTL, endpoint.SOL_IP, endpoint.IP_TTL, hasTTL, addTTL},
	{wantTOS, endpoint.SOL_IP, endpoint.IP_TOS, hasTOS, addTOS},
	{wantOriginalDst4, endpoint.SOL_IP, endpoint.IP_ORIGDSTADDR, hasOriginalDst4, addOriginalDst4},
	{wantHopLimit, endpoint.SOL_IPV6, endpoint.IPV6_HOPLIMIT, hasHopLimit, addHopLimit},
	{wantTrafficClass, endpoint.SOL_IPV6, endpoint.IPV6_TCLASS, hasTrafficClass, addTrafficClass},
	{wantOriginalDst6, endpoint.SOL_IPV6, endpoint.IPV6_ORIGDSTADDR, hasOriginalDst6, addOriginalDst6},
}

// recvControl fills m.Control with what the socket asked for of the datagram in
// s.result.
func (e *Endpoint) recvControl(m *endpoint.Message, s *sink, wants uint32) {
	out := endpoint.NewCmsgBuffer(m.Control)
	e.putControl(&out, s, wants)
	m.Control = out.Bytes()
	if out.Truncated() {
		m.Flags |= endpoint.MSG_CTRUNC
	}
}

// putControl adds what wants asks for of what is in s.result.
func (e *Endpoint) putControl(out *endpoint.CmsgBuffer, s *sink, wants uint32) {
	for i := range controls {
		k := &controls[i]
		if wants&k.bit != 0 && k.has(&s.result.ControlMessages) {
			s.scratch = k.add(e, s.scratch[:0], &s.result)
			out.Put(k.level, k.typ, s.scratch)
		}
	}
}

// want sets or clears a bit of wants, and has gVisor note what that takes. The
// caller holds e.mu.
func (e *Endpoint) want(c *core, bit uint32, on bool) {
	if on {
		e.wants.Or(bit)
	} else {
		e.wants.And(^bit)
	}
	e.noteControl(c)
}

// noteControl tells gVisor which facts of a datagram to note. The filter of
// groups needs its destination and link.
func (e *Endpoint) noteControl(c *core) {
	o, wants, filtering := c.SocketOptions(), e.wants.Load(), e.filtering.Load()
	o.SetReceiveTTL(wants&wantTTL != 0)
	o.SetReceiveTOS(wants&wantTOS != 0)
	o.SetReceiveHopLimit(wants&wantHopLimit != 0)
	o.SetReceiveTClass(wants&wantTrafficClass != 0)
	o.SetReceivePacketInfo(filtering || wants&(wantPacketInfo4|wantPacketInfo6) != 0)
	o.SetIPv6ReceivePacketInfo(filtering || wants&wantPacketInfo6 != 0)
	o.SetReceiveOriginalDstAddress(wants&(wantOriginalDst4|wantOriginalDst6) != 0)
}

func hasTimestamp(m *tcpip.ReceivableControlMessages) bool    { return m.HasTimestamp }
func hasPacketInfo4(m *tcpip.ReceivableControlMessages) bool  { return m.HasIPPacketInfo }
func hasTTL(m *tcpip.ReceivableControlMessages) bool          { return m.HasTTL }
func hasTOS(m *tcpip.ReceivableControlMessages) bool          { return m.HasTOS }
func hasHopLimit(m *tcpip.ReceivableControlMessages) bool     { return m.HasHopLimit }
func hasTrafficClass(m *tcpip.ReceivableControlMessages) bool { return m.HasTClass }

func hasPacketInfo(m *tcpip.ReceivableControlMessages) bool {
	return m.HasIPPacketInfo || m.HasIPv6PacketInfo
}

func hasOriginalDst4(m *tcpip.ReceivableControlMessages) bool {
	return m.HasOriginalDstAddress && m.OriginalDstAddress.Addr.BitLen() == header.IPv4AddressSizeBits
}

func hasOriginalDst6(m *tcpip.ReceivableControlMessages) bool {
	return m.HasOriginalDstAddress && m.OriginalDstAddress.Addr.BitLen() == header.IPv6AddressSizeBits
}

// addTimeval is struct timeval of a 64-bit kernel: seconds, microseconds.
func addTimeval(_ *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	t := r.ControlMessages.Timestamp
	b = binary.NativeEndian.AppendUint64(b, uint64(t.Unix()))
	return binary.NativeEndian.AppendUint64(b, uint64(t.Nanosecond()/1000))
}

// addTimespec is struct timespec of a 64-bit kernel: seconds, nanoseconds.
func addTimespec(_ *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	t := r.ControlMessages.Timestamp
	b = binary.NativeEndian.AppendUint64(b, uint64(t.Unix()))
	return binary.NativeEndian.AppendUint64(b, uint64(t.Nanosecond()))
}

func addTTL(_ *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	return binary.NativeEndian.AppendUint32(b, uint32(r.ControlMessages.TTL))
}

func addTOS(_ *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	return append(b, r.ControlMessages.TOS)
}

func addHopLimit(_ *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	return binary.NativeEndian.AppendUint32(b, uint32(r.ControlMessages.HopLimit))
}

func addTrafficClass(_ *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	return binary.NativeEndian.AppendUint32(b, r.ControlMessages.TClass)
}

func addOriginalDst4(_ *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	sa := sockaddr(endpoint.AF_INET, r.ControlMessages.OriginalDstAddress)
	return append(b, sa.Bytes()...)
}

func addOriginalDst6(_ *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	sa := sockaddr(endpoint.AF_INET6, r.ControlMessages.OriginalDstAddress)
	return append(b, sa.Bytes()...)
}

// addPacketInfo4 is struct in_pktinfo of ip(7): interface index, the address to
// answer from, and the destination in the header.
func addPacketInfo4(e *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	info := &r.ControlMessages.PacketInfo
	local, nic := info.LocalAddr, int(info.NIC)
	if local != header.IPv4Any {
		nic = e.p.arrivedOn(info)
	}
	if e.p.isGroup(int(info.NIC), local) {
		local = e.p.answerFrom(r.RemoteAddr.Addr)
	}
	b = binary.NativeEndian.AppendUint32(b, uint32(nic))
	b = append(b, local.AsSlice()...)
	return append(b, info.DestinationAddr.AsSlice()...)
}

// arrivedOn is the link that a packet came in on: that of its destination, if it
// came over the loopback (ipv4_pktinfo_prepare).
func (p *Provider) arrivedOn(info *tcpip.IPPacketInfo) int {
	if info.NIC == loopbackIndex && !header.IsV4LoopbackAddress(info.DestinationAddr) {
		if link, ok := p.stack.IsLocalAddress(0, ipv4, info.DestinationAddr); ok {
			return link
		}
	}
	return int(info.NIC)
}

// addPacketInfo6 is struct in6_pktinfo of RFC 3542. An IPv4 destination is mapped
// (ip6_datagram_recv_common_ctl).
func addPacketInfo6(_ *Endpoint, b []byte, r *tcpip.ReadResult) []byte {
	cm := &r.ControlMessages
	dst, nic := cm.IPv6PacketInfo.Addr, cm.IPv6PacketInfo.NIC
	if cm.HasIPPacketInfo {
		dst, nic = cm.PacketInfo.DestinationAddr, cm.PacketInfo.NIC
	}
	a := fromAddress(dst).As16()
	b = append(b, a[:]...)
	return binary.NativeEndian.AppendUint32(b, uint32(nic))
}

// isGroup tells whether an IPv4 destination that came in on a link is a group or
// a broadcast address.
func (p *Provider) isGroup(index int, dst tcpip.Address) bool {
	a := dst.As4()
	if header.IsV4MulticastAddress(dst) || dst == header.IPv4Broadcast {
		return true
	}
	// Subnets of 30 bits and fewer have a broadcast address, which ends in ones:
	// the list of addresses is only made for what may be one.
	if a[3]&3 != 3 || header.IsV4LoopbackAddress(dst) {
		return false
	}
	for _, have := range p.stack.Addresses() {
		if have.Link == index && have.Prefix.Addr().Is4() && lastAddress(have.Prefix) == netip.AddrFrom4(a) {
			return true
		}
	}
	return false
}

// lastAddress is the directed broadcast address of an IPv4 subnet.
func lastAddress(p netip.Prefix) netip.Addr {
	a := p.Addr().As4()
	host := uint32(1)<<(32-p.Bits()) - 1
	binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(a[:])|host)
	return netip.AddrFrom4(a)
}

// answerFrom is the address that the stack would answer a sender from: the
// kernel's fib_compute_spec_dst. It is 0.0.0.0 where there is no way back.
func (p *Provider) answerFrom(sender tcpip.Address) tcpip.Address {
	from, err := p.stack.SourceFor(fromAddress(sender))
	if err != nil || !from.Is4() {
		return header.IPv4Any
	}
	return toAddress(from)
}
