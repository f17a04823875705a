package link

import (
	"fmt"
	"net"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// ethernetHeader is what the endpoint of a link with Ethernet headers says and
// does about them.
type ethernetHeader struct{}

// MaxHeaderLength implements stack.LinkEndpoint.
func (ethernetHeader) MaxHeaderLength() uint16 { return header.EthernetMinimumSize }

// ARPHardwareType implements stack.LinkEndpoint.
func (ethernetHeader) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }

// AddHeader implements stack.LinkEndpoint.
func (ethernetHeader) AddHeader(pkt *gstack.PacketBuffer) {
	header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize)).Encode(&header.EthernetFields{
		SrcAddr: pkt.EgressRoute.LocalLinkAddress,
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

// ParseHeader implements stack.LinkEndpoint.
func (ethernetHeader) ParseHeader(pkt *gstack.PacketBuffer) bool {
	_, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	return ok
}

// mac is a 48-bit hardware address (IEEE 802, section 8).
type mac [header.EthernetAddressSize]byte

var broadcastMAC = mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// group reports whether m stands for several stations, or for all.
func (m mac) group() bool { return m[0]&1 != 0 }

// station reports whether m can be the address of one station.
func (m mac) station() bool { return !m.group() && m != mac{} }

// reserved reports whether bridges keep m to themselves (IEEE 802.1D-2004,
// table 7-10).
func (m mac) reserved() bool {
	return [5]byte(m[:5]) == [5]byte{0x01, 0x80, 0xc2, 0x00, 0x00} && m[5] <= 0x0f
}

// plus is the address n further on.
func (m mac) plus(n uint64) mac {
	for i := len(m) - 1; i >= 0 && n > 0; i-- {
		n += uint64(m[i])
		m[i] = byte(n)
		n >>= 8
	}
	return m
}

func (m mac) linkAddress() tcpip.LinkAddress { return tcpip.LinkAddress(m[:]) }

func parseMAC(hw net.HardwareAddr) (mac, error) {
	if len(hw) != len(mac{}) || !mac(hw).station() {
		return mac{}, fmt.Errorf("%q is not the hardware address of a station", hw.String())
	}
	return mac(hw), nil
}

// destinationAndSource of a frame; false if it has no whole header.
func destinationAndSource(frame []byte) (dst, src mac, ok bool) {
	if len(frame) < header.EthernetMinimumSize {
		return mac{}, mac{}, false
	}
	return mac(frame[:6]), mac(frame[6:12]), true
}

// packetType is how a station with the address own sees a frame to dst
// (packet(7)).
func packetType(dst, own mac) tcpip.PacketType {
	switch {
	case dst == broadcastMAC:
		return tcpip.PacketBroadcast
	case dst.group():
		return tcpip.PacketMulticast
	case dst == own:
		return tcpip.PacketHost
	}
	return tcpip.PacketOtherHost
}
