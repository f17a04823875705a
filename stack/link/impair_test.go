package link_test

import (
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/link"
)

func TestPartitionOneWayAndBoth(t *testing.T) {
	clock := faketime.NewManualClock()
	lower := &wire{clock: clock}
	m := newImpairment(t, lower, link.ImpairConfig{Clock: clock})
	up := &arrivals{clock: clock}
	m.Attach(up)
	cut := link.Faults{Partition: true}
	for _, c := range []struct {
		out, in         link.Faults
		wantOut, wantIn int
	}{
		{link.Faults{}, link.Faults{}, 1, 1}, {cut, link.Faults{}, 1, 2}, {link.Faults{}, cut, 2, 2}, {cut, cut, 2, 2}, {link.Faults{}, link.Faults{}, 3, 3},
	} {
		if err := m.Set(c.out, c.in); err != nil {
			t.Fatal(err)
		}
		writeBytes(m, make([]byte, 100))
		lower.arrive(make([]byte, 100))
		packets, _ := lower.taken()
		if len(packets) != c.wantOut || len(up.packets) != c.wantIn {
			t.Errorf("%d out, %d in; want %d, %d", len(packets), len(up.packets), c.wantOut, c.wantIn)
		}
	}
	if c := m.Counters(); c.DroppedImpaired != 4 {
		t.Errorf("%+v", c)
	}
}

func TestCorruptionFlipsOneBit(t *testing.T) {
	lower := &wire{}
	m := newImpairment(t, lower, link.ImpairConfig{Outbound: link.Faults{Corrupt: 1, Duplicate: 1}})
	flipped := make(map[int]bool)
	original := make([]byte, 64)
	for range 5000 {
		writeBytes(m, original)
	}
	packets, _ := lower.taken()
	for i := range 5000 {
		changed := 0
		for j, b := range packets[2*i] {
			for k := range 8 {
				if b&(1<<k) != 0 {
					changed++
					flipped[8*j+k] = true
				}
			}
		}
		if changed != 1 || !slices.Equal(packets[2*i+1], make([]byte, 64)) {
			t.Fatalf("%d bits flipped; the copy is % x", changed, packets[2*i+1])
		}
	}
	if len(flipped) != 512 {
		t.Errorf("%d of 512 bits", len(flipped))
	}
	if !slices.Equal(original, make([]byte, 64)) {
		t.Error("the writer's bytes were changed")
	}
}

