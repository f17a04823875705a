package netstack

import (
	"net"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// packetSocket is a packet(7) socket, the tcpip.Endpoint under an Endpoint. An
// EtherType stands in the ports of its addresses.
type packetSocket struct {
	mailbox
	stack  *stack.Stack
	cooked bool
	forget func() // ends the subscription of the stack's events

	// ignoreOutgoing is PACKET_IGNORE_OUTGOING.
	ignoreOutgoing atomic.Bool

	// change orders what binds and closes.
	change sync.Mutex
	cancel func() // nil while nothing is received

	state struct {
		sync.RWMutex
		packetState
	}
}

// packetState is what a packetSocket is bound to, a value.
type packetState struct {
	link     int // 0 is every link, linkGone the one that was removed
	protocol uint16
}

// linkGone is the index of a link that has been removed, as packet_notifier of
// the kernel has it.
const linkGone = -1

func (s *packetSocket) load() packetState {
	s.state.RLock()
	defer s.state.RUnlock()
	return s.state.packetState
}

func (s *packetSocket) store(st packetState) {
	s.state.Lock()
	defer s.state.Unlock()
	s.state.packetState = st
}

// newPacket makes a packet socket. Protocol is an EtherType in host byte order;
// 0 receives nothing until Bind gives another one.
func newPacket(s *stack.Stack, cooked bool, protocol uint16, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	options, err := s.NewRawEndpoint(endpoint.IPPROTO_RAW, ipv4, wq, false)
	if err != nil {
		return nil, err
	}
	receiveBuffer(options, s)
	p := &packetSocket{
		mailbox: mailbox{Endpoint: options, wq: wq, clock: s.Clock()},
		stack:   s, cooked: cooked,
	}
	if err := p.attach(packetState{protocol: protocol}); err != nil {
		options.Close()
		return nil, err
	}
	p.forget = s.Subscribe(p.linkEvent)
	return p, nil
}

// attach receives as st says, and no longer as before. The caller holds change,
// or is the only one.
func (s *packetSocket) attach(st packetState) tcpip.Error {
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
	s.store(st)
	if st.protocol == 0 || st.link == linkGone {
		return nil
	}
	protocol := tcpip.NetworkProtocolNumber(st.protocol)
	if st.protocol == endpoint.ETH_P_ALL {
		protocol = header.EthernetProtocolAll
	}
	cancel, err := s.stack.ReceiveLinkPackets(st.link, protocol, s.handle)
	s.cancel = cancel
	return err
}

// Bind implements tcpip.Endpoint. Protocol 0 keeps the one there is.
func (s *packetSocket) Bind(addr tcpip.FullAddress) tcpip.Error {
	s.change.Lock()
	defer s.change.Unlock()
	if s.isClosed() {
		return &tcpip.ErrInvalidEndpointState{}
	}
	st := s.load()
	st.link = int(addr.NIC)
	if addr.Port != 0 {
		st.protocol = addr.Port
	}
	down := false
	if st.link != 0 {
		l, err := s.stack.LinkByIndex(st.link)
		if err != nil {
			return &tcpip.ErrUnknownNICID{}
		}
		down = !l.Up
	}
	if err := s.attach(st); err != nil {
		return err
	}
	if down {
		s.fail(errNetDown)
	}
	return nil
}

// linkEvent tells a socket that is bound to a link when that goes down.
func (s *packetSocket) linkEvent(e stack.Event) {
	if e.Kind != stack.LinkChanged && e.Kind != stack.LinkRemoved || e.Link.Index != s.load().link {
		return
	}
	if e.Kind == stack.LinkChanged {
		if !e.Link.Up {
			s.fail(errNetDown)
		}
		return
	}
	s.change.Lock()
	if st := s.load(); st.link == e.Link.Index && !s.isClosed() {
		st.link = linkGone
		s.attach(st)
	}
	s.change.Unlock()
	if e.Link.Up {
		s.fail(errNetDown)
	}
}

// ethernetHeader is the length of an Ethernet header, in bytes.
const ethernetHeader = header.EthernetMinimumSize

// blankAddress is the hardware address of a loopback.
const blankAddress = tcpip.LinkAddress("\x00\x00\x00\x00\x00\x00")

// handle queues a packet. A loopback has no header of its own here; as on Linux,
// it seems to have an Ethernet header with blank addresses.
func (s *packetSocket) handle(p stack.LinkPacket) {
	st, pkt := s.load(), p.Packet
	if st.link != 0 && st.link != p.Link || pkt.PktType == tcpip.PacketOutgoing && s.ignoreOutgoing.Load() {
		return
	}
	if device := s.SocketOptions().GetBindToDevice(); device != 0 && int(device) != p.Link {
		return
	}
	head := pkt.LinkHeader().Slice()
	from := tcpip.FullAddress{NIC: tcpip.NICID(p.Link), Port: uint16(p.Protocol)}
	kind := pkt.PktType
	switch {
	case len(head) >= ethernetHeader:
		eth := header.Ethernet(head)
		from.LinkAddr = eth.SourceAddress()
		if kind == tcpip.PacketHost {
			kind = kindOf(eth.DestinationAddress())
		}
	case p.Loopback:
		from.LinkAddr = blankAddress
		head = make([]byte, ethernetHeader)
		header.Ethernet(head).Encode(&header.EthernetFields{SrcAddr: blankAddress, DstAddr: blankAddress, Type: p.Protocol})
	}
	data := dataOf(pkt)
	if !s.cooked {
		data = append(append(make([]byte, 0, len(head)+len(data)), head...), data...)
	}
	s.push(datagram{data: data, from: from, link: tcpip.LinkPacketInfo{Protocol: p.Protocol, PktType: kind}})
}

// kindOf tells what a frame to a hardware address is.
func kindOf(to tcpip.LinkAddress) tcpip.PacketType {
	switch {
	case to == header.EthernetBroadcastAddress:
		return tcpip.PacketBroadcast
	case header.IsMulticastEthernetAddress(to):
		return tcpip.PacketMulticast
	}
	return tcpip.PacketHost
}

// GetLocalAddress implements tcpip.Endpoint.
func (s *packetSocket) GetLocalAddress() (tcpip.FullAddress, tcpip.Error) {
	st := s.load()
	addr := tcpip.FullAddress{NIC: tcpip.NICID(st.link), Port: st.protocol}
	if st.link == linkGone {
		addr.NIC = 0
		return addr, nil
	}
	if l, err := s.stack.LinkByIndex(st.link); err == nil {
		addr.LinkAddr = hardwareAddress(&l)
	}
	return addr, nil
}

// hardwareAddress of a link, empty if links of its kind have none.
func hardwareAddress(l *stack.Link) tcpip.LinkAddress {
	if hardwareType(l) == endpoint.ARPHRD_LOOPBACK {
		return blankAddress
	}
	return tcpip.LinkAddress(l.HardwareAddr)
}

// hardwareType is ARPHRD_* of a link.
func hardwareType(l *stack.Link) uint16 {
	switch {
	case l.Flags&net.FlagLoopback != 0:
		return endpoint.ARPHRD_LOOPBACK
	case l.Flags&net.FlagBroadcast != 0:
		return endpoint.ARPHRD_ETHER
	}
	return endpoint.ARPHRD_NONE
}

// Write implements tcpip.Endpoint: packet_snd of the kernel.
func (s *packetSocket) Write(p tcpip.Payloader, opts tcpip.WriteOptions) (int64, tcpip.Error) {
	if err := s.writable(); err != nil {
		return 0, err
	}
	st := s.load()
	to := tcpip.FullAddress{NIC: tcpip.NICID(st.link), Port: st.protocol}
	if opts.To != nil {
		to = *opts.To
	}
	l, err := s.stack.LinkByIndex(int(to.NIC))
	switch {
	case err != nil:
		return 0, errNoDevice
	case !l.Up:
		return 0, errNetDown
	}
	head := 0
	if !s.cooked && hardwareType(&l) != endpoint.ARPHRD_NONE {
		head = ethernetHeader
	}
	if p.Len() < head || p.Len() == 0 {
		return 0, &tcpip.ErrInvalidOptionValue{}
	}
	if p.Len() > head+l.MTU {
		return 0, &tcpip.ErrMessageTooLong{}
	}
	b := readAll(p)
	if err := s.send(&l, b, head, to); err != nil {
		return 0, err
	}
	return int64(len(b)), nil
}

// send writes what follows the head of b to a link. A frame's own header says
// which protocol it has, as does the version of a packet without a header.
func (s *packetSocket) send(l *stack.Link, b []byte, head int, to tcpip.FullAddress) tcpip.Error {
	protocol := tcpip.NetworkProtocolNumber(to.Port)
	switch {
	case head > 0:
		protocol = header.Ethernet(b).Type()
	case !s.cooked && (to.Port == 0 || to.Port == endpoint.ETH_P_ALL):
		protocol = versions[b[0]>>4]
	}
	if l.Loopback {
		b = b[head:]
		if len(b) == 0 {
			return nil // nothing that a receiver could see: gVisor drops it unread
		}
	}
	return s.stack.SendLinkPacket(l.Index, protocol, s.cooked || head == 0, to.LinkAddr, b)
}

// versions are the network protocols by IP's version field.
var versions = map[byte]tcpip.NetworkProtocolNumber{4: ipv4, 6: ipv6}

// Connect implements tcpip.Endpoint.
func (*packetSocket) Connect(tcpip.FullAddress) tcpip.Error { return &tcpip.ErrNotSupported{} }

// Disconnect implements tcpip.Endpoint.
func (*packetSocket) Disconnect() tcpip.Error { return &tcpip.ErrNotSupported{} }

// Shutdown implements tcpip.Endpoint.
func (*packetSocket) Shutdown(tcpip.ShutdownFlags) tcpip.Error { return &tcpip.ErrNotSupported{} }

// GetRemoteAddress implements tcpip.Endpoint.
func (*packetSocket) GetRemoteAddress() (tcpip.FullAddress, tcpip.Error) {
	return tcpip.FullAddress{}, &tcpip.ErrNotSupported{}
}

// Close implements tcpip.Endpoint.
func (s *packetSocket) Close() {
	s.change.Lock()
	defer s.change.Unlock()
	if !s.close() {
		return
	}
	s.forget()
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
}

// Abort implements tcpip.Endpoint.
func (s *packetSocket) Abort() { s.Close() }
