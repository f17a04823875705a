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
	e.filenoMu.Lock()
	defer e.filenoMu.Unlock()
	if f := e.fileno.Load(); f != nil {
		return f.fd, nil
	}
	if e.closed.Load() {
		return -1, newError(op, nil, result{outcome: closed})
	}
	f, errno := newPollFile(e.ep)
	if errno != 0 {
		return -1, errnoError(op, nil, errno)
	}
	e.fileno.Store(f)
	f.sync()
	return f.fd, nil
}

// visible is what a descriptor can show: errors and hang-ups make it readable
// and writable, as select(2) has them.
func visible(ready endpoint.Events) (in, out bool) {
	return ready&endpoint.Readable != 0, ready&endpoint.Writable != 0
}
