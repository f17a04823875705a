package netstack_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// The queue of extended errors has no bound in gVisor; none of what fills it may
// stay in it.

func TestRefusedDatagramsLeaveNoErrorsBehind(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			e := open(t, p, addr.Family(), endpoint.SOCK_DGRAM)
			ok(t, "Connect", e.Connect(closedPort(t, p, endpoint.SOCK_DGRAM, addr)))
			refused := 0
			for range 500 {
				_, errno := e.Send(&endpoint.Message{Iov: [][]byte{make([]byte, 1000)}})
				switch errno {
				case 0:
				case endpoint.ECONNREFUSED:
					refused++
				default:
					t.Fatal(errno)
				}
			}
			if refused == 0 {
				t.Error("nothing was refused")
			}
			if e.QueuedErrors() {
				t.Error("extended errors are queued")
			}
		})
	}
}

func TestTooLongDatagramsLeaveNoErrorsBehind(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			e := open(t, p, addr.Family(), endpoint.SOCK_DGRAM)
			ok(t, "Connect", e.Connect(closedPort(t, p, endpoint.SOCK_DGRAM, addr)))
			for range 3 {
				_, errno := e.Send(&endpoint.Message{Iov: [][]byte{make([]byte, 1<<16)}})
				want(t, "Send", errno, endpoint.EMSGSIZE)
			}
			if e.QueuedErrors() {
				t.Error("extended errors are queued")
			}
		})
	}
}
