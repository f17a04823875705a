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
	"gvisor.dev/gvisor/pkg/tcpip/link/nested"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/link"
)

// wire is a link that notes what is written to it, and when.
type wire struct {
	nested.Endpoint // for what no test asks of it
	clock           tcpip.Clock
	caps            gstack.LinkEndpointCapabilities
	head            uint16 // length of the link header
	mtu             uint32
	refuse          tcpip.Error

	mu         sync.Mutex
	packets    [][]byte
	at         []time.Time
	dispatcher gstack.NetworkDispatcher
}

func (w *wire) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, pkt := range pkts.AsSlice() {
		if w.refuse != nil {
			return i, w.refuse
		}
		v := pkt.ToView()
		w.packets = append(w.packets, slices.Clone(v.AsSlice()))
		v.Release()
		if w.clock != nil {
			w.at = append(w.at, w.clock.Now())
		}
	}
	return pkts.Len(), nil
}

func (w *wire) taken() ([][]byte, []time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.packets), slices.Clone(w.at)
}

func (w *wire) Attach(d gstack.NetworkDispatcher)             { w.dispatcher = d }
func (w *wire) IsAttached() bool                              { return w.dispatcher != nil }
func (w *wire) Capabilities() gstack.LinkEndpointCapabilities { return w.caps }
func (w *wire) MaxHeaderLength() uint16                       { return w.head }
func (w *wire) MTU() uint32                                   { return max(w.mtu, 1500) }
func (w *wire) Close()                                        {}
func (w *wire) Wait()                                         {}
func (w *wire) SetOnCloseAction(func())                       {}

// arrive delivers a packet from the wire.
func (w *wire) arrive(b []byte) {
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	defer pkt.DecRef()
	w.dispatcher.DeliverNetworkPacket(header.IPv4ProtocolNumber, pkt)
}

// arrivals is attached in the place of a stack.
type arrivals struct {
	clock   tcpip.Clock
	mu      sync.Mutex
	packets [][]byte
	at      []time.Time
}

func (a *arrivals) DeliverNetworkPacket(_ tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := pkt.ToView()
	defer v.Release()
	a.packets = append(a.packets, slices.Clone(v.AsSlice()))
	a.at = append(a.at, a.clock.Now())
}

func (*arrivals) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer) {}

func newImpairment(t testing.TB, lower gstack.LinkEndpoint, cfg link.ImpairConfig) *link.Impairment {
	t.Helper()
	m, err := link.NewImpairment(lower, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close(); m.Wait() })
	return m
}

func writeBytes(ep gstack.LinkEndpoint, b []byte) tcpip.Error {
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	defer pkt.DecRef()
	pkt.NetworkProtocolNumber = header.IPv4ProtocolNumber
	var pkts gstack.PacketBufferList
	pkts.PushBack(pkt)
	_, err := ep.WritePackets(pkts)
	return err
}

func numbered(i, size int) []byte {
	b := make([]byte, size)
	b[0], b[1], b[2], b[3] = byte(i>>24), byte(i>>16), byte(i>>8), byte(i)
	return b
}

func number(b []byte) int { return int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }

const statPackets = 100_000

// statSeeds is how many seeds are tried: fewer under the race detector, which
// makes no difference to what is drawn.
func statSeeds() uint64 {
	if raceEnabled {
		return 2
	}
	return 20
}

// within4Sigma fails the test if a share of n packets is further from p than four
// standard deviations.
func within4Sigma(t *testing.T, what string, seed uint64, count uint64, n int, p float64) {
	t.Helper()
	got := float64(count) / float64(n)
	if bound := 4 * math.Sqrt(p*(1-p)/float64(n)); math.Abs(got-p) > bound {
		t.Errorf("seed %d: %s %.5f, want %.5f ± %.5f", seed, what, got, p, bound)
	}
}

// null is a link that takes everything.
type null struct{ wire }

func (*null) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) { return pkts.Len(), nil }

