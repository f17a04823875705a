package stack_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// newMultihomed returns a host with links 2 to 4 and the addresses 10.0.N.1 and
// fd0N::1, whose routes show in the source address that it would use.
func newMultihomed(t *testing.T) *stack.Stack {
	t.Helper()
	var links []stack.LinkConfig
	for _, a := range [][]string{{"10.0.2.1/24", "fd02::1/64"}, {"10.0.3.1/24", "fd03::1/64"}, {"10.0.4.1/24", "fd04::1/64"}} {
		end, _ := link.NewCable(link.CableConfig{})
		links = append(links, linkConfig(end, a...))
	}
	return newStack(t, stack.Config{Links: links})
}

func wantSource(t *testing.T, s *stack.Stack, dst, want string) {
	t.Helper()
	got, err := s.SourceFor(netip.MustParseAddr(dst))
	if want == "" {
		if !errors.Is(err, stack.ErrUnreachable) {
			t.Errorf("to %s: %v, %v, want unreachable", dst, got, err)
		}
		return
	}
	if err != nil || got != netip.MustParseAddr(want) {
		t.Errorf("to %s: %v, %v, want %s", dst, got, err, want)
	}
}

func route(prefix string, link int, metric uint32) stack.Route {
	return stack.Route{Destination: netip.MustParsePrefix(prefix), Link: link, Metric: metric}
}

func addRoutes(t *testing.T, s *stack.Stack, routes ...stack.Route) {
	t.Helper()
	for _, r := range routes {
		if err := s.AddRoute(r); err != nil {
			t.Fatalf("%v: %v", r, err)
		}
	}
}

