package facade

import (
	"syscall"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
)

// Dup returns another socket on the same connection, with the same timeout: each
// is closed by itself, and the connection with the last.
func (s *Socket) Dup() (*Socket, error) {
	const op = "dup"
	e, err := s.engineFor(op)
	if err != nil {
		return nil, err
	}
	d, errno := e.duplicate()
	if errno != 0 {
		return nil, errnoError(op, nil, errno)
	}
	d.timeout.Store(e.timeout.Load())
	return &Socket{e: d}, nil
}

// Detach closes the socket without ending the connection, which from then on
// belongs to the descriptor that it returns. On the stack that descriptor is as
// Fileno describes it, and lives as long as the module: SocketFromFileno makes a
// socket of it again, CloseFD ends it.
func (s *Socket) Detach() (int, error) {
	const op = "detach"
	e, err := s.engineFor(op)
	if err != nil {
		return noFD, err
	}
	if own, ok := e.ep.(descriptor); ok {
		e.closeFileno()
		fd, errno := own.Release()
		if errno == 0 {
			e.close()
		}
		return fd, errnoError(op, nil, errno)
	}
	fd, errno := e.detach()
	return fd, errnoError(op, nil, errno)
}

// detach hands the descriptor over to a traffic that only the module knows.
func (t *traffic) detach() (int, endpoint.Errno) {
	if _, errno := t.openFileno(); errno != 0 {
		return noFD, errno
	}
	heir := newTraffic(t.m, t.description)
	heir.detached.Store(true)
	t.filenoMu.Lock()
	fd := t.fd
	if fd != noFD && !t.m.filenos.add(fd, heir) {
		fd = noFD
	}
	if fd != noFD {
		heir.fd, t.fd = fd, noFD
		heir.fileno.Store(t.fileno.Swap(nil))
	}
	t.filenoMu.Unlock()
	if fd == noFD {
		heir.close()
		return noFD, endpoint.EBADF
	}
	heir.settle()
	t.close()
	return fd, 0
}

// FromFD duplicates a descriptor and makes a socket of the result, in blocking
// mode: one of the kernel's, or one that Fileno or Detach gave out, and then the
// socket is another one on the same connection. What the descriptor is counts;
// family, typ and proto are not checked. A kernel descriptor becomes
// non-blocking, for every process that shares it.
func (m *Module) FromFD(fd int, family Family, typ Type, proto int) (*Socket, error) {
	const op = "fromfd"
	if m == nil {
		return nil, errnoError(op, nil, endpoint.EBADF)
	}
	var e *engine
	var errno endpoint.Errno
	if t := m.filenos.find(fd); t != nil {
		e, errno = t.duplicate()
	} else {
		e, errno = m.adoptDuplicate(fd)
	}
	if errno != 0 {
		return nil, errnoError(op, nil, errno)
	}
	e.timeout.Store(int64(NoTimeout))
	return &Socket{e: e}, nil
}

// SocketFromFileno makes a socket of a descriptor, which it takes over: the
// reference implementation's socket(fileno=fd). Family, type and protocol are
// found out. EBADF, and ENOTSOCK for what is no socket; a negative one is refused.
func (m *Module) SocketFromFileno(fd int) (*Socket, error) {
	const op = "socket"
	if m == nil {
		return nil, errnoError(op, nil, endpoint.EBADF)
	}
	if fd < 0 {
		return nil, &ArgumentError{Op: op, Reason: "negative file descriptor", Errno: syscall.EBADF}
	}
	if t := m.filenos.find(fd); t != nil {
		t.detached.Store(false)
		return &Socket{e: engineOn(t)}, nil
	}
	e, errno := m.adoptFD(fd)
	if errno != 0 {
		return nil, errnoError(op, nil, errno)
	}
	return &Socket{e: e}, nil
}

// CloseFD wraps close(2) for the descriptor of a socket: one that Fileno or Detach
// gave out, or one of the kernel's. A Socket whose descriptor it was answers EBADF
// from then on, to its own Close as well.
func (m *Module) CloseFD(fd int) error {
	const op = "close"
	if m == nil {
		return errnoError(op, nil, endpoint.EBADF)
	}
	if t := m.filenos.find(fd); t != nil {
		t.closedElsewhere.Store(!t.detached.Load())
		t.close()
		return nil
	}
	return errnoError(op, nil, kernel.CloseFD(fd))
}

// duplicate makes another engine on the same description.
func (t *traffic) duplicate() (*engine, endpoint.Errno) {
	if own, ok := t.ep.(descriptor); ok {
		return t.m.adoptDuplicate(own.FD())
	}
	d := newTraffic(t.m, t.description)
	if t.closed.Load() { // the last reference may have gone before this one came
		d.close()
		return nil, endpoint.EBADF
	}
	return engineOn(d), 0
}

// adoptDuplicate makes a socket of a duplicate of a kernel descriptor.
func (m *Module) adoptDuplicate(fd int) (*engine, endpoint.Errno) {
	fd, errno := kernel.Duplicate(fd)
	if errno != 0 {
		return nil, errno
	}
	e, errno := m.adoptFD(fd)
	if errno != 0 {
		kernel.CloseFD(fd)
	}
	return e, errno
}

// adoptFD makes a socket of a kernel descriptor, which stays the caller's on an
// error.
func (m *Module) adoptFD(fd int) (*engine, endpoint.Errno) {
	p, errno := m.kernelInUse()
	if errno != 0 {
		return nil, errno
	}
	ep, errno := p.Adopt(fd)
	if errno != 0 {
		return nil, errno
	}
	var info endpoint.Info
	ep.Info(&info)
	return newEngine(m, p, ep, info.Family, info.Type, info.Proto), 0
}

// kernelInUse is the kernel's provider, unless the policy is to use none.
func (m *Module) kernelInUse() (*kernel.Provider, endpoint.Errno) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, endpoint.EBADF
	}
	if m.config.Kernel == KernelNever {
		return nil, endpoint.EAFNOSUPPORT
	}
	if _, errno := m.kernelProvider(); errno != 0 {
		return nil, errno
	}
	return m.kernel, 0
}
