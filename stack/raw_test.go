package stack_test

import (
	"net/netip"
	"slices"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

const (
	ipv4 = header.IPv4ProtocolNumber
	ipv6 = header.IPv6ProtocolNumber
)

// unassigned is a protocol that gVisor does not know.
const unassigned = 200

func address(s string) tcpip.Address {
	return tcpip.AddrFromSlice(netip.MustParseAddr(s).AsSlice())
}

func loopbackStack(t *testing.T) *stack.Stack {
	t.Helper()
	testenv.LeakCheck(t)
	s, err := stack.New(stack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func mustSend(t *testing.T, s *stack.Stack, p stack.IPPacket) {
	t.Helper()
	if err := s.SendIP(&p); err != nil {
		t.Fatalf("SendIP: %v", err)
	}
}

// toLoopback is a packet of a protocol to the host itself.
func toLoopback(transport tcpip.TransportProtocolNumber, payload string) stack.IPPacket {
	return stack.IPPacket{Network: ipv4, Transport: transport, Destination: address("127.0.0.1"),
		ChecksumOffset: stack.NoChecksum, Payload: []byte(payload)}
}

func TestReceiveIP(t *testing.T) {
	for name, transport := range map[string]tcpip.TransportProtocolNumber{"known": header.UDPProtocolNumber, "unknown": unassigned} {
		t.Run(name, func(t *testing.T) {
			s := loopbackStack(t)
			var got [2]int
			var cancels [2]func()
			for i := range got {
				cancel, err := s.ReceiveIP(ipv4, transport, func(pkt *gstack.PacketBuffer) {
					if pkt.Network().TransportProtocol() == transport {
						got[i]++
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				cancels[i] = cancel
			}
			mustSend(t, s, toLoopback(transport, "12345678"))
			mustSend(t, s, toLoopback(transport+1, "another"))
			cancels[0]()
			mustSend(t, s, toLoopback(transport, "12345678"))
			cancels[1]()
			mustSend(t, s, toLoopback(transport, "12345678"))
			if got != [2]int{1, 2} {
				t.Errorf("received %v", got)
			}
		})
	}
}

func TestReceiveAfterClose(t *testing.T) {
	s := loopbackStack(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReceiveIP(ipv4, unassigned, func(*gstack.PacketBuffer) {}); err == nil {
		t.Error("ReceiveIP succeeds")
	}
	if _, err := s.ReceiveLinkPackets(stack.AllLinks, ipv4, func(stack.LinkPacket) {}); err == nil {
		t.Error("ReceiveLinkPackets succeeds")
	}
	if err := s.SendLinkPacket(1, ipv4, true, "", []byte("E")); err == nil {
		t.Error("SendLinkPacket succeeds")
	}
	p := toLoopback(unassigned, "late")
	released := 0
	p.Released = func() { released++ }
	if err := s.SendIP(&p); err == nil {
		t.Error("SendIP succeeds")
	}
	if released != 1 {
		t.Errorf("released %d times", released)
	}
}

func TestSendIP(t *testing.T) {
	s := loopbackStack(t)
	for name, c := range map[string]struct {
		change func(*stack.IPPacket)
		want   tcpip.Error
	}{
		"sent":                  {func(*stack.IPPacket) {}, nil},
		"no route":              {func(p *stack.IPPacket) { p.Destination = address("203.0.113.1") }, &tcpip.ErrNetworkUnreachable{}},
		"header too short":      {func(p *stack.IPPacket) { p.HeaderIncluded = true }, &tcpip.ErrMalformedHeader{}},
		"does not fit whole":    {func(p *stack.IPPacket) { p.Discovery, p.Payload = tcpip.PMTUDiscoveryDo, make([]byte, 65517) }, &tcpip.ErrMessageTooLong{}},
		"no room for the check": {func(p *stack.IPPacket) { p.ChecksumOffset = 7 }, &tcpip.ErrInvalidOptionValue{}},
	} {
		t.Run(name, func(t *testing.T) {
			p := toLoopback(unassigned, "12345678")
			released := 0
			p.Released = func() { released++ }
			c.change(&p)
			err := s.SendIP(&p)
			if (err == nil) != (c.want == nil) || err != nil && err.String() != c.want.String() {
				t.Errorf("%v, want %v", err, c.want)
			}
			if released != 1 {
				t.Errorf("released %d times", released)
			}
		})
	}
}

func TestSendIPFillsInTheChecksum(t *testing.T) {
	s := loopbackStack(t)
	var sum uint16
	cancel, err := s.ReceiveIP(ipv6, unassigned, func(pkt *gstack.PacketBuffer) {
		b := append(pkt.TransportHeader().Slice(), pkt.Data().AsRange().ToSlice()...)
		ip := pkt.Network()
		sum = headerSum(ip, b)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	mustSend(t, s, stack.IPPacket{Network: ipv6, Transport: unassigned, Destination: address("::1"), ChecksumOffset: 2, Payload: []byte("abXXcd")})
	if sum != 0xffff {
		t.Errorf("checksum over all is %#x", sum)
	}
}

// headerSum adds up a payload and its pseudo-header: RFC 8200 section 8.1.
func headerSum(ip header.Network, b []byte) uint16 {
	src, dst := ip.SourceAddress(), ip.DestinationAddress()
	all := append(append(src.AsSlice(), dst.AsSlice()...), 0, 0, 0, byte(len(b)), 0, 0, 0, unassigned)
	all = append(all, b...)
	var sum uint32
	for i, c := range all {
		sum += uint32(c) << (8 * (1 - i%2))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

func TestLinkPackets(t *testing.T) {
	s := loopbackStack(t)
	var all, one []tcpip.PacketType
	cancelAll, err := s.ReceiveLinkPackets(stack.AllLinks, header.EthernetProtocolAll, func(p stack.LinkPacket) {
		if p.Loopback != (p.Link == 1) || p.Protocol != ipv4 {
			t.Errorf("%+v", p)
		}
		all = append(all, p.Packet.PktType)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cancelAll()
	cancelOne, err := s.ReceiveLinkPackets(1, ipv4, func(p stack.LinkPacket) { one = append(one, p.Packet.PktType) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReceiveLinkPackets(99, ipv4, func(stack.LinkPacket) {}); err == nil {
		t.Error("an unknown link is received from")
	}
	const reply = "\x00\x00\xff\xff\x00\x00\x00\x00" // an ICMP echo reply, which nobody answers
	mustSend(t, s, toLoopback(header.ICMPv4ProtocolNumber, reply))
	cancelOne()
	ea, eb := link.NewCable(link.CableConfig{})
	defer eb.Close()
	index, aerr := s.AddLink(stack.LinkConfig{Endpoint: ea, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}})
	if aerr != nil {
		t.Fatal(aerr)
	}
	if err := s.SendLinkPacket(index, ipv4, true, "", []byte{0x45}); err != nil {
		t.Error(err)
	}
	mustSend(t, s, toLoopback(header.ICMPv4ProtocolNumber, reply))
	if len(one) != 1 || one[0] != tcpip.PacketHost {
		t.Errorf("the loopback received %v", one)
	}
	out, in := tcpip.PacketOutgoing, tcpip.PacketHost
	if wanted := []tcpip.PacketType{out, in, out, out, in}; !slices.Equal(all, wanted) {
		t.Errorf("all links: %v, want %v", all, wanted)
	}
	if err := s.SendLinkPacket(99, ipv4, true, "", []byte{0x45}); err == nil {
		t.Error("an unknown link is sent to")
	}
}

func TestLocalAddresses(t *testing.T) {
	s := loopbackStack(t)
	if l, ok := s.IsLocalAddress(0, ipv4, address("127.0.0.1")); l != 1 || !ok {
		t.Errorf("127.0.0.1 is on link %d, %v", l, ok)
	}
	if l, ok := s.IsLocalAddress(0, ipv4, address("10.0.0.1")); ok {
		t.Errorf("10.0.0.1 is on link %d", l)
	}
	source, l, err := s.SourceToward(0, ipv6, tcpip.Address{}, address("::1"))
	if err != nil || l != 1 || source != address("::1") {
		t.Errorf("%v, %d, %v", source, l, err)
	}
	if _, _, err := s.SourceToward(0, ipv4, tcpip.Address{}, address("203.0.113.1")); err == nil {
		t.Error("there is a way to 203.0.113.1")
	}
	if n := s.ReceiveBuffer(); n <= 0 {
		t.Errorf("a receive buffer of %d bytes", n)
	}
}
