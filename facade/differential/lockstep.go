package differential

import (
	"runtime"
	"syscall"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

// Config is where programs run.
type Config struct {
	// Stack and Kernel are the two paths. Both have a loopback and nothing else
	// that a program can reach.
	Stack, Kernel *facade.Module
	// Isolated says that the kernel has no route to foreign addresses, so that
	// programs may send there. Without it those calls are left out.
	Isolated bool
	// Patience is how long the two paths may take to agree, before a difference
	// is taken for one that is not known. Default 5 seconds.
	Patience time.Duration
	// Glance is how long they may take before a difference is taken for a known
	// one. Default 2 milliseconds.
	Glance time.Duration

	// Steady is how long what the two paths show must agree between calls. Default
	// 0: what one path shows late is noticed after a later call.
	Steady time.Duration

	// known are the differences that are not reported.
	known []known
}

// Runner runs programs, one after the other. It is not safe for concurrent use.
type Runner struct {
	config        Config
	stack, kernel *world
	hits          map[string]int
	// masked is where a known difference of a slot's socket stays.
	masked [slots]masked
	// calls counts those that were made.
	calls int
	// happened is what known differences depend on.
	happened history
}

// NewRunner returns a runner of programs, which knows the table of known
// differences.
func NewRunner(c Config) *Runner {
	if c.Patience == 0 {
		c.Patience = 5 * time.Second
	}
	if c.Glance == 0 {
		c.Glance = 2 * time.Millisecond
	}
	if c.known == nil {
		c.known = knownDifferences
	}
	r := &Runner{config: c, stack: newWorld(c.Stack), kernel: newWorld(c.Kernel), hits: make(map[string]int)}
	r.stack.isolated, r.kernel.isolated = c.Isolated, c.Isolated
	return r
}

// Hits returns how often each known difference was met, by name.
func (r *Runner) Hits() map[string]int { return r.hits }

// Calls returns how many calls were made.
func (r *Runner) Calls() int { return r.calls }

// chances bounds how often a program runs again because two ephemeral ports had
// the same number by chance.
const chances = 8

// Run runs a program and returns the first difference that is not known, or nil.
func (r *Runner) Run(p Program) *Difference {
	for range chances {
		d, chance := r.run(p)
		if !chance {
			return d
		}
	}
	return nil
}

// run also tells whether the program has to be run again.
func (r *Runner) run(p Program) (_ *Difference, chance bool) {
	defer r.stack.close()
	defer r.kernel.close()
	r.masked = [slots]masked{}
	r.happened = history{}
	for i, c := range p {
		if !r.kernel.possible(c) || r.namesUnlike(c) {
			continue
		}
		r.calls++
		d, goOn := r.step(i, c)
		if d != nil && r.samePortByChance(c) {
			return nil, true
		}
		if d != nil {
			d.Program, d.Index = p[:i+1], i
			return d, false
		}
		if !goOn {
			return nil, false
		}
		if r.samePortByChance(c) {
			return nil, true
		}
		r.kernel.forget()
		r.stack.forget()
	}
	return nil, false
}

// step makes one call in both worlds. Whether they can be compared from here on
// is what goOn says.
func (r *Runner) step(i int, c call) (d *Difference, goOn bool) {
	r.kernel.begin(i)
	r.stack.begin(i)
	before := r.kernel.views
	r.happened.toZero = r.kernel.portNumber(c.args[1]) == 0
	k, s := r.kernel.do(c), r.stack.do(c)
	if k != s {
		k, s = r.again(c, k, s, &before)
	}
	r.note(c, k)
	if k != s {
		d := r.ofAnswers(c, k, s, &before)
		switch r.explain(d) {
		case unknown:
			return d, false
		case apart:
			return nil, false
		}
	}
	return r.compareViews(c, &before)
}

func (r *Runner) ofAnswers(c call, k, s answer, before *[slots]view) *Difference {
	d := &Difference{call: c, aspect: result, slot: c.slot, kernel: k, stack: s}
	r.describe(d, before)
	return d
}

// soon tells of a call that did nothing, and that may do better as soon as what is
// under way has arrived.
func soon(c call, a answer) bool {
	return a.errno == syscall.EAGAIN || a.errno == syscall.EADDRINUSE && (c.op == opBind || c.op == opListen)
}

// again has the path that came too early make its call again.
func (r *Runner) again(c call, k, s answer, before *[slots]view) (answer, answer) {
	w := r.stack
	a := &s
	switch {
	case soon(c, k) && !soon(c, s):
		w, a = r.kernel, &k
	case !soon(c, s):
		return k, s
	}
	agree := func() bool {
		*a = w.do(c)
		return k == s || !soon(c, *a)
	}
	if !eventually(r.config.Glance, agree) && r.find(r.ofAnswers(c, k, s, before)) == nil {
		eventually(r.config.Patience, agree)
	}
	return k, s
}

// eventually waits until done, at most for limit. What is under way in either
// path needs no more than to be scheduled.
func eventually(limit time.Duration, done func() bool) bool {
	const spins = 50
	for range spins {
		if done() {
			return true
		}
		runtime.Gosched()
	}
	end := time.Now().Add(limit)
	for pause := 10 * time.Microsecond; time.Now().Before(end); pause = min(2*pause, 5*time.Millisecond) {
		<-time.After(pause)
		if done() {
			return true
		}
	}
	return false
}

// compareViews compares what the two worlds show once a call has had its effect.
func (r *Runner) compareViews(c call, before *[slots]view) (d *Difference, goOn bool) {
	agree := func() bool {
		r.kernel.look()
		r.stack.look()
		return r.firstDifference() == nil
	}
	if r.config.Steady > 0 {
		eventually(r.config.Steady, func() bool { return !agree() })
	}
	for limit := r.config.Glance; !eventually(limit, agree); {
		d := r.firstDifference()
		if d == nil {
			return nil, true
		}
		d.call = c
		r.describe(d, before)
		switch r.explain(d) {
		case apart:
			return nil, false
		case goesOn:
			r.mask(d)
		case unknown:
			if limit == r.config.Patience {
				return d, false
			}
			limit = r.config.Patience
		}
	}
	return nil, true
}

// firstDifference compares the views, less what is masked.
func (r *Runner) firstDifference() *Difference {
	for s := range r.kernel.views {
		k, t := &r.kernel.views[s], &r.stack.views[s]
		if *k == *t {
			continue
		}
		m := &r.masked[s]
		if k.events&^m.events != t.events&^m.events {
			return &Difference{slot: slot(s), aspect: events, kernelEvents: k.events, stackEvents: t.events}
		}
		for a := local; a < aspects; a++ {
			if x, y := k.answer(a), t.answer(a); *x != *y && !m.aspects[a] {
				return &Difference{slot: slot(s), aspect: a, kernel: *x, stack: *y}
			}
		}
	}
	return nil
}

// masked is what is no longer compared of a socket.
type masked struct {
	events  facade.Events
	aspects [aspects]bool
}

// mask has a known difference of a socket, and of its duplicates, not reported
// again.
func (r *Runner) mask(d *Difference) {
	for s := range r.masked {
		if s != int(d.slot) && !r.happened.sameSocket(slot(s), d.slot) {
			continue
		}
		if d.aspect == events {
			r.masked[s].events |= d.kernelEvents ^ d.stackEvents
		}
		r.masked[s].aspects[d.aspect] = true
	}
}

// namesUnlike tells whether a call names a port that the two paths know not to
// agree on.
func (r *Runner) namesUnlike(c call) bool {
	switch c.op {
	case opBind, opConnect, opConnectWait, opSendTo:
		p := c.args[1]
		return p < slots && r.masked[p].aspects[local]
	}
	return false
}

// samePortByChance tells whether a port that has just been chosen is one that
// another socket has already: the two paths then do not compare.
func (r *Runner) samePortByChance(c call) bool {
	return r.kernel.samePortByChance(c) || r.stack.samePortByChance(c)
}
