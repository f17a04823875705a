package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// linkAddress converts a sockaddr_ll.
func linkAddress(sa *endpoint.Sockaddr) (tcpip.FullAddress, endpoint.Errno) {
	l, ok := sa.Linklayer()
	switch {
	case !ok || sa.Len() < endpoint.SizeofSockaddrLinklayer:
		return tcpip.FullAddress{}, endpoint.EINVAL
	case l.Ifindex < 0:
		return tcpip.FullAddress{}, endpoint.ENODEV
	}
	return tcpip.FullAddress{
		NIC:      tcpip.NICID(l.Ifindex),
		Port:     l.Protocol,
		LinkAddr: tcpip.LinkAddress(l.Addr),
	}, 0
}

// packetTypes maps gVisor's packet types to the kernel's.
var packetTypes = map[tcpip.PacketType]uint8{
	tcpip.PacketHost:      endpoint.PACKET_HOST,
	tcpip.PacketOtherHost: endpoint.PACKET_OTHERHOST,
	tcpip.PacketOutgoing:  endpoint.PACKET_OUTGOING,
	tcpip.PacketBroadcast: endpoint.PACKET_BROADCAST,
	tcpip.PacketMulticast: endpoint.PACKET_MULTICAST,
}

// sockaddr converts an address of the socket.
func (e *Endpoint) sockaddr(full tcpip.FullAddress) endpoint.Sockaddr {
	if e.family != endpoint.AF_PACKET {
		return sockaddr(e.family, full)
	}
	sa := e.sender(full, tcpip.PacketHost)
	// packet_getname ends it behind the hardware address.
	sa, _ = endpoint.SockaddrFromBytes(sa.Bytes()[:endpoint.OffsetofLinklayerAddr+len(full.LinkAddr)])
	return sa
}

// sender converts the address that a datagram came from; a packet socket also
// tells what kind of frame brought it.
func (e *Endpoint) sender(full tcpip.FullAddress, kind tcpip.PacketType) endpoint.Sockaddr {
	if e.family != endpoint.AF_PACKET {
		return sockaddr(e.family, full)
	}
	l := endpoint.Linklayer{
		Protocol: full.Port,
		Ifindex:  int(full.NIC),
		Pkttype:  packetTypes[kind],
		Addr:     []byte(full.LinkAddr),
	}
	if link, err := e.p.stack.LinkByIndex(l.Ifindex); err == nil {
		l.Hatype = hardwareType(&link)
	}
	return endpoint.SockaddrLinklayer(l)
}
