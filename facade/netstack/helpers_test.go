package netstack_test

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// patience is how long a wait may take before what is waited for counts as lost.
const patience = 30 * time.Second

var (
	loopback4 = endpoint.SockaddrInet4(netip.MustParseAddr("127.0.0.1"), 0)
	loopback6 = endpoint.SockaddrInet6(netip.IPv6Loopback(), 0, 0, 0)
)

// loopbacks are the families that most tests run for.
var loopbacks = map[string]endpoint.Sockaddr{"IPv4": loopback4, "IPv6": loopback6}

func inet4(s string) endpoint.Sockaddr {
	ap := netip.MustParseAddrPort(s)
	return endpoint.SockaddrInet4(ap.Addr(), ap.Port())
}

func inet6(s string, scope uint32) endpoint.Sockaddr {
	ap := netip.MustParseAddrPort(s)
	return endpoint.SockaddrInet6(ap.Addr(), ap.Port(), 0, scope)
}

func newStack(t testing.TB, c stack.Config) *stack.Stack {
	t.Helper()
	s, err := stack.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newProvider(t testing.TB, s *stack.Stack) *netstack.Provider {
	t.Helper()
	p := netstack.New(s, netstack.Config{})
	t.Cleanup(func() {
		p.Close()
		if n := p.Table().Len(); n != 0 {
			t.Errorf("%d sockets left in the table", n)
		}
		if n := p.Waiting(); n != 0 {
			t.Errorf("%d sockets left waiting for room", n)
		}
	})
	return p
}

// host is a provider on a stack that has only its loopback.
func host(t testing.TB) *netstack.Provider {
	t.Helper()
	testenv.LeakCheck(t)
	return newProvider(t, newStack(t, stack.Config{}))
}

func linkConfig(end *link.CableEnd, addresses ...string) stack.LinkConfig {
	c := stack.LinkConfig{Endpoint: end}
	for _, a := range addresses {
		c.Addresses = append(c.Addresses, netip.MustParsePrefix(a))
	}
	return c
}

// hosts are two providers on a cable, which has the index 2 on both: 10.0.0.1,
// fd00::1 and fe80::1, and the same with a 2.
func hosts(t testing.TB) (a, b *netstack.Provider) {
	t.Helper()
	testenv.LeakCheck(t)
	ea, eb := link.NewCable(link.CableConfig{})
	a = newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(ea, "10.0.0.1/24", "fd00::1/64", "fe80::1/64")}}))
	b = newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(eb, "10.0.0.2/24", "fd00::2/64", "fe80::2/64")}}))
	return a, b
}

func ok(t testing.TB, what string, errno endpoint.Errno) {
	t.Helper()
	if errno != 0 {
		t.Fatalf("%s: %s", what, errno.Name())
	}
}

func want(t testing.TB, what string, got, wanted endpoint.Errno) {
	t.Helper()
	if got != wanted {
		t.Errorf("%s: got %q, want %q", what, got.Name(), wanted.Name())
	}
}

func open(t testing.TB, p *netstack.Provider, family, typ int) *netstack.Endpoint {
	t.Helper()
	e, errno := p.Socket(family, typ, 0, endpoint.Cred{})
	ok(t, "Socket", errno)
	return e.(*netstack.Endpoint)
}

// bound is a socket of addr's family on addr.
func bound(t testing.TB, p *netstack.Provider, typ int, addr endpoint.Sockaddr) *netstack.Endpoint {
	t.Helper()
	e := open(t, p, addr.Family(), typ)
	ok(t, "Bind", e.Bind(addr))
	return e
}

func listener(t testing.TB, p *netstack.Provider, addr endpoint.Sockaddr) *netstack.Endpoint {
	t.Helper()
	l := bound(t, p, endpoint.SOCK_STREAM, addr)
	ok(t, "Listen", l.Listen(16))
	return l
}

func local(t testing.TB, e endpoint.Endpoint) endpoint.Sockaddr {
	t.Helper()
	a, errno := e.LocalAddr()
	ok(t, "LocalAddr", errno)
	return a
}

func addrPort(t testing.TB, sa endpoint.Sockaddr) netip.AddrPort {
	t.Helper()
	ap, ok := sa.AddrPort()
	if !ok {
		t.Fatalf("% x has no address and port", sa.Bytes())
	}
	return ap
}

