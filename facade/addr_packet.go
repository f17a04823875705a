package facade

import (
	"encoding/binary"
	"fmt"
	"net"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// PacketAddr is the tuple (ifname, proto, pkttype, hatype, addr) of AF_PACKET: see
// packet(7).
type PacketAddr struct {
	// Interface is the link's name; "" is any.
	Interface string
	// Protocol is the EtherType, in host byte order.
	Protocol int
	// PacketType is PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST,
	// PACKET_OTHERHOST or PACKET_OUTGOING. It is for received packets.
	PacketType int
	// HardwareType is the ARP hardware type (ARPHRD_*). It is for received
	// packets.
	HardwareType int
	// HardwareAddress is the bytes of the link-level address, at most 8.
	HardwareAddress string
}

var _ Addr = PacketAddr{}

// sockaddr_ll of packet(7).
const (
	sizeofSockaddrLL    = 20
	offsetLLAddress     = 12
	maxHardwareAddress  = sizeofSockaddrLL - offsetLLAddress
	maxEtherType        = 1<<16 - 1
	maxLinkPacketType   = 1<<8 - 1
	maxLinkHardwareType = 1<<16 - 1
)

// Family returns AF_PACKET.
func (PacketAddr) Family() Family { return AF_PACKET }

// Network returns "packet".
func (PacketAddr) Network() string { return "packet" }

// String returns "interface proto 0x0800 address".
func (a PacketAddr) String() string {
	s := fmt.Sprintf("%s proto %#04x", a.Interface, a.Protocol)
	if a.HardwareAddress != "" {
		s += " " + net.HardwareAddr(a.HardwareAddress).String()
	}
	return s
}

func (a PacketAddr) sockaddr(c call) (endpoint.Sockaddr, error) {
	switch {
	case a.Protocol < 0 || a.Protocol > maxEtherType:
		return endpoint.Sockaddr{}, c.refuse("proto must be 0-65535")
	case a.PacketType < 0 || a.PacketType > maxLinkPacketType:
		return endpoint.Sockaddr{}, c.refuse("pkttype must be 0-255")
	case a.HardwareType < 0 || a.HardwareType > maxLinkHardwareType:
		return endpoint.Sockaddr{}, c.refuse("hatype must be 0-65535")
	case len(a.HardwareAddress) > maxHardwareAddress:
		return endpoint.Sockaddr{}, c.refuse("hardware address is over 8 bytes")
	}
	index := 0
	if a.Interface != "" {
		var err error
		if index, err = c.m.interfaceIndex(c.op, a.Interface); err != nil {
			return endpoint.Sockaddr{}, err
		}
	}
	var raw [sizeofSockaddrLL]byte
	binary.NativeEndian.PutUint16(raw[0:], uint16(AF_PACKET))
	binary.BigEndian.PutUint16(raw[2:], uint16(a.Protocol))
	binary.NativeEndian.PutUint32(raw[4:], uint32(index))
	binary.NativeEndian.PutUint16(raw[8:], uint16(a.HardwareType))
	raw[10], raw[11] = byte(a.PacketType), byte(len(a.HardwareAddress))
	copy(raw[offsetLLAddress:], a.HardwareAddress)
	sa, _ := endpoint.SockaddrFromBytes(raw[:])
	return sa, nil
}

func decodePacket(t *traffic, sa endpoint.Sockaddr) (Addr, bool) {
	raw := sa.Bytes()
	// The kernel gives addresses shorter than 8 bytes without their padding.
	if len(raw) < offsetLLAddress {
		return nil, false
	}
	hardware := raw[offsetLLAddress:min(len(raw), offsetLLAddress+int(raw[11]))]
	a := PacketAddr{
		Protocol:        int(binary.BigEndian.Uint16(raw[2:])),
		PacketType:      int(raw[10]),
		HardwareType:    int(binary.NativeEndian.Uint16(raw[8:])),
		HardwareAddress: string(hardware),
	}
	if index := binary.NativeEndian.Uint32(raw[4:]); index != 0 {
		a.Interface = t.m.zone(index)
	}
	return a, true
}
