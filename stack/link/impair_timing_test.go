package link_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/link"
)

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
