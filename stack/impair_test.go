package stack_test

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

func newImpairment(t testing.TB, lower gstack.LinkEndpoint, cfg link.ImpairConfig) *link.Impairment {
	t.Helper()
	m, err := link.NewImpairment(lower, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// hasty TCP does not wait long for what is lost: the hosts are close together.
var hasty = stack.TCPConfig{MinRTO: 20 * time.Millisecond, MaxRTO: time.Second}

// newImpairedPair is newPair with an impairment before the first host.
func newImpairedPair(t testing.TB, cfg link.ImpairConfig) (a, b *stack.Stack, m *link.Impairment) {
	t.Helper()
	ea, eb := link.NewCable(link.CableConfig{Checksums: true})
	m = newImpairment(t, ea, cfg)
	a = newStack(t, stack.Config{TCP: hasty, Links: []stack.LinkConfig{linkConfig(m, "10.0.0.1/24", "fd00::1/64")}})
	b = newStack(t, stack.Config{TCP: hasty, Links: []stack.LinkConfig{linkConfig(eb, "10.0.0.2/24", "fd00::2/64")}})
	return a, b, m
}

func TestTCPGetsThroughImpairments(t *testing.T) {
	const ms = time.Millisecond
	for name, f := range map[string]link.Faults{
		"loss":        {Loss: 0.05},
		"bursts":      {Burst: link.GilbertElliott{Enter: 0.01, Leave: 0.3}},
		"reordering":  {Reorder: 0.05, Latency: 2 * ms},
		"jitter":      {Latency: 2 * ms, Jitter: ms},
		"duplication": {Duplicate: 0.05},
		"corruption":  {Corrupt: 0.05},
		"a rate":      {Rate: 50_000_000, QueueLen: 30, Latency: ms},
		"everything":  {Loss: 0.02, Duplicate: 0.02, Corrupt: 0.02, Reorder: 0.02, Latency: ms, Jitter: ms / 2, Rate: 100_000_000},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			a, b, m := newImpairedPair(t, link.ImpairConfig{Outbound: f, Inbound: f, Seed: 42})
			for _, addr := range []string{"10.0.0.2:80", "[fd00::2]:80"} {
				transferTCP(t, a, b, addr, 1<<20)
			}
			transferTCP(t, b, a, "10.0.0.1:80", 1<<20)
			out, in := m.Fates(link.Outbound), m.Fates(link.Inbound)
			if f.Loss > 0 && (out[link.Lost] == 0 || in[link.Lost] == 0) {
				t.Errorf("nothing lost: %v, %v", out, in)
			}
			if f.Corrupt > 0 {
				d, e := a.Counters().Drops, b.Counters().Drops
				if d.TCPChecksum+d.BadIP == 0 || e.TCPChecksum+e.BadIP == 0 {
					t.Error("no checksum caught anything")
				}
			}
		})
	}
}

func TestImpairmentUnderASegmenterAndOnASwitch(t *testing.T) {
	testenv.LeakCheck(t)
	sw := link.NewSwitch(link.SwitchConfig{Checksums: true})
	t.Cleanup(sw.Close)
	f := link.Faults{Loss: 0.01, Duplicate: 0.01, Corrupt: 0.01, Latency: time.Millisecond}
	m := newImpairment(t, newPort(t, sw, link.PortConfig{}), link.ImpairConfig{Outbound: f, Inbound: f, Seed: 1})
	a := newStack(t, stack.Config{TCP: hasty, Links: []stack.LinkConfig{linkConfig(link.NewSegmenter(m), "10.0.0.1/24", "fd00::1/64")}})
	b := newHost(t, newPort(t, sw, link.PortConfig{}), 2)
	for i, addr := range addressesOf(2) {
		transferTCP(t, a, b, addr, 1<<20)
		transferTCP(t, b, a, addressesOf(1)[i], 1<<20)
	}
	if n := m.Fates(link.Outbound); n[link.Delivered] < 2<<20/1500 {
		t.Errorf("super-segments were impaired as one: %v", n)
	}
}

func TestSegmenterBeforeALinkWithoutGSO(t *testing.T) {
	testenv.LeakCheck(t)
	ea, eb := link.NewCable(link.CableConfig{DisableGSO: true, Checksums: true})
	a := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(link.NewSegmenter(ea), "10.0.0.1/24", "fd00::1/64")}})
	b := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(link.NewSegmenter(eb), "10.0.0.2/24", "fd00::2/64")}})
	for _, addr := range []string{"10.0.0.2:80", "[fd00::2]:80"} {
		transferTCP(t, a, b, addr, 4<<20)
		exchangeUDP(t, a, b, addr, 1000)
		exchangeUDP(t, a, b, addr, 60000)
	}
	c := ea.Counters()
	if perPacket := c.SentBytes / c.SentPackets; perPacket > 1500 || c.RefusedTooBig > 0 {
		t.Errorf("%d bytes a packet, %+v", perPacket, c)
	}
	if l := a.Counters(); l.TCP.SegmentsSent >= c.SentPackets {
		t.Errorf("%d segments from TCP, %d packets on the link: nothing was segmented", l.TCP.SegmentsSent, c.SentPackets)
	}
	if d := b.Counters().Drops; d.TCPChecksum+d.UDPChecksum+d.BadIP > 0 {
		t.Errorf("drops: %+v", d)
	}
}

func TestImpairmentClosesUnderTraffic(t *testing.T) {
	testenv.LeakCheck(t)
	for range 50 {
		f := link.Faults{Latency: time.Millisecond, Jitter: time.Millisecond, Duplicate: 0.3, Rate: 10_000_000}
		ea, eb := link.NewCable(link.CableConfig{})
		m := newImpairment(t, ea, link.ImpairConfig{Outbound: f, Inbound: f})
		a, err := stack.New(stack.Config{Links: []stack.LinkConfig{linkConfig(m, "10.0.0.1/24")}})
		if err != nil {
			t.Fatal(err)
		}
		b, err := stack.New(stack.Config{Links: []stack.LinkConfig{linkConfig(eb, "10.0.0.2/24")}})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for s, to := range map[*stack.Stack]string{a: "10.0.0.2:9", b: "10.0.0.1:9"} {
			c := listenUDP(t, s, "0.0.0.0:9")
			wg.Go(func() {
				for {
					if _, err := c.WriteTo(make([]byte, 500), udpAddr(netip.MustParseAddrPort(to))); err != nil {
						return
					}
				}
			})
		}
		eventually(t, "traffic both ways", func() bool {
			return m.Fates(link.Inbound)[link.Delivered] > 0 && m.Fates(link.Outbound)[link.Delivered] > 0
		})
		m.Set(link.Faults{}, f)
		a.Close()
		b.Close()
		wg.Wait()
	}
}
