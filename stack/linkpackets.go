package stack

import (
	"slices"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// AllLinks as the index of ReceiveLinkPackets is every link, also those that are
// added later.
const AllLinks = 0

// LinkPacket is a packet as it crosses a link.
type LinkPacket struct {
	Link int
	// Loopback says that what is sent on the link comes back, and so is seen
	// twice.
	Loopback bool
	Protocol tcpip.NetworkProtocolNumber
	// Packet tells by its PktType whether it is sent; what links do not mark is
	// PacketHost.
	Packet *gstack.PacketBuffer
}

// LinkPacketReceiver is called with a packet. The packet is the receiver's only
// until it returns, and is not to be changed. It is called by the goroutine that
// sends or delivers, under locks: it must not block, nor call the Stack.
type LinkPacketReceiver func(LinkPacket)

// linkTap is a receiver as gVisor takes it.
type linkTap struct {
	s        *Stack
	protocol tcpip.NetworkProtocolNumber
	fn       LinkPacketReceiver
}

// HandlePacket implements gstack.PacketEndpoint.
func (t *linkTap) HandlePacket(id tcpip.NICID, protocol tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) {
	_, loopback := t.s.loopbacks.Load(id)
	t.fn(LinkPacket{Link: int(id), Loopback: loopback, Protocol: protocol, Packet: pkt})
}

// ReceiveLinkPackets calls fn with each packet of an EtherType that crosses a
// link. header.EthernetProtocolAll is all of them, those that are sent included;
// another one is those that are received. cancel ends it; a call may still be
// under way then. An unknown link: *tcpip.ErrUnknownNICID.
//
// gVisor's limit: received packets are seen only if they are IPv4, IPv6 or ARP.
// What the host sends to its own address crosses only the loopback, and not even
// that if the address is another link's.
func (s *Stack) ReceiveLinkPackets(index int, protocol tcpip.NetworkProtocolNumber, fn LinkPacketReceiver) (cancel func(), err tcpip.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, &tcpip.ErrAborted{}
	}
	t := &linkTap{s, protocol, fn}
	if err := s.gs.RegisterPacketEndpoint(tcpip.NICID(index), protocol, t); err != nil {
		return nil, err
	}
	if index == AllLinks {
		s.taps = append(s.taps, t)
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taps = slices.DeleteFunc(s.taps, func(o *linkTap) bool { return o == t })
		s.gs.UnregisterPacketEndpoint(tcpip.NICID(index), protocol, t)
	}, nil
}

// tapLocked has the receivers of all links receive from a new one.
func (s *Stack) tapLocked(n *nic) {
	if n.loopback() {
		s.loopbacks.Store(n.id(), nil)
	}
	for _, t := range s.taps {
		s.gs.RegisterPacketEndpoint(n.id(), t.protocol, t)
	}
}

// SendLinkPacket writes a packet to a link: from the link-level header on, or,
// with a header to be made, from the network header on to remote. The payload is
// copied. Like every write it does not block: *tcpip.ErrNoBufferSpace says that
// the link is full. An unknown link: *tcpip.ErrUnknownNICID.
func (s *Stack) SendLinkPacket(index int, protocol tcpip.NetworkProtocolNumber, makeHeader bool, remote tcpip.LinkAddress, payload []byte) tcpip.Error {
	if _, err := s.LinkByIndex(index); err != nil {
		return &tcpip.ErrUnknownNICID{}
	}
	b := buffer.MakeWithData(payload)
	if makeHeader {
		return s.gs.WritePacketToRemote(tcpip.NICID(index), remote, protocol, b)
	}
	return s.gs.WriteRawPacket(tcpip.NICID(index), protocol, b)
}
