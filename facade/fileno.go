package facade

import (
	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Fileno returns a descriptor that poll(2), select(2) and epoll(7) can wait on;
// -1 for a closed socket. On the kernel path it is the socket's own.
//
// On the stack it is one that stands for the socket: it is readable and writable
// when the socket is, and an error or hang-up shows as both. It is there to wait
// on, not to read, write or close; it is closed with the socket. Only Linux has
// it: elsewhere the error is ENOSYS.
func (s *Socket) Fileno() (int, error) {
	const op = "fileno"
	e, err := s.engineFor(op)
	if err != nil {
		return -1, err
	}
	if f, ok := e.ep.(interface{ FD() int }); ok {
		return f.FD(), nil
	}
	fd, errno := e.openFileno()
	return fd, errnoError(op, nil, errno)
}

// openFileno returns the descriptor that stands for the socket, made when it is
// first asked for.
func (e *engine) openFileno() (int, endpoint.Errno) {
	e.filenoMu.Lock()
	defer e.filenoMu.Unlock()
	if f := e.fileno.Load(); f != nil {
		return f.fd, 0
	}
	if e.closed.Load() || !e.m.keepFileno(e) {
		return -1, endpoint.EBADF
	}
	f, errno := newPollFile(e.ep)
	if errno != 0 {
		return -1, errno
	}
	e.fileno.Store(f)
	f.sync()
	return f.fd, 0
}

func (e *engine) closeFileno() {
	e.filenoMu.Lock()
	defer e.filenoMu.Unlock()
	if f := e.fileno.Swap(nil); f != nil {
		f.close()
	}
}

// keepFileno has the module close the socket's descriptor with itself; not any
// more when it is closed.
func (m *Module) keepFileno(e *engine) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	if m.filenos == nil {
		m.filenos = make(map[*engine]struct{})
	}
	m.filenos[e] = struct{}{}
	return true
}

func (m *Module) forgetFileno(e *engine) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.filenos, e)
}

// visible is what a descriptor can show: errors and hang-ups make it readable
// and writable, as select(2) has them.
func visible(ready endpoint.Events) (in, out bool) {
	return ready&endpoint.Readable != 0, ready&endpoint.Writable != 0
}
