package stack_test

import (
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

func TestLoopbackCarries(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	for _, addr := range []string{"127.0.0.1:80", "127.1.2.3:80", "[::1]:80"} {
		t.Run("TCP "+addr, func(t *testing.T) { transferTCP(t, s, s, addr, 1<<20) })
		t.Run("UDP "+addr, func(t *testing.T) { exchangeUDP(t, s, s, addr, 1000) })
	}
	t.Run("the longest IPv4 datagram", func(t *testing.T) { exchangeUDP(t, s, s, "127.0.0.1:9", 65507) })
	t.Run("the longest IPv6 datagram", func(t *testing.T) { exchangeUDP(t, s, s, "[::1]:9", 65527) })
}

func TestLoopbackSegmentsAreLarge(t *testing.T) {
	s := newStack(t, stack.Config{})
	transferTCP(t, s, s, "127.0.0.1:80", 8<<20)
	l := s.Counters().Links[0]
	if perPacket := l.SentBytes / l.SentPackets; perPacket < 8192 {
		t.Errorf("%d bytes a packet", perPacket)
	}
}

func TestCableCarries(t *testing.T) {
	for name, cfg := range map[string]link.CableConfig{
		"default":           {},
		"MTU 65535":         {MTU: 65535},
		"MTU 1280, no GSO":  {MTU: 1280, DisableGSO: true},
		"checksums":         {Checksums: true},
		"checksums, no GSO": {Checksums: true, DisableGSO: true},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			a, b, _, _ := newPair(t, cfg)
			for _, addr := range []string{"10.0.0.2:80", "[fd00::2]:80"} {
				transferTCP(t, a, b, addr, 1<<20)
				exchangeUDP(t, a, b, addr, 1000)
			}
			exchangeUDP(t, a, b, "10.0.0.2:9", 65507)
			exchangeUDP(t, a, b, "[fd00::2]:9", 65527)
			if d := b.Counters().Drops; d.TCPChecksum+d.UDPChecksum+d.BadIP+d.BadFragment > 0 {
				t.Errorf("drops: %+v", d)
			}
		})
	}
}

func TestSmallMTUCarriesBigSegments(t *testing.T) {
	for _, addr := range []string{"10.0.0.2:80", "[fd00::2]:80"} {
		a, b, ea, _ := newPair(t, link.CableConfig{MTU: 1500})
		transferTCP(t, a, b, addr, 8<<20)
		c := ea.Counters()
		if perPacket := c.SentBytes / c.SentPackets; perPacket < 8192 {
			t.Errorf("%s: %d bytes a packet", addr, perPacket)
		}
		if d := b.Counters().Drops; d.TCPChecksum != 0 {
			t.Errorf("%s: drops: %+v", addr, d)
		}
	}
}

func TestAddedAddressAnswers(t *testing.T) {
	a, b, _, _ := newPair(t, link.CableConfig{})
	for _, p := range prefixes("192.0.2.2/24", "2001:db8::2/64") {
		from := netip.PrefixFrom(p.Addr().Prev(), p.Bits())
		if err := a.AddAddress(2, from); err != nil {
			t.Fatal(err)
		}
		if err := b.AddAddress(2, p); err != nil {
			t.Fatal(err)
		}
		addr := netip.AddrPortFrom(p.Addr(), 80).String()
		transferTCP(t, a, b, addr, 1000)
		exchangeUDP(t, a, b, addr, 1000)
		if src, err := a.SourceFor(p.Addr()); err != nil || src != from.Addr() {
			t.Errorf("source for %v: %v, %v", p.Addr(), src, err)
		}
		if err := b.RemoveAddress(2, p.Addr()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.SourceFor(p.Addr()); err == nil {
			t.Errorf("%v still leads somewhere", p.Addr())
		}
	}
}