func TestSetWhileRunning(t *testing.T) {
	clock := faketime.NewManualClock()
	lower := &wire{clock: clock}
	m := newImpairment(t, lower, link.ImpairConfig{Outbound: link.Faults{Latency: time.Second}, Clock: clock})
	writeBytes(m, numbered(0, 100))
	m.Set(link.Faults{Latency: time.Millisecond}, link.Faults{})
	writeBytes(m, numbered(1, 100))
	m.Set(link.Faults{}, link.Faults{})
	writeBytes(m, numbered(2, 100))
	m.Set(link.Faults{KeepOrder: true}, link.Faults{})
	writeBytes(m, numbered(3, 100))
	clock.Advance(time.Second)
	packets, _ := lower.taken()
	var got []int
	for _, p := range packets {
		got = append(got, number(p))
	}
	if !slices.Equal(got, []int{2, 1, 0, 3}) {
		t.Errorf("order %v", got)
	}
	if out, _ := m.Faults(); !out.KeepOrder || out.QueueLen != 1000 {
		t.Errorf("%+v", out)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	nan := math.NaN()
	for _, f := range []link.Faults{
		{Loss: -0.1}, {Loss: 1.1}, {Loss: nan}, {Duplicate: 2}, {Corrupt: nan}, {Reorder: -1},
		{Burst: link.GilbertElliott{Enter: 2}}, {Burst: link.GilbertElliott{Leave: nan}},
		{Rate: -1}, {Latency: -1}, {Jitter: 1}, {Reorder: 0.5}, {Latency: 48 * time.Hour},
	} {
		if _, err := link.NewImpairment(&wire{}, link.ImpairConfig{Inbound: f}); err == nil {
			t.Errorf("taken: %+v", f)
		}
	}
	a, _ := link.NewCable(link.CableConfig{})
	if _, err := link.NewImpairment(a, link.ImpairConfig{Outbound: link.Faults{Corrupt: 0.1}}); !errors.Is(err, link.ErrNoChecksums) {
		t.Errorf("corruption without checksums: %v", err)
	}
}

// Each packet has one end, two if it is duplicated, whatever happens to it.
func TestEveryPacketEnds(t *testing.T) {
	testenv.LeakCheck(t)
	a, b := link.NewCable(link.CableConfig{QueueLen: 4, Checksums: true})
	b.Attach(&sink{})
	var released sync.WaitGroup
	m := newImpairment(t, a, link.ImpairConfig{Outbound: link.Faults{
		Loss: 0.1, Duplicate: 0.2, Corrupt: 0.1, Reorder: 0.1, Latency: 2 * time.Millisecond, Jitter: time.Millisecond,
		Rate: 100_000_000, QueueLen: 50, Burst: link.GilbertElliott{Enter: 0.01, Leave: 0.2},
	}})
	m.Attach(&sink{})
	var wg sync.WaitGroup
	const writers, each = 4, 5000
	released.Add(writers * each)
	for range writers {
		wg.Go(func() {
			for range each {
				pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(make([]byte, 100)), OnRelease: released.Done})
				var pkts gstack.PacketBufferList
				pkts.PushBack(pkt)
				m.WritePackets(pkts)
				pkt.DecRef()
			}
		})
	}
	wg.Wait()
	m.Close()
	m.Wait()
	b.Close()
	b.Wait()
	released.Wait()
	n := m.Fates(link.Outbound)
	var ends uint64
	for kind, count := range n {
		if k := link.FateKind(kind); k == link.Delivered || k.Dropped() {
			ends += count
		}
	}
	if ends != writers*each+n[link.Duplicated] {
		t.Errorf("%d ends of %d packets: %v", ends, writers*each, n)
	}
	if c := m.Counters(); c.SentPackets+c.DroppedDown != n[link.Delivered] || c.RefusedFull != n[link.Refused] {
		t.Errorf("%+v, %v", c, n)
	}
}

func TestRefusalOfTheLinkIsToldAtOnceOrCounted(t *testing.T) {
	clock := faketime.NewManualClock()
	lower := &wire{clock: clock, refuse: &tcpip.ErrNoBufferSpace{}}
	m := newImpairment(t, lower, link.ImpairConfig{Clock: clock})
	if _, ok := writeBytes(m, make([]byte, 100)).(*tcpip.ErrNoBufferSpace); !ok {
		t.Error("not refused")
	}
	m.Set(link.Faults{Latency: 1}, link.Faults{})
	if err := writeBytes(m, make([]byte, 100)); err != nil {
		t.Error(err)
	}
	clock.Advance(1)
	if n := m.Fates(link.Outbound)[link.Refused]; n != 2 {
		t.Errorf("%d refused", n)
	}
}

func TestInboundSuperSegmentsAreImpairedOneByOne(t *testing.T) {
	lower := &wire{}
	m := newImpairment(t, lower, link.ImpairConfig{Clock: faketime.NewManualClock()})
	up := &arrivals{clock: faketime.NewManualClock()}
	m.Attach(up)
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(tcpPacket(false, 0, make([]byte, 10000)))})
	defer pkt.DecRef()
	pkt.GSOOptions = gstack.GSO{Type: gstack.GSOTCPv4, MSS: 1000, L3HdrLen: header.IPv4MinimumSize}
	lower.dispatcher.DeliverNetworkPacket(header.IPv4ProtocolNumber, pkt)
	if len(up.packets) != 10 || m.SupportedGSO() != gstack.GSONotSupported {
		t.Errorf("%d packets", len(up.packets))
	}
	for _, p := range up.packets {
		checkSegment4(t, p)
	}
}

func BenchmarkImpairment(b *testing.B) {
	for name, f := range map[string]link.Faults{"nothing": {}, "loss": {Loss: 0.01}} {
		b.Run(name, func(b *testing.B) {
			m := newImpairment(b, &null{}, link.ImpairConfig{Outbound: f})
			benchmarkWrite(b, m)
		})
	}
}
