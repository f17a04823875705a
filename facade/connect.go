package facade

import "github.com/usernet-stack/usernet/facade/endpoint"

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
	o.errno = o.t.ep.Connect(o.addr)
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
	a := e.m.adopt(e, o.accepted)
	// SO_RCVTIMEO and SO_SNDTIMEO are inherited as the endpoint's options are.
	a.rd.limit.Store(e.rd.limit.Load())
	a.wr.limit.Store(e.wr.limit.Load())
	return a, o.addr, r
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
func (t *traffic) post(o *op) result {
	t.exec.Post(t.key, o)
	if t.exec.Credit(t.key) >= 0 {
		return result{}
	}
	defer o.free()
	o.noteClosed()
	return o.result()
}
