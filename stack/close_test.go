package stack_test

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

func TestCloseLeavesNothing(t *testing.T) {
	for name, use := range map[string]func(t *testing.T, a, b *stack.Stack){
		"unused":    func(*testing.T, *stack.Stack, *stack.Stack) {},
		"used":      func(t *testing.T, a, b *stack.Stack) { transferTCP(t, a, b, "10.0.0.2:80", 1<<20) },
		"time-wait": closeActively,
		"listening": func(t *testing.T, a, b *stack.Stack) { listenTCP(t, b, "10.0.0.2:80") },
		"established": func(t *testing.T, a, b *stack.Stack) {
			listenTCP(t, b, "10.0.0.2:80")
			if _, err := dialTCP(a, "10.0.0.2:80"); err != nil {
				t.Fatal(err)
			}
		},
		"half-open": halfOpen,
		"nobody answers": func(t *testing.T, a, b *stack.Stack) {
			if err := b.SetLinkUp(2, false); err != nil {
				t.Fatal(err)
			}
			connectSilently(t, a, "10.0.0.2")
		},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			a, b, _, _ := newPair(t, link.CableConfig{})
			use(t, a, b)
			if err := a.Close(); err != nil {
				t.Error(err)
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func closeActively(t *testing.T, a, b *stack.Stack) {
	l := listenTCP(t, b, "10.0.0.2:80")
	c, err := dialTCP(a, "10.0.0.2:80")
	if err != nil {
		t.Fatal(err)
	}
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	peer.Read(make([]byte, 1)) // the FIN
	peer.Close()
}

// connectSilently begins to connect and does not wait.
func connectSilently(t *testing.T, s *stack.Stack, addr string) tcpip.Endpoint {
	t.Helper()
	var wq waiter.Queue
	ep, terr := s.NewEndpoint(tcp.ProtocolNumber, header.IPv4ProtocolNumber, &wq)
	if terr != nil {
		t.Fatal(terr)
	}
	fa, _ := fullAddress(netip.AddrPortFrom(netip.MustParseAddr(addr), 80))
	if _, started := ep.Connect(fa).(*tcpip.ErrConnectStarted); !started {
		t.Fatal("not started")
	}
	return ep
}

// halfOpen leaves a handshake in SYN-RCVD at b: a speaks but does not hear.
func halfOpen(t *testing.T, a, b *stack.Stack) {
	listenTCP(t, b, "10.0.0.2:80")
	end := a.Netstack().GetLinkEndpointByName("eth0").(*link.CableEnd)
	end.Attach(&deaf{})
	connectSilently(t, a, "10.0.0.2")
	eventually(t, "SYN-ACK", func() bool { return b.Counters().TCP.SegmentsSent > 0 })
}

func TestClosedStackSaysSo(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	end, _ := link.NewCable(link.CableConfig{})
	p := netip.MustParsePrefix("10.0.0.1/8")
	_, addErr := s.AddLink(linkConfig(end))
	_, nameErr := s.LinkByName("lo")
	_, indexErr := s.LinkByIndex(1)
	_, sourceErr := s.SourceFor(p.Addr())
	for name, err := range map[string]error{
		"AddLink": addErr, "LinkByName": nameErr, "LinkByIndex": indexErr, "SourceFor": sourceErr,
		"RemoveLink": s.RemoveLink(1), "SetLinkUp": s.SetLinkUp(1, false), "SetLinkMTU": s.SetLinkMTU(1, 1500),
		"AddAddress": s.AddAddress(1, p), "RemoveAddress": s.RemoveAddress(1, p.Addr()),
		"AddRoute": s.AddRoute(stack.Route{Destination: p.Masked(), Link: 1}), "RemoveRoute": s.RemoveRoute(stack.Route{Destination: p.Masked()}),
		"AddNeighbour": s.AddNeighbour(1, p.Addr(), make([]byte, 6)), "RemoveNeighbour": s.RemoveNeighbour(1, p.Addr()),
		"SetHostName": s.SetHostName("x"),
	} {
		if !errors.Is(err, stack.ErrClosed) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if end.IsAttached() {
		t.Error("AddLink attached the endpoint")
	}
	var wq waiter.Queue
	_, e1 := s.NewEndpoint(tcp.ProtocolNumber, header.IPv4ProtocolNumber, &wq)
	_, e2 := s.NewRawEndpoint(tcp.ProtocolNumber, header.IPv4ProtocolNumber, &wq, true)
	_, e3 := s.NewPacketEndpoint(true, header.IPv4ProtocolNumber, &wq)
	for i, err := range []tcpip.Error{e1, e2, e3} {
		if _, ok := err.(*tcpip.ErrAborted); !ok {
			t.Errorf("endpoint %d: %v", i, err)
		}
	}
	s.Links()
	s.Addresses()
	s.Routes()
	s.Neighbours()
	s.Counters()
	s.Subscribe(func(stack.Event) { t.Error("event after Close") })()
}

func TestEndpointOutlivesItsStack(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	var wq waiter.Queue
	ep, terr := s.NewEndpoint(tcp.ProtocolNumber, header.IPv4ProtocolNumber, &wq)
	if terr != nil {
		t.Fatal(terr)
	}
	s.Close()
	fa, _ := fullAddress(netip.MustParseAddrPort("127.0.0.1:80"))
	if err := ep.Connect(fa); err == nil {
		t.Error("connected")
	}
	ep.Close()
}

func TestConcurrentClose(t *testing.T) {
	testenv.LeakCheck(t)
	a, b, ea, eb := newPair(t, link.CableConfig{})
	l := listenTCP(t, b, "10.0.0.2:80")
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				c.SetDeadline(time.Now().Add(patience))
				for buf := make([]byte, 1<<16); err == nil; {
					_, err = c.Read(buf)
				}
				c.Close()
			})
		}
	})
	c, err := dialTCP(a, "10.0.0.2:80")
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	started := make(chan struct{})
	wg.Go(func() {
		var err error
		for i := 0; err == nil; i++ {
			_, err = c.Write(make([]byte, 1<<16))
			if i == 10 {
				close(started)
			}
		}
		c.Close()
	})
	<-started
	for _, f := range []func(){
		func() { a.Close() }, func() { b.Close() }, func() { a.Close() }, ea.Close, eb.Close, ea.Close,
	} {
		wg.Go(f)
	}
	a.Close()
	b.Close()
	l.Close()
	wg.Wait()
}

func TestClosedEndLeavesItsStack(t *testing.T) {
	testenv.LeakCheck(t)
	a, _, ea, _ := newPair(t, link.CableConfig{})
	ea.Close()
	if links := a.Links(); len(links) != 1 {
		t.Errorf("links: %+v", links)
	}
	if err := a.RemoveLink(2); !errors.Is(err, stack.ErrNoLink) {
		t.Error(err)
	}
}
