package kernel_test

import (
	"encoding/binary"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// watchdog is how long a wait may take before an edge counts as lost.
const watchdog = 20 * time.Second

// loopbacks are the families that most tests run for.
var loopbacks = []struct {
	name   string
	family int
	any    endpoint.Sockaddr
}{
	{"IPv4", endpoint.AF_INET, endpoint.SockaddrInet4(netip.MustParseAddr("127.0.0.1"), 0)},
	{"IPv6", endpoint.AF_INET6, endpoint.SockaddrInet6(netip.IPv6Loopback(), 0, 0, 0)},
}

// newProvider makes a provider that leaves no goroutine and no descriptor.
func newProvider(t *testing.T, c kernel.Config) *kernel.Provider {
	t.Helper()
	testenv.LeakCheck(t)
	// The runtime's poller opens descriptors of its own when first used.
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	before := countFDs(t)
	p, err := kernel.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if n := p.Table().Len(); n != 0 {
			t.Errorf("%d sockets left in the table", n)
		}
		if after := countFDs(t); after != before {
			t.Errorf("%d descriptors open, before %d", after, before)
		}
	})
	return p
}

func countFDs(t *testing.T) int {
	t.Helper()
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(dir)
}

func ok(t testing.TB, what string, errno endpoint.Errno) {
	t.Helper()
	if errno != 0 {
		t.Fatalf("%s: %s (%v)", what, errno.Name(), errno)
	}
}

func want(t testing.TB, what string, got, wanted endpoint.Errno) {
	t.Helper()
	if got != wanted {
		t.Errorf("%s: got %q, want %q", what, got.Name(), wanted.Name())
	}
}

func open(t testing.TB, p *kernel.Provider, family, typ int) *kernel.Endpoint {
	t.Helper()
	e, errno := p.Socket(family, typ, 0, endpoint.Cred{})
	ok(t, "Socket", errno)
	return e.(*kernel.Endpoint)
}

// bound is a socket with a port of its own on addr.
func bound(t testing.TB, p *kernel.Provider, typ int, addr endpoint.Sockaddr) *kernel.Endpoint {
	t.Helper()
	e := open(t, p, addr.Family(), typ)
	ok(t, "Bind", e.Bind(addr))
	return e
}

func local(t testing.TB, e endpoint.Endpoint) endpoint.Sockaddr {
	t.Helper()
	a, errno := e.LocalAddr()
	ok(t, "LocalAddr", errno)
	return a
}

func listener(t testing.TB, p *kernel.Provider, addr endpoint.Sockaddr) *kernel.Endpoint {
	t.Helper()
	l := bound(t, p, endpoint.SOCK_STREAM, addr)
	ok(t, "Listen", l.Listen(128))
	return l
}

// wait is the engine, in short: subscribe, then try, then wait.
func wait(t testing.TB, e endpoint.Endpoint, interest endpoint.Events, try func() endpoint.Errno) endpoint.Errno {
	t.Helper()
	marked := make(chan struct{}, 1)
	w := &endpoint.Waiter{Mark: func(ev endpoint.Events) {
		if ev&interest == 0 {
			return
		}
		select {
		case marked <- struct{}{}:
		default:
		}
	}}
	e.Subscribe(w)
	defer e.Unsubscribe(w)
	dog := time.NewTimer(watchdog)
	defer dog.Stop()
	for {
		if errno := try(); errno != endpoint.EAGAIN {
			return errno
		}
		select {
		case <-marked:
		case <-dog.C:
			t.Errorf("an edge was lost: waited %v for %#x, ready is %#x", watchdog, interest, e.Ready())
			return endpoint.ETIMEDOUT
		}
	}
}

func connect(t testing.TB, e endpoint.Endpoint, to endpoint.Sockaddr) endpoint.Errno {
	t.Helper()
	errno := e.Connect(to)
	if errno != endpoint.EINPROGRESS {
		return errno
	}
	return wait(t, e, endpoint.Writable, func() endpoint.Errno {
		if e.Ready()&endpoint.Writable == 0 {
			return endpoint.EAGAIN
		}
		return endpoint.Errno(intOption(t, e, endpoint.SOL_SOCKET, endpoint.SO_ERROR))
	})
}

func accept(t testing.TB, l endpoint.Endpoint) (c endpoint.Endpoint, peer endpoint.Sockaddr) {
	t.Helper()
	ok(t, "Accept", wait(t, l, endpoint.Readable, func() (errno endpoint.Errno) {
		c, peer, errno = l.Accept()
		return errno
	}))
	return c, peer
}

// tcpPair is a connection over the loopback.
func tcpPair(t testing.TB, p *kernel.Provider, addr endpoint.Sockaddr) (client, server endpoint.Endpoint) {
	t.Helper()
	l := listener(t, p, addr)
	defer l.Close()
	client = open(t, p, addr.Family(), endpoint.SOCK_STREAM)
	ok(t, "connect", connect(t, client, local(t, l)))
	server, _ = accept(t, l)
	return client, server
}

func send(t testing.TB, e endpoint.Endpoint, b []byte) (n int, errno endpoint.Errno) {
	t.Helper()
	m := endpoint.Message{Iov: [][]byte{b}}
	errno = wait(t, e, endpoint.Writable, func() (errno endpoint.Errno) {
		n, errno = e.Send(&m)
		return errno
	})
	return n, errno
}

func recv(t testing.TB, e endpoint.Endpoint, b []byte) (n int, errno endpoint.Errno) {
	t.Helper()
	m := endpoint.Message{Iov: [][]byte{b}}
	return recvMessage(t, e, &m)
}

func recvMessage(t testing.TB, e endpoint.Endpoint, m *endpoint.Message) (n int, errno endpoint.Errno) {
	t.Helper()
	errno = wait(t, e, endpoint.Readable, func() (errno endpoint.Errno) {
		n, errno = e.Recv(m)
		return errno
	})
	return n, errno
}

func intOption(t testing.TB, e endpoint.Endpoint, level, name int) int {
	t.Helper()
	var v [4]byte
	n, errno := e.GetSockOpt(level, name, v[:])
	if errno != 0 || n != len(v) {
		t.Errorf("GetSockOpt(%d, %d): %d bytes, %v", level, name, n, errno)
	}
	return int(int32(binary.NativeEndian.Uint32(v[:])))
}

func int32Bytes(n int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(n)) }
