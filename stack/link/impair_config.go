package link

import (
	"errors"
	"fmt"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// ImpairConfig describes an Impairment. The zero value changes nothing.
type ImpairConfig struct {
	// Outbound and Inbound faults. Set changes them.
	Outbound, Inbound Faults
	// Seed of all that is drawn. Each direction has a stream of its own.
	Seed uint64
	// Clock times the packets. Default: real time.
	Clock tcpip.Clock
	// OnFate is called with all that happens to packets. It is called without
	// locks held, by the goroutine that sends or delivers, so it must not block,
	// and by both directions at once. A packet that is delivered outbound is told
	// after the link has taken it, one inbound before the stack gets it.
	OnFate func(Fate)
}

// Faults of one direction. The zero value passes everything at once. The ideas
// and their names are those of tc-netem(8), as far as no other is named. Shares
// and probabilities are from 0 to 1.
//
// For each packet the same number of values is drawn, whatever is set: a seed
// gives the packet with a certain number the same luck for each kind of fault,
// however much time has passed and whichever other faults are set.
type Faults struct {
	// Partition loses every packet. Partition of one direction only is a link
	// that can still speak, or hear.
	Partition bool
	// Loss is the share of packets that are lost, each for itself ("loss
	// random").
	Loss float64
	// Burst loses packets in bursts ("loss gemodel").
	Burst GilbertElliott

	// Duplicate is the share of packets, of those not lost, that are followed by
	// a copy. It takes its place in the queue and its time on the wire.
	Duplicate float64
	// Corrupt is the share of packets, of those not lost, in which one bit from
	// the network header on is flipped. A copy is not corrupted. Nothing but
	// checksums protects who receives it: the link below must have its stacks
	// compute and verify them (CableConfig.Checksums, SwitchConfig.Checksums).
	Corrupt float64

	// Rate in bits per second, of all bytes that the link below is given: from
	// the network header on, frame headers too if there are any. Packets are sent
	// one after another: one of n bytes takes 8n/Rate seconds, to the nanosecond
	// and without an error that adds up. 0 is no limit.
	Rate int64
	// QueueLen is the number of packets that may be in transmission or wait for
	// it while Rate is set ("limit"). Default 1000. Those beyond it are dropped.
	QueueLen int
	// QueueBytes is the same in bytes. Default 64 MiB. A queue that is empty takes
	// any packet.
	QueueBytes int

	// Latency is added to each packet ("delay"), after its transmission.
	Latency time.Duration
	// Jitter, at most Latency, is how much the latency of a packet may be shorter
	// or longer: it is drawn evenly from Latency-Jitter to Latency+Jitter, both
	// included, to the nanosecond. It reorders packets that are closer than that,
	// unless KeepOrder is set.
	Jitter time.Duration
	// KeepOrder lets no packet pass before one that came earlier, but for those
	// of Reorder: packets wait for the slower one before them.
	KeepOrder bool
	// Reorder is the share of packets, of those not lost, that are passed on at
	// once, before all that are held ("reorder"). It needs a Latency.
	Reorder float64

	// HeldLen is the number of packets that may be held for whatever reason.
	// Default 65,536; those beyond it are dropped, with fate QueueFull.
	HeldLen int
	// HeldBytes is the same in bytes. Default 256 MiB.
	HeldBytes int
}

// GilbertElliott is a chain of two states, good and bad, that takes a step with
// each packet (Gilbert 1960, Elliott 1963). It begins, and while Enter is 0 stays,
// in the good state. The bad one is its state for a share of
// Enter/(Enter+Leave) of the packets, and lasts for 1/Leave packets in the mean.
type GilbertElliott struct {
	// Enter is the probability to go from good to bad after a packet ("p").
	Enter float64
	// Leave is the probability to go from bad to good after a packet ("r").
	// 0 means 1-Enter: losses that do not depend on each other.
	Leave float64
	// LossBad is the probability of a packet to be lost in the bad state ("1-h").
	// 0 means 1.
	LossBad float64
	// LossGood is the probability of a packet to be lost in the good state
	// ("1-k").
	LossGood float64
}

func (g GilbertElliott) withDefaults() GilbertElliott {
	if g.Enter > 0 && g.Leave == 0 {
		g.Leave = 1 - g.Enter
	}
	if g.LossBad == 0 {
		g.LossBad = 1
	}
	return g
}

func (f Faults) withDefaults() Faults {
	f.Burst = f.Burst.withDefaults()
	for _, d := range []struct {
		field *int
		value int
	}{{&f.QueueLen, 1000}, {&f.QueueBytes, 64 << 20}, {&f.HeldLen, 1 << 16}, {&f.HeldBytes, 256 << 20}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return f
}

// ErrNoChecksums means that a link cannot be asked to corrupt packets, because
// nobody would notice.
var ErrNoChecksums = errors.New("link: impairment: corruption over a link that leaves out checksums")

func (f Faults) validate() error {
	for _, p := range []struct {
		name  string
		value float64
	}{
		{"Loss", f.Loss}, {"Duplicate", f.Duplicate}, {"Corrupt", f.Corrupt}, {"Reorder", f.Reorder},
		{"Burst.Enter", f.Burst.Enter}, {"Burst.Leave", f.Burst.Leave},
		{"Burst.LossBad", f.Burst.LossBad}, {"Burst.LossGood", f.Burst.LossGood},
	} {
		if !(p.value >= 0 && p.value <= 1) {
			return fmt.Errorf("link: impairment: %s is %v, not between 0 and 1", p.name, p.value)
		}
	}
	switch {
	case f.Rate < 0:
		return fmt.Errorf("link: impairment: Rate is %d", f.Rate)
	case f.Latency < 0 || f.Latency > maxLatency:
		return fmt.Errorf("link: impairment: Latency is %v, not between 0 and %v", f.Latency, maxLatency)
	case f.Jitter < 0 || f.Jitter > f.Latency:
		return fmt.Errorf("link: impairment: Jitter is %v, not between 0 and Latency, %v", f.Jitter, f.Latency)
	case f.Reorder > 0 && f.Latency == 0:
		return errors.New("link: impairment: Reorder without Latency")
	}
	return nil
}

// maxLatency keeps sums of times far from their bounds.
const maxLatency = 24 * time.Hour
