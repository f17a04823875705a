package facade

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// engine is the half of a socket that all families share: what blocks, what
// times out, what a Close interrupts. A Socket and a Conn that stand for the
// same socket share one engine.
type engine struct {
	m                  *Module
	p                  endpoint.Provider
	ep                 endpoint.Endpoint
	exec               endpoint.Executor
	key                endpoint.Key
	family, typ, proto int

	waiter endpoint.Waiter
	rd, wr direction
	// pending is an errno that a call which returned bytes has met: the next
	// call is told, as by sk_err in the kernel.
	pending atomic.Uint32

	closed   atomic.Bool
	timeout  atomic.Int64 // of a Socket, in nanoseconds
	fileno   atomic.Pointer[pollFile]
	filenoMu sync.Mutex
}

// NoTimeout is the timeout of a socket in blocking mode: None in the reference.
const NoTimeout = time.Duration(math.MaxInt64)

func newEngine(m *Module, p endpoint.Provider, ep endpoint.Endpoint, family, typ, proto int) *engine {
	e := &engine{
		m: m, p: p, ep: ep, exec: p.Executor(), key: endpoint.Key(ep.Cookie()),
		family: family, typ: typ, proto: proto,
	}
	e.rd.e, e.wr.e = e, e
	e.timeout.Store(int64(m.GetDefaultTimeout()))
	e.waiter.Mark = e.mark
	ep.Subscribe(&e.waiter)
	return e
}

// mark is called with locks of the stack held, and only wakes.
func (e *engine) mark(ev endpoint.Events) {
	if ev&endpoint.Readable != 0 {
		e.rd.wake()
	}
	if ev&endpoint.Writable != 0 {
		e.wr.wake()
	}
	if f := e.fileno.Load(); f != nil {
		f.mark()
	}
}

// settle brings the descriptor of Fileno up to date after an operation may have
// changed what the socket is ready for.
func (e *engine) settle() {
	if f := e.fileno.Load(); f != nil {
		f.sync()
	}
}

// closedResult is the result of a call that has nothing to do.
func (e *engine) closedResult() result {
	if e.closed.Load() {
		return result{outcome: closed}
	}
	return result{}
}

func (e *engine) isStream() bool { return e.typ == endpoint.SOCK_STREAM }

// close ends the socket and every call that waits on it. The second call
// reports false.
func (e *engine) close() bool {
	if e.closed.Swap(true) {
		return false
	}
	e.post(newOp(e, opClose))
	e.ep.Unsubscribe(&e.waiter)
	e.rd.stop()
	e.wr.stop()
	e.m.forgetFileno(e)
	e.closeFileno()
	return true
}
