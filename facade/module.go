package facade

import (
	"errors"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/stack"
)

// KernelPolicy says which sockets the kernel carries.
type KernelPolicy int

// The kernel policies.
const (
	// KernelOthers sends only families to the kernel that neither the stack nor
	// a provider has. AF_INET and AF_INET6 never leave the stack. The default.
	KernelOthers KernelPolicy = iota
	// KernelNever uses no kernel socket at all: other families are
	// EAFNOSUPPORT.
	KernelNever
	// KernelAlways puts every socket on the kernel, so that the same program
	// runs on the host's network.
	KernelAlways
)

// Config sets up a Module. The zero value is a module on a loopback stack of its
// own.
type Config struct {
	// Stack carries AF_INET and AF_INET6. Nil is a new one that has only the
	// loopback and that the Module closes; the stack otherwise stays the
	// caller's.
	Stack *stack.Stack
	// Providers carry further families. Default none.
	Providers map[Family]endpoint.Provider
	// Kernel is the policy. Default KernelOthers.
	Kernel KernelPolicy
	// KernelPrefixes are destinations of AF_INET and AF_INET6 that the kernel
	// carries (split tunnelling), unless Kernel is KernelNever. The first call
	// of a socket that names an address (bind, connect, sendto) chooses its
	// path for good; options set before are set there too, and refuse that call
	// if the kernel refuses them. Sockets that listen without a bind, or are
	// bound to a wildcard that is in none of them, are the stack's. New copies
	// them. Default none.
	KernelPrefixes []netip.Prefix
	// Names says how names are found: hosts tables, name servers and their order. What
	// of its Host is nil becomes the module's, so that servers are asked by the
	// module's sockets. Nil is resolver.System with KernelAlways; else it is the zero
	// Config, which knows addresses, port numbers, the host's own name and localhost.
	Names *resolver.Config
	// Resolver answers for names instead. Default none.
	Resolver resolver.Resolver
	// Logger is told, at debug level, of what programs ask for in vain. Nil is
	// silent.
	Logger *slog.Logger
}

// Module is a socket module: the functions of the reference, with nothing
// global. It is safe for concurrent use.
type Module struct {
	config Config
	cred   endpoint.Cred
	// patience is the default timeout less NoTimeout, so that zero is none.
	patience atomic.Int64

	mu     sync.Mutex
	closed bool
	over   atomic.Bool // closed, to look at without the lock
	own    *stack.Stack
	net    *netstack.Provider
	kernel *kernel.Provider

	filenos filenos

	named   sync.Once
	names   *resolver.Switch
	lookups lookups
}

// New returns a module. It opens nothing: what it needs, it makes with the first
// socket that needs it.
func New(c Config) *Module {
	c.Providers = maps.Clone(c.Providers)
	c.KernelPrefixes = plainPrefixes(c.KernelPrefixes)
	return &Module{config: c, cred: endpoint.Cred{PID: os.Getpid(), UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}}
}

// debug tells the logger, if there is one.
func (m *Module) debug(message string, args ...any) {
	if m.config.Logger != nil {
		m.config.Logger.Debug(message, args...)
	}
}

// Close ends the calls that wait for names, and closes every socket of the module on
// the stack and on the kernel, and the stack if that is the module's own. Sockets of Config.Providers stay their
// provider's. A second call does nothing, and does not wait for the first.
func (m *Module) Close() error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true // nothing is added from here on
	m.over.Store(true)
	m.mu.Unlock()
	m.lookups.close()
	m.filenos.close()
	if m.net != nil {
		m.net.Close()
	}
	var err error
	if m.kernel != nil {
		err = m.kernel.Close()
	}
	if m.own != nil {
		err = errors.Join(err, m.own.Close())
	}
	return err
}

// provider finds what carries a family.
func (m *Module) provider(family int) (endpoint.Provider, endpoint.Errno) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, endpoint.EBADF
	}
	if m.config.Kernel == KernelAlways {
		return m.kernelProvider()
	}
	switch family {
	case endpoint.AF_INET, endpoint.AF_INET6:
		return m.internetProvider()
	case endpoint.AF_PACKET:
		return m.stackProvider()
	}
	if p, ok := m.config.Providers[Family(family)]; ok {
		return p, 0
	}
	if m.config.Kernel == KernelNever {
		return nil, endpoint.EAFNOSUPPORT
	}
	return m.kernelProvider()
}

