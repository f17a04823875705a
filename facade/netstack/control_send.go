package netstack

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// sendControl is the control data of one send.
type sendControl struct {
	tcpip.SendableControlMessages
	// link and source are those of IP_PKTINFO; 0 and the zero value are none.
	link   int
	source netip.Addr
	// class is the TOS or traffic class that counts instead of the socket's.
	hasClass bool
	class    uint8
	// loop is IP_MULTICAST_LOOP where it is not what gVisor has.
	hasLoop, loop bool
}

// sendKey names control data by its level and type.
type sendKey struct{ level, typ int }

// sendParser reads the data of one message.
type sendParser func(*sendControl, *Endpoint, []byte) endpoint.Errno

// What may be sent with a datagram of each family (ip_cmsg_send,
// ip6_datagram_send_ctl). Messages of other levels are ignored as in the kernel,
// an unknown type of these levels is EINVAL, and what the kernel has and the stack
// has not is EOPNOTSUPP.
var (
	sendParsers4 = map[sendKey]sendParser{
		{endpoint.SOL_IP, endpoint.IP_TTL}:      parseTTL,
		{endpoint.SOL_IP, endpoint.IP_TOS}:      parseTOS,
		{endpoint.SOL_IP, endpoint.IP_PKTINFO}:  parsePacketInfo4,
		{endpoint.SOL_IP, endpoint.IP_RETOPTS}:  notSendable,
		{endpoint.SOL_IP, endpoint.IP_PROTOCOL}: notSendable,
	}
	sendParsers6 = map[sendKey]sendParser{
		{endpoint.SOL_IPV6, endpoint.IPV6_HOPLIMIT}:     parseHopLimit,
		{endpoint.SOL_IPV6, endpoint.IPV6_2292HOPLIMIT}: parseHopLimit,
		{endpoint.SOL_IPV6, endpoint.IPV6_TCLASS}:       parseTrafficClass,
		{endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO}:      parsePacketInfo6,
		{endpoint.SOL_IPV6, endpoint.IPV6_2292PKTINFO}:  parsePacketInfo6,
		{endpoint.SOL_IPV6, endpoint.IPV6_FLOWINFO}:     notSendable,
		{endpoint.SOL_IPV6, endpoint.IPV6_HOPOPTS}:      notSendable,
		{endpoint.SOL_IPV6, endpoint.IPV6_2292HOPOPTS}:  notSendable,
		{endpoint.SOL_IPV6, endpoint.IPV6_DSTOPTS}:      notSendable,
		{endpoint.SOL_IPV6, endpoint.IPV6_2292DSTOPTS}:  notSendable,
		{endpoint.SOL_IPV6, endpoint.IPV6_RTHDRDSTOPTS}: notSendable,
		{endpoint.SOL_IPV6, endpoint.IPV6_RTHDR}:        notSendable,
		{endpoint.SOL_IPV6, endpoint.IPV6_2292RTHDR}:    notSendable,
		{endpoint.SOL_IPV6, endpoint.IPV6_DONTFRAG}:     notSendable,
	}
	// sendParsersMapped is for IPv4 datagrams of an IPv6 socket.
	sendParsersMapped = map[sendKey]sendParser{
		{endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO}: parsePacketInfoMapped,
	}
	// sendParsersAny is for every datagram. Descriptors and credentials mean
	// nothing to it, and __sock_cmsg_send lets them pass.
	sendParsersAny = map[sendKey]sendParser{
		{endpoint.SOL_SOCKET, endpoint.SCM_RIGHTS}:      ignored,
		{endpoint.SOL_SOCKET, endpoint.SCM_CREDENTIALS}: ignored,
		{endpoint.SOL_SOCKET, endpoint.SO_MARK}:         notSendable,
		{endpoint.SOL_UDP, endpoint.UDP_SEGMENT}:        notSendable,
	}
)

// parseControl reads the control data of a datagram to an address of IPv4, of
// IPv4 from an IPv6 socket (mapped), or of IPv6.
func (e *Endpoint) parseControl(s *sendControl, control []byte, ipv4 bool) endpoint.Errno {
	parsers, level := sendParsers6, endpoint.SOL_IPV6
	if ipv4 {
		parsers, level = sendParsers4, endpoint.SOL_IP
	}
	for c, errno := range endpoint.Cmsgs(control) {
		if errno != 0 {
			return errno
		}
		key := sendKey{c.Level, c.Type}
		parse, ok := parsers[key]
		if !ok && ipv4 && e.family == endpoint.AF_INET6 {
			parse, ok = sendParsersMapped[key]
		}
		if !ok {
			parse, ok = sendParsersAny[key]
		}
		switch {
		case c.Level == endpoint.SOL_UDP && !e.isUDP():
			continue
		case !ok && (c.Level == level || c.Level == endpoint.SOL_SOCKET || c.Level == endpoint.SOL_UDP):
			return endpoint.EINVAL
		case !ok:
			continue
		}
		if errno := parse(s, e, c.Data); errno != 0 {
			return errno
		}
	}
	return 0
}

