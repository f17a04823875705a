package facade

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// patience is how long a call is ready to wait.
type patience struct {
	// timeout is from the start of the call. 0 or less does not wait.
	timeout time.Duration
	// onExpiry is the errno when a limit of SO_RCVTIMEO or SO_SNDTIMEO has
	// passed; 0 makes the end of timeout a timeout.
	onExpiry endpoint.Errno
	// deadlines says that the deadlines of a net.Conn count.
	deadlines bool
	// ctx, if there is one, ends the wait when it is done.
	ctx context.Context
}

// expiry is the result of a call whose timeout has passed: the end of SO_RCVTIMEO or
// SO_SNDTIMEO is an errno.
func (w patience) expiry() result {
	if w.onExpiry != 0 {
		return result{errno: w.onExpiry}
	}
	return result{outcome: timedOut}
}

// connStyle is the patience of a net.Conn.
var connStyle = patience{timeout: NoTimeout, deadlines: true}

// patience is that of a Socket's call in direction d.
func (s *Socket) patience(d *direction, flags int) patience {
	w := patience{timeout: time.Duration(s.e.timeout.Load()), ctx: s.ctx}
	switch limit := d.limit.Load(); {
	case flags&(endpoint.MSG_DONTWAIT|endpoint.MSG_ERRQUEUE) != 0:
		w.timeout = 0 // nobody waits for the error queue: recv(2)
	case w.timeout == NoTimeout && limit > 0:
		w.timeout, w.onExpiry = time.Duration(limit), endpoint.EAGAIN
	}
	return w
}

// outcome says why a call ended without its operation being done.
type outcome uint8

const (
	done outcome = iota
	timedOut
	deadlineExceeded
	cancelled
	contextExpired
	closed
)

// await runs o until it no longer answers EAGAIN, or until patience ends. It
// leaves the reason in o.
func (d *direction) await(o *op, w patience) {
	if o.outcome = d.ended(w, nil); o.outcome != done {
		return
	}
	if o.takesPending() {
		if o.errno = endpoint.Errno(d.t.pending.Swap(0)); o.errno != 0 {
			return
		}
	}
	d.t.exec.Do(d.t.key, o)
	if o.errno != endpoint.EAGAIN {
		o.noteClosed()
		return
	}
	if w.timeout > 0 {
		d.wait(o, w)
	}
}

func (d *direction) wait(o *op, w patience) {
	p := d.park()
	defer d.unpark(p)
	var limit *timeLimit
	if w.timeout != NoTimeout {
		limit = newTimeLimit(d.t.exec, w.timeout, p)
		defer limit.timer.Stop()
	}
	if w.ctx != nil {
		defer context.AfterFunc(w.ctx, p.wake)()
	}
	o.waits = true
	for {
		d.t.exec.Do(d.t.key, o)
		if o.errno != endpoint.EAGAIN {
			o.noteClosed()
			return
		}
		if why := d.ended(w, limit); why != done {
			o.end(why, w)
			return
		}
		<-p.ch
	}
}

// ended tells whether a call must not go on.
func (d *direction) ended(w patience, limit *timeLimit) outcome {
	switch {
	case d.t.over():
		return closed
	case w.deadlines && d.expired.Load():
		return deadlineExceeded
	case w.ctx != nil && w.ctx.Err() != nil:
		return contextOutcome(w.ctx)
	case limit != nil && limit.passed.Load():
		return timedOut
	}
	return done
}

// contextOutcome tells how a context that is done ended.
func contextOutcome(ctx context.Context) outcome {
	if ctx.Err() == context.DeadlineExceeded {
		return contextExpired
	}
	return cancelled
}

// timeLimit is the timeout of one call. It outlives the call when its timer
// fires late; then it wakes somebody once too often, which is harmless.
type timeLimit struct {
	passed atomic.Bool
	timer  endpoint.Timer
}

func newTimeLimit(exec endpoint.Executor, after time.Duration, p *parked) *timeLimit {
	l := &timeLimit{}
	l.timer = exec.NewTimer(after, func() {
		l.passed.Store(true)
		p.wake()
	})
	return l
}

// deadline is when a timeout that starts now will have passed.
func (t *traffic) deadline(timeout time.Duration) time.Time {
	if timeout == NoTimeout {
		return time.Time{}
	}
	return t.exec.Now().Add(timeout)
}

// left is the timeout that remains until end.
func (t *traffic) left(end time.Time) time.Duration {
	if end.IsZero() {
		return NoTimeout
	}
	return end.Sub(t.exec.Now())
}
