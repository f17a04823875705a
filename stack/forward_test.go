package stack_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// newPath returns two hosts with a router between them, on two cables.
// The hosts are 10.0.1.1, fd01::1 and 10.0.2.1, fd02::1.
func newPath(t testing.TB, left, right link.CableConfig) (a, router, b *stack.Stack) {
	t.Helper()
	al, rl := link.NewCable(left)
	rr, br := link.NewCable(right)
	router = newStack(t, stack.Config{Forwarding: true, Links: []stack.LinkConfig{
		linkConfig(rl, "10.0.1.2/24", "fd01::2/64"), linkConfig(rr, "10.0.2.2/24", "fd02::2/64"),
	}})
	a = newStack(t, stack.Config{
		Links:  []stack.LinkConfig{linkConfig(al, "10.0.1.1/24", "fd01::1/64")},
		Routes: []stack.Route{defaultRoute("10.0.1.2"), defaultRoute("fd01::2")},
	})
	b = newStack(t, stack.Config{
		Links:  []stack.LinkConfig{linkConfig(br, "10.0.2.1/24", "fd02::1/64")},
		Routes: []stack.Route{defaultRoute("10.0.2.2"), defaultRoute("fd02::2")},
	})
	return a, router, b
}

func defaultRoute(gateway string) stack.Route {
	r := stack.Route{Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr(gateway)}
	if r.Gateway.Is6() {
		r.Destination = netip.MustParsePrefix("::/0")
	}
	return r
}

func TestRouterForwardsSuperSegments(t *testing.T) {
	for name, c := range map[string]struct {
		left, right link.CableConfig
		perPacket   uint64 // bytes, at least, that leave the router
		wantTooBig  bool
	}{
		"as they are":               {perPacket: 8192},
		"with checksums":            {left: link.CableConfig{Checksums: true}, perPacket: 8192},
		"onto a link that verifies": {right: link.CableConfig{Checksums: true}, perPacket: 8192},
		"cut for a link without":    {right: link.CableConfig{DisableGSO: true}, perPacket: 1000},
		"cut, with checksums":       {right: link.CableConfig{DisableGSO: true, Checksums: true}, perPacket: 1000},
		"onto a larger MTU":         {right: link.CableConfig{DisableGSO: true, MTU: 9000}, perPacket: 1000},
		"onto a smaller MTU":        {left: link.CableConfig{MTU: 9000}, right: link.CableConfig{MTU: 1400}, wantTooBig: false},
	} {
		for _, addr := range []string{"10.0.2.1:80", "[fd02::1]:80"} {
			t.Run(name+" "+addr, func(t *testing.T) {
				testenv.LeakCheck(t)
				a, router, b := newPath(t, c.left, c.right)
				transferTCP(t, a, b, addr, 4<<20)
				out := router.Counters().Links[2]
				if perPacket := out.SentBytes / out.SentPackets; perPacket < c.perPacket {
					t.Errorf("%d bytes a packet", perPacket)
				}
				d := router.Counters().Drops
				if d.Forward.TooBig > 0 && name != "onto a smaller MTU" {
					t.Errorf("router's drops: %+v", d)
				}
				if d := b.Counters().Drops; d.TCPChecksum+d.TCPInvalid+d.BadIP > 0 {
					t.Errorf("drops at the end: %+v", d)
				}
				if r := a.Counters().TCP; name != "onto a smaller MTU" && r.Retransmits > 100 {
					t.Errorf("%d segments sent again", r.Retransmits)
				}
			})
		}
	}
}

func TestRouterForwardsDatagrams(t *testing.T) {
	for name, right := range map[string]link.CableConfig{"offloaded": {}, "verified": {Checksums: true}} {
		t.Run(name, func(t *testing.T) {
			a, _, b := newPath(t, link.CableConfig{}, right)
			for _, n := range []int{0, 1, 1400, 1452, 5000, 60000} {
				exchangeUDP(t, a, b, "10.0.2.1:9", n)
				exchangeUDP(t, a, b, "[fd02::1]:9", n)
			}
		})
	}
}