func TestSharesAreWhatIsAskedFor(t *testing.T) {
	f := link.Faults{Loss: 0.05, Duplicate: 0.03, Corrupt: 0.002, Reorder: 0.25, Latency: time.Millisecond}
	for seed := range statSeeds() {
		clock := faketime.NewManualClock()
		lower := &null{}
		m := newImpairment(t, lower, link.ImpairConfig{Outbound: f, Inbound: f, Seed: seed, Clock: clock})
		m.Attach(&sink{})
		out, in := reusedPacket(), reusedPacket()
		for i := range statPackets / 2 {
			m.WritePackets(out)
			lower.dispatcher.DeliverNetworkPacket(header.IPv4ProtocolNumber, in.AsSlice()[0])
			if i%1000 == 0 {
				clock.Advance(time.Millisecond)
			}
		}
		total := func(kind link.FateKind) uint64 { return m.Fates(link.Outbound)[kind] + m.Fates(link.Inbound)[kind] }
		within4Sigma(t, "lost", seed, total(link.Lost), statPackets, f.Loss)
		rest := statPackets - int(total(link.Lost))
		within4Sigma(t, "duplicated", seed, total(link.Duplicated), rest, f.Duplicate)
		within4Sigma(t, "corrupted", seed, total(link.Corrupted), rest, f.Corrupt)
		within4Sigma(t, "reordered", seed, total(link.Reordered), rest, f.Reorder)
		m.Close()
	}
}

// reusedPacket is a packet to be written any number of times.
func reusedPacket() gstack.PacketBufferList {
	var pkts gstack.PacketBufferList
	pkts.PushBack(gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(make([]byte, 40))}))
	return pkts
}

func TestBurstsAreWhatIsAskedFor(t *testing.T) {
	for _, g := range []link.GilbertElliott{
		{Enter: 0.01, Leave: 0.25},
		{Enter: 0.002, Leave: 0.1, LossBad: 0.6, LossGood: 0.001},
	} {
		for seed := range statSeeds() {
			var lost []bool
			m := newImpairment(t, &null{}, link.ImpairConfig{
				Outbound: link.Faults{Burst: g}, Seed: seed,
				OnFate: func(f link.Fate) { lost = append(lost, f.Kind == link.BurstLost) },
			})
			pkts := reusedPacket()
			for range statPackets {
				m.WritePackets(pkts)
			}
			checkBursts(t, seed, g, lost)
		}
	}
}

func checkBursts(t *testing.T, seed uint64, g link.GilbertElliott, lost []bool) {
	t.Helper()
	leave, lossBad := g.Leave, g.LossBad
	if leave == 0 {
		leave = 1 - g.Enter
	}
	if lossBad == 0 {
		lossBad = 1
	}
	bad := g.Enter / (g.Enter + leave)
	share := bad*lossBad + (1-bad)*g.LossGood
	// The variance of the sum of a two-state chain: that of independent draws,
	// and the covariances, which fall off by r with each packet.
	r := 1 - g.Enter - leave
	spread := (lossBad - g.LossGood) * (lossBad - g.LossGood) * bad * (1 - bad)
	variance := share*(1-share) + 2*spread*r/(1-r)
	n, count, bursts := float64(len(lost)), 0.0, 0.0
	for i, l := range lost {
		if l {
			count++
			if i == 0 || !lost[i-1] {
				bursts++
			}
		}
	}
	if bound := 4 * math.Sqrt(variance/n); math.Abs(count/n-share) > bound {
		t.Errorf("seed %d, %+v: lost %.5f, want %.5f ± %.5f", seed, g, count/n, share, bound)
	}
	if lossBad < 1 {
		return // bursts are not the visits to the bad state
	}
	// The length of a burst is geometric: mean 1/leave, variance (1-leave)/leave².
	mean := 1 / leave
	if bound := 4 * math.Sqrt((1-leave)/bursts) / leave; math.Abs(count/bursts-mean) > bound {
		t.Errorf("seed %d, %+v: bursts of %.4f, want %.4f ± %.4f", seed, g, count/bursts, mean, bound)
	}
}

