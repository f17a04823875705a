package facade

import (
	"sync/atomic"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// description is an open file description (open(2)): what the duplicates of a
// socket share. The endpoint is closed with the last of them.
type description struct {
	p                  endpoint.Provider
	ep                 endpoint.Endpoint
	exec               endpoint.Executor
	key                endpoint.Key
	family, typ, proto int

	// references counts the traffics that are open on it.
	references atomic.Int32
	// pending is an errno that a call which returned bytes has met: the next
	// call is told, as by sk_err in the kernel.
	pending atomic.Uint32
	// hungUp says that the endpoint may have been shut down for reading.
	hungUp atomic.Bool
	// receiveLimit and sendLimit are SO_RCVTIMEO and SO_SNDTIMEO in
	// nanoseconds; 0 is none. They are kept here because endpoints never wait.
	receiveLimit, sendLimit atomic.Int64
}

func newDescription(p endpoint.Provider, ep endpoint.Endpoint, family, typ, proto int) *description {
	return &description{
		p: p, ep: ep, exec: p.Executor(), key: endpoint.Key(ep.Cookie()),
		family: family, typ: typ, proto: proto,
	}
}

func (d *description) isStream() bool { return d.typ == endpoint.SOCK_STREAM }

// timeoutOption finds the limit that SO_RCVTIMEO or SO_SNDTIMEO sets.
func (d *description) timeoutOption(level, name int) *atomic.Int64 {
	switch {
	case level != endpoint.SOL_SOCKET:
	case name == endpoint.SO_RCVTIMEO, name == endpoint.SO_RCVTIMEO_NEW:
		return &d.receiveLimit
	case name == endpoint.SO_SNDTIMEO, name == endpoint.SO_SNDTIMEO_NEW:
		return &d.sendLimit
	}
	return nil
}
