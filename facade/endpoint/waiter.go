package endpoint

import "sync"

// Events is a set of poll(2) events, with the kernel's bits.
type Events uint32

// The events of poll(2) and epoll(7).
const (
	POLLIN    Events = 0x0001
	POLLPRI   Events = 0x0002
	POLLOUT   Events = 0x0004
	POLLERR   Events = 0x0008
	POLLHUP   Events = 0x0010
	POLLNVAL  Events = 0x0020
	POLLRDHUP Events = 0x2000
)

// What ends a wait for reading, and one for writing: errors and hang-ups end
// both.
const (
	Readable = POLLIN | POLLPRI | POLLRDHUP | POLLERR | POLLHUP
	Writable = POLLOUT | POLLERR | POLLHUP
	// AllEvents is every event there is.
	AllEvents = Readable | Writable
)

// Waiter is marked when an endpoint's readiness may have changed.
type Waiter struct {
	// Mark is told of events that may have come about. It is called with locks
	// of the endpoint's stack held: it only marks, that is, it neither blocks
	// nor calls the endpoint.
	Mark func(Events)

	list       *Waiters
	prev, next *Waiter
}

// Waiters is the list of an endpoint's waiters, for endpoints to embed. The
// zero value is ready for use.
type Waiters struct {
	mu          sync.Mutex
	first, last *Waiter
}

// Subscribe implements Endpoint. A waiter that is subscribed already stays.
func (l *Waiters) Subscribe(w *Waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.list != nil {
		return
	}
	w.list, w.prev, w.next = l, l.last, nil
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
}

// Unsubscribe implements Endpoint.
func (l *Waiters) Unsubscribe(w *Waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.list != l {
		return
	}
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.list, w.prev, w.next = nil, nil, nil
}

// Notify marks every waiter, in the order of their subscriptions.
func (l *Waiters) Notify(e Events) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for w := l.first; w != nil; w = w.next {
		w.Mark(e)
	}
}
