package stack

import (
	"slices"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// EventKind says what changed.
type EventKind int

const (
	LinkAdded   EventKind = iota + 1 // Event.Link
	LinkRemoved                      // Event.Link, as it was
	LinkChanged                      // Event.Link: up or down, MTU
	AddressAdded
	AddressRemoved
	RouteAdded
	RouteRemoved
	NeighbourAdded
	NeighbourChanged
	NeighbourRemoved
	// NeighboursLost says that more neighbours came and went than waited to
	// be published: read Stack.Neighbours again.
	NeighboursLost
	HostNameChanged
)

// Event is one change. Only the field that belongs to its Kind is set.
type Event struct {
	Kind      EventKind
	Link      Link
	Address   Address
	Route     Route
	Neighbour Neighbour
	HostName  string
}

// maxNeighbourEvents bounds the events that peers can make wait.
const maxNeighbourEvents = 4096

// publisher keeps events in the order in which they were queued, which is that
// of the changes because they are queued under the lock of what changed, and
// hands them out without any lock held.
type publisher struct {
	clock tcpip.Clock

	mu          sync.Mutex
	idle        sync.Cond // delivering or scheduled became false
	queue       []Event
	neighbours  int  // neighbour events in queue
	lost        bool // some found no place in queue
	delivering  bool
	scheduled   bool
	timer       tcpip.Timer
	closed      bool
	subscribers []*subscriber
}

type subscriber struct {
	fn        func(Event)
	cancelled atomic.Bool
}

func newPublisher(clock tcpip.Clock) *publisher {
	p := &publisher{clock: clock}
	p.idle.L = &p.mu
	return p
}

// queueEvent is called with the lock of what changed held.
func (p *publisher) queueEvent(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.queue = append(p.queue, e)
	}
}

// queueNeighbour is called under gVisor's locks, so it leaves delivery to the
// clock.
func (p *publisher) queueNeighbour(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.subscribers) == 0 || p.closed {
		return
	}
	if p.neighbours >= maxNeighbourEvents {
		p.lost = true
		return
	}
	p.neighbours++
	p.queue = append(p.queue, e)
	if !p.scheduled {
		p.scheduled = true
		p.timer = p.clock.AfterFunc(0, p.deliverScheduled)
	}
}

func (p *publisher) deliverScheduled() {
	p.deliver()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scheduled = false
	p.idle.Broadcast()
	if len(p.queue) > 0 && !p.delivering && !p.closed {
		p.scheduled = true
		p.timer = p.clock.AfterFunc(0, p.deliverScheduled)
	}
}

// deliver hands out what is queued. When another goroutine, or a caller
// further up this one's stack, is at it already, that one delivers what was
// queued in the meantime as well, and deliver returns at once.
func (p *publisher) deliver() {
	p.mu.Lock()
	if p.delivering {
		p.mu.Unlock()
		return
	}
	p.delivering = true
	for len(p.queue) > 0 {
		e := p.next()
		subscribers := p.subscribers
		p.mu.Unlock()
		for _, s := range subscribers {
			if !s.cancelled.Load() {
				s.fn(e)
			}
		}
		p.mu.Lock()
	}
	p.delivering = false
	p.idle.Broadcast()
	p.mu.Unlock()
}

// next takes the oldest event. Called with mu held.
func (p *publisher) next() Event {
	e := p.queue[0]
	p.queue = p.queue[1:]
	switch e.Kind {
	case NeighbourAdded, NeighbourChanged, NeighbourRemoved:
		p.neighbours--
	}
	if len(p.queue) == 0 {
		p.queue = nil
		if p.lost {
			p.lost = false
			p.queue = append(p.queue, Event{Kind: NeighboursLost})
		}
	}
	return e
}

func (p *publisher) subscribe(fn func(Event)) (cancel func()) {
	s := &subscriber{fn: fn}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.subscribers = append(slices.Clip(p.subscribers), s)
	}
	return func() {
		s.cancelled.Store(true)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.subscribers = slices.DeleteFunc(slices.Clone(p.subscribers), func(o *subscriber) bool { return o == s })
	}
}

// close delivers what is queued and leaves no goroutine behind.
func (p *publisher) close() {
	p.deliver()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.scheduled && p.timer.Stop() {
		p.scheduled = false
	}
	for p.scheduled || p.delivering {
		p.idle.Wait()
	}
	p.subscribers = nil
}

// Subscribe calls fn with every change that is made from now on, in the order
// of the changes, each after it has taken effect. Nothing is lost but
// neighbours that come and go faster than fn takes them (see NeighboursLost).
//
// fn is called without any lock held, and never by two goroutines at once. It
// may call the methods of the Stack, Close excepted; the events of changes
// that it makes follow when it has returned. A method that makes a change
// returns after fn has seen it, unless another goroutine is in the middle of
// delivering: then that one delivers the event, and the method does not wait.
// So fn must not block: it would hold up the one method that is delivering, and
// the events of all others. Changes of neighbours that the network makes are
// delivered by a timer of the stack's clock.
//
// cancel ends the subscription; a call of fn may still be under way when it
// returns. Close of the Stack publishes the removal of its links and then ends
// all subscriptions.
func (s *Stack) Subscribe(fn func(Event)) (cancel func()) { return s.events.subscribe(fn) }
