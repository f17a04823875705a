package facade

import (
	"sync"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

type opKind uint8

const (
	opRecv opKind = iota
	opSend
	opAccept
	opConnect
	opShutdown
	opClose
)

// op is one call on its way through the executor, with all that it needs on the
// heap: objects are reused, so that a send or receive allocates nothing here.
type op struct {
	t    *traffic
	keep *engine // is not collected while its call is under way
	kind opKind

	msg   endpoint.Message
	iov   [1][]byte
	addr  endpoint.Sockaddr
	how   int
	whole bool // of a receive: not before the buffer is full
	waits bool // is not the first try

	started  bool // of a connect
	n        int
	errno    endpoint.Errno
	outcome  outcome
	accepted endpoint.Endpoint
}

var opPool = sync.Pool{New: func() any { return new(op) }}

func newOp(e *engine, kind opKind) *op {
	o := opPool.Get().(*op)
	o.t, o.keep, o.kind = e.traffic, e, kind
	return o
}

func (o *op) free() {
	*o = op{}
	opPool.Put(o)
}

// buffer has the op carry one buffer.
func (o *op) buffer(b []byte, flags int) {
	o.iov[0] = b
	o.msg.Iov = o.iov[:]
	o.msg.Flags = flags
}

// Run implements endpoint.Op.
func (o *op) Run() {
	ep := o.t.ep
	switch o.kind {
	case opRecv:
		o.recv(ep)
	case opSend:
		o.n, o.errno = ep.Send(&o.msg)
	case opAccept:
		o.accepted, o.addr, o.errno = ep.Accept()
	case opConnect:
		o.connect(ep)
	case opShutdown:
		o.errno = ep.Shutdown(o.how)
	case opClose:
		o.errno = ep.Close()
	}
}

// recv receives once. The flags that go in are left for the next try.
func (o *op) recv(ep endpoint.Endpoint) {
	flags := o.msg.Flags
	// What was over before the receive has no bytes that it could have missed.
	over := o.whole && ep.Ready()&streamOver != 0
	o.n, o.errno = ep.Recv(&o.msg)
	if o.whole && !over && o.errno == 0 && o.n < o.msg.Len() {
		o.errno = endpoint.EAGAIN
	}
	if o.errno == endpoint.EAGAIN && o.waits && o.shutForReading(ep) {
		o.n, o.errno = 0, 0
	}
	if o.errno == endpoint.EAGAIN {
		o.msg.Flags = flags
	}
}

// shutForReading tells of a datagram socket whose receive would wait for ever: the
// kernel says EAGAIN to one that does not wait, and 0 bytes to one that does
// (__skb_wait_for_more_packets).
func (o *op) shutForReading(ep endpoint.Endpoint) bool {
	return o.t.hungUp.Load() && o.t.typ != endpoint.SOCK_STREAM && ep.Ready()&endpoint.POLLRDHUP != 0
}

// streamOver are the events after which nothing more arrives.
const streamOver = endpoint.POLLRDHUP | endpoint.POLLHUP | endpoint.POLLERR

// connect makes EINPROGRESS and EALREADY something to wait for: EAGAIN, until
// the socket is ready, and then a second connect tells how it went.
func (o *op) connect(ep endpoint.Endpoint) {
	if o.started && ep.Ready()&endpoint.Writable == 0 {
		o.errno = endpoint.EAGAIN
		return
	}
	o.errno = ep.Connect(o.addr)
	switch {
	case o.errno == endpoint.EINPROGRESS || o.errno == endpoint.EALREADY:
		o.started = true
		o.errno = endpoint.EAGAIN
	case o.errno == endpoint.EAGAIN && o.t.typ == endpoint.SOCK_DGRAM:
		// No ephemeral port is free (ip4_datagram_connect): nothing to wait for.
		o.errno = endpoint.EADDRNOTAVAIL
	}
}

// takesPending tells whether an errno that waits is the call's: of a receive from
// the error queue it is not.
func (o *op) takesPending() bool {
	return o.kind == opSend || o.kind == opRecv && o.msg.Flags&endpoint.MSG_ERRQUEUE == 0
}

// noteClosed has an operation that failed on a closed socket say so, whatever
// the endpoint answered in the middle of closing.
func (o *op) noteClosed() {
	if o.errno == endpoint.EBADF || o.errno != 0 && o.t.over() {
		o.outcome = closed
	}
}

// result is what the faces make their errors of.
type result struct {
	errno   endpoint.Errno
	outcome outcome
}

func (r result) ok() bool { return r.errno == 0 && r.outcome == done }

func (o *op) result() result {
	if o.outcome != done {
		return result{outcome: o.outcome}
	}
	return result{errno: o.errno}
}

// end notes why a call was given up.
func (o *op) end(why outcome, w patience) {
	if why == timedOut {
		r := w.expiry()
		o.errno, o.outcome = r.errno, r.outcome
		return
	}
	o.outcome = why
}
