package resolver_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/addrselect"
	"github.com/usernet-stack/usernet/resolver/files"
)

// TestOptions: what a server sees of the options of resolv.conf(5).
func TestOptions(t *testing.T) {
	const a = "192.0.2.53 both.example.test. "
	for _, c := range []struct{ options, names, asked string }{
		{"", "both", "[udp " + a + "A udp " + a + "AAAA]"},
		{"no-aaaa", "both", "[udp " + a + "A]"},
		{"use-vc", "both", "[tcp " + a + "A tcp " + a + "AAAA]"},
		{"single-request", "both", "[udp " + a + "A udp " + a + "AAAA]"},
		{"no-aaaa", "lasting lasting", "[udp 192.0.2.53 lasting. A]"},
		{"rotate no-aaaa", "both top", "[udp " + a + "A udp 192.0.2.54 top. A]"},
		{"no-aaaa", "both top", "[udp " + a + "A udp 192.0.2.53 top. A]"},
	} {
		s := serve(t, zone, map[string]func([]byte) []byte{"lasting.": lasting})
		r := s.client("nameserver 192.0.2.53\nnameserver 192.0.2.54\noptions " + c.options)
		for _, name := range strings.Fields(c.names) {
			if name == "both" {
				name = "both.example.test"
			}
			if got := addrsOf(t, r, name, every); strings.HasPrefix(got, "EAI") {
				t.Errorf("%s: %s is %s", c.options, name, got)
			}
		}
		if asked := s.asked(); asked != c.asked {
			t.Errorf("%q, %s: asked were %s, want %s", c.options, c.names, asked, c.asked)
		}
	}
}

// TestSockets: with single-request every question has a socket of its own.
func TestSockets(t *testing.T) {
	for options, want := range map[string]int{"": 1, "options single-request": 2, "options single-request-reopen": 2} {
		s := serve(t, zone, nil)
		addrsOf(t, s.client("nameserver 192.0.2.53\n"+options), "both.example.test", every)
		if s.dials != want {
			t.Errorf("%q: %d sockets, want %d", options, s.dials, want)
		}
	}
}

// TestNoCache: a negative size keeps nothing.
func TestNoCache(t *testing.T) {
	for size, want := range map[int]int{0: 1, -1: 2} {
		s := serve(t, zone, map[string]func([]byte) []byte{"lasting.": lasting})
		r := s.client("nameserver 192.0.2.53", func(c *resolver.Config) { c.CacheBytes = size })
		for range 2 {
			if got := addrsOf(t, r, "lasting", v4); got != "192.0.2.1" {
				t.Error(got)
			}
		}
		if n := len(s.raw); n != want || r.Stats().Queries != uint64(want) {
			t.Errorf("CacheBytes %d: %d queries, %+v, want %d", size, n, r.Stats(), want)
		}
	}
}

// TestAllServersAreAsked: a configuration has as many as it likes, resolv.conf(5) three.
func TestAllServersAreAsked(t *testing.T) {
	s := serve(t, "", map[string]func([]byte) []byte{"silent.": silent})
	r := s.client("options attempts:1 timeout:1")
	conf := r.DNS()
	for i := range 5 {
		conf.Servers = append(conf.Servers, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 53))
	}
	r.SetDNS(conf)
	conf.Servers[0] = netip.AddrPort{} // the resolver has its own
	r.DNS().Servers[1] = netip.AddrPort{}
	addrsOf(t, r, "silent", v4)
	if asked := strings.Count(s.asked(), "192.0.2."); asked != 5 {
		t.Errorf("%d of 5 servers were asked", asked)
	}
}

// TestOrderOfAddresses is RFC 6724's, by the sources, prefixes and policy of the host.
func TestOrderOfAddresses(t *testing.T) {
	const hosts = `
10.9.9.9     many
10.0.0.9     many
2001:db8::9  many
fe80::9%eth0 linked
`
	s := serve(t, "", nil)
	reach := func(a netip.Addr) (netip.Addr, error) {
		if a.Is4() {
			return netip.MustParseAddr("10.0.0.1"), nil
		}
		return netip.MustParseAddr("2001:db8::1"), nil
	}
	with := func(change func(*resolver.Config)) *resolver.Switch {
		return s.client("", func(c *resolver.Config) {
			c.Hosts = parsedText(hosts, files.ParseHosts)
			c.Host.SourceFor = reach
			c.Host.InterfaceIndex = func(name string) uint32 { return map[string]uint32{"eth0": 7}[name] }
			c.Host.Addrs = func() []netip.Prefix {
				return []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("2001:db8::1/64")}
			}
			change(c)
		})
	}
	for what, c := range map[string]struct {
		change func(*resolver.Config)
		want   string
	}{
		"RFC 6724":    {func(*resolver.Config) {}, "2001:db8::9 10.0.0.9 10.9.9.9"},
		"IPv4 first":  {func(c *resolver.Config) { c.Policy = preferIPv4() }, "10.0.0.9 10.9.9.9 2001:db8::9"},
		"no prefixes": {func(c *resolver.Config) { c.Host.Addrs = nil }, "2001:db8::9 10.9.9.9 10.0.0.9"},
	} {
		if got := addrsOf(t, with(c.change), "many", every); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
	infos, err := with(func(*resolver.Config) {}).GetAddrInfo(t.Context(), "linked", "80", every)
	if err != nil || infos[0].ScopeID != 7 || infos[0].Addr.Addr().Zone() != "" {
		t.Errorf("an address with a zone: %+v, %v", infos, err)
	}
}

// preferIPv4 is the comment of many a gai.conf(5).
func preferIPv4() []addrselect.Row {
	policy := addrselect.DefaultPolicy()
	for i := range policy {
		if policy[i].Prefix.Addr().Is4In6() {
			policy[i].Precedence = 100
		}
	}
	return policy
}
