package link_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack/link"
)

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
