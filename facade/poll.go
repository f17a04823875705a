package facade

import (
	"context"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Events is a set of poll(2) events.
type Events = endpoint.Events

// The events of poll(2).
const (
	POLLIN    = endpoint.POLLIN
	POLLPRI   = endpoint.POLLPRI
	POLLOUT   = endpoint.POLLOUT
	POLLERR   = endpoint.POLLERR
	POLLHUP   = endpoint.POLLHUP
	POLLNVAL  = endpoint.POLLNVAL
	POLLRDHUP = endpoint.POLLRDHUP
)

// PollFD is a socket that Poll waits for: struct pollfd of poll(2).
type PollFD struct {
	// Socket may be nil, which is ignored.
	Socket *Socket
	// Events are those to wait for. POLLERR, POLLHUP and, for a closed socket,
	// POLLNVAL are always waited for.
	Events Events
	// Revents is filled by Poll.
	Revents Events
}

// Poll wraps poll(2) for any mix of sockets, of the stack and of the kernel, of
// any module. It waits until at least one is ready, or for the timeout: 0 does not
// wait, and NoTimeout or a negative one waits for ever. It returns how many are
// ready. Time is that of the first socket's stack. The sockets' own timeouts do
// not count.
func Poll(fds []PollFD, timeout time.Duration) (int, error) {
	return PollContext(context.Background(), fds, timeout)
}

// PollContext is Poll that also ends, with ctx's error, when ctx is done.
func PollContext(ctx context.Context, fds []PollFD, timeout time.Duration) (int, error) {
	all := make([]polled, len(fds))
	for i, f := range fds {
		all[i] = polled{s: f.Socket, mask: f.Events | POLLERR | POLLHUP}
	}
	n, r := poll(ctx, all, timeout)
	for i := range fds {
		fds[i].Revents = all[i].shows
	}
	return n, newError("poll", nil, r)
}

// Select wraps select(2) for any mix of sockets: it returns those of read that
// can be read without waiting, those of write that can be written, and those of
// exceptional with an exceptional condition (POLLPRI). The timeout is as in Poll;
// when it passes, all three are empty. A nil or closed socket is EBADF.
func Select(read, write, exceptional []*Socket, timeout time.Duration) (r, w, x []*Socket, err error) {
	return SelectContext(context.Background(), read, write, exceptional, timeout)
}

// selectSets are what each set of select(2) waits for (fs/select.c of the
// kernel).
var selectSets = [3]Events{POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI}

// SelectContext is Select that also ends, with ctx's error, when ctx is done.
func SelectContext(ctx context.Context, read, write, exceptional []*Socket, timeout time.Duration) (r, w, x []*Socket, err error) {
	const op = "select"
	var all []polled
	for i, set := range [][]*Socket{read, write, exceptional} {
		for _, s := range set {
			if _, err := s.engineFor(op); err != nil {
				return nil, nil, nil, err
			}
			all = append(all, polled{s: s, mask: selectSets[i], set: i})
		}
	}
	if _, end := poll(ctx, all, timeout); !end.ok() {
		return nil, nil, nil, newError(op, nil, end)
	}
	ready := [len(selectSets)]*[]*Socket{&r, &w, &x}
	for i := range all {
		switch p := &all[i]; {
		case p.shows&POLLNVAL != 0:
			return nil, nil, nil, newError(op, nil, result{outcome: closed})
		case p.shows != 0:
			*ready[p.set] = append(*ready[p.set], p.s)
		}
	}
	return r, w, x, nil
}

// polled is a socket that poll waits for.
type polled struct {
	s *Socket
	// mask is what to wait for, beside POLLNVAL.
	mask, shows Events
	set         int // of select(2)
	// ready and closed mark when to look again.
	ready, closed endpoint.Waiter
}

// engine is nil for what cannot be watched.
func (p *polled) engine() *engine {
	if p.s == nil {
		return nil
	}
	return p.s.e
}

// look fills in what the socket shows.
func (p *polled) look() Events {
	p.shows = 0
	switch e := p.engine(); {
	case p.s == nil:
	case e == nil || e.over():
		p.shows = POLLNVAL
	default:
		p.shows = e.ep.Ready() & p.mask
	}
	return p.shows
}

func lookAll(all []polled) (n int) {
	for i := range all {
		if all[i].look() != 0 {
			n++
		}
	}
	return n
}

// poll waits until one of all shows something.
func poll(ctx context.Context, all []polled, timeout time.Duration) (int, result) {
	if n := lookAll(all); n > 0 || timeout == 0 {
		return n, result{}
	}
	p := parkedPool.Get().(*parked)
	defer p.release()
	defer watch(all, p)()
	var limit *timeLimit
	if timeout > 0 && timeout != NoTimeout {
		limit = newTimeLimit(executorOf(all), timeout, p)
		defer limit.timer.Stop()
	}
	defer context.AfterFunc(ctx, p.wake)()
	for {
		if n := lookAll(all); n > 0 {
			return n, result{}
		}
		switch {
		case ctx.Err() != nil:
			return 0, result{outcome: contextOutcome(ctx)}
		case limit != nil && limit.passed.Load():
			return 0, result{}
		}
		<-p.ch
	}
}

// watch has p woken by whatever may change what the sockets show, until the
// function that it returns is called.
func watch(all []polled, p *parked) (stop func()) {
	mark := func(Events) { p.wake() }
	for i := range all {
		if e := all[i].engine(); e != nil {
			all[i].ready.Mark, all[i].closed.Mark = mark, mark
			e.ep.Subscribe(&all[i].ready)
			e.closing.Subscribe(&all[i].closed)
		}
	}
	return func() {
		for i := range all {
			if e := all[i].engine(); e != nil {
				e.ep.Unsubscribe(&all[i].ready)
				e.closing.Unsubscribe(&all[i].closed)
			}
		}
	}
}

// executorOf is where the time of a poll comes from.
func executorOf(all []polled) endpoint.Executor {
	for i := range all {
		if e := all[i].engine(); e != nil {
			return e.exec
		}
	}
	return endpoint.Direct{}
}