// newRing returns n routers, each on a cable to the next. Router i has
// 10.1.i.1 on its link 2 towards i+1, which has 10.1.i.2 on its link 3, and the
// default route of each leads to the next one.
func newRing(t testing.TB, n int, cfg link.CableConfig) []*stack.Stack {
	t.Helper()
	near, far := make([]*link.CableEnd, n), make([]*link.CableEnd, n)
	for i := range n {
		near[i], far[i] = link.NewCable(cfg)
	}
	routers := make([]*stack.Stack, n)
	for i := range n {
		before := (i + n - 1) % n
		routers[i] = newStack(t, stack.Config{
			Forwarding: true,
			Links: []stack.LinkConfig{
				linkConfig(near[i], fmt.Sprintf("10.1.%d.1/24", i)),
				linkConfig(far[before], fmt.Sprintf("10.1.%d.2/24", before)),
			},
			Routes: []stack.Route{defaultRoute(fmt.Sprintf("10.1.%d.2", i))},
		})
	}
	return routers
}

func TestRingOfRoutersBothWays(t *testing.T) {
	testenv.LeakCheck(t)
	const n = 4
	ring := newRing(t, n, link.CableConfig{QueueLen: 64})
	for i, r := range ring { // the other way round for one address of each
		before := (i + n - 1) % n
		for j := range n {
			if j != i && j != before {
				err := r.AddRoute(stack.Route{
					Destination: netip.MustParsePrefix(fmt.Sprintf("10.1.%d.1/32", j)),
					Gateway:     netip.MustParseAddr(fmt.Sprintf("10.1.%d.1", before)),
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var wg sync.WaitGroup
	for i := range ring {
		to := (i + 2) % n
		wg.Go(func() { transferTCP(t, ring[i], ring[to], fmt.Sprintf("10.1.%d.1:80", to), 4<<20) })
		wg.Go(func() {
			last := (to + n - 1) % n
			transferTCP(t, ring[i], ring[to], fmt.Sprintf("10.1.%d.2:81", last), 4<<20)
		})
	}
	wg.Wait()
}

func TestRoutingLoopEndsByTTL(t *testing.T) {
	testenv.LeakCheck(t)
	ring := newRing(t, 3, link.CableConfig{QueueLen: 16})
	const packets = 200
	c := listenUDP(t, ring[0], "10.1.0.1:5")
	fa := netip.MustParseAddrPort("192.0.2.1:9")
	for range packets {
		if _, err := c.WriteTo(make([]byte, 100), udpAddr(fa)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "every packet accounted for", func() bool {
		var expired, refused uint64
		for _, r := range ring {
			d := r.Counters().Drops
			expired += d.Forward.TTLExceeded
			refused += d.LinkRefused
		}
		return expired+refused >= packets
	})
}

func TestTwoCablesThatFillEachOther(t *testing.T) {
	testenv.LeakCheck(t)
	a, b, ea, eb := newPair(t, link.CableConfig{QueueLen: 4})
	for _, s := range []*stack.Stack{a, b} {
		listenUDP(t, s, map[*stack.Stack]string{a: "10.0.0.1:7", b: "10.0.0.2:7"}[s])
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	flood := func(from *stack.Stack, to string) {
		c := listenUDP(t, from, map[*stack.Stack]string{a: "10.0.0.1:0", b: "10.0.0.2:0"}[from])
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					c.SetWriteDeadline(time.Now().Add(patience))
					c.WriteTo(make([]byte, 1400), udpAddr(netip.MustParseAddrPort(to)))
				}
			}
		})
	}
	for range 2 {
		flood(a, "10.0.0.2:7")
		flood(b, "10.0.0.1:7")
	}
	eventually(t, "both queues full and still moving", func() bool {
		ca, cb := ea.Counters(), eb.Counters()
		return ca.RefusedFull > 0 && cb.RefusedFull > 0 && ca.ReceivedPackets > 1000 && cb.ReceivedPackets > 1000
	})
	close(stop)
	wg.Wait()
}
