package netstack_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

const (
	in    = endpoint.POLLIN
	out   = endpoint.POLLOUT
	hup   = endpoint.POLLHUP
	rdhup = endpoint.POLLRDHUP
	pollE = endpoint.POLLERR
)

func isReady(t testing.TB, what string, e endpoint.Endpoint, events endpoint.Events) {
	t.Helper()
	if got := e.Ready(); got != events {
		t.Errorf("%s: ready for %#x, want %#x", what, got, events)
	}
}

// TestReadyOfStreams follows tcp_poll of the kernel, net/ipv4/tcp.c.
func TestReadyOfStreams(t *testing.T) {
	for name, addr := range loopbacks {
		for step, test := range map[string]func(*testing.T, *netstack.Provider, endpoint.Sockaddr){
			"before a connection": readyFresh,
			"a listener":          readyListener,
			"data":                readyData,
			"full buffer":         readyFull,
			"the peer closes":     readyPeerCloses,
			"own shutdown":        readyShutdown,
			"refused":             readyRefused,
			"reset":               readyReset,
		} {
			t.Run(name+" "+step, func(t *testing.T) { test(t, host(t), addr) })
		}
	}
}

func readyFresh(t *testing.T, p *netstack.Provider, addr endpoint.Sockaddr) {
	e := open(t, p, addr.Family(), endpoint.SOCK_STREAM)
	isReady(t, "fresh", e, out|hup)
	ok(t, "Bind", e.Bind(addr))
	isReady(t, "bound", e, out|hup)
}

func readyListener(t *testing.T, p *netstack.Provider, addr endpoint.Sockaddr) {
	l := listener(t, p, addr)
	isReady(t, "listening", l, 0)
	ok(t, "connect", connect(t, open(t, p, addr.Family(), endpoint.SOCK_STREAM), local(t, l)))
	becomes(t, "a connection waits", l, in)
	accept(t, l)
	isReady(t, "accepted", l, 0)
}

func readyData(t *testing.T, p *netstack.Provider, addr endpoint.Sockaddr) {
	a, b := tcpPair(t, p, addr)
	isReady(t, "client", a, out)
	isReady(t, "server", b, out)
	send(t, a, "hello")
	becomes(t, "data", b, in|out)
	wantData(t, b, "hello")
	isReady(t, "read", b, out)
}

func readyFull(t *testing.T, p *netstack.Provider, addr endpoint.Sockaddr) {
	a, b := tcpPair(t, p, addr)
	m := endpoint.Message{Iov: [][]byte{make([]byte, 1<<20)}}
	eventually(t, "full", func() bool {
		_, errno := a.Send(&m)
		return errno == endpoint.EAGAIN && a.Ready() == 0
	})
	ok(t, "drained", wait(t, a, func() endpoint.Errno {
		if n, errno := b.Recv(&m); n == 0 && errno != endpoint.EAGAIN {
			return errno
		}
		if a.Ready() != out {
			return endpoint.EAGAIN
		}
		return 0
	}))
}

func readyPeerCloses(t *testing.T, p *netstack.Provider, addr endpoint.Sockaddr) {
	a, b := tcpPair(t, p, addr)
	ok(t, "Shutdown", a.Shutdown(endpoint.SHUT_WR))
	becomes(t, "the peer's end", b, in|out|rdhup)
	ok(t, "Shutdown", b.Shutdown(endpoint.SHUT_WR))
	becomes(t, "both ends", b, in|out|rdhup|hup)
	becomes(t, "both ends", a, in|out|rdhup|hup)
}

func readyShutdown(t *testing.T, p *netstack.Provider, addr endpoint.Sockaddr) {
	a, b := tcpPair(t, p, addr)
	ok(t, "Shutdown", a.Shutdown(endpoint.SHUT_RD))
	isReady(t, "no more reading", a, in|out|rdhup)
	ok(t, "Shutdown", a.Shutdown(endpoint.SHUT_WR))
	isReady(t, "neither", a, in|out|rdhup|hup)
	ok(t, "Shutdown", b.Shutdown(endpoint.SHUT_WR))
	becomes(t, "the other", b, in|out|rdhup|hup)
}

