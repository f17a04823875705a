package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/stack"
)

// toward is where a packet for addr goes: the unspecified address is this host.
func (s *ipSocket) toward(addr tcpip.FullAddress) (tcpip.FullAddress, tcpip.Error) {
	if isMapped(addr.Addr) {
		if s.ping != nil {
			return addr, &tcpip.ErrInvalidOptionValue{}
		}
		return addr, &tcpip.ErrNetworkUnreachable{}
	}
	if addr.Addr.BitLen() == 0 {
		addr.Addr = header.IPv6Loopback
		if s.network == ipv4 {
			addr.Addr = tcpip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
	}
	return addr, nil
}

// Write implements tcpip.Endpoint.
func (s *ipSocket) Write(p tcpip.Payloader, opts tcpip.WriteOptions) (int64, tcpip.Error) {
	return s.send(p, opts.To, &sendControl{})
}

// send sends a packet to an address, or to the peer if there is none.
func (s *ipSocket) send(p tcpip.Payloader, addr *tcpip.FullAddress, control *sendControl) (int64, tcpip.Error) {
	// The kernel looks for errors and shutdown(2) only where it allocates a packet
	// for the socket (sock_alloc_send_skb): not when it adds a raw one's header.
	if s.ping != nil || s.SocketOptions().GetHeaderIncluded() {
		if err := s.writable(); err != nil {
			return 0, err
		}
	}
	if p.Len() > maxIPPacket {
		return 0, &tcpip.ErrMessageTooLong{}
	}
	to, err := s.destination(addr)
	if err != nil {
		return 0, err
	}
	b := readAll(p)
	n := len(b)
	packet := s.packet(to, control)
	packet.Payload = b
	check := s.checkRaw
	if s.ping != nil {
		check = s.checkPing
	}
	if err := check(&packet); err != nil {
		return 0, err
	}
	if packet.Released, err = s.charge(n); err != nil {
		return 0, err
	}
	if err := s.stack.SendIP(&packet); err != nil {
		return 0, err
	}
	return int64(n), nil
}

func (s *ipSocket) destination(to *tcpip.FullAddress) (tcpip.FullAddress, tcpip.Error) {
	if to == nil {
		st := s.load()
		if !st.peered {
			return tcpip.FullAddress{}, &tcpip.ErrDestinationRequired{}
		}
		return st.remote, nil
	}
	if s.network == ipv6 && s.ping == nil && to.Port != 0 && to.Port != uint16(s.transport) {
		return tcpip.FullAddress{}, &tcpip.ErrInvalidOptionValue{} // rawv6_sendmsg
	}
	return s.toward(*to)
}

// packet is what the socket's options and control data make of a packet to an
// address.
func (s *ipSocket) packet(to tcpip.FullAddress, control *sendControl) stack.IPPacket {
	st := s.load()
	p := ipPacket(s.Endpoint, s.network, to)
	p.Link = s.linkToward(to)
	p.Transport = s.transport
	p.Source = unicast(st.localAddress())
	p.HeaderIncluded = s.SocketOptions().GetHeaderIncluded()
	control.apply(&p)
	return p
}

// linkToward is the link that a packet leaves by, 0 if the routes decide.
func (s *ipSocket) linkToward(to tcpip.FullAddress) int {
	if to.NIC == 0 && s.SocketOptions().GetBindToDevice() == 0 {
		to.NIC = s.load().bound.NIC
	}
	return outgoingLink(s.Endpoint, s.network, to)
}

// ipPacket is what the options of a gVisor endpoint make of a packet to an address.
func ipPacket(ep tcpip.Endpoint, network tcpip.NetworkProtocolNumber, to tcpip.FullAddress) stack.IPPacket {
	option := func(name tcpip.SockOptInt) int {
		v, _ := ep.GetSockOptInt(name)
		return v
	}
	p := stack.IPPacket{
		Network:        network,
		Link:           outgoingLink(ep, network, to),
		Destination:    to.Addr,
		Discovery:      tcpip.PMTUDStrategy(option(tcpip.MTUDiscoverOption)),
		Broadcast:      ep.SocketOptions().GetBroadcast(),
		MulticastLoop:  ep.SocketOptions().GetMulticastLoop(),
		ChecksumOffset: stack.NoChecksum,
	}
	if network == ipv4 {
		p.TOS = uint8(option(tcpip.IPv4TOSOption))
		if ttl := option(tcpip.IPv4TTLOption); ttl != tcpip.UseDefaultIPv4TTL {
			p.HasTTL, p.TTL = true, uint8(ttl)
		}
	} else {
		p.TOS = uint8(option(tcpip.IPv6TrafficClassOption))
		if limit := option(tcpip.IPv6HopLimitOption); limit != tcpip.UseDefaultIPv6HopLimit {
			p.HasTTL, p.TTL = true, uint8(limit)
		}
	}
	if isMulticast(to.Addr) {
		p.HasTTL, p.TTL = true, uint8(option(tcpip.MulticastTTLOption))
	}
	return p
}

// outgoingLink is the link that a packet leaves by, 0 if the routes decide.
func outgoingLink(ep tcpip.Endpoint, network tcpip.NetworkProtocolNumber, to tcpip.FullAddress) int {
	if to.NIC != 0 {
		return int(to.NIC)
	}
	if device := ep.SocketOptions().GetBindToDevice(); device != 0 || !isMulticast(to.Addr) {
		return int(device)
	}
	if network == ipv6 {
		index, _ := ep.GetSockOptInt(tcpip.IPv6MulticastInterfaceOption)
		return index
	}
	var option tcpip.MulticastInterfaceOption
	ep.GetSockOpt(&option)
	return int(option.NIC)
}

// apply has control data count instead of the socket's options.
func (s *sendControl) apply(p *stack.IPPacket) {
	switch {
	case s.HasTTL:
		p.HasTTL, p.TTL = true, s.TTL
	case s.HasHopLimit:
		p.HasTTL, p.TTL = true, s.HopLimit
	}
	if s.hasClass {
		p.TOS = s.class
	}
	if s.hasLoop {
		p.MulticastLoop = s.loop
	}
	if s.source.IsValid() {
		p.Source = toAddress(s.source)
	}
	if s.HasIPv6PacketInfo {
		if s.IPv6PacketInfo.Addr.BitLen() != 0 {
			p.Source = s.IPv6PacketInfo.Addr
		}
		if s.IPv6PacketInfo.NIC != 0 {
			p.Link = int(s.IPv6PacketInfo.NIC)
		}
	}
}
