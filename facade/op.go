package facade

import (
	"sync"
	"time"

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
	e    *engine
	kind opKind

	msg   endpoint.Message
	iov   [1][]byte
	addr  endpoint.Sockaddr
	how   int
	abort bool

	started  bool // of a connect
	n        int
	errno    endpoint.Errno
	outcome  outcome
	accepted endpoint.Endpoint
}

var opPool = sync.Pool{New: func() any { return new(op) }}

func newOp(e *engine, kind opKind) *op {
	o := opPool.Get().(*op)
	o.e, o.kind = e, kind
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
	ep := o.e.ep
	switch o.kind {
	case opRecv:
		flags := o.msg.Flags
		if o.n, o.errno = ep.Recv(&o.msg); o.errno == endpoint.EAGAIN {
			o.msg.Flags = flags
		}
	case opSend:
		o.n, o.errno = ep.Send(&o.msg)
	case opAccept:
		o.accepted, o.addr, o.errno = ep.Accept()
	case opConnect:
		o.connect(ep)
	case opShutdown:
		o.errno = ep.Shutdown(o.how)
	case opClose:
		if o.abort {
			ep.Abort()
		} else {
			o.errno = ep.Close()
		}
	}
}

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
	case o.errno == endpoint.EAGAIN && o.e.typ == endpoint.SOCK_DGRAM:
		// No ephemeral port is free (ip4_datagram_connect): nothing to wait for.
		o.errno = endpoint.EADDRNOTAVAIL
	}
}

