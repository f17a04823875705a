package facade

import "github.com/usernet-stack/usernet/facade/endpoint"

// newSend is the sending of b to an address, or to the peer.
func newSend(e *engine, b []byte, flags int, to endpoint.Sockaddr) *op {
	o := newOp(e, opSend)
	o.buffer(b, flags&^endpoint.MSG_DONTWAIT)
	o.msg.Addr = to
	return o
}

// send sends once: a stream may take a part.
func (e *engine) send(b []byte, flags int, to endpoint.Sockaddr, w patience) (int, result) {
	o := newSend(e, b, flags, to)
	defer o.free()
	return e.sendOnce(o, w)
}

func (e *engine) sendOnce(o *op, w patience) (int, result) {
	e.wr.await(o, w)
	e.settle()
	return o.n, o.result()
}

// sendAll sends until b is gone, within w in all, and tells how much went.
func (e *engine) sendAll(b []byte, flags int, w patience) (int, result) {
	o := newSend(e, b, flags, noAddr)
	defer o.free()
	return e.sendWhole(o, w)
}

// sendWhole sends until the buffers of o are empty, within w in all, and tells how
// much went. It changes the buffers' slice. Control data goes with the first send.
func (e *engine) sendWhole(o *op, w patience) (int, result) {
	left, flags := o.msg.Iov, o.msg.Flags
	sent, end := 0, e.deadline(w.timeout)
	for {
		o.msg.Iov, o.msg.Flags, o.outcome = left, flags, done
		n, r := e.sendOnce(o, w)
		if !r.ok() {
			return sent, r
		}
		sent += n
		if left = advance(left, n); len(left) == 0 {
			return sent, result{}
		}
		o.msg.Control = nil
		switch {
		case w.timeout == NoTimeout:
		case w.timeout <= 0:
			return sent, result{errno: endpoint.EAGAIN}
		default:
			if w.timeout = e.left(end); w.timeout <= 0 {
				return sent, w.expiry()
			}
		}
	}
}

// advance drops n bytes from the front of buffers, which it changes, and the
// empty ones that are then in front.
func advance(buffers [][]byte, n int) [][]byte {
	for len(buffers) > 0 && n >= len(buffers[0]) {
		n -= len(buffers[0])
		buffers = buffers[1:]
	}
	if len(buffers) > 0 {
		buffers[0] = buffers[0][n:]
	}
	return buffers
}
