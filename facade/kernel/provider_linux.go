package kernel

import (
	"log/slog"
	"sync"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Provider makes endpoints over the kernel's sockets. It is safe for concurrent
// use. Make one with New; one that is closed, or was not made so, answers EBADF.
type Provider struct {
	log   *slog.Logger
	table *endpoint.Table

	mu     sync.Mutex
	open   bool
	poller *poller // nil until the first socket
	closed sync.Once
}

var _ endpoint.Provider = (*Provider)(nil)

// New makes a provider. It takes no descriptor and starts no goroutine until
// the first socket. On Linux the error is always nil.
func New(c Config) (*Provider, error) {
	limit, log := c.MaxSockets, c.Logger
	if limit == 0 {
		limit = DefaultMaxSockets
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Provider{log: log, table: endpoint.NewTable(limit), open: true}, nil
}

// Socket wraps socket(2). SOCK_NONBLOCK and SOCK_CLOEXEC are accepted in typ,
// and always set. The cred is only noted in the table: to the kernel, the
// process is who makes the socket.
func (p *Provider) Socket(family, typ, proto int, c endpoint.Cred) (endpoint.Endpoint, endpoint.Errno) {
	typ &^= typeFlags
	fd, errno := socket(family, typ, proto)
	if errno != 0 {
		return nil, errno
	}
	return endpointOrNil(p.own(&Endpoint{family: family, typ: typ, proto: proto, cred: c}, fd))
}

// Pair wraps socketpair(2).
func (p *Provider) Pair(family, typ, proto int, c endpoint.Cred) (pair [2]endpoint.Endpoint, errno endpoint.Errno) {
	typ &^= typeFlags
	fds, errno := socketpair(family, typ, proto)
	if errno != 0 {
		return pair, errno
	}
	var made [2]*Endpoint
	for i, fd := range fds {
		made[i], errno = p.own(&Endpoint{family: family, typ: typ, proto: proto, cred: c}, fd)
		if errno == 0 {
			continue
		}
		if i == 0 {
			closeFD(fds[1])
		} else {
			made[0].Close()
		}
		return pair, errno
	}
	return [2]endpoint.Endpoint{made[0], made[1]}, 0
}

// Executor implements endpoint.Provider.
func (*Provider) Executor() endpoint.Executor { return endpoint.Direct{} }

// Table implements endpoint.Provider.
func (p *Provider) Table() *endpoint.Table {
	if p == nil || p.table == nil {
		return endpoint.NewTable(0)
	}
	return p.table
}

// Close closes every endpoint, and waits for the goroutine that harvests
// readiness. A second call does nothing but wait for the first.
func (p *Provider) Close() error {
	if p == nil {
		return nil
	}
	p.closed.Do(func() {
		p.mu.Lock()
		p.open = false
		po := p.poller
		p.mu.Unlock()
		p.closeAll()
		if po != nil {
			po.close()
		}
	})
	return nil
}

func (p *Provider) closeAll() {
	for _, entry := range p.Table().All() {
		entry.Endpoint.Close()
	}
}

// own enters e, over fd, in the table, or closes fd.
func (p *Provider) own(e *Endpoint, fd int) (*Endpoint, endpoint.Errno) {
	if errno := p.enter(e, fd); errno != 0 {
		closeFD(fd)
		return nil, errno
	}
	if errno := p.watch(e); errno != 0 {
		e.Close()
		return nil, errno
	}
	return e, 0
}

// enter gives e the descriptor and a place in the table. On failure fd stays
// the caller's.
func (p *Provider) enter(e *Endpoint, fd int) endpoint.Errno {
	if p == nil {
		return endpoint.EBADF
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open {
		return endpoint.EBADF
	}
	if p.poller == nil {
		po, errno := newPoller(p)
		if errno != 0 {
			return errno
		}
		p.poller = po
	}
	e.provider = p
	e.fd.init(fd)
	entry := endpoint.Entry{Family: e.family, Type: e.typ, Proto: e.proto, Cred: e.cred, Endpoint: e}
	errno := p.table.Add(entry, e.cookie.Store)
	if errno != 0 {
		e.fd.disown()
	}
	return errno
}

// watch registers e with the poller. From the moment it is in the table others
// can find e there and close it.
func (p *Provider) watch(e *Endpoint) endpoint.Errno {
	if !e.fd.acquire() {
		// Close may have come before the cookie was known to it.
		p.table.Remove(e.cookie.Load())
		return endpoint.EBADF
	}
	defer e.release()
	return p.poller.add(e.fd.n, e.cookie.Load())
}

// endpointOrNil keeps a nil *Endpoint from becoming an Endpoint that is not nil.
func endpointOrNil(e *Endpoint, errno endpoint.Errno) (endpoint.Endpoint, endpoint.Errno) {
	if errno != 0 {
		return nil, errno
	}
	return e, 0
}
