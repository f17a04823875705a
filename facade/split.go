package facade

import (
	"bytes"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// splitProvider makes the sockets of Config.KernelPrefixes: on the stack, until
// one of them names an address that is the kernel's.
type splitProvider struct {
	endpoint.Provider // the stack's
	m                 *Module
	prefixes          []netip.Prefix
}

// Socket implements endpoint.Provider.
func (p *splitProvider) Socket(family, typ, proto int, c endpoint.Cred) (endpoint.Endpoint, endpoint.Errno) {
	ep, errno := p.Provider.Socket(family, typ, proto, c)
	if errno != 0 {
		return nil, errno
	}
	s := &splitEndpoint{p: p, family: family, typ: typ, proto: proto, cred: c, cookie: ep.Cookie()}
	s.relay.Mark = s.Notify
	s.use(ep)
	return s, 0
}

// kernels tells whether the kernel carries what is sent to sa.
func (p *splitProvider) kernels(sa *endpoint.Sockaddr) bool {
	ap, ok := sa.AddrPort()
	if !ok {
		return false
	}
	addr := ap.Addr().Unmap()
	return slices.ContainsFunc(p.prefixes, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// splitEndpoint is a socket whose path is chosen by the first call that names an
// address. Until then it is one of the stack, which answers whatever is asked; the
// kernel's gets the options that were set.
type splitEndpoint struct {
	endpoint.Waiters // of the callers; relay passes on what the path says

	p                  *splitProvider
	family, typ, proto int
	cred               endpoint.Cred
	cookie             uint64 // of the first path, so that it never changes
	path               atomic.Pointer[path]
	chosen             atomic.Bool

	// mu orders the choice, Close and the options before it.
	mu      sync.Mutex
	closed  bool
	options []splitOption
	relay   endpoint.Waiter
}

// path is boxed because atomic.Pointer wants a type that is not an interface.
type path struct{ endpoint.Endpoint }

type splitOption struct {
	level, name int
	value       []byte
}

var _ endpoint.Endpoint = (*splitEndpoint)(nil)

func (s *splitEndpoint) use(ep endpoint.Endpoint) {
	s.path.Store(&path{ep})
	ep.Subscribe(&s.relay)
}

func (s *splitEndpoint) now() endpoint.Endpoint { return s.path.Load().Endpoint }

// choose settles the path by the address of a call. An error means that the
// kernel's socket could not be made, or refused an option; the next call may
// choose again.
func (s *splitEndpoint) choose(sa *endpoint.Sockaddr) endpoint.Errno {
	if s.chosen.Load() || sa.IsZero() || sa.Family() == endpoint.AF_UNSPEC {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return endpoint.EBADF
	case s.chosen.Load():
		return 0
	}
	if s.p.kernels(sa) {
		if errno := s.toKernel(); errno != 0 {
			return errno
		}
	}
	s.options = nil
	s.chosen.Store(true)
	return 0
}

// toKernel replaces the stack's socket. The caller holds s.mu.
func (s *splitEndpoint) toKernel() endpoint.Errno {
	k, errno := s.p.m.kernelInUse()
	if errno != 0 {
		return errno
	}
	ep, errno := k.Socket(s.family, s.typ, s.proto, s.cred)
	if errno != 0 {
		return errno
	}
	for _, o := range s.options {
		if errno := ep.SetSockOpt(o.level, o.name, o.value); errno != 0 {
			ep.Close()
			return errno
		}
	}
	old := s.now()
	old.Unsubscribe(&s.relay)
	s.use(ep)
	old.Close()
	s.Notify(endpoint.AllEvents)
	return 0
}

// Bind implements endpoint.Endpoint.
func (s *splitEndpoint) Bind(sa endpoint.Sockaddr) endpoint.Errno {
	if errno := s.choose(&sa); errno != 0 {
		return errno
	}
	return s.now().Bind(sa)
}

// Connect implements endpoint.Endpoint.
func (s *splitEndpoint) Connect(sa endpoint.Sockaddr) endpoint.Errno {
	if errno := s.choose(&sa); errno != 0 {
		return errno
	}
	return s.now().Connect(sa)
}

// Send implements endpoint.Endpoint.
func (s *splitEndpoint) Send(m *endpoint.Message) (int, endpoint.Errno) {
	if errno := s.choose(&m.Addr); errno != 0 {
		return 0, errno
	}
	return s.now().Send(m)
}

// SendBatch implements endpoint.Endpoint: the first message chooses.
func (s *splitEndpoint) SendBatch(ms []endpoint.Message) (int, endpoint.Errno) {
	if len(ms) > 0 {
		if errno := s.choose(&ms[0].Addr); errno != 0 {
			return 0, errno
		}
	}
	return s.now().SendBatch(ms)
}

// SetSockOpt implements endpoint.Endpoint.
func (s *splitEndpoint) SetSockOpt(level, name int, v []byte) endpoint.Errno {
	if s.chosen.Load() {
		return s.now().SetSockOpt(level, name, v)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	errno := s.now().SetSockOpt(level, name, v)
	if errno == 0 && !s.chosen.Load() {
		s.remember(level, name, v)
	}
	return errno
}

// remember keeps an option for the other path: once, however often it is set. The
// caller holds s.mu.
func (s *splitEndpoint) remember(level, name int, v []byte) {
	s.options = slices.DeleteFunc(s.options, func(o splitOption) bool {
		return o.level == level && o.name == name && bytes.Equal(o.value, v)
	})
	s.options = append(s.options, splitOption{level, name, slices.Clone(v)})
}

// Close implements endpoint.Endpoint.
func (s *splitEndpoint) Close() endpoint.Errno { return s.end(endpoint.Endpoint.Close) }

// Abort implements endpoint.Endpoint.
func (s *splitEndpoint) Abort() {
	s.end(func(ep endpoint.Endpoint) endpoint.Errno {
		ep.Abort()
		return 0
	})
}

func (s *splitEndpoint) end(fn func(endpoint.Endpoint) endpoint.Errno) endpoint.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return fn(s.now())
}

// Cookie implements endpoint.Endpoint.
func (s *splitEndpoint) Cookie() uint64 { return s.cookie }

// What follows goes to the path that the socket is on.

// Listen implements endpoint.Endpoint: a socket without an address stays on the
// stack.
func (s *splitEndpoint) Listen(backlog int) endpoint.Errno { return s.now().Listen(backlog) }

// Accept implements endpoint.Endpoint.
func (s *splitEndpoint) Accept() (endpoint.Endpoint, endpoint.Sockaddr, endpoint.Errno) {
	return s.now().Accept()
}

// Recv implements endpoint.Endpoint.
func (s *splitEndpoint) Recv(m *endpoint.Message) (int, endpoint.Errno) {
	for {
		ep := s.now()
		n, errno := ep.Recv(m)
		if errno != endpoint.EBADF || s.now() == ep {
			return n, errno
		}
		// It was overtaken by the choice, which closed the stack's socket.
	}
}

// RecvBatch implements endpoint.Endpoint.
func (s *splitEndpoint) RecvBatch(ms []endpoint.Message) (int, endpoint.Errno) {
	return s.now().RecvBatch(ms)
}

// Shutdown implements endpoint.Endpoint.
func (s *splitEndpoint) Shutdown(how int) endpoint.Errno { return s.now().Shutdown(how) }

// LocalAddr implements endpoint.Endpoint.
func (s *splitEndpoint) LocalAddr() (endpoint.Sockaddr, endpoint.Errno) { return s.now().LocalAddr() }

// PeerAddr implements endpoint.Endpoint.
func (s *splitEndpoint) PeerAddr() (endpoint.Sockaddr, endpoint.Errno) { return s.now().PeerAddr() }

// GetSockOpt implements endpoint.Endpoint.
func (s *splitEndpoint) GetSockOpt(level, name int, v []byte) (int, endpoint.Errno) {
	return s.now().GetSockOpt(level, name, v)
}

// Ioctl implements endpoint.Endpoint.
func (s *splitEndpoint) Ioctl(req uint, arg []byte) (int, endpoint.Errno) {
	return s.now().Ioctl(req, arg)
}

// Ready implements endpoint.Endpoint.
func (s *splitEndpoint) Ready() endpoint.Events { return s.now().Ready() }

// Info implements endpoint.Endpoint.
func (s *splitEndpoint) Info(info *endpoint.Info) { s.now().Info(info) }