func TestRouteChoice(t *testing.T) {
	s := newMultihomed(t)
	addRoutes(t, s,
		route("0.0.0.0/0", 4, 0), route("::/0", 4, 0),
		route("192.0.2.0/24", 2, 0), route("192.0.2.128/25", 3, 500),
		route("198.51.100.0/24", 2, 20), route("198.51.100.0/24", 3, 10), route("198.51.100.0/24", 4, 15),
		route("203.0.113.0/24", 3, 7), route("203.0.113.0/24", 2, 7),
		route("2001:db8::/32", 2, 1024), route("2001:db8:1::/48", 3, 2048),
	)
	for name, c := range map[string]struct{ dst, want string }{
		"default":                     {"8.8.8.8", "10.0.4.1"},
		"IPv6 default":                {"2600::1", "fd04::1"},
		"longest prefix":              {"192.0.2.200", "10.0.3.1"},
		"shorter prefix":              {"192.0.2.1", "10.0.2.1"},
		"IPv6 longest prefix":         {"2001:db8:1::1", "fd03::1"},
		"IPv6 shorter prefix":         {"2001:db8:2::1", "fd02::1"},
		"lowest metric":               {"198.51.100.1", "10.0.3.1"},
		"oldest of the same metric":   {"203.0.113.1", "10.0.3.1"},
		"connected":                   {"10.0.2.9", "10.0.2.1"},
		"own address":                 {"10.0.3.1", "10.0.3.1"},
		"loopback":                    {"127.0.0.1", "127.0.0.1"},
		"all of the loopback network": {"127.9.9.9", "127.9.9.9"},
		"IPv6 loopback":               {"::1", "::1"},
		"mapped":                      {"::ffff:192.0.2.1", "10.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) { wantSource(t, s, c.dst, c.want) })
	}
}

func TestRoutesThroughADownLinkDoNotMatch(t *testing.T) {
	s := newMultihomed(t)
	addRoutes(t, s, route("192.0.2.0/24", 2, 1), route("192.0.2.0/24", 3, 2), route("198.51.100.0/24", 2, 0))
	wantSource(t, s, "192.0.2.1", "10.0.2.1")
	for range 2 {
		if err := s.SetLinkUp(2, false); err != nil {
			t.Fatal(err)
		}
		wantSource(t, s, "192.0.2.1", "10.0.3.1")
		wantSource(t, s, "198.51.100.1", "")
		wantSource(t, s, "10.0.2.9", "")
		wantSource(t, s, "fd02::9", "")
		if err := s.SetLinkUp(2, true); err != nil {
			t.Fatal(err)
		}
		wantSource(t, s, "192.0.2.1", "10.0.2.1")
		wantSource(t, s, "fd02::9", "fd02::1")
	}
}

func TestRoutesComeAndGo(t *testing.T) {
	s := newMultihomed(t)
	initial := len(s.Routes())
	r := route("192.0.2.0/24", 2, 3)
	addRoutes(t, s, r, route("192.0.2.0/24", 3, 4), route("192.0.2.0/24", 4, 1))
	if err := s.AddRoute(r); !errors.Is(err, stack.ErrExists) {
		t.Errorf("twice: %v", err)
	}
	wantSource(t, s, "192.0.2.1", "10.0.4.1")
	for _, step := range []struct {
		remove stack.Route
		want   string
	}{
		{stack.Route{Destination: r.Destination}, "10.0.2.1"},
		{stack.Route{Destination: r.Destination, Link: 2}, "10.0.3.1"},
		{stack.Route{Destination: r.Destination, Metric: 4}, ""},
	} {
		if err := s.RemoveRoute(step.remove); err != nil {
			t.Fatal(err)
		}
		wantSource(t, s, "192.0.2.1", step.want)
	}
	if err := s.RemoveRoute(r); !errors.Is(err, stack.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if n := len(s.Routes()); n != initial {
		t.Errorf("%d routes, had %d", n, initial)
	}
}

func TestGatewayFindsItsLink(t *testing.T) {
	s := newMultihomed(t)
	addRoutes(t, s, stack.Route{Destination: netip.MustParsePrefix("192.0.2.0/24"), Gateway: netip.MustParseAddr("10.0.3.254")})
	wantSource(t, s, "192.0.2.1", "10.0.3.1")
}

func TestSourceOfARoute(t *testing.T) {
	s := newMultihomed(t)
	source := netip.MustParseAddr("10.0.2.7")
	if err := s.AddAddress(2, netip.PrefixFrom(source, 24)); err != nil {
		t.Fatal(err)
	}
	r := route("192.0.2.0/24", 2, 0)
	r.Source = source
	addRoutes(t, s, r)
	wantSource(t, s, "192.0.2.1", "10.0.2.7")
	wantSource(t, s, "10.0.2.9", "10.0.2.1")
	if err := s.RemoveAddress(2, source); err != nil {
		t.Fatal(err)
	}
	wantSource(t, s, "192.0.2.1", "")
}

func TestConnectedRoutesFollowTheirAddresses(t *testing.T) {
	s := newMultihomed(t)
	initial := len(s.Routes())
	for _, p := range prefixes("10.0.2.5/24", "10.9.0.1/16", "10.8.0.1/32", "fd09::1/64") {
		if err := s.AddAddress(2, p); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Routes()); n != initial+2 {
		t.Errorf("%d routes, want 2 more than %d: %v", n, initial, s.Routes())
	}
	wantSource(t, s, "10.9.8.7", "10.9.0.1")
	for _, a := range []string{"10.0.2.1", "10.9.0.1", "fd09::1"} {
		if err := s.RemoveAddress(2, netip.MustParseAddr(a)); err != nil {
			t.Fatal(err)
		}
	}
	wantSource(t, s, "10.9.8.7", "")
	wantSource(t, s, "10.0.2.9", "10.0.2.5")
	if err := s.RemoveAddress(2, netip.MustParseAddr("10.0.2.5")); err != nil {
		t.Fatal(err)
	}
	wantSource(t, s, "10.0.2.9", "")
}

func TestRemovedLinkTakesItsRoutes(t *testing.T) {
	s := newMultihomed(t)
	addRoutes(t, s, route("192.0.2.0/24", 2, 0))
	if err := s.RemoveLink(2); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Routes() {
		if r.Link == 2 {
			t.Errorf("left: %+v", r)
		}
	}
	wantSource(t, s, "192.0.2.1", "")
	end, _ := link.NewCable(link.CableConfig{})
	if index, err := s.AddLink(linkConfig(end, "10.0.2.1/24")); err != nil || index != 5 {
		t.Errorf("index %d, %v: want one that was never used", index, err)
	}
	if l, err := s.LinkByName("eth3"); err != nil || l.Index != 5 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestZoneChoosesTheLink(t *testing.T) {
	s := newMultihomed(t)
	for i, p := range prefixes("fe80::2/64", "fe80::3/64") {
		if err := s.AddAddress(i+2, p); err != nil {
			t.Fatal(err)
		}
	}
	wantSource(t, s, "fe80::9%eth1", "fe80::3%eth1")
	wantSource(t, s, "fe80::9%2", "fe80::2%2")
	if _, err := s.SourceFor(netip.MustParseAddr("fe80::9%eth9")); !errors.Is(err, stack.ErrNoLink) {
		t.Error(err)
	}
}

func TestManyRoutes(t *testing.T) {
	s := newMultihomed(t)
	for i := range 5000 {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, byte(i >> 8), byte(i), 0}), 24)
		addRoutes(t, s, stack.Route{Destination: p, Link: 2 + i%3})
	}
	wantSource(t, s, "100.0.1.1", "10.0.3.1")
	wantSource(t, s, "100.19.135.1", "10.0.3.1")
}
