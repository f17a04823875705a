package facade

import (
	"runtime"
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
	defer runtime.KeepAlive(e)
	d, errno := e.duplicate()
	if errno != 0 {
		return nil, errnoError(op, nil, errno)
	}
	d.timeout.Store(e.timeout.Load())
	return &Socket{e: d}, nil
}

// Detach closes the socket without ending the connection, which from then on
// belongs to the descriptor that it returns. Where that is none of the kernel's, it
// is as Fileno describes it, and lives as long as the module: SocketFromFileno makes
// a socket of it again, CloseFD ends it. One of the kernel's is non-blocking.
func (s *Socket) Detach() (int, error) {
	const op = "detach"
	e, err := s.engineFor(op)
	if err != nil {
		return noFD, err
	}
	defer runtime.KeepAlive(e) // this is the last use of most sockets
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
	fd := t.handOver(heir)
	if fd == noFD {
		heir.close()
	} else {
		heir.settle()
		t.close()
	}
	if heir.closed.Load() { // by CloseFD, or the module
		return noFD, endpoint.EBADF
	}
	return fd, 0
}

// handOver gives the descriptor to heir, which nobody knows before it is whole.
func (t *traffic) handOver(heir *traffic) int {
	t.filenoMu.Lock()
	defer t.filenoMu.Unlock()
	fd := t.fd
	if fd == noFD {
		return noFD
	}
	t.fd, heir.fd = noFD, fd
	heir.fileno.Store(t.fileno.Swap(nil))
	if !t.m.filenos.add(fd, heir) {
		return noFD // heir has it, and closes it
	}
	return fd
}

// FromFD duplicates a descriptor and makes a socket of the result, in blocking
// mode: one of the kernel's, or one that Fileno or Detach gave out, and then the
// socket is another one on the same connection. What the descriptor is counts;
// family, typ and proto are not checked. A kernel descriptor becomes
// non-blocking, for every process that shares it. What another module's Fileno gave
// out is to this one an AF_UNIX socket of the kernel's.
func (m *Module) FromFD(fd int, family Family, typ Type, proto int) (*Socket, error) {
	const op = "fromfd"
	if m == nil {
		return nil, errnoError(op, nil, endpoint.EBADF)
	}
	e, errno := m.duplicateOf(fd)
	if errno != 0 {
		return nil, errnoError(op, nil, errno)
	}
	e.timeout.Store(int64(NoTimeout))
	return &Socket{e: e}, nil
}

// duplicateOf makes an engine of a duplicate of any descriptor.
func (m *Module) duplicateOf(fd int) (*engine, endpoint.Errno) {
	if t := m.filenos.find(fd); t != nil {
		return t.duplicate()
	}
	d, errno := m.adoptDuplicate(fd)
	if errno != 0 {
		return nil, errno
	}
	return engineOn(newTraffic(m, d)), 0
}

// SocketFromFileno makes a socket of a descriptor, which it takes over: the
// reference implementation's socket(fileno=fd). Family, type and protocol are
// found out. A Socket that has the descriptor goes on sharing it: closing either
// closes both. EBADF, and ENOTSOCK for what is no socket; a negative one is refused.
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
	d, errno := m.adoptFD(fd)
	if errno != 0 {
		return nil, errnoError(op, nil, errno)
	}
	return &Socket{e: engineOn(newTraffic(m, d))}, nil
}

// CloseFD wraps close(2) for the descriptor of a socket: one that Fileno or Detach
// gave out, or one of the kernel's, unless that is KernelNever. A Socket whose
// descriptor it was answers EBADF from then on, to its own Close as well. What is no
// socket is ENOTSOCK. Descriptors of another module's are not for it.
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
	if m.config.Kernel == KernelNever {
		return errnoError(op, nil, endpoint.EBADF)
	}
	return errnoError(op, nil, kernel.CloseFD(fd))
}

// duplicate makes another engine on the same description. A kernel descriptor is
// duplicated, and shares what the kernel would.
func (t *traffic) duplicate() (*engine, endpoint.Errno) {
	if own, ok := t.ep.(descriptor); ok {
		return t.duplicateOwn(own)
	}
	d := newTraffic(t.m, t.description)
	if t.closed.Load() { // the last reference may have gone before this one came
		d.close()
		return nil, endpoint.EBADF
	}
	return engineOn(d), 0
}

func (t *traffic) duplicateOwn(own descriptor) (*engine, endpoint.Errno) {
	var d *description
	errno := own.Use(func(fd int) (errno endpoint.Errno) {
		d, errno = t.m.adoptDuplicate(fd)
		return errno
	})
	if errno != 0 {
		return nil, errno
	}
	d.proto, d.limits = t.proto, t.limits
	return engineOn(newTraffic(t.m, d)), 0
}

// adoptDuplicate makes a description of a duplicate of a kernel descriptor.
func (m *Module) adoptDuplicate(fd int) (*description, endpoint.Errno) {
	fd, errno := kernel.Duplicate(fd)
	if errno != 0 {
		return nil, errno
	}
	d, errno := m.adoptFD(fd)
	if errno != 0 {
		kernel.CloseFD(fd)
	}
	return d, errno
}

// adoptFD makes a description of a kernel descriptor, which stays the caller's on
// an error.
func (m *Module) adoptFD(fd int) (*description, endpoint.Errno) {
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
	d := newDescription(p, ep, info.Family, info.Type, info.Proto)
	d.own = true
	d.limits.receive.Store(kernelLimit(ep, endpoint.SO_RCVTIMEO))
	d.limits.send.Store(kernelLimit(ep, endpoint.SO_SNDTIMEO))
	return d, 0
}

// kernelLimit is a time limit that was set on a descriptor before it was adopted.
func kernelLimit(ep endpoint.Endpoint, name int) int64 {
	var v [sizeofTimeval]byte
	n, errno := ep.GetSockOpt(endpoint.SOL_SOCKET, name, v[:])
	if errno != 0 {
		return 0
	}
	limit, _ := setTimeval(v[:n])
	return int64(limit)
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
