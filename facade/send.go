package facade

import "github.com/usernet-stack/usernet/facade/endpoint"

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
