package stack_test

import (
	"net/netip"
	"slices"
	"sync"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/link/pipe"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

type eventLog struct {
	mu     sync.Mutex
	events []stack.Event
}

func (l *eventLog) add(e stack.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *eventLog) take() []stack.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	events := l.events
	l.events = nil
	return events
}

func kinds(events []stack.Event) []stack.EventKind {
	var k []stack.EventKind
	for _, e := range events {
		k = append(k, e.Kind)
	}
	return k
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEventsFollowTheChanges(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	var log eventLog
	cancel := s.Subscribe(log.add)
	end, _ := link.NewCable(link.CableConfig{})
	r := stack.Route{Destination: netip.MustParsePrefix("192.0.2.0/24"), Link: 2}
	for _, step := range []struct {
		name   string
		change func() error
		want   []stack.EventKind
	}{
		{"add link", func() error { _, err := s.AddLink(linkConfig(end, "10.0.0.1/24")); return err }, []stack.EventKind{stack.LinkAdded, stack.AddressAdded, stack.RouteAdded}},
		{"add address", func() error { return s.AddAddress(2, netip.MustParsePrefix("fd00::1/64")) }, []stack.EventKind{stack.AddressAdded, stack.RouteAdded}},
		{"add route", func() error { return s.AddRoute(r) }, []stack.EventKind{stack.RouteAdded}},
		{"down", func() error { return s.SetLinkUp(2, false) }, []stack.EventKind{stack.LinkChanged}},
		{"down again", func() error { return s.SetLinkUp(2, false) }, nil},
		{"up", func() error { return s.SetLinkUp(2, true) }, []stack.EventKind{stack.LinkChanged}},
		{"MTU", func() error { return s.SetLinkMTU(2, 1400) }, []stack.EventKind{stack.LinkChanged}},
		{"same MTU", func() error { return s.SetLinkMTU(2, 1400) }, nil},
		{"host name", func() error { return s.SetHostName("x") }, []stack.EventKind{stack.HostNameChanged}},
		{"remove route", func() error { return s.RemoveRoute(r) }, []stack.EventKind{stack.RouteRemoved}},
		{"remove address", func() error { return s.RemoveAddress(2, netip.MustParseAddr("fd00::1")) }, []stack.EventKind{stack.AddressRemoved, stack.RouteRemoved}},
		{"remove link", func() error { return s.RemoveLink(2) }, []stack.EventKind{stack.AddressRemoved, stack.RouteRemoved, stack.LinkRemoved}},
		{"close", s.Close, []stack.EventKind{stack.AddressRemoved, stack.RouteRemoved, stack.AddressRemoved, stack.LinkRemoved}},
	} {
		must(t, step.change())
		if got := kinds(log.take()); !slices.Equal(got, step.want) {
			t.Errorf("%s: %v, want %v", step.name, got, step.want)
		}
	}
	cancel()
}

func TestEventComesAfterTheChange(t *testing.T) {
	s := newStack(t, stack.Config{})
	seen := false
	defer s.Subscribe(func(e stack.Event) {
		if e.Kind == stack.AddressAdded {
			seen = slices.Contains(s.Addresses(), e.Address)
		}
	})()
	must(t, s.AddAddress(1, netip.MustParsePrefix("10.0.0.1/32")))
	if !seen {
		t.Error("the subscriber did not find the address")
	}
}

func TestSubscriberMayChange(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	var names []string
	defer s.Subscribe(func(e stack.Event) {
		names = append(names, e.HostName)
		if len(names) < 5 {
			s.SetHostName(e.HostName + "x")
		}
	})()
	must(t, s.SetHostName("x"))
	if want := []string{"x", "xx", "xxx", "xxxx", "xxxxx"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
}

// Every subscriber sees the changes of many goroutines in one order, which is
// that of the changes: a host name that was set last is seen last.
func TestEventsOfConcurrentChangesKeepTheirOrder(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	var one, two eventLog
	s.Subscribe(one.add)
	s.Subscribe(two.add)
	var wg sync.WaitGroup
	const changers, changes = 8, 200
	for i := range changers {
		wg.Go(func() {
			for j := range changes {
				s.SetHostName(string(rune('a'+i)) + string(rune('A'+j%26)))
			}
		})
	}
	wg.Wait()
	last := s.HostName()
	s.Close()
	a, b := one.take(), two.take()
	names := func(events []stack.Event) []string {
		var n []string
		for _, e := range events {
			if e.Kind == stack.HostNameChanged {
				n = append(n, e.HostName)
			}
		}
		return n
	}
	if !slices.Equal(names(a), names(b)) {
		t.Error("subscribers saw different orders")
	}
	n := names(a)
	if len(n) == 0 || n[len(n)-1] != last {
		t.Errorf("last event is not the last change %q", last)
	}
	for i := 1; i < len(n); i++ {
		if n[i] == n[i-1] {
			t.Fatalf("event %d repeats %q", i, n[i])
		}
	}
}

func TestBlockedSubscriberHoldsUpOneChangerOnly(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	entered, release := make(chan struct{}), make(chan struct{})
	var log eventLog
	var once sync.Once
	s.Subscribe(func(e stack.Event) {
		once.Do(func() { close(entered); <-release })
		log.add(e)
	})
	done := make(chan struct{})
	go func() { defer close(done); s.SetHostName("first") }()
	<-entered
	for _, name := range []string{"second", "third"} {
		must(t, s.SetHostName(name)) // returns although the event waits
	}
	close(release)
	<-done
	if got := log.take(); len(got) != 3 || got[2].HostName != "third" {
		t.Errorf("%+v", got)
	}
}

func newEthernetPair(t *testing.T) (a, b *stack.Stack) {
	t.Helper()
	pa, pb := pipe.New("\x02\x00\x00\x00\x00\x01", "\x02\x00\x00\x00\x00\x02", 1500)
	a = newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(ethernet.New(pa), "10.0.0.1/24", "fd00::1/64")}})
	b = newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(ethernet.New(pb), "10.0.0.2/24", "fd00::2/64")}})
	return a, b
}

