//go:build !linux

package kernel

import "github.com/usernet-stack/usernet/facade/endpoint"

// Provider makes no endpoints on this platform.
type Provider struct{}

var _ endpoint.Provider = (*Provider)(nil)

// New returns ErrUnsupported.
func New(Config) (*Provider, error) { return nil, ErrUnsupported }

// Socket answers EAFNOSUPPORT.
func (*Provider) Socket(int, int, int, endpoint.Cred) (endpoint.Endpoint, endpoint.Errno) {
	return nil, endpoint.EAFNOSUPPORT
}

// Pair answers EAFNOSUPPORT.
func (*Provider) Pair(int, int, int, endpoint.Cred) ([2]endpoint.Endpoint, endpoint.Errno) {
	return [2]endpoint.Endpoint{}, endpoint.EAFNOSUPPORT
}

// Adopt answers EAFNOSUPPORT.
func (*Provider) Adopt(int) (endpoint.Endpoint, endpoint.Errno) {
	return nil, endpoint.EAFNOSUPPORT
}

// Executor implements endpoint.Provider.
func (*Provider) Executor() endpoint.Executor { return endpoint.Direct{} }

// Table returns an empty table.
func (*Provider) Table() *endpoint.Table { return endpoint.NewTable(0) }

// Close does nothing.
func (*Provider) Close() error { return nil }

// Duplicate answers ENOSYS.
func Duplicate(int) (int, endpoint.Errno) { return -1, endpoint.ENOSYS }

// CloseFD answers ENOSYS.
func CloseFD(int) endpoint.Errno { return endpoint.ENOSYS }

// Inheritable answers ENOSYS.
func Inheritable(int) (bool, endpoint.Errno) { return false, endpoint.ENOSYS }

// SetInheritable answers ENOSYS.
func SetInheritable(int, bool) endpoint.Errno { return endpoint.ENOSYS }
