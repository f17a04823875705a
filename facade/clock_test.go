package facade_test

import (
	"container/heap"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// manualClock is time that stands still until Advance, which runs what has become
// due, in order, in its own goroutine.
type manualClock struct {
	mu     sync.Mutex
	now    time.Time
	timers timerHeap
}

var _ tcpip.Clock = (*manualClock)(nil)

func newManualClock() *manualClock { return &manualClock{now: time.Unix(1e9, 0)} }

// Now implements tcpip.Clock.
func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// NowMonotonic implements tcpip.Clock.
func (c *manualClock) NowMonotonic() tcpip.MonotonicTime {
	return tcpip.MonotonicTime{}.Add(c.Now().Sub(time.Unix(0, 0)))
}

// AfterFunc implements tcpip.Clock.
func (c *manualClock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &manualTimer{clock: c, f: f, index: -1}
	t.Reset(d)
	return t
}

// Advance moves time on by d.
func (c *manualClock) Advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	for len(c.timers) > 0 && !c.timers[0].due.After(c.now) {
		t := heap.Pop(&c.timers).(*manualTimer)
		c.mu.Unlock()
		t.f()
		c.mu.Lock()
	}
	c.mu.Unlock()
}

type manualTimer struct {
	clock *manualClock
	f     func()
	due   time.Time
	index int // in the heap, or -1
}

// Stop implements tcpip.Timer.
func (t *manualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.stopLocked()
}

func (t *manualTimer) stopLocked() bool {
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.index)
	return true
}

// Reset implements tcpip.Timer.
func (t *manualTimer) Reset(d time.Duration) {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.stopLocked()
	t.due = t.clock.now.Add(d)
	heap.Push(&t.clock.timers, t)
}

type timerHeap []*manualTimer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *timerHeap) Push(x any) {
	t := x.(*manualTimer)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h, t.index = old[:len(old)-1], -1
	return t
}
