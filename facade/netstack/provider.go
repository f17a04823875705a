// Package netstack carries sockets over the userspace stack: endpoints of the
// facade's contract on gVisor.
package netstack

import (
	"log/slog"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// Config sets up a Provider.
type Config struct {
	// Logger is told of options that are not supported, at debug level. Nil is
	// silent.
	Logger *slog.Logger
}

// Provider makes endpoints of AF_INET, AF_INET6 and AF_PACKET on one stack: TCP,
// UDP, raw, ping and packet sockets. It is safe for concurrent use.
type Provider struct {
	stack *stack.Stack
	log   *slog.Logger
	table *endpoint.Table
	exec  endpoint.Direct
	room  room
	pings pings
	// forget ends the stack's call of Close.
	forget func()
	// moderate says that the stack tunes receive buffers by what is read.
	moderate bool
}

var _ endpoint.Provider = (*Provider)(nil)

// New returns the provider of s. The table takes the stack's cap on sockets.
func New(s *stack.Stack, c Config) *Provider {
	log := c.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	p := &Provider{
		stack:    s,
		log:      log,
		table:    endpoint.NewTable(s.Caps().Sockets),
		exec:     endpoint.Direct{Clock: clock{s.Clock()}},
		moderate: !s.TCP().DisableReceiveAutoTuning,
	}
	p.room.start(s)
	p.forget = s.OnClose(p.abort)
	return p
}

// Close resets and closes every socket, and lets go of the stack, which stays
// open. Further sockets are EBADF. A second call does nothing.
func (p *Provider) Close() {
	p.forget()
	p.abort()
	p.room.stop()
}

func (p *Provider) abort() {
	for _, e := range p.table.Close() {
		e.Endpoint.Abort()
	}
}

// Table implements endpoint.Provider.
func (p *Provider) Table() *endpoint.Table { return p.table }

// Executor implements endpoint.Provider. Time is the stack's.
func (p *Provider) Executor() endpoint.Executor { return p.exec }

// Socket implements endpoint.Provider. Beyond what Linux has, SOCK_RAW of AF_INET
// takes IPPROTO_IP, as on Windows: see SIO_RCVALL.
func (p *Provider) Socket(family, typ, proto int, cred endpoint.Cred) (endpoint.Endpoint, endpoint.Errno) {
	typ &^= endpoint.SOCK_NONBLOCK | endpoint.SOCK_CLOEXEC
	k, errno := kindOfSocket(family, typ, proto)
	if errno != 0 {
		return nil, errno
	}
	e := &Endpoint{
		p: p, family: family, typ: typ, proto: proto, cred: cred,
		network: k.network, transport: k.transport,
	}
	wq := &waiter.Queue{}
	ep, err := k.make(e, k, wq)
	if _, closed := err.(*tcpip.ErrAborted); closed {
		return nil, endpoint.EBADF
	}
	if err != nil {
		return nil, toErrno(err)
	}
	if errno := e.start(ep, wq); errno != 0 {
		return nil, errno
	}
	return e, 0
}

// Pair implements endpoint.Provider: as with the kernel, socketpair(2) is for
// other families.
func (p *Provider) Pair(family, _, _ int, _ endpoint.Cred) ([2]endpoint.Endpoint, endpoint.Errno) {
	if _, ok := networks[family]; !ok && family != endpoint.AF_PACKET {
		return [2]endpoint.Endpoint{}, endpoint.EAFNOSUPPORT
	}
	return [2]endpoint.Endpoint{}, endpoint.EOPNOTSUPP
}

// clock is the stack's clock as the executor takes it.
type clock struct{ tcpip.Clock }

func (c clock) AfterFunc(d time.Duration, f func()) endpoint.Timer {
	return c.Clock.AfterFunc(d, f)
}
