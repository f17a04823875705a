package facade

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// The delays of Happy Eyeballs, as RFC 8305 section 8 recommends them.
const (
	// resolutionDelay is how long IPv4 addresses wait for those of IPv6.
	resolutionDelay = 50 * time.Millisecond
	// attemptDelay is how long an attempt is alone before the next one joins it.
	attemptDelay = 250 * time.Millisecond
)

// maxUnderWay bounds the attempts that are under way at once, as a name may have
// any number of addresses. Beyond it, the next one waits for one to fail.
const maxUnderWay = 32

// race is a dial of a stream to a name: Happy Eyeballs version 2 (RFC 8305). All of
// it happens in its caller's goroutine, but the lookup.
type race struct {
	m    *Module
	t    target
	ctx  context.Context
	exec endpoint.Executor
	p    *parked
	news atomic.Pointer[answer] // of the lookup, not taken yet

	complete  bool       // the lookup is over
	preferred bool       // addresses of IPv6 are there
	hold      *timeLimit // the Resolution Delay, once it counts
	rest      []netip.AddrPort
	begun     map[netip.AddrPort]bool
	last      netip.AddrPort // the one begun last
	underWay  []*attempt     // in the order in which they began
	next      *timeLimit     // the Connection Attempt Delay; nil when there is nothing to wait for
	err       error          // of the first attempt, or of a lookup that found nothing
}

// answer is what a lookup has found so far.
type answer struct {
	found    []netip.AddrPort
	err      error
	complete bool
}

// race dials t, which has a name.
func (m *Module) race(ctx context.Context, t target) (net.Conn, error) {
	ctx, cancel := m.onClock(ctx)
	defer cancel() // which ends the lookup too
	if ctx.Err() != nil {
		return nil, argumentError("dial", t.network, nil, dnsError(ctx, t.name, nil))
	}
	r := &race{
		m: m, t: t, ctx: ctx, exec: m.executor(),
		p: &parked{make(chan struct{}, 1)}, begun: make(map[netip.AddrPort]bool),
	}
	defer r.end()
	defer context.AfterFunc(ctx, r.p.wake)()
	m.lookups.spawn(r.lookup)
	return r.run()
}

// lookup runs in a goroutine of its own, which ends with the context.
func (r *race) lookup() {
	var known []netip.AddrPort
	var partial func([]netip.AddrPort)
	if r.t.version == 0 {
		partial = func(some []netip.AddrPort) {
			known = some
			r.tell(&answer{found: some})
		}
	}
	all, err := r.m.lookup(r.ctx, r.t, partial)
	if err != nil && len(known) > 0 {
		all, err = known, nil // for the other family alone
	}
	r.tell(&answer{all, err, true})
}

func (r *race) tell(a *answer) {
	r.news.Store(a) // what was told before is part of it, and may be passed over
	r.p.wake()
}

func (r *race) run() (net.Conn, error) {
	for {
		if a := r.news.Swap(nil); a != nil {
			r.take(a)
		}
		if won := r.proceed(); won != nil {
			defer won.o.free()
			return r.t.conn(won.e, won.o.addr), nil
		}
		switch {
		case r.ctx.Err() != nil:
			return nil, r.ended()
		case r.due():
			r.begin()
		case r.complete && len(r.underWay) == 0:
			return nil, r.err
		default:
			<-r.p.ch
		}
	}
}

// take notes what the lookup has found: the addresses that are left are in its order.
func (r *race) take(a *answer) {
	r.complete = a.complete
	if a.err != nil {
		r.err = argumentError("dial", r.t.network, nil, a.err)
		return
	}
	r.preferred = slices.ContainsFunc(a.found, func(ap netip.AddrPort) bool { return !isIPv4(ap) })
	r.rest = slices.DeleteFunc(slices.Clone(a.found), func(ap netip.AddrPort) bool { return r.begun[ap] })
	if !r.complete && !r.preferred && r.hold == nil {
		r.hold = newTimeLimit(r.exec, resolutionDelay, r.p)
	}
}

// due tells whether the next attempt is to begin.
func (r *race) due() bool {
	resolved := r.complete || r.preferred || r.hold != nil && r.hold.passed.Load()
	alone := r.next != nil && !r.next.passed.Load()
	return resolved && !alone && len(r.rest) > 0 && len(r.underWay) < maxUnderWay
}

// begin begins the next attempt: with the first address that is left, of the other
// family than the last one's if there is any.
func (r *race) begin() {
	i := 0
	if len(r.begun) > 0 {
		i = max(0, slices.IndexFunc(r.rest, func(ap netip.AddrPort) bool { return isIPv4(ap) != isIPv4(r.last) }))
	}
	r.last = r.rest[i]
	r.rest = slices.Delete(r.rest, i, i+1)
	r.underWay = append(r.underWay, r.newAttempt(r.last, len(r.begun) == 0))
	r.begun[r.last] = true
	r.goOn()
	r.next = newTimeLimit(r.exec, attemptDelay, r.p)
}

// goOn lets the next attempt begin at once.
func (r *race) goOn() {
	if r.next != nil {
		r.next.timer.Stop()
		r.next = nil
	}
}

// proceed sees to the attempts, in the order in which they began. It returns one that
// has succeeded, which is no longer under way.
func (r *race) proceed() *attempt {
	for i := 0; i < len(r.underWay); {
		a := r.underWay[i]
		if !a.proceed() {
			i++
			continue
		}
		r.underWay = slices.Delete(r.underWay, i, i+1)
		a.unsubscribe()
		if a.result.ok() {
			return a
		}
		a.close()
		if a.first {
			r.err = a.error()
		}
		r.goOn()
	}
	return nil
}

// ended is the error of a race that the context ended.
func (r *race) ended() error {
	at := r.rest
	if len(r.underWay) > 0 {
		at = []netip.AddrPort{r.underWay[0].ap}
	}
	if len(at) == 0 || len(r.begun) == 0 && !r.complete {
		return argumentError("dial", r.t.network, nil, dnsError(r.ctx, r.t.name, nil))
	}
	return opError("dial", r.t.network, nil, goAddr(true, at[0]), "connect", result{outcome: contextOutcome(r.ctx)})
}

// end leaves nothing behind.
func (r *race) end() {
	for _, a := range r.underWay {
		a.unsubscribe()
		a.close()
	}
	r.goOn()
	if r.hold != nil {
		r.hold.timer.Stop()
	}
}
