package endpoint

import "encoding/binary"

// SizeofSockaddrLinklayer is that of sockaddr_ll, in bytes. The kernel also takes
// and gives longer ones for longer hardware addresses, which no link here has.
const SizeofSockaddrLinklayer = 20

// OffsetofLinklayerAddr is where the hardware address begins in a sockaddr_ll, in
// bytes. getsockname(2) gives no more than that address; bind(2) wants the whole.
const OffsetofLinklayerAddr = 12

// maxLinklayerAddr is the room for a hardware address in a sockaddr_ll, in bytes.
const maxLinklayerAddr = 8

// Linklayer is a sockaddr_ll of packet(7).
type Linklayer struct {
	// Protocol is an EtherType in host byte order, such as ETH_P_IP.
	Protocol uint16
	// Ifindex is the index of a link; 0 is any.
	Ifindex int
	// Hatype is ARPHRD_*, and Pkttype PACKET_*: of received packets.
	Hatype  uint16
	Pkttype uint8
	// Addr is a hardware address of at most 8 bytes; more are cut.
	Addr []byte
}

// SockaddrLinklayer makes a sockaddr_ll.
func SockaddrLinklayer(l Linklayer) Sockaddr {
	s := Sockaddr{n: SizeofSockaddrLinklayer}
	binary.NativeEndian.PutUint16(s.raw[0:], AF_PACKET)
	binary.BigEndian.PutUint16(s.raw[2:], l.Protocol)
	binary.NativeEndian.PutUint32(s.raw[4:], uint32(int32(l.Ifindex)))
	binary.NativeEndian.PutUint16(s.raw[8:], l.Hatype)
	s.raw[10] = l.Pkttype
	s.raw[11] = uint8(copy(s.raw[OffsetofLinklayerAddr:][:maxLinklayerAddr], l.Addr))
	return s
}

// Linklayer reads a sockaddr_ll. ok is false for another family, a length too
// short, or a hardware address longer than the room for it. Addr is a copy.
func (s *Sockaddr) Linklayer() (l Linklayer, ok bool) {
	if s.Family() != AF_PACKET || s.n < OffsetofLinklayerAddr {
		return Linklayer{}, false
	}
	length := int(s.raw[11])
	if length > maxLinklayerAddr || OffsetofLinklayerAddr+length > int(s.n) {
		return Linklayer{}, false
	}
	l = Linklayer{
		Protocol: binary.BigEndian.Uint16(s.raw[2:]),
		Ifindex:  int(int32(binary.NativeEndian.Uint32(s.raw[4:]))),
		Hatype:   binary.NativeEndian.Uint16(s.raw[8:]),
		Pkttype:  s.raw[10],
	}
	if length > 0 {
		l.Addr = append(l.Addr, s.raw[OffsetofLinklayerAddr:][:length]...)
	}
	return l, true
}