// noteClosed has an operation that failed on a closed socket say so, whatever
// the endpoint answered in the middle of closing.
func (o *op) noteClosed() {
	if o.errno == endpoint.EBADF || o.errno != 0 && o.e.closed.Load() {
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

// end notes why a call was given up: the end of SO_RCVTIMEO or SO_SNDTIMEO is an
// errno.
func (o *op) end(why outcome, w patience) {
	o.outcome = why
	if why == timedOut && w.onExpiry != 0 {
		o.outcome, o.errno = done, w.onExpiry
	}
}

// keepError has the next send, receive or SO_ERROR tell an error of the peer's
// that this call has met after it had moved bytes.
func (e *engine) keepError(r result) {
	if r.outcome == done && r.errno != endpoint.EAGAIN {
		e.pending.Store(uint32(r.errno))
	}
}

// recv receives once into b. With addr, the sender's address is wanted.
func (e *engine) recv(b []byte, flags int, addr *endpoint.Sockaddr, w patience) (int, result) {
	o := newOp(e, opRecv)
	defer o.free()
	o.buffer(b, flags&^(endpoint.MSG_DONTWAIT|endpoint.MSG_WAITALL))
	o.msg.NeedAddr = addr != nil
	if flags&endpoint.MSG_WAITALL != 0 && e.isStream() && w.timeout > 0 {
		return e.recvAll(o, b, w)
	}
	e.rd.await(o, w)
	e.settle()
	if addr != nil {
		*addr = o.msg.Addr
	}
	return o.n, o.result()
}

// recvAll is MSG_WAITALL on a stream: it fills b unless the stream ends. An error
// after some bytes is left for the next call. With MSG_PEEK each try starts
// again at the same place.
func (e *engine) recvAll(o *op, b []byte, w patience) (int, result) {
	flags := o.msg.Flags
	if flags&endpoint.MSG_PEEK != 0 {
		return e.peekAll(o, b, flags, w)
	}
	got, end := 0, e.deadline(w.timeout)
	for {
		o.buffer(b[got:], flags)
		e.rd.await(o, w)
		e.settle()
		r := o.result()
		if r.ok() {
			got += o.n
		}
		if !r.ok() && got > 0 {
			e.keepError(r)
			return got, result{}
		}
		if !r.ok() || o.n == 0 || got == len(b) {
			return got, r
		}
		w.timeout = e.left(end)
		o.outcome = done
	}
}

// peekAll waits until the stream has len(b) bytes to peek at.
func (e *engine) peekAll(o *op, b []byte, flags int, w patience) (int, result) {
	p := e.rd.park()
	defer e.rd.unpark(p)
	var limit *timeLimit
	if w.timeout != NoTimeout {
		limit = newTimeLimit(e.exec, w.timeout, p)
		defer limit.timer.Stop()
	}
	for {
		o.buffer(b, flags) // what came out of the try before is in its flags
		e.exec.Do(e.key, o)
		over := e.ep.Ready()&(endpoint.POLLRDHUP|endpoint.POLLHUP|endpoint.POLLERR) != 0
		ended := e.rd.ended(w, limit)
		if o.errno == 0 && (o.n == len(b) || over || ended != done) {
			return o.n, result{}
		}
		if o.errno != 0 && o.errno != endpoint.EAGAIN || ended != done {
			o.end(ended, w)
			return 0, o.result()
		}
		<-p.ch
	}
}

// send sends once: a stream may take a part.
func (e *engine) send(b []byte, flags int, to endpoint.Sockaddr, w patience) (int, result) {
	o := newOp(e, opSend)
	defer o.free()
	o.buffer(b, flags&^endpoint.MSG_DONTWAIT)
	o.msg.Addr = to
	e.wr.await(o, w)
	e.settle()
	return o.n, o.result()
}

// sendAll sends until b is gone, within w in all, and tells how much went.
func (e *engine) sendAll(b []byte, flags int, w patience) (int, result) {
	o := newOp(e, opSend)
	defer o.free()
	sent, end := 0, e.deadline(w.timeout)
	for {
		o.buffer(b[sent:], flags&^endpoint.MSG_DONTWAIT)
		o.outcome = done
		e.wr.await(o, w)
		e.settle()
		if r := o.result(); !r.ok() {
			return sent, r
		}
		if sent += o.n; sent >= len(b) {
			return sent, result{}
		}
		switch {
		case w.timeout == NoTimeout:
		case w.timeout <= 0:
			return sent, result{errno: endpoint.EAGAIN}
		default:
			if w.timeout = e.left(end); w.timeout <= 0 {
				o.end(timedOut, w)
				return sent, o.result()
			}
		}
	}
}

// deadline is when a timeout that starts now will have passed.
func (e *engine) deadline(timeout time.Duration) time.Time {
	if timeout == NoTimeout {
		return time.Time{}
	}
	return e.exec.Now().Add(timeout)
}

// left is the timeout that remains until end.
func (e *engine) left(end time.Time) time.Duration {
	if end.IsZero() {
		return NoTimeout
	}
	return end.Sub(e.exec.Now())
}

// connect connects, and waits for it as long as w says.
func (e *engine) connect(to endpoint.Sockaddr, w patience) result {
	o := newOp(e, opConnect)
	defer o.free()
	o.addr = to
	if w.timeout <= 0 {
		e.exec.Do(e.key, connectOnce{o})
		e.settle()
		return o.result()
	}
	if w.onExpiry != 0 {
		w.onExpiry = endpoint.EINPROGRESS
	}
	e.wr.await(o, w)
	e.settle()
	return o.result()
}

// connectOnce is a connect that does not wait: EINPROGRESS is its result.
type connectOnce struct{ *op }

// Run implements endpoint.Op.
func (o connectOnce) Run() {
	o.errno = o.e.ep.Connect(o.addr)
	o.noteClosed()
}

// accept takes a connection from a listener.
func (e *engine) accept(w patience) (*engine, endpoint.Sockaddr, result) {
	o := newOp(e, opAccept)
	defer o.free()
	e.rd.await(o, w)
	e.settle()
	r := o.result()
	if !r.ok() {
		return nil, endpoint.Sockaddr{}, r
	}
	return e.m.adopt(e, o.accepted), o.addr, r
}

// shutdown ends one or both halves.
func (e *engine) shutdown(how int) result {
	if e.closed.Load() {
		return result{outcome: closed}
	}
	o := newOp(e, opShutdown)
	o.how = how
	r := e.post(o)
	e.settle()
	return r
}

// post hands an operation to the executor that no caller may wait for. Where it
// has not run yet, there is no error to tell.
func (e *engine) post(o *op) result {
	e.exec.Post(e.key, o)
	if e.exec.Credit(e.key) >= 0 {
		return result{}
	}
	defer o.free()
	o.noteClosed()
	return o.result()
}
