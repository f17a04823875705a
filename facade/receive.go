package facade

import (
	"slices"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// recv receives once into b. With addr, the sender's address is wanted.
func (e *engine) recv(b []byte, flags int, addr *endpoint.Sockaddr, w patience) (int, result) {
	o := newOp(e, opRecv)
	defer o.free()
	o.buffer(b, receiveFlags(flags))
	o.msg.NeedAddr = addr != nil
	n, r := e.receive(o, flags, w)
	if addr != nil {
		*addr = o.msg.Addr
	}
	return n, r
}

// receiveFlags are those that an endpoint is told of.
func receiveFlags(flags int) int { return flags &^ (endpoint.MSG_DONTWAIT | endpoint.MSG_WAITALL) }

// receive receives into o, as flags of recvmsg(2) say.
func (e *engine) receive(o *op, flags int, w patience) (int, result) {
	if flags&endpoint.MSG_WAITALL != 0 && e.isStream() && w.timeout > 0 {
		return e.recvAll(o, w)
	}
	e.rd.await(o, w)
	e.settle()
	return o.n, o.result()
}

// recvAll is MSG_WAITALL on a stream: it fills the buffers unless the stream ends,
// or control data comes, which a second receive would overwrite. An error after some
// bytes is left for the next call. With MSG_PEEK each try starts again at the same
// place.
func (e *engine) recvAll(o *op, w patience) (int, result) {
	flags, control := o.msg.Flags, o.msg.Control
	if flags&endpoint.MSG_PEEK != 0 {
		return e.peekAll(o, w)
	}
	left := o.msg.Iov
	if len(left) > 1 {
		left = slices.Clone(left) // advance changes them
	}
	got, end := 0, e.deadline(w.timeout)
	for {
		o.msg.Iov, o.msg.Control, o.msg.Flags, o.outcome = left, control, flags, done
		e.rd.await(o, w)
		e.settle()
		r := o.result()
		if !r.ok() && got > 0 {
			e.keepError(r)
			o.msg.Control, o.msg.Flags = control[:0], 0
			return got, result{}
		}
		if !r.ok() {
			return got, r
		}
		got += o.n
		left = advance(left, o.n)
		if o.n == 0 || len(left) == 0 || len(o.msg.Control) > 0 || o.msg.Flags&endpoint.MSG_CTRUNC != 0 {
			return got, r
		}
		w.timeout = e.left(end)
	}
}

// peekAll waits until the stream has as many bytes to peek at as the buffers hold,
// and returns what it has when it ends or the wait does.
func (e *engine) peekAll(o *op, w patience) (int, result) {
	o.whole = true
	e.rd.await(o, w)
	e.settle()
	if r := o.result(); o.n == 0 || o.outcome == closed {
		return 0, r
	}
	return o.n, result{}
}

// lasting are the errors of a connection itself: sk_err of the kernel. Others, such
// as EPIPE, are of one call.
var lasting = map[endpoint.Errno]bool{
	endpoint.ECONNRESET: true, endpoint.ECONNABORTED: true, endpoint.ECONNREFUSED: true,
	endpoint.ETIMEDOUT: true, endpoint.EHOSTUNREACH: true, endpoint.ENETUNREACH: true,
	endpoint.EHOSTDOWN: true, endpoint.ENETDOWN: true, endpoint.EPROTO: true,
}

// keepError has the next send, receive or SO_ERROR tell an error of the connection
// that this call has met after it had moved bytes.
func (t *traffic) keepError(r result) {
	if r.outcome == done && lasting[r.errno] {
		t.pending.Store(uint32(r.errno))
	}
}