// wait is the engine, in short: subscribe, then try, then wait.
func wait(t testing.TB, e endpoint.Endpoint, try func() endpoint.Errno) endpoint.Errno {
	t.Helper()
	marked := make(chan struct{}, 1)
	w := &endpoint.Waiter{Mark: func(endpoint.Events) {
		select {
		case marked <- struct{}{}:
		default:
		}
	}}
	e.Subscribe(w)
	defer e.Unsubscribe(w)
	dog := time.NewTimer(patience)
	defer dog.Stop()
	for {
		if errno := try(); errno != endpoint.EAGAIN {
			return errno
		}
		select {
		case <-marked:
		case <-dog.C:
			t.Errorf("waited %v, ready is %#x", patience, e.Ready())
			return endpoint.ETIMEDOUT
		}
	}
}

// becomes waits until Ready is just events.
func becomes(t testing.TB, what string, e endpoint.Endpoint, events endpoint.Events) {
	t.Helper()
	got := e.Ready()
	errno := wait(t, e, func() endpoint.Errno {
		if got = e.Ready(); got != events {
			return endpoint.EAGAIN
		}
		return 0
	})
	if errno != 0 {
		t.Fatalf("%s: ready for %#x, want %#x", what, got, events)
	}
}

func connect(t testing.TB, e endpoint.Endpoint, to endpoint.Sockaddr) endpoint.Errno {
	t.Helper()
	errno := e.Connect(to)
	if errno != endpoint.EINPROGRESS {
		return errno
	}
	return wait(t, e, func() endpoint.Errno {
		if e.Ready()&endpoint.Writable == 0 {
			return endpoint.EAGAIN
		}
		if errno := e.Connect(to); errno != endpoint.EISCONN {
			return errno
		}
		return 0
	})
}

func accept(t testing.TB, l endpoint.Endpoint) (c endpoint.Endpoint, peer endpoint.Sockaddr) {
	t.Helper()
	ok(t, "Accept", wait(t, l, func() (errno endpoint.Errno) {
		c, peer, errno = l.Accept()
		return errno
	}))
	return c, peer
}

// tcpPair is a connection over the loopback.
func tcpPair(t testing.TB, p *netstack.Provider, addr endpoint.Sockaddr) (client, server endpoint.Endpoint) {
	t.Helper()
	l := listener(t, p, addr)
	defer l.Close()
	client = open(t, p, addr.Family(), endpoint.SOCK_STREAM)
	ok(t, "connect", connect(t, client, local(t, l)))
	server, _ = accept(t, l)
	return client, server
}

func send(t testing.TB, e endpoint.Endpoint, data string) {
	t.Helper()
	sendTo(t, e, data, endpoint.Sockaddr{})
}

func sendTo(t testing.TB, e endpoint.Endpoint, data string, to endpoint.Sockaddr) {
	t.Helper()
	m := endpoint.Message{Iov: [][]byte{[]byte(data)}, Addr: to}
	if n, errno := e.Send(&m); n != len(data) || errno != 0 {
		t.Fatalf("Send: %d bytes, %s", n, errno.Name())
	}
}

// recv waits for data and returns it with its sender.
func recv(t testing.TB, e endpoint.Endpoint) (string, endpoint.Sockaddr) {
	t.Helper()
	b := make([]byte, 64)
	m := endpoint.Message{Iov: [][]byte{b}, NeedAddr: true}
	n := 0
	ok(t, "Recv", wait(t, e, func() (errno endpoint.Errno) {
		n, errno = e.Recv(&m)
		return errno
	}))
	return string(b[:n]), m.Addr
}

func wantData(t testing.TB, e endpoint.Endpoint, data string) {
	t.Helper()
	if got, _ := recv(t, e); got != data {
		t.Errorf("received %q, want %q", got, data)
	}
}

// closedPort is an address where nobody listens.
func closedPort(t testing.TB, p *netstack.Provider, typ int, addr endpoint.Sockaddr) endpoint.Sockaddr {
	t.Helper()
	e := bound(t, p, typ, addr)
	defer e.Close()
	return local(t, e)
}

// eventually waits for what other goroutines bring about without a signal.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func getInt(t testing.TB, e endpoint.Endpoint, level, name int) int {
	t.Helper()
	var v [4]byte
	n, errno := e.GetSockOpt(level, name, v[:])
	if errno != 0 || n != len(v) {
		t.Fatalf("GetSockOpt(%d, %d): %d bytes, %s", level, name, n, errno.Name())
	}
	return int(int32(binary.NativeEndian.Uint32(v[:])))
}

func setInt(e endpoint.Endpoint, level, name, value int) endpoint.Errno {
	return e.SetSockOpt(level, name, int32Bytes(value))
}

func int32Bytes(n int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(n)) }
