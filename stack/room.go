package stack

import (
	"slices"
	"sync"
	"sync/atomic"

	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack/link"
)

// rooms gathers the back-pressure of the links that queue.
type rooms struct {
	mu    sync.Mutex
	links atomic.Pointer[[]link.Backpressure]
	fns   atomic.Pointer[[]*func()]
}

func (r *rooms) watch(ep gstack.LinkEndpoint) {
	b, ok := ep.(link.Backpressure)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.links, func(l []link.Backpressure) []link.Backpressure { return append(l, b) })
	b.NotifyRoom(r.call)
}

// forget tells those who wait for ep that they wait no longer.
func (r *rooms) forget(ep gstack.LinkEndpoint) {
	b, ok := ep.(link.Backpressure)
	if !ok {
		return
	}
	r.mu.Lock()
	change(&r.links, func(l []link.Backpressure) []link.Backpressure {
		return slices.DeleteFunc(l, func(o link.Backpressure) bool { return o == b })
	})
	b.NotifyRoom(nil)
	r.mu.Unlock()
	r.call()
}

func (r *rooms) call() {
	if fns := r.fns.Load(); fns != nil {
		for _, fn := range *fns {
			(*fn)()
		}
	}
}

func (r *rooms) notify(fn func()) (cancel func()) {
	p := &fn
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.fns, func(l []*func()) []*func() { return append(l, p) })
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		change(&r.fns, func(l []*func()) []*func() {
			return slices.DeleteFunc(l, func(o *func()) bool { return o == p })
		})
	}
}

func change[T any](p *atomic.Pointer[[]T], fn func([]T) []T) {
	var l []T
	if old := p.Load(); old != nil {
		l = slices.Clone(*old)
	}
	l = fn(l)
	p.Store(&l)
}

// NotifyRoom calls fn each time a link that has answered ErrNoBufferSpace has
// room again, or is gone. fn is called without locks held, from a goroutine of
// a link; it must not block, and of the methods of the Stack may call only
// Congested. cancel ends it; a call may still be under way then.
//
// Who is refused a write loses no wake-up by this order: register once, before
// the first write; after a refusal mark the socket as not writable, then ask
// Congested: if it is false, mark it writable again at once, for the call may
// have come before the mark; if it is true, the call is still to come.
func (s *Stack) NotifyRoom(fn func()) (cancel func()) { return s.room.notify(fn) }

// Congested reports whether some link has refused a packet since it last had
// room. It takes no lock.
//
// gVisor hides ErrNoBufferSpace from UDP sockets, as Linux does, unless
// IP_RECVERR is set, and from TCP, which sends again; a full queue mostly shows
// as a send buffer that stays charged until the link has taken its packets.
func (s *Stack) Congested() bool {
	links := s.room.links.Load()
	return links != nil && slices.ContainsFunc(*links, link.Backpressure.Congested)
}
