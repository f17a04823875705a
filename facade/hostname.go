package facade

import (
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// onKernel tells whether the kernel carries AF_INET, so that the host is the
// machine and not the stack.
func (m *Module) onKernel() bool { return m.config.Kernel == KernelAlways }

// hostStack returns the stack that is the host. Nil when the module is closed, or
// nil.
func (m *Module) hostStack() *stack.Stack {
	if m == nil {
		return nil
	}
	s, _ := m.stack()
	return s
}

// GetHostName is gethostname(2): the name of the stack, or of the machine with
// KernelAlways.
func (m *Module) GetHostName() (string, error) {
	const op = "gethostname"
	if m != nil && m.onKernel() {
		name, err := os.Hostname()
		return name, hostNameError(op, err)
	}
	s := m.hostStack()
	if s == nil {
		return "", errnoError(op, nil, endpoint.EBADF)
	}
	return s.HostName(), nil
}

// SetHostName is sethostname(2): it names the stack, with 1 to 64 bytes. With
// KernelAlways it names the machine, which needs a privilege: EPERM.
func (m *Module) SetHostName(name string) error {
	const op = "sethostname"
	if m != nil && m.onKernel() {
		return hostNameError(op, setKernelHostName(name))
	}
	s := m.hostStack()
	if s == nil {
		return errnoError(op, nil, endpoint.EBADF)
	}
	return hostNameError(op, s.SetHostName(name))
}

// hostNameError gives an error of the stack, or of the system, the facade's form.
func hostNameError(op string, err error) error {
	var errno syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.Is(err, net.ErrClosed):
		return errnoError(op, nil, endpoint.EBADF)
	case errors.As(err, &errno):
		return &Error{Op: op, Errno: errno}
	}
	return badArgument(op, err.Error())
}

// HasIPv6 tells whether sockets of AF_INET6 can be made.
func (m *Module) HasIPv6() bool {
	e, errno := m.open(endpoint.AF_INET6, endpoint.SOCK_DGRAM, 0)
	if errno != 0 {
		return false
	}
	e.close()
	return true
}
