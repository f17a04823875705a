package netstack_test

import (
	"sync/atomic"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// gate stands at the far end of a cable in the place of a stack, and takes
// packets once it is open.
type gate struct {
	entered chan struct{}
	open    chan struct{}
	taken   atomic.Int64
	// sent is what the stack counts as sent.
	sent func() int64
}

func (g *gate) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer) {
	select {
	case g.entered <- struct{}{}:
	default:
	}
	<-g.open
	g.taken.Add(1)
}

func (g *gate) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer) {}

// narrow is a host on a cable with a short queue, behind which a gate is shut. One
// datagram stands before the gate already, so that the queue keeps what it gets.
func narrow(t *testing.T) (*netstack.Provider, *gate) {
	t.Helper()
	testenv.LeakCheck(t)
	near, far := link.NewCable(link.CableConfig{QueueLen: 4})
	s := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(near, "10.0.0.1/24", "fd00::1/64")}})
	p := newProvider(t, s)
	g := &gate{entered: make(chan struct{}, 1), open: make(chan struct{}), sent: func() int64 { return int64(s.Counters().UDP.Sent) }}
	far.Attach(g)
	t.Cleanup(func() {
		far.Close()
		g.release()
		far.Wait()
	})
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	defer e.Close()
	sendTo(t, e, "the first", inet4("10.0.0.2:9"))
	<-g.entered
	return p, g
}

func (g *gate) release() {
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// fill sends until the link refuses, and returns how many it took.
func fill(t *testing.T, e endpoint.Endpoint, to endpoint.Sockaddr) (taken int64) {
	t.Helper()
	for ; taken < 1000; taken++ {
		n, errno := e.Send(&endpoint.Message{Iov: [][]byte{[]byte("datagram")}, Addr: to})
		if errno == endpoint.EAGAIN {
			return taken
		}
		if n != 8 || errno != 0 {
			t.Fatalf("Send: %d, %s", n, errno.Name())
		}
	}
	t.Fatal("a full link refuses nothing")
	return 0
}

var far = map[string]endpoint.Sockaddr{"IPv4": inet4("10.0.0.2:9"), "IPv6": inet6("[fd00::2]:9", 0)}

func TestFullLinkWithholdsPOLLOUT(t *testing.T) {
	for name, to := range far {
		t.Run(name, func(t *testing.T) {
			p, g := narrow(t)
			var es []*netstack.Endpoint
			taken := int64(1)
			for range 3 {
				e := open(t, p, to.Family(), endpoint.SOCK_DGRAM)
				taken += fill(t, e, to)
				isReady(t, "refused", e, 0)
				es = append(es, e)
			}
			if p.Waiting() != len(es) {
				t.Errorf("%d sockets wait for room", p.Waiting())
			}
			marked := make(chan struct{}, 100)
			for _, e := range es {
				w := &endpoint.Waiter{Mark: func(ev endpoint.Events) {
					if ev&out != 0 {
						marked <- struct{}{}
					}
				}}
				e.Subscribe(w)
				defer e.Unsubscribe(w)
			}
			if n := g.sent(); n != taken {
				t.Errorf("%d datagrams count as sent, %d were taken", n, taken)
			}
			g.release()
			for _, e := range es {
				becomes(t, "room again", e, out)
			}
			for range es {
				<-marked
			}
			for _, e := range es {
				ok(t, "Send", wait(t, e, func() endpoint.Errno {
					_, errno := e.Send(&endpoint.Message{Iov: [][]byte{[]byte("datagram")}, Addr: to})
					return errno
				}))
				taken++
			}
			eventually(t, "all that was taken arrives", func() bool { return g.taken.Load() == taken })
		})
	}
}

func TestCloseWhileCongestedLeavesNothing(t *testing.T) {
	p, _ := narrow(t)
	to := far["IPv4"]
	var es []*netstack.Endpoint
	for range 3 {
		e := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
		fill(t, e, to)
		es = append(es, e)
	}
	es[0].Close()
	es[1].Abort()
	if n := p.Waiting(); n != 1 {
		t.Errorf("%d sockets wait for room, want 1", n)
	}
	es[2].Close()
	if n := p.Waiting(); n != 0 {
		t.Errorf("%d sockets wait for room", n)
	}
}

// TestCloseDuringRefusal closes while another goroutine is being refused.
func TestCloseDuringRefusal(t *testing.T) {
	p, _ := narrow(t)
	to := far["IPv4"]
	fill(t, open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM), to)
	waiting := p.Waiting()
	for range 50 {
		e := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
		begun, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			close(begun)
			for {
				if _, errno := e.Send(&endpoint.Message{Addr: to}); errno == endpoint.EBADF {
					return
				}
			}
		}()
		<-begun
		e.Close()
		<-done
	}
	if n := p.Waiting(); n != waiting {
		t.Errorf("%d sockets wait for room, want %d", n, waiting)
	}
}

func TestBatchEndsAtAFullLink(t *testing.T) {
	p, g := narrow(t)
	ms := make([]endpoint.Message, 64)
	for i := range ms {
		ms[i] = endpoint.Message{Iov: [][]byte{{byte(i)}}, Addr: far["IPv4"]}
	}
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	n, errno := e.SendBatch(ms)
	if n == 0 || n == len(ms) || errno != endpoint.EAGAIN {
		t.Fatalf("%d, %s", n, errno.Name())
	}
	g.release()
	rest := ms[n:]
	ok(t, "the rest", wait(t, e, func() endpoint.Errno {
		k, errno := e.SendBatch(rest)
		rest = rest[k:]
		return errno
	}))
	eventually(t, "each arrives once", func() bool { return g.taken.Load() == 1+int64(len(ms)) })
}