func readyRefused(t *testing.T, p *netstack.Provider, addr endpoint.Sockaddr) {
	to := closedPort(t, p, endpoint.SOCK_STREAM, addr)
	e := open(t, p, addr.Family(), endpoint.SOCK_STREAM)
	want(t, "Connect", e.Connect(to), endpoint.EINPROGRESS)
	becomes(t, "refused", e, in|out|rdhup|hup|pollE)
	want(t, "Connect", e.Connect(to), endpoint.ECONNREFUSED)
	isReady(t, "after the error was told", e, out|hup)
}

func readyReset(t *testing.T, p *netstack.Provider, addr endpoint.Sockaddr) {
	a, b := tcpPair(t, p, addr)
	a.Abort()
	becomes(t, "reset", b, in|out|rdhup|hup|pollE)
	_, errno := b.Recv(&endpoint.Message{Iov: [][]byte{make([]byte, 1)}})
	want(t, "Recv", errno, endpoint.ECONNRESET)
}

func TestConnectingIsReadyForNothing(t *testing.T) {
	testenv.LeakCheck(t)
	end, _ := link.NewCable(link.CableConfig{})
	p := newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(end, "10.0.0.1/24")}}))
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	want(t, "Connect", e.Connect(inet4("10.0.0.2:80")), endpoint.EINPROGRESS)
	isReady(t, "connecting", e, 0)
	want(t, "Connect", e.Connect(inet4("10.0.0.2:80")), endpoint.EALREADY)
}

// TestReadyOfDatagrams follows datagram_poll of the kernel, net/core/datagram.c.
func TestReadyOfDatagrams(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			e := open(t, p, addr.Family(), endpoint.SOCK_DGRAM)
			isReady(t, "fresh", e, out)
			ok(t, "Bind", e.Bind(addr))
			isReady(t, "bound", e, out)
			sendTo(t, e, "", local(t, e))
			becomes(t, "an empty datagram", e, in|out)
			wantData(t, e, "")
			isReady(t, "read", e, out)

			ok(t, "Connect", e.Connect(closedPort(t, p, endpoint.SOCK_DGRAM, addr)))
			send(t, e, "x")
			becomes(t, "refused", e, out|pollE)
			if errno := getInt(t, e, endpoint.SOL_SOCKET, endpoint.SO_ERROR); errno != int(endpoint.ECONNREFUSED) {
				t.Errorf("SO_ERROR %d", errno)
			}
			isReady(t, "after SO_ERROR", e, out)

			ok(t, "Shutdown", e.Shutdown(endpoint.SHUT_RD))
			isReady(t, "no more reading", e, in|out|rdhup)
			ok(t, "Shutdown", e.Shutdown(endpoint.SHUT_WR))
			isReady(t, "neither", e, in|out|rdhup|hup)
		})
	}
}

// TestNoMarkAfterUnsubscribe subscribes while datagrams come in.
func TestNoMarkAfterUnsubscribe(t *testing.T) {
	p := host(t)
	e := bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	to := local(t, e)
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		from := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
		for !stop.Load() {
			from.Send(&endpoint.Message{Iov: [][]byte{{1}}, Addr: to})
			e.Recv(&endpoint.Message{Iov: [][]byte{{0}}})
		}
	})
	for range 100 {
		var gone atomic.Bool
		marked := make(chan struct{}, 1)
		w := &endpoint.Waiter{Mark: func(endpoint.Events) {
			if gone.Load() {
				t.Error("marked after Unsubscribe")
			}
			select {
			case marked <- struct{}{}:
			default:
			}
		}}
		e.Subscribe(w)
		<-marked
		e.Unsubscribe(w)
		gone.Store(true)
	}
	stop.Store(true)
	wg.Wait()
}
