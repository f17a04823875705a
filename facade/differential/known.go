package differential

import (
	"slices"

	"github.com/usernet-stack/usernet/facade"
)

// effect is what a known difference means for the rest of a program.
type effect uint8

const (
	unknown effect = iota
	// goesOn says that what differs stays so for the socket, and that everything
	// else still compares.
	goesOn
	// apart says that the two worlds are no longer in the same state: the rest
	// of the program does not compare.
	apart
)

// known is a difference that is not reported. It is one if everything that the row
// says holds.
type known struct {
	name   string
	reason string
	effect effect

	// calls are the operations after which it shows; nil is all.
	calls []op
	// aspects are those that differ.
	aspects []aspect
	// typ is that of the socket; 0 is any.
	typ facade.Type
	// kernel and stack are the errnos' names, or "ok"; "" is any.
	kernel, stack string
	// when is what else must hold; nil is nothing.
	when func(*Difference) bool

	// program shows the difference.
	program Program
}

func (k *known) matches(d *Difference) bool {
	return (k.calls == nil || slices.Contains(k.calls, d.call.op)) &&
		slices.Contains(k.aspects, d.aspect) &&
		(k.typ == 0 || k.typ == d.kind.typ) &&
		(k.kernel == "" || k.kernel == d.kernel.errnoName()) &&
		(k.stack == "" || k.stack == d.stack.errnoName()) &&
		(k.when == nil || k.when(d))
}

// find looks a difference up.
func (r *Runner) find(d *Difference) *known {
	for i := range r.config.known {
		if k := &r.config.known[i]; k.matches(d) {
			return k
		}
	}
	return nil
}

// explain looks a difference up, and counts it.
func (r *Runner) explain(d *Difference) effect {
	k := r.find(d)
	if k == nil {
		return unknown
	}
	r.hits[k.name]++
	return k.effect
}

// What rows say.

var (
	ofAnswer  = []aspect{result}
	ofEvents  = []aspect{events}
	ofName    = []aspect{local}
	anyAspect = []aspect{result, events, local, peer, queue}

	sends    = []op{opSend, opSendAll, opSendTo}
	connects = []op{opConnect, opConnectWait}
)

func (d *Difference) has(f fact) bool { return d.facts&f != 0 }

// flag is the second argument of a send or receive.
func (d *Difference) flag(f uint8) bool { return d.call.args[1] == f }

// host is the first argument of what takes an address.
func (d *Difference) host(h uint8) bool { return d.call.args[0] == h }

// moreEvents tells whether exactly these events are shown by one path only.
func moreEvents(one, other, these facade.Events) bool { return one == other|these && other&these == 0 }