// The luck of a packet depends on its number only: not on time, nor on other
// faults.
func TestSameSeedSameFate(t *testing.T) {
	type event struct {
		number uint64
		kind   link.FateKind
	}
	run := func(seed uint64, pause time.Duration, change func(*link.Faults), kinds ...link.FateKind) []event {
		clock := faketime.NewManualClock()
		var events []event
		f := link.Faults{Loss: 0.1, Duplicate: 0.1, Corrupt: 0.1, Reorder: 0.1, Latency: time.Second, Jitter: time.Second, Burst: link.GilbertElliott{Enter: 0.05, Leave: 0.3}}
		change(&f)
		m := newImpairment(t, &null{}, link.ImpairConfig{Outbound: f, Seed: seed, Clock: clock, OnFate: func(f link.Fate) {
			if slices.Contains(kinds, f.Kind) {
				events = append(events, event{f.Number, f.Kind})
			}
		}})
		for i := range 2000 {
			writeBytes(m, numbered(i, 100))
			clock.Advance(pause)
		}
		return events
	}
	same := func(*link.Faults) {}
	all := []link.FateKind{link.Lost, link.BurstLost, link.Duplicated, link.Corrupted, link.Reordered}
	want := run(7, 0, same, all...)
	if len(want) < 500 {
		t.Fatalf("only %d events", len(want))
	}
	if got := run(7, 37*time.Millisecond, same, all...); !slices.Equal(got, want) {
		t.Error("time changed what was drawn")
	}
	if got := run(8, 0, same, all...); slices.Equal(got, want) {
		t.Error("another seed, and the same fates")
	}
	lost := run(7, 0, same, link.Lost, link.BurstLost)
	if got := run(7, 0, func(f *link.Faults) { f.Duplicate, f.Corrupt, f.Reorder, f.Jitter, f.Rate = 0, 0.5, 0.7, 0, 1e6 }, link.Lost, link.BurstLost); !slices.Equal(got, lost) {
		t.Error("other faults changed who is lost")
	}
}

func TestLatencyIsExact(t *testing.T) {
	testenv.LeakCheck(t)
	clock := faketime.NewManualClock()
	start := clock.Now()
	lower := &wire{clock: clock}
	m := newImpairment(t, lower, link.ImpairConfig{
		Outbound: link.Faults{Latency: 30 * time.Millisecond}, Inbound: link.Faults{Latency: 50 * time.Millisecond}, Clock: clock,
	})
	up := &arrivals{clock: clock}
	m.Attach(up)
	for i := range 100 {
		writeBytes(m, numbered(i, 100))
		lower.arrive(numbered(i, 100))
		clock.Advance(time.Millisecond)
	}
	clock.Advance(time.Second)
	packets, at := lower.taken()
	check := func(way string, packets [][]byte, at []time.Time, latency time.Duration) {
		if len(packets) != 100 {
			t.Fatalf("%s: %d packets", way, len(packets))
		}
		for i := range packets {
			if want := start.Add(latency + time.Duration(i)*time.Millisecond); number(packets[i]) != i || !at[i].Equal(want) {
				t.Errorf("%s: packet %d at %v, want %d at %v", way, number(packets[i]), at[i].Sub(start), i, want.Sub(start))
			}
		}
	}
	check("outbound", packets, at, 30*time.Millisecond)
	check("inbound", up.packets, up.at, 50*time.Millisecond)
}

func TestJitterKeepsItsBounds(t *testing.T) {
	const latency, jitter, packets = 50 * time.Millisecond, 20 * time.Millisecond, 5000
	for _, keepOrder := range []bool{false, true} {
		clock := faketime.NewManualClock()
		start := clock.Now()
		lower := &wire{clock: clock}
		m := newImpairment(t, lower, link.ImpairConfig{Outbound: link.Faults{Latency: latency, Jitter: jitter, KeepOrder: keepOrder}, Clock: clock, Seed: 3})
		for i := range packets {
			writeBytes(m, numbered(i, 100))
			clock.Advance(time.Millisecond)
		}
		clock.Advance(time.Second)
		got, at := lower.taken()
		lowest, highest, sum, inOrder := time.Hour, time.Duration(0), time.Duration(0), true
		for i, p := range got {
			d := at[i].Sub(start) - time.Duration(number(p))*time.Millisecond
			lowest, highest, sum = min(lowest, d), max(highest, d), sum+d
			inOrder = inOrder && number(p) == i
		}
		if len(got) != packets || inOrder != keepOrder {
			t.Errorf("keep order %v: %d packets, in order %v", keepOrder, len(got), inOrder)
		}
		if lowest < latency-jitter || highest > latency+jitter {
			t.Errorf("keep order %v: from %v to %v", keepOrder, lowest, highest)
		}
		if !keepOrder && (lowest > latency-jitter*99/100 || highest < latency+jitter*99/100) {
			t.Errorf("only from %v to %v", lowest, highest)
		}
		// An even distribution: its mean is off by less than 4 jitter/√(3n).
		mean := sum / packets
		if off := (mean - latency).Abs(); !keepOrder && float64(off) > 4*float64(jitter)/math.Sqrt(3*packets) {
			t.Errorf("mean %v", mean)
		}
	}
}

