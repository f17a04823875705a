package facade_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
)

// collectingEndpoint has the garbage collected in the middle of every call, and then
// answers EBADF if that has closed it.
type collectingEndpoint struct {
	endpoint.Endpoint
	waiters endpoint.Waiters
	closed  atomic.Bool
}

// collect returns when what was unreachable has been cleaned up.
func collect() {
	for range 3 {
		done := make(chan struct{})
		runtime.AddCleanup(new([16]byte), func(int) { close(done) }, 0)
		for waiting := true; waiting; {
			runtime.GC()
			select {
			case <-done:
				waiting = false
			default:
				runtime.Gosched()
			}
		}
	}
}

func (e *collectingEndpoint) call() endpoint.Errno {
	collect()
	if e.closed.Load() {
		return endpoint.EBADF
	}
	return 0
}

func (e *collectingEndpoint) Subscribe(w *endpoint.Waiter)   { e.waiters.Subscribe(w) }
func (e *collectingEndpoint) Unsubscribe(w *endpoint.Waiter) { e.waiters.Unsubscribe(w) }
func (e *collectingEndpoint) Cookie() uint64                 { return 1 }
func (e *collectingEndpoint) Ready() endpoint.Events         { return 0 }
func (e *collectingEndpoint) Close() endpoint.Errno {
	e.closed.Store(true)
	return 0
}
func (e *collectingEndpoint) Bind(endpoint.Sockaddr) endpoint.Errno        { return e.call() }
func (e *collectingEndpoint) Listen(int) endpoint.Errno                    { return e.call() }
func (e *collectingEndpoint) Connect(endpoint.Sockaddr) endpoint.Errno     { return e.call() }
func (e *collectingEndpoint) Shutdown(int) endpoint.Errno                  { return e.call() }
func (e *collectingEndpoint) SetSockOpt(int, int, []byte) endpoint.Errno   { return e.call() }
func (e *collectingEndpoint) Send(*endpoint.Message) (int, endpoint.Errno) { return 0, e.call() }
func (e *collectingEndpoint) Recv(*endpoint.Message) (int, endpoint.Errno) { return 0, e.call() }
func (e *collectingEndpoint) Ioctl(uint, []byte) (int, endpoint.Errno)     { return 0, e.call() }
func (e *collectingEndpoint) GetSockOpt(_, _ int, v []byte) (int, endpoint.Errno) {
	return len(v), e.call()
}
func (e *collectingEndpoint) LocalAddr() (endpoint.Sockaddr, endpoint.Errno) {
	return endpoint.SockaddrUnspec(), e.call()
}

// collecting makes collectingEndpoints.
type collecting struct{ endpoint.Provider }

func (collecting) Socket(int, int, int, endpoint.Cred) (endpoint.Endpoint, endpoint.Errno) {
	return &collectingEndpoint{}, 0
}
func (collecting) Executor() endpoint.Executor { return endpoint.Direct{} }

// TestLastCallKeepsSocket: a socket is not collected in the middle of a call, be it
// the last that anybody makes.
func TestLastCallKeepsSocket(t *testing.T) {
	m := facade.New(facade.Config{Providers: map[facade.Family]endpoint.Provider{facade.AF_NETLINK: collecting{}}})
	closeAtEnd(t, m)
	for name, call := range map[string]func(*facade.Socket) error{
		"bind":        func(s *facade.Socket) error { return s.Bind(facade.NetlinkAddr{}) },
		"listen":      func(s *facade.Socket) error { return s.Listen(1) },
		"connect":     func(s *facade.Socket) error { return s.Connect(facade.NetlinkAddr{}) },
		"getsockname": func(s *facade.Socket) error { _, err := s.GetSockName(); return err },
		"getsockopt":  func(s *facade.Socket) error { _, err := s.GetSockOpt(1, 3); return err },
		"setsockopt":  func(s *facade.Socket) error { return s.SetSockOpt(1, 3, 1) },
		"ioctl":       func(s *facade.Socket) error { _, err := s.IoctlInt(1, 3); return err },
		"send":        func(s *facade.Socket) error { _, err := s.Send(nil); return err },
		"recv":        func(s *facade.Socket) error { _, err := s.Recv(1); return err },
		"shutdown":    func(s *facade.Socket) error { return s.Shutdown(facade.SHUT_RDWR) },
		"dup":         func(s *facade.Socket) error { _, err := s.Dup(); return err },
	} {
		s, err := m.Socket(facade.AF_NETLINK, facade.SOCK_DGRAM, 0)
		must(t, err)
		if err := call(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
