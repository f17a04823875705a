package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// sniffer is what SIO_RCVALL switches on. Guarded by ipSocket.change.
type sniffer struct{ cancel func() }

func (f *sniffer) stop() {
	if f.cancel != nil {
		f.cancel()
		f.cancel = nil
	}
}

// receiveAll wraps WSAIoctl's SIO_RCVALL on a raw socket. The modes are those of
// RCVALL_VALUE in Microsoft's mstcpip.h:
//
//   - RCVALL_ON: every packet that crosses the link of the address that the
//     socket is bound to, from the IP header on. In both directions; on the
//     loopback, where each comes back, once.
//   - RCVALL_IPLEVEL: the same but for frames that are addressed to another host,
//     which the IP layer does not see.
//   - RCVALL_SOCKETLEVELONLY has no effect, on Windows either.
//   - RCVALL_OFF: what the socket received before.
//
// IPPROTO_IP is every protocol; a socket of another one gets its own. The socket
// must be bound to an address of the host: EINVAL, as WSAEINVAL.
func (e *Endpoint) receiveAll(c *core, arg []byte) endpoint.Errno {
	s, ok := c.Endpoint.(*ipSocket)
	if !ok || s.ping != nil {
		return endpoint.EOPNOTSUPP
	}
	if len(arg) < sizeofInt {
		return endpoint.EINVAL
	}
	switch mode := binary.NativeEndian.Uint32(arg); mode {
	case endpoint.RCVALL_SOCKETLEVELONLY:
		return 0
	case endpoint.RCVALL_OFF:
		s.sniff(false, 0)
		return 0
	case endpoint.RCVALL_ON, endpoint.RCVALL_IPLEVEL:
		st := s.load()
		address := unicast(st.bound.Addr)
		link, ok := s.stack.IsLocalAddress(int(st.bound.NIC), s.network, address)
		if address.BitLen() == 0 || !ok {
			return endpoint.EINVAL
		}
		return toErrno(s.sniff(mode == endpoint.RCVALL_ON, link))
	}
	return endpoint.EINVAL
}

// sniff receives from a link, with what is for others or without; link 0 ends it.
func (s *ipSocket) sniff(others bool, link int) tcpip.Error {
	s.change.Lock()
	defer s.change.Unlock()
	s.sniffer.stop()
	s.update(func(st *ipState) { st.sniffing = link != 0 })
	if link == 0 || s.isClosed() {
		return nil
	}
	cancel, err := s.stack.ReceiveLinkPackets(link, header.EthernetProtocolAll, func(p stack.LinkPacket) {
		again := p.Loopback && p.Packet.PktType == tcpip.PacketOutgoing
		foreign := p.Packet.PktType == tcpip.PacketOtherHost
		if p.Protocol == s.network && !again && (others || !foreign) {
			s.sniffed(tcpip.NICID(p.Link), dataOf(p.Packet))
		}
	})
	if err != nil {
		s.update(func(st *ipState) { st.sniffing = false })
		return err
	}
	s.sniffer.cancel = cancel
	return nil
}

// sniffed queues a packet of a link from its IP header on, if that is whole.
func (s *ipSocket) sniffed(nic tcpip.NICID, b []byte) {
	h, err := parseIP(s.network, b)
	if err != nil || s.transport != endpoint.IPPROTO_IP && s.transport != h.transport {
		return
	}
	s.push(datagram{
		data: b, network: s.network, from: tcpip.FullAddress{NIC: nic, Addr: h.source},
		nic: nic, to: h.destination, local: h.destination, port: portIn(h.payload), tos: h.tos, ttl: h.ttl,
	})
}