// checkSocketControl is sock_cmsg_send of the kernel: streams and packet sockets
// ignore what is not of SOL_SOCKET. As tcp_sendmsg does, any error is EINVAL.
func checkSocketControl(control []byte) endpoint.Errno {
	for c, errno := range endpoint.Cmsgs(control) {
		if errno != 0 {
			return errno
		}
		if c.Level == endpoint.SOL_SOCKET && c.Type != endpoint.SCM_RIGHTS && c.Type != endpoint.SCM_CREDENTIALS {
			return endpoint.EINVAL
		}
	}
	return 0
}

func ignored(*sendControl, *Endpoint, []byte) endpoint.Errno     { return 0 }
func notSendable(*sendControl, *Endpoint, []byte) endpoint.Errno { return endpoint.EOPNOTSUPP }

// exactInt reads an int within limits; any other length is EINVAL.
func exactInt(data []byte, lowest, highest int) (int, endpoint.Errno) {
	if len(data) != sizeofInt {
		return 0, endpoint.EINVAL
	}
	v := int(int32(binary.NativeEndian.Uint32(data)))
	if v < lowest || v > highest {
		return 0, endpoint.EINVAL
	}
	return v, 0
}

func parseTTL(s *sendControl, _ *Endpoint, data []byte) endpoint.Errno {
	v, errno := exactInt(data, 1, 255)
	if errno == 0 {
		s.HasTTL, s.TTL = true, uint8(v)
	}
	return errno
}

func parseTOS(s *sendControl, _ *Endpoint, data []byte) endpoint.Errno {
	if len(data) == 1 {
		s.hasClass, s.class = true, data[0]
		return 0
	}
	v, errno := exactInt(data, 0, 255)
	if errno == 0 {
		s.hasClass, s.class = true, uint8(v)
	}
	return errno
}

// parseHopLimit takes -1 for what the socket has.
func parseHopLimit(s *sendControl, _ *Endpoint, data []byte) endpoint.Errno {
	v, errno := exactInt(data, -1, 255)
	if errno == 0 {
		s.HasHopLimit, s.HopLimit = v >= 0, uint8(v)
	}
	return errno
}

// parseTrafficClass takes -1 for what the socket has.
func parseTrafficClass(s *sendControl, _ *Endpoint, data []byte) endpoint.Errno {
	v, errno := exactInt(data, -1, 255)
	if errno == 0 {
		s.hasClass, s.class = v >= 0, uint8(v)
	}
	return errno
}

// Lengths of struct in_pktinfo and struct in6_pktinfo.
const (
	sizeofPacketInfo4 = 12
	sizeofPacketInfo6 = 20
)

func parsePacketInfo4(s *sendControl, _ *Endpoint, data []byte) endpoint.Errno {
	if len(data) != sizeofPacketInfo4 {
		return endpoint.EINVAL
	}
	if index := int(int32(binary.NativeEndian.Uint32(data))); index != 0 {
		s.link = index
	}
	s.setSource(netip.AddrFrom4([4]byte(data[4:8])))
	return 0
}

func (s *sendControl) setSource(a netip.Addr) {
	s.source = netip.Addr{}
	if !a.IsUnspecified() {
		s.source = a
	}
}

func parsePacketInfoMapped(s *sendControl, _ *Endpoint, data []byte) endpoint.Errno {
	if len(data) < sizeofPacketInfo6 {
		return endpoint.EINVAL
	}
	addr := netip.AddrFrom16([16]byte(data))
	if !addr.Is4In6() {
		return endpoint.EINVAL
	}
	if index := int(int32(binary.NativeEndian.Uint32(data[16:]))); index != 0 {
		s.link = index
	}
	s.setSource(addr.Unmap())
	return 0
}

func parsePacketInfo6(s *sendControl, e *Endpoint, data []byte) endpoint.Errno {
	if len(data) < sizeofPacketInfo6 {
		return endpoint.EINVAL
	}
	addr := netip.AddrFrom16([16]byte(data))
	index := int(int32(binary.NativeEndian.Uint32(data[16:])))
	if index != 0 {
		if _, err := e.p.stack.LinkByIndex(index); err != nil {
			return endpoint.ENODEV
		}
	} else if addr.IsLinkLocalUnicast() {
		return endpoint.EINVAL
	}
	s.HasIPv6PacketInfo = true
	s.IPv6PacketInfo = tcpip.IPv6PacketInfo{NIC: tcpip.NICID(index)}
	if addr.IsUnspecified() {
		return 0
	}
	scoped := 0
	if addr.IsLinkLocalUnicast() {
		scoped = index
	}
	if addr.Is4In6() || !e.p.isLocal(addr, scoped) {
		return endpoint.EINVAL
	}
	s.IPv6PacketInfo.Addr = tcpip.AddrFrom16(addr.As16())
	return 0
}