func TestReorderedPacketsGoFirst(t *testing.T) {
	clock := faketime.NewManualClock()
	lower := &wire{clock: clock}
	var reordered []int
	m := newImpairment(t, lower, link.ImpairConfig{
		Outbound: link.Faults{Latency: 10 * time.Millisecond, Reorder: 0.2, KeepOrder: true}, Clock: clock,
		OnFate: func(f link.Fate) {
			if f.Kind == link.Reordered {
				reordered = append(reordered, int(f.Number))
			}
		},
	})
	for i := range 100 {
		writeBytes(m, numbered(i, 100))
	}
	first, _ := lower.taken()
	clock.Advance(10 * time.Millisecond)
	all, _ := lower.taken()
	var got []int
	for _, p := range first {
		got = append(got, number(p))
	}
	if len(reordered) == 0 || !slices.Equal(got, reordered) || len(all) != 100 {
		t.Errorf("at once %v, want %v; %d in all", got, reordered, len(all))
	}
}

func TestRateIsExact(t *testing.T) {
	for name, c := range map[string]struct {
		rate        int64
		size, count int
	}{
		"1 Mbit/s":                        {1_000_000, 1250, 900},
		"a rate that does not divide":     {7_777_777, 1399, 900},
		"faster than bits per nanosecond": {100_000_000_000, 1500, 900},
	} {
		t.Run(name, func(t *testing.T) {
			clock := faketime.NewManualClock()
			start := clock.Now()
			lower := &wire{clock: clock}
			m := newImpairment(t, lower, link.ImpairConfig{Outbound: link.Faults{Rate: c.rate}, Clock: clock})
			for i := range c.count {
				writeBytes(m, numbered(i, c.size))
			}
			clock.Advance(time.Hour)
			packets, at := lower.taken()
			if len(packets) != c.count {
				t.Fatalf("%d packets", len(packets))
			}
			for i := range packets {
				bits := uint64(i+1) * uint64(c.size) * 8
				if want := time.Duration(bits * 1e9 / uint64(c.rate)); number(packets[i]) != i || at[i].Sub(start) != want {
					t.Fatalf("packet %d: %d after %v, want %v", i, number(packets[i]), at[i].Sub(start), want)
				}
			}
		})
	}
}

func TestQueueLimits(t *testing.T) {
	for name, c := range map[string]struct {
		faults link.Faults
		want   int
	}{
		"packets":                  {link.Faults{Rate: 8000, QueueLen: 5}, 5},
		"bytes":                    {link.Faults{Rate: 8000, QueueBytes: 350}, 3},
		"an empty queue takes any": {link.Faults{Rate: 8000, QueueBytes: 1}, 1},
		"the default":              {link.Faults{Rate: 8000}, 1000},
		"held packets":             {link.Faults{Latency: time.Second, HeldLen: 7}, 7},
		"held bytes":               {link.Faults{Latency: time.Second, HeldBytes: 799}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			clock := faketime.NewManualClock()
			lower := &wire{clock: clock}
			m := newImpairment(t, lower, link.ImpairConfig{Outbound: c.faults, Clock: clock})
			for i := range 1500 {
				if err := writeBytes(m, numbered(i, 100)); err != nil {
					t.Fatal(err)
				}
			}
			clock.Advance(time.Hour)
			packets, _ := lower.taken()
			if n := m.Counters().DroppedQueue; len(packets) != c.want || n != uint64(1500-c.want) || m.Fates(link.Outbound)[link.QueueFull] != n {
				t.Errorf("%d passed, %d dropped; want %d to pass", len(packets), n, c.want)
			}
			for range c.want { // there is room again
				writeBytes(m, make([]byte, 100))
			}
			clock.Advance(time.Hour)
			if packets, _ := lower.taken(); len(packets) != 2*c.want {
				t.Errorf("%d passed later", len(packets)-c.want)
			}
		})
	}
}

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
	if c := m.Counters(); c.SentPackets+c.DroppedPeer != n[link.Delivered] || c.RefusedFull+c.DroppedDown != n[link.Refused] {
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
