package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// The options of raw sockets: of both levels of IP, of SOL_RAW for each, and of
// SOL_ICMPV6.
var (
	rawIPOptions   = map[int]option{endpoint.IP_HDRINCL: headerIncluded4}
	rawIPv6Options = map[int]option{
		endpoint.IPV6_HDRINCL:  headerIncluded,
		endpoint.IPV6_CHECKSUM: {get: getChecksumOffset, set: setChecksumOffset},
	}
	rawOptions   = map[int]option{endpoint.ICMP_FILTER: {get: getICMPFilter, set: setICMPFilter}}
	rawOptions6  = map[int]option{endpoint.IPV6_CHECKSUM: {get: getChecksumOffset, set: setChecksumOffset}}
	icmp6Options = map[int]option{endpoint.ICMP6_FILTER: {get: getICMP6Filter, set: setICMP6Filter}}
)

// packetOptions are those of SOL_PACKET.
var packetOptions = map[int]option{
	endpoint.PACKET_STATISTICS:      {get: getPacketStatistics},
	endpoint.PACKET_ADD_MEMBERSHIP:  {set: addPacketMembership},
	endpoint.PACKET_DROP_MEMBERSHIP: {set: dropPacketMembership},
	endpoint.PACKET_IGNORE_OUTGOING: {get: getIgnoreOutgoing, set: setIgnoreOutgoing},
}

// rawOrPing is the raw or ping socket under a core, or nil.
func rawOrPing(c *core) *ipSocket {
	s, _ := c.Endpoint.(*ipSocket)
	return s
}

// rawSocket is the raw socket under a core, or nil.
func rawSocket(c *core) *ipSocket {
	if s := rawOrPing(c); s != nil && s.ping == nil {
		return s
	}
	return nil
}

var headerIncluded = boolOption((*tcpip.SocketOptions).GetHeaderIncluded, (*tcpip.SocketOptions).SetHeaderIncluded)

// The option of ip(7) also comes as one byte, or none.
var headerIncluded4 = emptyIsZero(headerIncluded)

func getICMPFilter(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	s := rawSocket(c)
	if s.transport != endpoint.IPPROTO_ICMP {
		return 0, endpoint.EOPNOTSUPP
	}
	return getInt(v, int(int32(s.icmpFilter.Load())))
}

// setICMPFilter takes as much of the filter as it is given, as the kernel does.
func setICMPFilter(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	s := rawSocket(c)
	if s.transport != endpoint.IPPROTO_ICMP {
		return endpoint.EOPNOTSUPP
	}
	var raw [sizeofInt]byte
	binary.NativeEndian.PutUint32(raw[:], s.icmpFilter.Load())
	copy(raw[:], v)
	s.icmpFilter.Store(binary.NativeEndian.Uint32(raw[:]))
	return 0
}

// sizeofICMP6Filter is that of struct icmp6_filter, in bytes: a bit a type.
const sizeofICMP6Filter = 32

func icmp6Filter(c *core) (raw [sizeofICMP6Filter]byte, errno endpoint.Errno) {
	if rawSocket(c).transport != endpoint.IPPROTO_ICMPV6 {
		return raw, endpoint.EOPNOTSUPP
	}
	var filter tcpip.ICMPv6Filter
	err := c.GetSockOpt(&filter)
	for i, word := range filter.DenyType {
		binary.NativeEndian.PutUint32(raw[4*i:], word)
	}
	return raw, toErrno(err)
}

func getICMP6Filter(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	raw, errno := icmp6Filter(c)
	if errno != 0 {
		return 0, errno
	}
	return copy(v, raw[:]), 0
}

func setICMP6Filter(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	raw, errno := icmp6Filter(c)
	if errno != 0 {
		return errno
	}
	copy(raw[:], v)
	var filter tcpip.ICMPv6Filter
	for i := range filter.DenyType {
		filter.DenyType[i] = binary.NativeEndian.Uint32(raw[4*i:])
	}
	return toErrno(c.SetSockOpt(&filter))
}

func getChecksumOffset(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	offset, err := c.GetSockOptInt(tcpip.IPv6Checksum)
	if err != nil {
		return 0, toErrno(err)
	}
	return getInt(v, max(offset, stack.NoChecksum))
}

// setChecksumOffset leaves ICMPv6 alone, whose checksum has its place (RFC 3542
// section 3.1). At level SOL_RAW the kernel would let it be put elsewhere.
func setChecksumOffset(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	offset, errno := setInt(v)
	switch {
	case errno != 0:
		return errno
	case offset > 0 && offset%checksum.Size != 0:
		return endpoint.EINVAL
	case rawSocket(c).transport == endpoint.IPPROTO_ICMPV6:
		return endpoint.EINVAL
	}
	return toErrno(c.SetSockOptInt(tcpip.IPv6Checksum, max(offset, stack.NoChecksum)))
}

// sizeofPacketStatistics is that of struct tpacket_stats: packets, drops.
const sizeofPacketStatistics = 8

// getPacketStatistics starts both counters afresh. Packets counts the dropped
// ones as well: packet(7).
func getPacketStatistics(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	received, dropped := c.Endpoint.(*packetSocket).takeCounters()
	var raw [sizeofPacketStatistics]byte
	binary.NativeEndian.PutUint32(raw[0:], uint32(received+dropped))
	binary.NativeEndian.PutUint32(raw[4:], uint32(dropped))
	return copy(v, raw[:]), 0
}

// sizeofPacketMreq is that of struct packet_mreq: ifindex, type, alen, address[8].
const sizeofPacketMreq = 16

// addPacketMembership checks what it is asked for. There is nothing to switch on:
// links deliver what reaches them to every packet socket.
func addPacketMembership(e *Endpoint, _ *core, v []byte) endpoint.Errno {
	if len(v) < sizeofPacketMreq {
		return endpoint.EINVAL
	}
	link, err := e.p.stack.LinkByIndex(int(int32(binary.NativeEndian.Uint32(v))))
	if err != nil {
		return endpoint.ENODEV
	}
	kind, length := binary.NativeEndian.Uint16(v[4:]), int(binary.NativeEndian.Uint16(v[6:]))
	if length > len(hardwareAddress(&link)) {
		return endpoint.EINVAL
	}
	exact := kind == endpoint.PACKET_MR_MULTICAST || kind == endpoint.PACKET_MR_UNICAST
	if exact && length != len(hardwareAddress(&link)) {
		return endpoint.EINVAL
	}
	return 0
}

// dropPacketMembership does not mind if there was none, as the kernel does not.
func dropPacketMembership(_ *Endpoint, _ *core, v []byte) endpoint.Errno {
	if len(v) < sizeofPacketMreq {
		return endpoint.EINVAL
	}
	return 0
}

func getIgnoreOutgoing(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	return getInt(v, boolInt(c.Endpoint.(*packetSocket).ignoreOutgoing.Load()))
}

func setIgnoreOutgoing(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	value, errno := setInt(v)
	if errno != 0 || len(v) != sizeofInt || value < 0 || value > 1 {
		return endpoint.EINVAL
	}
	c.Endpoint.(*packetSocket).ignoreOutgoing.Store(value == 1)
	return 0
}
