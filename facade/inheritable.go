package facade

import (
	"runtime"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
)

// GetInheritable tells whether the descriptor of Fileno outlives execve(2): no, at
// first.
func (s *Socket) GetInheritable() (bool, error) {
	var inheritable bool
	err := s.onDescriptor("get_inheritable", func(fd int) (errno endpoint.Errno) {
		inheritable, errno = kernel.Inheritable(fd)
		return errno
	})
	return inheritable, err
}

// SetInheritable sets whether the descriptor of Fileno outlives execve(2). Of a
// socket on the stack a new program can see only whether it is ready.
func (s *Socket) SetInheritable(inheritable bool) error {
	return s.onDescriptor("set_inheritable", func(fd int) endpoint.Errno {
		return kernel.SetInheritable(fd, inheritable)
	})
}

func (s *Socket) onDescriptor(op string, fn func(fd int) endpoint.Errno) error {
	e, err := s.engineFor(op)
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(e)
	if own, ok := e.ep.(descriptor); ok {
		return errnoError(op, nil, own.Use(fn))
	}
	if _, errno := e.openFileno(); errno != 0 {
		return errnoError(op, nil, errno)
	}
	e.filenoMu.Lock()
	defer e.filenoMu.Unlock()
	if e.fd == noFD {
		return newError(op, nil, result{outcome: closed})
	}
	return errnoError(op, nil, fn(e.fd))
}
