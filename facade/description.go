package facade

import (
	"slices"
	"sync"
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
	own                bool // the provider is the module's, which closes it

	// references counts the traffics that are open on it.
	references atomic.Int32
	// pending is an errno that a call which returned bytes has met: the next
	// call is told, as by sk_err in the kernel.
	pending atomic.Uint32
	// hungUp says that the endpoint may have been shut down for reading.
	hungUp atomic.Bool
	// limits are kept here because endpoints never wait.
	limits *limits
	shown  shownFiles
}

// limits are SO_RCVTIMEO and SO_SNDTIMEO in nanoseconds; 0 is none. Duplicates of a
// kernel descriptor share them although each has a description of its own here.
type limits struct{ receive, send atomic.Int64 }

func newDescription(p endpoint.Provider, ep endpoint.Endpoint, family, typ, proto int) *description {
	return &description{
		p: p, ep: ep, exec: p.Executor(), key: endpoint.Key(ep.Cookie()),
		family: family, typ: typ, proto: proto, limits: new(limits),
	}
}

func (d *description) isStream() bool { return d.typ == endpoint.SOCK_STREAM }

// timeoutOption finds the limit that SO_RCVTIMEO or SO_SNDTIMEO sets.
func (d *description) timeoutOption(level, name int) *atomic.Int64 {
	switch {
	case level != endpoint.SOL_SOCKET:
	case name == endpoint.SO_RCVTIMEO, name == endpoint.SO_RCVTIMEO_NEW:
		return &d.limits.receive
	case name == endpoint.SO_SNDTIMEO, name == endpoint.SO_SNDTIMEO_NEW:
		return &d.limits.send
	}
	return nil
}

// shownFiles are the descriptors of Fileno that show what a description is ready
// for: those of all duplicates, as each may change it.
type shownFiles struct {
	count atomic.Int32 // to look at without the lock

	mu  sync.Mutex
	all []*pollFile
}

func (s *shownFiles) add(f *pollFile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, f)
	s.count.Store(int32(len(s.all)))
}

func (s *shownFiles) remove(f *pollFile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = slices.DeleteFunc(s.all, func(g *pollFile) bool { return g == f })
	s.count.Store(int32(len(s.all)))
}

// sync brings them up to date.
func (s *shownFiles) sync() {
	if s.count.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.all {
		f.sync()
	}
}
