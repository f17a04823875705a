package endpoint_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// recorder makes waiters that write down who was marked.
type recorder struct{ marked []string }

func (r *recorder) waiter(name string) *endpoint.Waiter {
	return &endpoint.Waiter{Mark: func(endpoint.Events) { r.marked = append(r.marked, name) }}
}

func (r *recorder) want(t *testing.T, what string, names ...string) {
	t.Helper()
	if !slices.Equal(r.marked, names) {
		t.Errorf("%s: marked %v, want %v", what, r.marked, names)
	}
	r.marked = nil
}

func TestNotifyMarksInOrderOfSubscription(t *testing.T) {
	var l endpoint.Waiters
	var r recorder
	a, b, c := r.waiter("a"), r.waiter("b"), r.waiter("c")
	l.Notify(endpoint.POLLIN)
	r.want(t, "empty list")
	for _, w := range []*endpoint.Waiter{b, a, c} {
		l.Subscribe(w)
	}
	l.Notify(endpoint.POLLIN)
	r.want(t, "three", "b", "a", "c")
	l.Unsubscribe(a)
	l.Notify(endpoint.POLLIN)
	r.want(t, "without the middle", "b", "c")
	l.Subscribe(a)
	l.Unsubscribe(b)
	l.Notify(endpoint.POLLIN)
	r.want(t, "without the first", "c", "a")
	l.Unsubscribe(a)
	l.Notify(endpoint.POLLIN)
	r.want(t, "without the last", "c")
	l.Unsubscribe(c)
	l.Notify(endpoint.POLLIN)
	r.want(t, "empty again")
}

func TestNotifyPassesTheEvents(t *testing.T) {
	var l endpoint.Waiters
	var got endpoint.Events
	l.Subscribe(&endpoint.Waiter{Mark: func(e endpoint.Events) { got = e }})
	l.Notify(endpoint.POLLIN | endpoint.POLLRDHUP)
	if got != endpoint.POLLIN|endpoint.POLLRDHUP {
		t.Errorf("%#x", got)
	}
}

func TestSubscribeIsIdempotent(t *testing.T) {
	var l endpoint.Waiters
	var r recorder
	a, b := r.waiter("a"), r.waiter("b")
	l.Subscribe(a)
	l.Subscribe(b)
	l.Subscribe(a)
	l.Notify(endpoint.POLLIN)
	r.want(t, "twice subscribed", "a", "b")
	l.Unsubscribe(a)
	l.Unsubscribe(a)
	l.Notify(endpoint.POLLIN)
	r.want(t, "twice unsubscribed", "b")
}

func TestWaiterOfAnotherListStays(t *testing.T) {
	var l, other endpoint.Waiters
	var r recorder
	a := r.waiter("a")
	l.Subscribe(a)
	other.Unsubscribe(a)
	other.Subscribe(a)
	other.Notify(endpoint.POLLIN)
	r.want(t, "the other list")
	l.Notify(endpoint.POLLIN)
	r.want(t, "its own list", "a")
	l.Unsubscribe(a)
	other.Subscribe(a)
	other.Notify(endpoint.POLLIN)
	r.want(t, "moved", "a")
}

// TestNoMarkAfterUnsubscribe lets waiters come and go while others notify.
func TestNoMarkAfterUnsubscribe(t *testing.T) {
	var l endpoint.Waiters
	var stop atomic.Bool
	var notifiers, waiters sync.WaitGroup
	for range 2 {
		notifiers.Go(func() {
			for !stop.Load() {
				l.Notify(endpoint.POLLOUT)
			}
		})
	}
	for range 4 {
		waiters.Go(func() {
			for range 50 {
				var gone atomic.Bool
				marked := make(chan struct{}, 1)
				w := &endpoint.Waiter{Mark: func(endpoint.Events) {
					if gone.Load() {
						t.Error("marked after Unsubscribe")
					}
					select {
					case marked <- struct{}{}:
					default:
					}
				}}
				l.Subscribe(w)
				<-marked
				l.Unsubscribe(w)
				gone.Store(true)
			}
		})
	}
	waiters.Wait()
	stop.Store(true)
	notifiers.Wait()
}
