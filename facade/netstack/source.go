package netstack

import (
	"io"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// sendFrom sends an IPv4 datagram from the address that IP_PKTINFO names, which
// gVisor's UDP cannot: it goes out as a raw socket's, with a UDP header of ours.
func (e *Endpoint) sendFrom(c *core, p *payload, s *sendControl) (int64, endpoint.Errno) {
	if errno := toErrno(c.SocketOptions().GetLastError()); errno != 0 {
		return 0, errno
	}
	port, errno := sourcePort(c, p)
	if errno != 0 {
		return 0, errno
	}
	source, to := toAddress(s.source), unmapped(p.to)
	size := p.size
	datagram, errno := encodeUDP(p, source, port, to)
	if errno != 0 {
		return 0, errno
	}
	packet := ipPacket(c.Endpoint, ipv4, to)
	packet.Transport, packet.Payload = udp.ProtocolNumber, datagram
	s.apply(&packet)
	if err := e.p.stack.SendIP(&packet); err != nil {
		return 0, e.notSent(c, err, size, &p.to)
	}
	return int64(size), 0
}

// sourcePort is the port of a socket; one that has none is given one, as a send
// does. EPIPE after a shutdown: no other error of the way that a plain send would
// go counts here.
func sourcePort(c *core, p *payload) (uint16, endpoint.Errno) {
	sender, ok := c.Endpoint.(tcpip.EndpointWithPreflight)
	if !ok {
		return 0, endpoint.EOPNOTSUPP
	}
	unsendable := sender.Preflight(tcpip.WriteOptions{To: &p.to})
	if _, shut := unsendable.(*tcpip.ErrClosedForSend); shut {
		return 0, toErrno(unsendable)
	}
	local, err := c.GetLocalAddress()
	if err == nil && local.Port == 0 {
		err = unsendable
	}
	return local.Port, toErrno(err)
}

// unmapped is an IPv4 address as IPv4 sockets have it.
func unmapped(a tcpip.FullAddress) tcpip.FullAddress {
	if header.IsV4MappedAddress(a.Addr) {
		a.Addr = tcpip.AddrFrom4Slice(a.Addr.AsSlice()[header.IPv6AddressSize-header.IPv4AddressSize:])
	}
	return a
}

// encodeUDP puts a UDP header (RFC 768) before the payload.
func encodeUDP(p *payload, source tcpip.Address, port uint16, to tcpip.FullAddress) ([]byte, endpoint.Errno) {
	length := header.UDPMinimumSize + p.Len()
	if length > header.UDPMaximumPacketSize {
		return nil, endpoint.EMSGSIZE
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(p, b[header.UDPMinimumSize:]); err != nil {
		return nil, endpoint.EFAULT
	}
	h := header.UDP(b)
	h.Encode(&header.UDPFields{SrcPort: port, DstPort: to.Port, Length: uint16(length)})
	sum := header.PseudoHeaderChecksum(udp.ProtocolNumber, source, to.Addr, uint16(length))
	sum = h.CalculateChecksum(checksum.Combine(sum, checksum.Checksum(b[header.UDPMinimumSize:], 0)))
	if sum != 0xffff { // its complement, zero, would mean that there is none
		sum = ^sum
	}
	h.SetChecksum(sum)
	return b, 0
}