func TestNeighbours(t *testing.T) {
	testenv.LeakCheck(t)
	a, b := newEthernetPair(t)
	var log eventLog
	a.Subscribe(log.add)
	hw := []byte{2, 0, 0, 0, 0, 9}
	for _, addr := range []string{"10.0.0.9", "fd00::9"} {
		static := netip.MustParseAddr(addr)
		must(t, a.AddNeighbour(2, static, hw))
		got := log.take()
		if len(got) != 1 || got[0].Kind != stack.NeighbourAdded || got[0].Neighbour.Address != static || got[0].Neighbour.State != stack.NeighbourStatic || got[0].Neighbour.Link != 2 {
			t.Errorf("events: %+v", got)
		}
		must(t, a.RemoveNeighbour(2, static))
		if got := kinds(log.take()); !slices.Equal(got, []stack.EventKind{stack.NeighbourRemoved}) {
			t.Errorf("events: %v", got)
		}
	}

	exchangeUDP(t, a, b, "10.0.0.2:9", 100)
	exchangeUDP(t, a, b, "[fd00::2]:9", 100)
	found := 0
	for _, n := range a.Neighbours() {
		if n.HardwareAddr.String() == "02:00:00:00:00:02" {
			found++
		}
	}
	if found != 2 {
		t.Errorf("neighbours: %+v", a.Neighbours())
	}
	eventually(t, "events of the network", func() bool {
		log.mu.Lock()
		defer log.mu.Unlock()
		return slices.Contains(kinds(log.events), stack.NeighbourChanged)
	})
	if l, _ := a.LinkByIndex(2); l.HardwareAddr.String() != "02:00:00:00:00:01" {
		t.Errorf("link: %+v", l)
	}
	must(t, a.SetLinkUp(2, false))
	if n := a.Neighbours(); len(n) != 0 {
		t.Errorf("neighbours of a link that is down: %+v", n)
	}
}
