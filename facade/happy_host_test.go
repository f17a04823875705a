package facade_test

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/nested"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// journal is a list that can be waited for.
type journal[T any] struct {
	mu   sync.Mutex
	cond *sync.Cond
	all  []T
}

func newJournal[T any]() *journal[T] {
	l := &journal[T]{}
	l.cond = sync.NewCond(&l.mu)
	return l
}

func (l *journal[T]) add(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, v)
	l.cond.Broadcast()
}

func (l *journal[T]) get() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// await returns when there are n entries that fit.
func (l *journal[T]) await(t *testing.T, n int, fits func(T) bool) {
	t.Helper()
	late := false
	timer := time.AfterFunc(patience, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		late = true
		l.cond.Broadcast()
	})
	defer timer.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		found := 0
		for _, v := range l.all {
			if fits(v) {
				found++
			}
		}
		if found >= n {
			return
		}
		if late {
			t.Fatalf("%d of %d came: %v", found, n, l.all)
		}
		l.cond.Wait()
	}
}

// watchedClock tells which timers were started.
type watchedClock struct {
	*manualClock
	timers *journal[time.Duration]
}

// AfterFunc implements tcpip.Clock.
func (c *watchedClock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	defer c.timers.add(d)
	return c.manualClock.AfterFunc(d, f)
}

// syn is the first SYN of an attempt.
type syn struct {
	to string
	at time.Duration // from the beginning
}

// synWatch is a link that notes the first SYN of each attempt, and none that is sent
// again.
type synWatch struct {
	nested.Endpoint
	h    *happyHosts
	seen map[attempt]bool
}

type attempt struct {
	to   string
	from uint16
}

// WritePackets implements stack.LinkEndpoint.
func (w *synWatch) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	for _, pkt := range pkts.AsSlice() {
		tcp := header.TCP(pkt.TransportHeader().Slice())
		if pkt.TransportProtocolNumber != header.TCPProtocolNumber || tcp.Flags() != header.TCPFlagSyn {
			continue
		}
		w.h.mu.Lock()
		to := pkt.Network().DestinationAddress().String()
		if a := (attempt{to, tcp.SourcePort()}); !w.seen[a] {
			w.seen[a] = true
			w.h.syns.add(syn{to, w.h.clock.Now().Sub(w.h.start)})
		}
		w.h.mu.Unlock()
	}
	return w.Endpoint.WritePackets(pkts)
}

// The hosts' addresses. What the server's prefixes have beside them is routed to it
// and answers nothing.
const (
	server4 = "192.0.2.2"
	server6 = "2001:db8::2"
)

// happyHosts are a client, whose time stands still and whose names a function
// answers, and a server, on a cable.
type happyHosts struct {
	client, server *facade.Module
	clock          *watchedClock
	start          time.Time
	syns           *journal[syn]
	mu             sync.Mutex
}

func newHappyHosts(t *testing.T, names lookup) *happyHosts {
	t.Helper()
	testenv.LeakCheck(t)
	h := &happyHosts{clock: &watchedClock{newManualClock(), newJournal[time.Duration]()}, syns: newJournal[syn]()}
	h.start = h.clock.Now()
	a, b := link.NewCable(link.CableConfig{})
	watch := &synWatch{h: h, seen: make(map[attempt]bool)}
	watch.Init(a, watch)
	h.client = happyHost(t, watch, stack.Config{Clock: h.clock}, names, "192.0.2.1/24", "2001:db8::1/64")
	h.server = happyHost(t, b, stack.Config{}, nil, server4+"/24", server6+"/64")
	return h
}

func happyHost(t *testing.T, ep gstack.LinkEndpoint, c stack.Config, names lookup, addresses ...string) *facade.Module {
	t.Helper()
	return hostOn(t, ep, c, facade.Config{Resolver: scripted{new(resolver.Switch), names}}, addresses...)
}

// hostOn is the module of a host with one link.
func hostOn(t *testing.T, ep gstack.LinkEndpoint, c stack.Config, f facade.Config, addresses ...string) *facade.Module {
	t.Helper()
	l := stack.LinkConfig{Endpoint: ep}
	for _, a := range addresses {
		l.Addresses = append(l.Addresses, netip.MustParsePrefix(a))
	}
	c.Links = []stack.LinkConfig{l}
	s, err := stack.New(c)
	must(t, err)
	closeAtEnd(t, s)
	f.Stack = s
	m := facade.New(f)
	closeAtEnd(t, m)
	return m
}

// listen has the server listen at an address.
func (h *happyHosts) listen(t *testing.T, address string) {
	t.Helper()
	l, err := h.server.Listen("tcp", address)
	must(t, err)
	closeAtEnd(t, l)
}

// armed waits until n timers of a duration were started.
func (h *happyHosts) armed(t *testing.T, n int, d time.Duration) {
	t.Helper()
	h.clock.timers.await(t, n, func(e time.Duration) bool { return e == d })
}

// sent waits for SYNs.
func (h *happyHosts) sent(t *testing.T, n int) {
	t.Helper()
	h.syns.await(t, n, func(syn) bool { return true })
}

// wantSYNs compares the SYNs so far.
func (h *happyHosts) wantSYNs(t *testing.T, want ...syn) {
	t.Helper()
	if got := h.syns.get(); !slices.Equal(got, want) {
		t.Errorf("SYNs %v, want %v", got, want)
	}
}

// wantNoSockets fails if the client has sockets left.
func (h *happyHosts) wantNoSockets(t *testing.T) {
	t.Helper()
	if n := facade.TableOf(h.client).Len(); n != 0 {
		t.Errorf("%d sockets are left", n)
	}
}

// lookup answers for a name: numeric addresses, all of which the family hint narrows.
type lookup func(ctx context.Context, name string, partial func(...string)) ([]string, error)

// always is a lookup of the same addresses for every name.
func always(addrs ...string) lookup {
	return func(context.Context, string, func(...string)) ([]string, error) { return addrs, nil }
}

// scripted is a resolver that asks a function for names.
type scripted struct {
	*resolver.Switch
	lookup lookup
}

// GetAddrInfo implements resolver.Resolver.
func (s scripted) GetAddrInfo(ctx context.Context, name, service string, hints resolver.Hints) ([]resolver.AddrInfo, error) {
	numeric := func(addrs []string) ([]resolver.AddrInfo, error) {
		var all []resolver.AddrInfo
		for _, a := range addrs {
			some, err := s.Switch.GetAddrInfo(ctx, a, service, hints)
			if err == nil {
				all = append(all, some...)
			}
		}
		if len(all) == 0 {
			return nil, &resolver.GAIError{Op: "getaddrinfo", Name: name, Code: resolver.EAI_NODATA}
		}
		return all, nil
	}
	partial := func(addrs ...string) {
		if some, err := numeric(addrs); err == nil && hints.Partial != nil && hints.Family == endpoint.AF_UNSPEC {
			hints.Partial(some)
		}
	}
	if s.lookup == nil {
		return s.Switch.GetAddrInfo(ctx, name, service, hints)
	}
	addrs, err := s.lookup(ctx, name, partial)
	if err != nil {
		return nil, err
	}
	return numeric(addrs)
}

// byClock is a context whose deadline only the stack's clock counts.
type byClock struct {
	context.Context
	at time.Time
}

// Deadline implements context.Context.
func (c byClock) Deadline() (time.Time, bool) { return c.at, true }
