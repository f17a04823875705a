package facade

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// direction is one half of a socket's traffic: the calls that wait in it and its
// deadline.
type direction struct {
	t       *traffic
	waiting atomic.Int32
	expired atomic.Bool
	// limit is SO_RCVTIMEO or SO_SNDTIMEO in nanoseconds; 0 is none.
	limit *atomic.Int64

	mu     sync.Mutex
	parked map[*parked]struct{}
	first  *parked // the usual one, kept out of the map
	timer  endpoint.Timer
	armed  uint64 // counts the deadlines that were set
}

// parked is a call that waits.
type parked struct{ ch chan struct{} }

var parkedPool = sync.Pool{New: func() any { return &parked{make(chan struct{}, 1)} }}

func (p *parked) wake() {
	select {
	case p.ch <- struct{}{}:
	default:
	}
}

// release is for who no longer waits.
func (p *parked) release() {
	select {
	case <-p.ch:
	default:
	}
	parkedPool.Put(p)
}

func (d *direction) park() *parked {
	p := parkedPool.Get().(*parked)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.first == nil:
		d.first = p
	case d.parked == nil:
		d.parked = map[*parked]struct{}{p: {}}
	default:
		d.parked[p] = struct{}{}
	}
	d.waiting.Add(1)
	return p
}

func (d *direction) unpark(p *parked) {
	d.mu.Lock()
	if d.first == p {
		d.first = nil
	} else {
		delete(d.parked, p)
	}
	d.waiting.Add(-1)
	d.mu.Unlock()
	p.release()
}

// wake has every call that waits try again. Whoever parks does so before it
// tries, so that the count may be read without the lock.
func (d *direction) wake() {
	if d.waiting.Load() == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.first != nil {
		d.first.wake()
	}
	for p := range d.parked {
		p.wake()
	}
}

// setDeadline arms the deadline that net.Conn describes. The zero time is none.
func (d *direction) setDeadline(t time.Time) {
	d.mu.Lock()
	d.disarm()
	armed := d.armed
	d.expired.Store(false)
	if !t.IsZero() {
		if left := t.Sub(d.t.exec.Now()); left <= 0 {
			d.expired.Store(true)
		} else {
			d.timer = d.t.exec.NewTimer(left, func() { d.expire(armed) })
		}
	}
	d.mu.Unlock()
	d.wake()
}

// disarm ends the deadline before; a timer that fires all the same finds that it
// is no longer meant. The caller holds d.mu.
func (d *direction) disarm() {
	d.armed++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

func (d *direction) expire(armed uint64) {
	d.mu.Lock()
	current := d.armed == armed
	if current {
		d.expired.Store(true)
	}
	d.mu.Unlock()
	if current {
		d.wake()
	}
}

// stop ends the deadline and wakes what waits, for a socket that was closed.
func (d *direction) stop() {
	d.mu.Lock()
	d.disarm()
	d.mu.Unlock()
	d.wake()
}
