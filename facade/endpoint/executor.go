package endpoint

import "time"

// Key names the socket that an operation is for: its cookie in the Table.
// Operations with one key keep their order.
type Key uint64

// Op is one operation on an endpoint, run by an Executor. It is an interface
// and not a func so that the engine can pass an object that it reuses: a
// closure for each call would be most of what a call allocates.
type Op interface{ Run() }

// Timer is a timer that NewTimer started; see time.Timer.
type Timer interface {
	// Stop tells whether it kept the timer from firing.
	Stop() bool
	// Reset starts it again, to fire after d.
	Reset(d time.Duration)
}

// Executor orders operations: directly in production, by a scheduler's queue in
// a simulated network. It sits above the endpoints, in the engine.
//
// Reads, accepts, connects and sends go through Do; closes and shutdowns through
// Post, because a caller may hold a mutex meanwhile and a goroutine that waits for
// a mutex stops a simulation. For the same reason an engine may Post the sends of
// streams, as far as Credit lets it. Calls that neither wait nor reach the
// network (bind, listen, options, names) go to the endpoint straight.
type Executor interface {
	// Do runs op and returns after that. It may park its caller, durably.
	Do(Key, Op)
	// Post has op run after all that was posted with the same key. Whether it
	// has run when Post returns, Credit tells.
	Post(Key, Op)
	// Credit is the number of bytes that a Post with this key may take along. A
	// negative number says that Post runs op before it returns, so that nothing
	// needs to be copied.
	Credit(Key) int
	// Now is the time that deadlines are measured by.
	Now() time.Time
	// NewTimer calls f after d, in a goroutine of its own or in one that f must
	// not block.
	NewTimer(d time.Duration, f func()) Timer
}

// Clock is where a Direct executor takes time from.
type Clock interface {
	Now() time.Time
	AfterFunc(time.Duration, func()) Timer
}

// Direct runs every operation at once in its caller. The zero value takes time
// from the system's clock.
type Direct struct {
	// Clock is the time; nil is the system's.
	Clock Clock
}

var _ Executor = Direct{}

// Do implements Executor.
func (Direct) Do(_ Key, op Op) { op.Run() }

// Post implements Executor.
func (Direct) Post(_ Key, op Op) { op.Run() }

// Credit implements Executor.
func (Direct) Credit(Key) int { return -1 }

// Now implements Executor.
func (d Direct) Now() time.Time {
	if d.Clock == nil {
		return time.Now()
	}
	return d.Clock.Now()
}

// NewTimer implements Executor.
func (d Direct) NewTimer(after time.Duration, f func()) Timer {
	if d.Clock == nil {
		return systemTimer{time.AfterFunc(after, f)}
	}
	return d.Clock.AfterFunc(after, f)
}

type systemTimer struct{ t *time.Timer }

func (s systemTimer) Stop() bool            { return s.t.Stop() }
func (s systemTimer) Reset(d time.Duration) { s.t.Reset(d) }
