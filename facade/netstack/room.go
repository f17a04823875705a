package netstack

import (
	"sync"
	"sync/atomic"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// room holds the sockets that a full link refused a datagram. They are not
// writable until some link has room again.
type room struct {
	stack  *stack.Stack
	cancel func()

	// opened counts the calls of open.
	opened atomic.Uint64

	mu      sync.Mutex
	waiting map[*Endpoint]struct{}
}

func (r *room) start(s *stack.Stack) {
	r.stack = s
	r.cancel = s.NotifyRoom(r.open)
}

func (r *room) stop() { r.cancel() }

// await withholds POLLOUT from e, whose write was refused; opened is what it was
// before the write. The order is what keeps a wake-up from being lost: mark first,
// then look whether the room came before the mark. Congested tells of all links,
// of which another one may stay full.
func (r *room) await(e *Endpoint, opened uint64) {
	e.congested.Store(true)
	r.mu.Lock()
	if r.waiting == nil {
		r.waiting = make(map[*Endpoint]struct{})
	}
	r.waiting[e] = struct{}{}
	r.mu.Unlock()
	if e.closed.Load() {
		r.forget(e) // Close may have come before the mark
		return
	}
	if r.opened.Load() != opened || !r.stack.Congested() {
		r.open()
	}
}

// open makes every socket that waits writable again.
func (r *room) open() {
	r.opened.Add(1)
	r.mu.Lock()
	waiting := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	for e := range waiting {
		e.congested.Store(false)
		e.Notify(endpoint.POLLOUT)
	}
}

// forget drops a socket that was closed.
func (r *room) forget(e *Endpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, e)
}
