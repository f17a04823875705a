package kernel_test

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"github.com/usernet-stack/usernet/internal/testenv"
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
		testenv.Skip(t, "IP_LOCAL_PORT_RANGE is of Linux 6.3")
	}
	_, errno := e.Send(&endpoint.Message{Addr: to})
	want(t, "Send", errno, endpoint.EADDRNOTAVAIL)
	_, errno = e.SendBatch([]endpoint.Message{{Addr: to}})
	want(t, "SendBatch", errno, endpoint.EADDRNOTAVAIL)
	taken.Close()
	_, errno = e.Send(&endpoint.Message{Addr: to})
	ok(t, "Send when the port is free", errno)
}

// unnamed is the address to bind an AF_UNIX socket to that wants a name.
var unnamed, _ = endpoint.SockaddrFromBytes(binary.NativeEndian.AppendUint16(nil, endpoint.AF_UNIX))

// settle returns when the events so far have been delivered: they come in order.
func settle(t *testing.T, p *kernel.Provider) {
	t.Helper()
	a, b := udpPair(t, p)
	exchange(t, a, b)
	a.Close()
	b.Close()
}

// TestFullQueueOfStranger sends to a socket that it is not connected to and
// whose queue another has filled: the kernel does not tell when there is room.
func TestFullQueueOfStranger(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	to := bound(t, p, endpoint.SOCK_DGRAM, unnamed)
	e := open(t, p, endpoint.AF_UNIX, endpoint.SOCK_DGRAM)
	m := endpoint.Message{Iov: [][]byte{{1}}, Addr: local(t, to)}
	for other := open(t, p, endpoint.AF_UNIX, endpoint.SOCK_DGRAM); ; {
		if _, errno := other.Send(&m); errno != 0 {
			want(t, "Send", errno, endpoint.EAGAIN)
			break
		}
	}
	settle(t, p)
	const enough = 20
	begin, tries := time.Now(), 0
	errno := wait(t, e, endpoint.Writable, func() endpoint.Errno {
		if tries++; tries == enough {
			// It must have waited, and not spun, for what comes now.
			if took := time.Since(begin); took < enough/4*time.Millisecond {
				t.Errorf("%d tries in %v", tries, took)
			}
			_, errno := to.Recv(&endpoint.Message{})
			ok(t, "Recv", errno)
		}
		_, errno := e.Send(&m)
		return errno
	})
	ok(t, "Send when there is room", errno)
}

// TestFullBacklog connects to an AF_UNIX listener that nobody accepts from.
func TestFullBacklog(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	l := bound(t, p, endpoint.SOCK_STREAM, unnamed)
	ok(t, "Listen", l.Listen(0))
	to := local(t, l)
	ok(t, "Connect", open(t, p, endpoint.AF_UNIX, endpoint.SOCK_STREAM).Connect(to))
	e := open(t, p, endpoint.AF_UNIX, endpoint.SOCK_STREAM)
	settle(t, p)
	tries := 0
	errno := wait(t, e, endpoint.Writable, func() endpoint.Errno {
		errno := e.Connect(to)
		if tries++; tries == 3 {
			want(t, "Connect", errno, endpoint.EAGAIN)
			accept(t, l)
		}
		return errno
	})
	ok(t, "Connect when there is room", errno)
}
