package link

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"time"
)

// dice draws what happens to the packets of one direction.
type dice struct {
	source *rand.ChaCha8
	bad    bool // the state of the Gilbert-Elliott chain
}

func newDice(seed uint64, d Direction) dice {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	key[8] = byte(d)
	return dice{source: rand.NewChaCha8(key)}
}

// roll is what was drawn for a packet. Each has all of it.
type roll struct {
	lost, burstLost, duplicated, corrupted, reordered bool

	bit    uint64 // which bit to flip, as a share of 2^64
	jitter uint64 // as a share of 2^64
}

func (d *dice) roll(f *Faults) roll {
	r := roll{burstLost: d.step(&f.Burst)}
	r.lost = d.hit(f.Loss)
	r.duplicated = d.hit(f.Duplicate)
	r.corrupted = d.hit(f.Corrupt)
	r.reordered = d.hit(f.Reorder)
	r.bit = d.source.Uint64()
	r.jitter = d.source.Uint64()
	return r
}

// step takes a step of the chain and reports whether the packet is lost.
func (d *dice) step(g *GilbertElliott) bool {
	leave, loss := g.Enter, g.LossGood
	if d.bad {
		leave, loss = g.Leave, g.LossBad
	}
	lost := d.hit(loss)
	if d.hit(leave) {
		d.bad = !d.bad
	}
	return lost
}

func (d *dice) hit(p float64) bool {
	return float64(d.source.Uint64()>>11)/(1<<53) < p
}

// below scales a share of 2^64 to a number below n.
func below(share, n uint64) uint64 {
	hi, _ := bits.Mul64(share, n)
	return hi
}

// delay draws the latency of a packet.
func (r *roll) delay(f *Faults) time.Duration {
	return f.Latency - f.Jitter + time.Duration(below(r.jitter, 2*uint64(f.Jitter)+1))
}
