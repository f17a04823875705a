package netstack

import (
	"bytes"
	"io"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// sendFrom sends an IPv4 datagram from the address that IP_PKTINFO names, which
// gVisor's UDP cannot: a raw endpoint that is bound to the address sends it, with
// a UDP header of ours. It lives for this one datagram and receives nothing. Such a
// datagram is not fragmented: EMSGSIZE beyond the MTU.
func (e *Endpoint) sendFrom(c *core, p *payload, s *sendControl) (int64, endpoint.Errno) {
	if !e.isUDP() {
		return 0, endpoint.EOPNOTSUPP
	}
	if errno := toErrno(c.SocketOptions().GetLastError()); errno != 0 {
		return 0, errno
	}
	port, errno := sourcePort(c, p)
	if errno != 0 {
		return 0, errno
	}
	raw, err := e.p.stack.NewRawEndpoint(udp.ProtocolNumber, header.IPv4ProtocolNumber, &waiter.Queue{}, false)
	if err != nil {
		return 0, toErrno(err)
	}
	defer raw.Close()
	raw.SocketOptions().SetHeaderIncluded(false) // the stack makes the IP header
	if errno := copySendOptions(raw, c, s); errno != 0 {
		return 0, errno
	}
	source, to := tcpip.AddrFrom4(s.source.As4()), unmapped(p.to)
	if err := raw.Bind(tcpip.FullAddress{Addr: source}); err != nil {
		return 0, toErrno(err)
	}
	size := p.size
	datagram, errno := encodeUDP(p, source, port, to)
	if errno != 0 {
		return 0, errno
	}
	to.Port = 0
	_, err = raw.Write(datagram, tcpip.WriteOptions{To: &to, ControlMessages: s.SendableControlMessages})
	if err != nil {
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

// copySendOptions gives a raw endpoint the options of a socket that count for what
// it sends.
func copySendOptions(raw tcpip.Endpoint, c *core, s *sendControl) endpoint.Errno {
	from, to := c.SocketOptions(), raw.SocketOptions()
	to.SetIPv4RecvError(true) // tell a full link: see applyDefaults
	to.SetBroadcast(from.GetBroadcast())
	to.SetMulticastLoop(from.GetMulticastLoop())
	to.SetMark(from.GetMark())
	if s.hasLoop {
		to.SetMulticastLoop(s.loop)
	}
	if err := to.SetBindToDevice(from.GetBindToDevice()); err != nil {
		return toErrno(err)
	}
	for _, option := range []tcpip.SockOptInt{
		tcpip.IPv4TTLOption, tcpip.MulticastTTLOption, tcpip.IPv4TOSOption, tcpip.MTUDiscoverOption,
	} {
		v, err := c.GetSockOptInt(option)
		if err != nil {
			return toErrno(err)
		}
		raw.SetSockOptInt(option, v)
	}
	if s.hasClass {
		raw.SetSockOptInt(tcpip.IPv4TOSOption, int(s.class))
	}
	return 0
}

// unmapped is an IPv4 address as IPv4 sockets have it.
func unmapped(a tcpip.FullAddress) tcpip.FullAddress {
	if header.IsV4MappedAddress(a.Addr) {
		a.Addr = tcpip.AddrFrom4Slice(a.Addr.AsSlice()[header.IPv6AddressSize-header.IPv4AddressSize:])
	}
	return a
}

// encodeUDP puts a UDP header (RFC 768) before the payload.
func encodeUDP(p *payload, source tcpip.Address, port uint16, to tcpip.FullAddress) (*bytes.Reader, endpoint.Errno) {
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
	return bytes.NewReader(b), 0
}
