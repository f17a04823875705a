package facade_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
)

// TestErrorQueueIsNotWaitedFor: a blocking receive with MSG_ERRQUEUE returns at
// once, with an error or without one in the queue.
func TestErrorQueueIsNotWaitedFor(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		defer s.Close()
		must(t, s.SetSockOpt(endpoint.SOL_IP, endpoint.IP_RECVERR, 1))
		must(t, s.Connect(facade.InetAddr{Host: "127.0.0.1", Port: 1}))
		if _, err := s.Recv(16, endpoint.MSG_ERRQUEUE); !errors.Is(err, syscall.EAGAIN) {
			t.Errorf("an empty queue: %v", err)
		}
		_, err = s.Send([]byte("hello"))
		must(t, err)
		must(t, s.SetTimeout(patience))
		if _, err := s.Recv(16); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a plain receive: %v", err)
		}
		if b, err := s.Recv(16, endpoint.MSG_ERRQUEUE); string(b) != "hello" || err != nil {
			t.Errorf("the queue: %q, %v", b, err)
		}
	})
}
