//go:build !linux

package kernel

import "github.com/usernet-stack/usernet/facade/endpoint"

// Endpoint is closed for ever on this platform: every call answers EBADF.
type Endpoint struct{}

var _ endpoint.Endpoint = (*Endpoint)(nil)

// FD returns -1.
func (*Endpoint) FD() int { return -1 }

// Release answers EBADF.
func (*Endpoint) Release() (int, endpoint.Errno) { return -1, endpoint.EBADF }

// Use answers EBADF.
func (*Endpoint) Use(func(fd int) endpoint.Errno) endpoint.Errno { return endpoint.EBADF }

// Cookie returns 0.
func (*Endpoint) Cookie() uint64 { return 0 }

// Bind implements endpoint.Endpoint.
func (*Endpoint) Bind(endpoint.Sockaddr) endpoint.Errno { return endpoint.EBADF }

// Listen implements endpoint.Endpoint.
func (*Endpoint) Listen(int) endpoint.Errno { return endpoint.EBADF }

// Accept implements endpoint.Endpoint.
func (*Endpoint) Accept() (endpoint.Endpoint, endpoint.Sockaddr, endpoint.Errno) {
	return nil, endpoint.Sockaddr{}, endpoint.EBADF
}

// Connect implements endpoint.Endpoint.
func (*Endpoint) Connect(endpoint.Sockaddr) endpoint.Errno { return endpoint.EBADF }

// Send implements endpoint.Endpoint.
func (*Endpoint) Send(*endpoint.Message) (int, endpoint.Errno) { return 0, endpoint.EBADF }

// Recv implements endpoint.Endpoint.
func (*Endpoint) Recv(*endpoint.Message) (int, endpoint.Errno) { return 0, endpoint.EBADF }

// SendBatch implements endpoint.Endpoint.
func (*Endpoint) SendBatch([]endpoint.Message) (int, endpoint.Errno) { return 0, endpoint.EBADF }

// RecvBatch implements endpoint.Endpoint.
func (*Endpoint) RecvBatch([]endpoint.Message) (int, endpoint.Errno) { return 0, endpoint.EBADF }

// Shutdown implements endpoint.Endpoint.
func (*Endpoint) Shutdown(int) endpoint.Errno { return endpoint.EBADF }

// LocalAddr implements endpoint.Endpoint.
func (*Endpoint) LocalAddr() (endpoint.Sockaddr, endpoint.Errno) {
	return endpoint.Sockaddr{}, endpoint.EBADF
}

// PeerAddr implements endpoint.Endpoint.
func (*Endpoint) PeerAddr() (endpoint.Sockaddr, endpoint.Errno) {
	return endpoint.Sockaddr{}, endpoint.EBADF
}

// SetSockOpt implements endpoint.Endpoint.
func (*Endpoint) SetSockOpt(int, int, []byte) endpoint.Errno { return endpoint.EBADF }

// GetSockOpt implements endpoint.Endpoint.
func (*Endpoint) GetSockOpt(int, int, []byte) (int, endpoint.Errno) { return 0, endpoint.EBADF }

// Ioctl implements endpoint.Endpoint.
func (*Endpoint) Ioctl(uint, []byte) (int, endpoint.Errno) { return 0, endpoint.EBADF }

// Ready implements endpoint.Endpoint: no call answers EAGAIN.
func (*Endpoint) Ready() endpoint.Events {
	return endpoint.POLLIN | endpoint.POLLOUT | endpoint.POLLERR | endpoint.POLLHUP
}

// Subscribe implements endpoint.Endpoint.
func (*Endpoint) Subscribe(*endpoint.Waiter) {}

// Unsubscribe implements endpoint.Endpoint.
func (*Endpoint) Unsubscribe(*endpoint.Waiter) {}

// Info implements endpoint.Endpoint.
func (*Endpoint) Info(info *endpoint.Info) {
	if info != nil {
		*info = endpoint.Info{State: endpoint.TCP_CLOSE}
	}
}

// Abort implements endpoint.Endpoint.
func (*Endpoint) Abort() {}

// Close implements endpoint.Endpoint.
func (*Endpoint) Close() endpoint.Errno { return endpoint.EBADF }
