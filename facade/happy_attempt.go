package facade

import (
	"net/netip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// attempt is a connect that a race has begun.
type attempt struct {
	t      target
	ap     netip.AddrPort
	first  bool // of its race
	waiter endpoint.Waiter

	e      *engine // nil where there could be no socket
	o      *op
	call   string // that failed
	result result
}

// newAttempt makes the socket of an attempt, with its operation; it sends nothing.
func (r *race) newAttempt(ap netip.AddrPort, first bool) *attempt {
	a := &attempt{t: r.t, ap: ap, first: first, call: "connect"}
	family, _ := familyFor(r.t.version, ap.Addr())
	var errno endpoint.Errno
	if a.e, errno = r.m.open(family, endpoint.SOCK_STREAM, 0); errno != 0 {
		a.call, a.result = "socket", result{errno: errno}
		return a
	}
	a.o = newOp(a.e, opConnect)
	a.o.addr, _ = r.m.sockaddrOf(family, ap)
	wake := r.p.wake
	a.waiter.Mark = func(endpoint.Events) { wake() }
	a.e.ep.Subscribe(&a.waiter)
	return a
}

// proceed tells whether the attempt is over; the first time, it sends the SYN.
func (a *attempt) proceed() bool {
	if a.e == nil {
		return true
	}
	a.e.exec.Do(a.e.key, a.o)
	if a.o.errno == endpoint.EAGAIN && !a.e.over() {
		return false
	}
	a.o.noteClosed()
	a.e.settle()
	a.result = a.o.result()
	return true
}

// unsubscribe lets the socket go its own way.
func (a *attempt) unsubscribe() {
	if a.e != nil {
		a.e.ep.Unsubscribe(&a.waiter)
	}
}

// close closes the socket, which sends nothing before it is connected.
func (a *attempt) close() {
	if a.e != nil {
		a.e.close()
		a.o.free()
	}
}

func (a *attempt) error() error {
	return opError("dial", a.t.network, nil, goAddr(true, a.ap), a.call, a.result)
}
