package facade

import "github.com/usernet-stack/usernet/facade/endpoint"

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
		return e.peekAll(o, w)
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

// peekAll waits until the stream has len(b) bytes to peek at, and returns what it
// has when it ends or the wait does.
func (e *engine) peekAll(o *op, w patience) (int, result) {
	o.whole = true
	e.rd.await(o, w)
	if r := o.result(); o.n == 0 || o.outcome == closed {
		return 0, r
	}
	return o.n, result{}
}

// keepError has the next send, receive or SO_ERROR tell an error of the peer's
// that this call has met after it had moved bytes.
func (t *traffic) keepError(r result) {
	if r.outcome == done && r.errno != endpoint.EAGAIN {
		t.pending.Store(uint32(r.errno))
	}
}
