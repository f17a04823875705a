package facade

import (
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

// plainPrefixes returns prefixes that match plain addresses: an IPv4-mapped one is
// that of IPv4.
func plainPrefixes(prefixes []netip.Prefix) []netip.Prefix {
	const mappedBits = 96
	var plain []netip.Prefix
	for _, p := range prefixes {
		if p.Addr().Is4In6() && p.Bits() >= mappedBits {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mappedBits)
		}
		plain = append(plain, p.Masked())
	}
	return plain
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

// Listen implements endpoint.Endpoint: a socket without an address stays on the
// stack.
func (s *splitEndpoint) Listen(backlog int) endpoint.Errno {
	return s.settleOnStack(func(ep endpoint.Endpoint) endpoint.Errno { return ep.Listen(backlog) })
}

// Ioctl implements endpoint.Endpoint: what SIO_KEEPALIVE_VALS sets is remembered as
// the options that it stands for, and SIO_RCVALL is the stack's.
func (s *splitEndpoint) Ioctl(req uint, arg []byte) (n int, errno endpoint.Errno) {
	do := func(ep endpoint.Endpoint) endpoint.Errno {
		n, errno = ep.Ioctl(req, arg)
		return errno
	}
	switch req {
	case endpoint.SIO_RCVALL:
		s.settleOnStack(do)
	case endpoint.SIO_KEEPALIVE_VALS:
		s.beforeChoice(do, func(ep endpoint.Endpoint) {
			for _, o := range keepAliveOptions {
				var v [sizeofWord]byte
				if n, errno := ep.GetSockOpt(o.level, o.name, v[:]); errno == 0 {
					s.remember(o.level, o.name, v[:n])
				}
			}
		})
	default:
		s.forward(do)
	}
	return n, errno
}

// keepAliveOptions are what SIO_KEEPALIVE_VALS sets.
var keepAliveOptions = []struct{ level, name int }{
	{endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE},
	{endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE},
	{endpoint.IPPROTO_TCP, endpoint.TCP_KEEPINTVL},
}

const sizeofWord = 4

// SetSockOpt implements endpoint.Endpoint.
func (s *splitEndpoint) SetSockOpt(level, name int, v []byte) endpoint.Errno {
	return s.beforeChoice(
		func(ep endpoint.Endpoint) endpoint.Errno {
			if !s.chosen.Load() && len(s.options) >= maxSplitOptions {
				return endpoint.ENOBUFS
			}
			return ep.SetSockOpt(level, name, v)
		},
		func(endpoint.Endpoint) { s.remember(level, name, v) })
}

// settleOnStack makes a call that chooses the stack if it succeeds.
func (s *splitEndpoint) settleOnStack(do func(endpoint.Endpoint) endpoint.Errno) endpoint.Errno {
	return s.beforeChoice(do, func(endpoint.Endpoint) {
		s.options = nil
		s.chosen.Store(true)
	})
}

// beforeChoice makes a call, and then, if it succeeded and the path is not chosen
// yet, calls done with s.mu held.
func (s *splitEndpoint) beforeChoice(do func(endpoint.Endpoint) endpoint.Errno, done func(endpoint.Endpoint)) endpoint.Errno {
	if s.chosen.Load() {
		return s.forward(do)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ep := s.now()
	errno := do(ep)
	if errno == 0 && !s.chosen.Load() {
		done(ep)
	}
	return errno
}

// maxSplitOptions bounds what is remembered for the other path.
const maxSplitOptions = 1024

// remember keeps an option for the other path: the last value of each, but all of
// those that add up. The caller holds s.mu.
func (s *splitEndpoint) remember(level, name int, v []byte) {
	if !addsUp(level, name) {
		s.options = slices.DeleteFunc(s.options, func(o splitOption) bool { return o.level == level && o.name == name })
	}
	s.options = append(s.options, splitOption{level, name, slices.Clone(v)})
}

// addsUp tells of the memberships of multicast groups and their filters, of which
// each call counts.
func addsUp(level, name int) bool {
	source := name >= endpoint.MCAST_JOIN_GROUP && name <= endpoint.MCAST_MSFILTER
	switch level {
	case endpoint.IPPROTO_IP:
		return source || name >= endpoint.IP_ADD_MEMBERSHIP && name <= endpoint.IP_MSFILTER
	case endpoint.IPPROTO_IPV6:
		return source || name == endpoint.IPV6_JOIN_GROUP || name == endpoint.IPV6_LEAVE_GROUP
	}
	return false
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

// forward makes a call on the path that the socket is on. One that the choice
// overtakes, which closes the stack's socket, is made again.
func (s *splitEndpoint) forward(do func(endpoint.Endpoint) endpoint.Errno) endpoint.Errno {
	for {
		ep := s.now()
		errno := do(ep)
		if errno != endpoint.EBADF || s.now() == ep {
			return errno
		}
	}
}

// Accept implements endpoint.Endpoint.
func (s *splitEndpoint) Accept() (a endpoint.Endpoint, from endpoint.Sockaddr, errno endpoint.Errno) {
	s.forward(func(ep endpoint.Endpoint) endpoint.Errno {
		a, from, errno = ep.Accept()
		return errno
	})
	return a, from, errno
}

// Recv implements endpoint.Endpoint.
func (s *splitEndpoint) Recv(m *endpoint.Message) (n int, errno endpoint.Errno) {
	flags, control := m.Flags, m.Control
	s.forward(func(ep endpoint.Endpoint) endpoint.Errno {
		m.Flags, m.Control = flags, control
		n, errno = ep.Recv(m)
		return errno
	})
	return n, errno
}

// RecvBatch implements endpoint.Endpoint.
func (s *splitEndpoint) RecvBatch(ms []endpoint.Message) (int, endpoint.Errno) {
	return endpoint.RecvEach(s, ms)
}

// Shutdown implements endpoint.Endpoint.
func (s *splitEndpoint) Shutdown(how int) endpoint.Errno {
	return s.forward(func(ep endpoint.Endpoint) endpoint.Errno { return ep.Shutdown(how) })
}

// LocalAddr implements endpoint.Endpoint.
func (s *splitEndpoint) LocalAddr() (sa endpoint.Sockaddr, errno endpoint.Errno) {
	s.forward(func(ep endpoint.Endpoint) endpoint.Errno {
		sa, errno = ep.LocalAddr()
		return errno
	})
	return sa, errno
}

// PeerAddr implements endpoint.Endpoint.
func (s *splitEndpoint) PeerAddr() (sa endpoint.Sockaddr, errno endpoint.Errno) {
	s.forward(func(ep endpoint.Endpoint) endpoint.Errno {
		sa, errno = ep.PeerAddr()
		return errno
	})
	return sa, errno
}

// GetSockOpt implements endpoint.Endpoint.
func (s *splitEndpoint) GetSockOpt(level, name int, v []byte) (n int, errno endpoint.Errno) {
	s.forward(func(ep endpoint.Endpoint) endpoint.Errno {
		n, errno = ep.GetSockOpt(level, name, v)
		return errno
	})
	return n, errno
}

// Ready implements endpoint.Endpoint.
func (s *splitEndpoint) Ready() endpoint.Events {
	for {
		ep := s.now()
		if ready := ep.Ready(); s.now() == ep {
			return ready
		}
	}
}

// Info implements endpoint.Endpoint.
func (s *splitEndpoint) Info(info *endpoint.Info) { s.now().Info(info) }
