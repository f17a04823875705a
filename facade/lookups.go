package facade

import (
	"context"
	"sync"
)

// lookups has the calls of the resolver end with the module.
type lookups struct {
	mu     sync.Mutex
	closed bool
	until  context.Context // nil before the first call
	end    context.CancelFunc
	own    sync.WaitGroup // goroutines of the module
}

// begin returns ctx as one that also ends with the module. done must be called.
func (l *lookups) begin(ctx context.Context) (_ context.Context, done func()) {
	l.mu.Lock()
	if l.until == nil {
		l.until, l.end = context.WithCancel(context.Background())
	}
	until, closed := l.until, l.closed
	l.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	if closed {
		cancel()
	}
	stop := context.AfterFunc(until, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// spawn runs fn, a lookup, in a goroutine that close waits for.
func (l *lookups) spawn(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		go fn() // which ends at once
		return
	}
	l.own.Go(fn)
}

// close ends all calls.
func (l *lookups) close() {
	l.mu.Lock()
	l.closed = true
	if l.end != nil {
		l.end()
	}
	l.mu.Unlock()
	l.own.Wait()
}
