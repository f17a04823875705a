package facade

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// traffic is the part of an engine that its endpoint knows, and that timers and
// the module may know: it has no way back to the engine, so that an engine which
// nobody holds any more can be collected, and closes it.
type traffic struct {
	*description
	m *Module

	waiter endpoint.Waiter
	rd, wr direction
	// engines counts those that were not collected.
	engines atomic.Int32
	closed  atomic.Bool
	files   fileRefs
	// closing are marked by close.
	closing endpoint.Waiters
	// closedElsewhere says that CloseFD did it, for Close to tell.
	closedElsewhere atomic.Bool

	fileno atomic.Pointer[pollFile]
	// filenoMu is held while the descriptor is made or closed.
	filenoMu sync.Mutex
	fd       int
	// detached says that a descriptor which Detach returned is all there is of
	// the socket.
	detached atomic.Bool
}

func newTraffic(m *Module, d *description) *traffic {
	t := &traffic{description: d, m: m, fd: noFD}
	d.references.Add(1)
	t.rd.t, t.wr.t = t, t
	t.rd.limit, t.wr.limit = &d.limits.receive, &d.limits.send
	t.waiter.Mark = t.mark
	d.ep.Subscribe(&t.waiter)
	if !d.isStream() && d.ep.Ready()&endpoint.POLLRDHUP != 0 {
		d.hungUp.Store(true) // by somebody before, who is not heard of any more
	}
	return t
}

// mark is called with locks of the stack held, and only wakes.
func (t *traffic) mark(ev endpoint.Events) {
	if ev&endpoint.POLLRDHUP != 0 && !t.hungUp.Load() {
		t.hungUp.Store(true)
	}
	if ev&endpoint.Readable != 0 {
		t.rd.wake()
	}
	if ev&endpoint.Writable != 0 {
		t.wr.wake()
	}
	if f := t.fileno.Load(); f != nil {
		f.mark()
	}
}

// settle brings the descriptors of Fileno up to date after an operation may have
// changed what the socket is ready for: endpoints do not mark what is over.
func (t *traffic) settle() { t.shown.sync() }

// over tells whether the socket was closed, or its module.
func (t *traffic) over() bool { return t.closed.Load() || t.own && t.m.over.Load() }

// closedResult is the result of a call that has nothing to do.
func (t *traffic) closedResult() result {
	if t.over() {
		return result{outcome: closed}
	}
	return result{}
}

// close ends the socket, unless duplicates are left, and every call that waits
// on it. The second call reports false.
func (t *traffic) close() bool {
	if t.closed.Swap(true) {
		return false
	}
	t.closeFileno()
	if t.references.Add(-1) == 0 {
		o := opPool.Get().(*op)
		o.t, o.kind = t, opClose
		t.post(o)
	}
	t.ep.Unsubscribe(&t.waiter)
	t.rd.stop()
	t.wr.stop()
	t.closing.Notify(endpoint.AllEvents)
	return true
}

// abandon is for an engine that nobody holds any more: the last one closes.
func (t *traffic) abandon() {
	if t.engines.Add(-1) == 0 && t.close() {
		t.m.debug("socket was not closed",
			slog.String("family", Family(t.family).String()), slog.String("type", Type(t.typ).String()))
	}
}
