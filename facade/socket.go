package facade

import (
	"context"
	"runtime"
	"syscall"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Socket is the reference's socket object. It is safe for concurrent use; Close
// from another goroutine ends every call that waits. The methods of a nil or
// zero Socket answer as those of a closed one.
type Socket struct {
	e   *engine
	ctx context.Context // of WithContext, or nil
}

// SocketType is the type of the objects that Module.Socket returns.
type SocketType = Socket

// WithContext returns a view of the socket, whose calls end when ctx does as
// well: with ctx's error, on top of the socket's own timeout. Names are resolved
// under ctx too. Closing either closes both.
func (s *Socket) WithContext(ctx context.Context) *Socket {
	if s == nil {
		return nil
	}
	return &Socket{e: s.e, ctx: ctx}
}

// call describes a call that takes an address.
func (s *Socket) call(op string) call {
	return call{ctx: s.context(), op: op, d: s.e.description, m: s.e.m}
}

// context is the one that the socket's calls are under.
func (s *Socket) context() context.Context {
	if s.ctx == nil {
		return context.Background()
	}
	return s.ctx
}

// engineFor returns the engine of an open socket.
func (s *Socket) engineFor(op string) (*engine, error) {
	if s == nil || s.e == nil || s.e.over() {
		return nil, newError(op, nil, result{outcome: closed})
	}
	return s.e, nil
}

// Family returns the address family; AF_UNSPEC for a nil socket.
func (s *Socket) Family() Family {
	if s == nil || s.e == nil {
		return AF_UNSPEC
	}
	return Family(s.e.family)
}

// Type returns the socket type, without SOCK_NONBLOCK and SOCK_CLOEXEC.
func (s *Socket) Type() Type {
	if s == nil || s.e == nil {
		return 0
	}
	return Type(s.e.typ)
}

// Proto returns the protocol as it was given: 0 stays 0.
func (s *Socket) Proto() int {
	if s == nil || s.e == nil {
		return 0
	}
	return s.e.proto
}

// Bind wraps bind(2).
func (s *Socket) Bind(address Addr) error {
	const op = "bind"
	e, err := s.engineFor(op)
	if err != nil {
		return err
	}
	sa, err := s.call(op).toSockaddr(address)
	if err != nil {
		return err
	}
	return errnoError(op, address, e.direct(func(ep endpoint.Endpoint) endpoint.Errno { return ep.Bind(sa) }))
}

// Listen wraps listen(2). A negative backlog counts as 0, and what is over
// SOMAXCONN as SOMAXCONN. A backlog of n lets n+1 connections wait, as on Linux.
func (s *Socket) Listen(backlog int) error {
	const op = "listen"
	e, err := s.engineFor(op)
	if err != nil {
		return err
	}
	if backlog > 1<<31-1 {
		return badArgument(op, "backlog is over 2147483647")
	}
	return errnoError(op, nil, e.direct(func(ep endpoint.Endpoint) endpoint.Errno { return ep.Listen(backlog) }))
}

// Accept wraps accept(2). The new socket has the module's default timeout,
// whatever the listener's.
func (s *Socket) Accept() (*Socket, Addr, error) {
	const op = "accept"
	e, err := s.engineFor(op)
	if err != nil {
		return nil, nil, err
	}
	c, peer, r := e.accept(s.patience(&e.rd, 0))
	if !r.ok() {
		return nil, nil, newError(op, nil, r)
	}
	return &Socket{e: c}, c.addr(peer), nil
}

// Connect wraps connect(2). When the socket's timeout passes first, the attempt
// goes on in the background; in non-blocking mode the error is EINPROGRESS.
func (s *Socket) Connect(address Addr) error {
	const op = "connect"
	r, err := s.connect(op, address)
	if err != nil {
		return err
	}
	return newError(op, address, r)
}

// ConnectEx is Connect that returns the errno, 0 for success. What is no errno
// of connect(2) is an error: a bad argument, a name that cannot be resolved, or a
// closed socket. A timeout is EAGAIN, as in CPython.
func (s *Socket) ConnectEx(address Addr) (syscall.Errno, error) {
	const op = "connect_ex"
	r, err := s.connect(op, address)
	switch {
	case err != nil:
		return 0, err
	case r.outcome == timedOut:
		return syscall.EAGAIN, nil
	case r.outcome != done:
		return 0, newError(op, address, r)
	}
	return r.errno.Host(), nil
}

func (s *Socket) connect(op string, address Addr) (result, error) {
	e, err := s.engineFor(op)
	if err != nil {
		return result{}, err
	}
	sa, err := s.call(op).toSockaddr(address)
	if err != nil {
		return result{}, err
	}
	return e.connect(sa, s.patience(&e.wr, 0)), nil
}

// Shutdown wraps shutdown(2) with SHUT_RD, SHUT_WR or SHUT_RDWR.
func (s *Socket) Shutdown(how int) error {
	const op = "shutdown"
	e, err := s.engineFor(op)
	if err != nil {
		return err
	}
	return newError(op, nil, e.shutdown(how))
}

// Close wraps close(2): all further calls fail with EBADF, and those that wait
// end so. What was sent is still delivered. A second Close does nothing; the
// first one after CloseFD is EBADF.
//
// As long as a file of MakeFile is open, the socket stays so too, and works: the
// last file's Close closes it.
func (s *Socket) Close() error {
	if s == nil || s.e == nil || s.e.files.postpone() {
		return nil
	}
	if !s.e.close() && s.e.closedElsewhere.Swap(false) {
		return errnoError("close", nil, endpoint.EBADF)
	}
	return nil
}

// GetSockName wraps getsockname(2).
func (s *Socket) GetSockName() (Addr, error) {
	const op = "getsockname"
	e, err := s.engineFor(op)
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(e)
	sa, errno := e.ep.LocalAddr()
	return e.addr(sa), errnoError(op, nil, errno)
}

// GetPeerName wraps getpeername(2).
func (s *Socket) GetPeerName() (Addr, error) {
	const op = "getpeername"
	e, err := s.engineFor(op)
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(e)
	sa, errno := e.ep.PeerAddr()
	return e.addr(sa), errnoError(op, nil, errno)
}

// SetBlocking sets blocking mode, or non-blocking mode.
func (s *Socket) SetBlocking(blocking bool) error {
	if blocking {
		return s.SetTimeout(NoTimeout)
	}
	return s.SetTimeout(0)
}

// SetTimeout sets how long each call may wait: NoTimeout is blocking mode and 0
// non-blocking mode. A negative one is refused. Calls that wait already keep the
// timeout that they began with.
func (s *Socket) SetTimeout(timeout time.Duration) error {
	const op = "settimeout"
	e, err := s.engineFor(op)
	if err != nil {
		return err
	}
	if timeout < 0 {
		return badArgument(op, "timeout value out of range")
	}
	e.timeout.Store(int64(timeout))
	return nil
}

// GetTimeout returns the timeout: NoTimeout in blocking mode, 0 in non-blocking
// mode and for a nil socket.
func (s *Socket) GetTimeout() time.Duration {
	if s == nil || s.e == nil {
		return 0
	}
	return time.Duration(s.e.timeout.Load())
}

// flagsOf or-s the optional flags of a send or receive.
func flagsOf(flags []int) int {
	all := 0
	for _, f := range flags {
		all |= f
	}
	return all
}

var noAddr endpoint.Sockaddr
