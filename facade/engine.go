package facade

import (
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// engine is the half of a socket that all families share: what blocks, what
// times out, what a Close interrupts. A Socket and a Conn that stand for the
// same socket share one engine; when the last of them is gone, unclosed, the
// garbage collector closes it.
type engine struct {
	*traffic
	timeout atomic.Int64 // of a Socket, in nanoseconds
	dropped runtime.Cleanup
}

// NoTimeout is the timeout of a socket in blocking mode: None in the reference.
const NoTimeout = time.Duration(math.MaxInt64)

func newEngine(m *Module, p endpoint.Provider, ep endpoint.Endpoint, family, typ, proto int) *engine {
	d := newDescription(p, ep, family, typ, proto)
	d.own = !m.provided(family)
	return engineOn(newTraffic(m, d))
}

// engineOn makes the engine of t, with the module's default timeout.
func engineOn(t *traffic) *engine {
	e := &engine{traffic: t}
	e.timeout.Store(int64(t.m.GetDefaultTimeout()))
	t.engines.Add(1)
	e.dropped = runtime.AddCleanup(e, (*traffic).abandon, t)
	return e
}

// close ends the socket; see traffic.close.
func (e *engine) close() bool {
	e.dropped.Stop() // which would keep the traffic until a second collection
	return e.traffic.close()
}

// direct makes a call that neither waits nor goes through the executor. The engine
// is not collected meanwhile.
func (e *engine) direct(fn func(endpoint.Endpoint) endpoint.Errno) endpoint.Errno {
	defer runtime.KeepAlive(e)
	defer e.settle()
	return fn(e.ep)
}

// setOption wraps setsockopt(2), and getOption getsockopt(2), like direct.
func (e *engine) setOption(level, name int, v []byte) endpoint.Errno {
	defer runtime.KeepAlive(e)
	defer e.settle()
	return e.ep.SetSockOpt(level, name, v)
}

func (e *engine) getOption(level, name int, v []byte) (int, endpoint.Errno) {
	defer runtime.KeepAlive(e)
	defer e.settle() // SO_ERROR takes an error away
	return e.ep.GetSockOpt(level, name, v)
}