// internetProvider is the stack's, or one that also knows the kernel's prefixes.
func (m *Module) internetProvider() (endpoint.Provider, endpoint.Errno) {
	p, errno := m.stackProvider()
	if errno != 0 || len(m.config.KernelPrefixes) == 0 || m.config.Kernel == KernelNever {
		return p, errno
	}
	return &splitProvider{Provider: p, m: m, prefixes: m.config.KernelPrefixes}, 0
}

// provided tells whether the sockets of a family are those of Config.Providers,
// which the module does not close.
func (m *Module) provided(family int) bool {
	switch family {
	case endpoint.AF_INET, endpoint.AF_INET6, endpoint.AF_PACKET:
		return false
	}
	_, ok := m.config.Providers[Family(family)]
	return ok && m.config.Kernel != KernelAlways
}

func (m *Module) stackProvider() (endpoint.Provider, endpoint.Errno) {
	if m.net != nil {
		return m.net, 0
	}
	s := m.config.Stack
	if s == nil {
		var err error
		if s, err = stack.New(stack.Config{Logger: m.config.Logger}); err != nil {
			m.debug("stack cannot be made", slog.Any("error", err))
			return nil, endpoint.ENOMEM
		}
		m.own = s
	}
	m.net = netstack.New(s, netstack.Config{Logger: m.config.Logger})
	return m.net, 0
}

func (m *Module) kernelProvider() (endpoint.Provider, endpoint.Errno) {
	if m.kernel != nil {
		return m.kernel, 0
	}
	p, err := kernel.New(kernel.Config{Logger: m.config.Logger})
	if err != nil {
		m.debug("kernel path cannot be used", slog.Any("error", err))
		return nil, endpoint.EAFNOSUPPORT
	}
	m.kernel = p
	return p, 0
}

// open makes a socket and its engine.
func (m *Module) open(family, typ, proto int) (*engine, endpoint.Errno) {
	if m == nil {
		return nil, endpoint.EBADF
	}
	p, errno := m.provider(family)
	if errno != 0 {
		return nil, errno
	}
	ep, errno := p.Socket(family, typ, proto, m.cred)
	if errno != 0 {
		return nil, errno
	}
	return newEngine(m, p, ep, family, plainType(typ), proto), 0
}

// adopt gives a connection that a listener accepted its engine.
func (m *Module) adopt(listener *engine, ep endpoint.Endpoint) *engine {
	return newEngine(m, listener.p, ep, listener.family, listener.typ, listener.proto)
}

// Socket wraps socket(2): it makes a socket with the module's default timeout.
// With SOCK_NONBLOCK it is in non-blocking mode instead. Its errors are
// EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT and ENFILE.
func (m *Module) Socket(family Family, typ Type, proto int) (*Socket, error) {
	e, errno := m.open(int(family), int(typ), proto)
	if errno != 0 {
		return nil, errnoError("socket", nil, errno)
	}
	if typ&SOCK_NONBLOCK != 0 {
		e.timeout.Store(0)
	}
	return &Socket{e: e}, nil
}

// GetDefaultTimeout returns the timeout of new sockets; NoTimeout at first.
func (m *Module) GetDefaultTimeout() time.Duration {
	if m == nil {
		return NoTimeout
	}
	return NoTimeout + time.Duration(m.patience.Load())
}

// SetDefaultTimeout sets the timeout of new sockets, accepted ones among them:
// NoTimeout makes them blocking, 0 non-blocking. A negative one is refused.
func (m *Module) SetDefaultTimeout(timeout time.Duration) error {
	const op = "setdefaulttimeout"
	if m == nil {
		return errnoError(op, nil, endpoint.EBADF)
	}
	if timeout < 0 {
		return badArgument(op, "timeout value out of range")
	}
	m.patience.Store(int64(timeout - NoTimeout))
	return nil
}

// stack is the one that carries AF_INET.
func (m *Module) stack() (*stack.Stack, endpoint.Errno) {
	if m.config.Stack != nil {
		return m.config.Stack, 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, endpoint.EBADF
	}
	if _, errno := m.stackProvider(); errno != 0 {
		return nil, errno
	}
	return m.own, 0
}