// isLocal tells whether a link has addr: the link with an index, or any for 0.
// All of 127.0.0.0/8 is on the loopback.
func (p *Provider) isLocal(addr netip.Addr, index int) bool {
	return p.linkOf(addr, index) != 0
}

// linkOf is the link that has an address, 0 if none has.
func (p *Provider) linkOf(addr netip.Addr, index int) int {
	addr = addr.WithZone("").Unmap()
	for _, have := range p.stack.Addresses() {
		if index != 0 && have.Link != index {
			continue
		}
		if have.Prefix.Addr() == addr || addr.Is4() && addr.IsLoopback() && have.Prefix.Contains(addr) {
			return have.Link
		}
	}
	return 0
}

// sendWithControl applies the control data of a message to a send whose
// destination is in p.to, and sends.
func (e *Endpoint) sendWithControl(c *core, p *payload, m *endpoint.Message, opts tcpip.WriteOptions) (int64, endpoint.Errno) {
	if e.isUDP() && p.to.Port == 0 {
		return 0, endpoint.EINVAL // before the control data is looked at
	}
	ipv4 := isIPv4(p.to.Addr)
	s := &p.control
	if errno := e.parseControl(s, m.Control, ipv4); errno != 0 {
		return 0, errno
	}
	if isMulticast(p.to.Addr) {
		e.groupDefaults(s, p.to.Addr)
		opts.To = &p.to // the route of a connect has the loop and link of then
	}
	opts.ControlMessages = s.SendableControlMessages
	if s.link != 0 {
		if _, err := e.p.stack.LinkByIndex(s.link); err != nil {
			return 0, endpoint.ENODEV
		}
		p.to.NIC = tcpip.NICID(s.link)
		opts.To = &p.to
	}
	if s.source.IsValid() && !e.p.isLocal(s.source, 0) {
		return 0, endpoint.ENETUNREACH // as ip_route_output_key_hash_rcu of the kernel
	}
	size := p.size
	if socket := rawOrPing(c); socket != nil {
		n, err := socket.send(p, opts.To, s)
		if err != nil {
			return 0, e.notSent(c, err, size, opts.To)
		}
		return n, 0
	}
	if s.source.IsValid() {
		return e.sendFrom(c, p, s)
	}
	n, err := e.writeAs(c, p, opts, s, ipv4)
	if err != nil {
		return 0, e.notSent(c, err, size, opts.To)
	}
	return n, 0
}

// peer is the address that the core is connected to; without an address if it is
// not. That of a raw or ping socket may have no port, and then getpeername(2) does
// not tell it.
func (c *core) peer() tcpip.FullAddress {
	if s := rawOrPing(c); s != nil {
		return s.load().remote
	}
	peer, err := c.GetRemoteAddress()
	if err != nil {
		return tcpip.FullAddress{}
	}
	return peer
}

// writeAs writes a datagram with a class or a loop of its own, for which gVisor
// has only options of the endpoint.
func (e *Endpoint) writeAs(c *core, p *payload, opts tcpip.WriteOptions, s *sendControl, ipv4 bool) (int64, tcpip.Error) {
	if !s.hasClass && !s.hasLoop {
		return e.write(c, p, opts)
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	if s.hasClass {
		option := tcpip.IPv6TrafficClassOption
		if ipv4 {
			option = tcpip.IPv4TOSOption
		}
		before, err := c.GetSockOptInt(option)
		if err != nil {
			return 0, err
		}
		c.SetSockOptInt(option, int(s.class))
		defer c.SetSockOptInt(option, before)
	}
	if s.hasLoop {
		before := c.SocketOptions().GetMulticastLoop()
		c.SocketOptions().SetMulticastLoop(s.loop)
		defer c.SocketOptions().SetMulticastLoop(before)
	}
	return c.Write(p, opts)
}

// write writes a datagram as the socket's options say.
func (e *Endpoint) write(c *core, p *payload, opts tcpip.WriteOptions) (int64, tcpip.Error) {
	e.writing.RLock()
	defer e.writing.RUnlock()
	return c.Write(p, opts)
}

// isIPv4 tells whether a datagram to addr is IPv4's.
func isIPv4(addr tcpip.Address) bool {
	return addr.BitLen() == header.IPv4AddressSizeBits || header.IsV4MappedAddress(addr)
}

// isMulticast tells whether addr is a group of either protocol.
func isMulticast(addr tcpip.Address) bool {
	return header.IsV6MulticastAddress(addr) || header.IsV4MulticastAddress(unmapped(tcpip.FullAddress{Addr: addr}).Addr)
}
