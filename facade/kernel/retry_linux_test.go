package kernel_test

import (
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"golang.org/x/sys/unix"
)

// TestNoEphemeralPortLeft narrows the range to one port, which is taken.
func TestNoEphemeralPortLeft(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	taken := bound(t, p, endpoint.SOCK_DGRAM, endpoint.SockaddrInet4(netip.IPv4Unspecified(), 0))
	to := local(t, taken)
	ap, _ := to.AddrPort()
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	only := int32Bytes(int(ap.Port()) | int(ap.Port())<<16)
	if errno := e.SetSockOpt(endpoint.IPPROTO_IP, unix.IP_LOCAL_PORT_RANGE, only); errno == endpoint.ENOPROTOOPT {
		t.Skip("IP_LOCAL_PORT_RANGE is of Linux 6.3")
	}
	_, errno := e.Send(&endpoint.Message{Addr: to})
	want(t, "Send", errno, endpoint.EADDRNOTAVAIL)
	_, errno = e.SendBatch([]endpoint.Message{{Addr: to}})
	want(t, "SendBatch", errno, endpoint.EADDRNOTAVAIL)
	taken.Close()
	_, errno = e.Send(&endpoint.Message{Addr: to})
	ok(t, "Send when the port is free", errno)
}

// TestFullQueueOfStranger sends to a socket that it is not connected to, until
// its queue is full: the kernel does not tell when there is room again.
func TestFullQueueOfStranger(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	unnamed, _ := endpoint.SockaddrFromBytes([]byte{endpoint.AF_UNIX, 0})
	to := bound(t, p, endpoint.SOCK_DGRAM, unnamed)
	e := open(t, p, endpoint.AF_UNIX, endpoint.SOCK_DGRAM)
	m := endpoint.Message{Iov: [][]byte{{1}}, Addr: local(t, to)}
	for {
		if _, errno := e.Send(&m); errno != 0 {
			want(t, "Send", errno, endpoint.EAGAIN)
			break
		}
	}
	tried := make(chan struct{}, 1)
	sent := make(chan endpoint.Errno)
	go func() {
		sent <- wait(t, e, endpoint.Writable, func() endpoint.Errno {
			_, errno := e.Send(&m)
			select {
			case tried <- struct{}{}:
			default:
			}
			return errno
		})
	}()
	<-tried
	_, errno := to.Recv(&endpoint.Message{})
	ok(t, "Recv", errno)
	ok(t, "Send when there is room", <-sent)
}

// TestFullBacklog connects to an AF_UNIX listener that nobody accepts from.
func TestFullBacklog(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	unnamed, _ := endpoint.SockaddrFromBytes([]byte{endpoint.AF_UNIX, 0})
	l := bound(t, p, endpoint.SOCK_STREAM, unnamed)
	ok(t, "Listen", l.Listen(0))
	to := local(t, l)
	ok(t, "Connect", open(t, p, endpoint.AF_UNIX, endpoint.SOCK_STREAM).Connect(to))
	e := open(t, p, endpoint.AF_UNIX, endpoint.SOCK_STREAM)
	want(t, "Connect", e.Connect(to), endpoint.EAGAIN)
	done := make(chan endpoint.Errno)
	go func() {
		done <- wait(t, e, endpoint.Writable, func() endpoint.Errno { return e.Connect(to) })
	}()
	accept(t, l)
	ok(t, "Connect when there is room", <-done)
}
