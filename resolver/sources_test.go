package resolver_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/files"
)

const table = `
192.0.2.9    four.example.test pinned
192.0.2.10   pinned
2001:db8::9  pinned nine
192.0.2.11   host
`

func withHosts(c *resolver.Config) { c.Hosts = parsedText(table, files.ParseHosts) }

func withOrder(line string) func(*resolver.Config) {
	return func(c *resolver.Config) { c.Order = files.ParseOrder(line) }
}

func named(name string) func(*resolver.Config) {
	return func(c *resolver.Config) { c.Host.Name = func() string { return name } }
}

// TestOrderOfSources: the first source that has an answer counts, as nsswitch.conf(5)
// orders them.
func TestOrderOfSources(t *testing.T) {
	s := serve(t, zone+"192.0.2.77 host", faults)
	for _, c := range []struct{ order, name, want string }{
		{resolver.DefaultOrder, "four.example.test", "192.0.2.9"},
		{resolver.DefaultOrder, "pinned", "192.0.2.9 192.0.2.10"},
		{resolver.DefaultOrder, "nine", "EAI_NODATA"},
		{resolver.DefaultOrder, "host", "192.0.2.11"},
		{resolver.DefaultOrder, "top", "192.0.2.4"},
		{"dns files", "four.example.test", "192.0.2.1"},
		{"dns files", "pinned", "192.0.2.9 192.0.2.10"},
		{"myhostname files", "host", "127.0.0.1"},
		{"files", "top", "EAI_NONAME"},
		{"files [NOTFOUND=return] dns", "top", "EAI_NONAME"},
		{"dns [!SUCCESS=return] files", "pinned", "EAI_NONAME"},
		{"dns [TRYAGAIN=return] files", "silent.example.test", "EAI_AGAIN"},
		{"dns [UNAVAIL=return] files", "pinned", "192.0.2.9 192.0.2.10"},
		{"mdns4_minimal [NOTFOUND=return] dns", "top", "192.0.2.4"},
		{"resolve [!UNAVAIL=return] dns", "top", "192.0.2.4"},
		{"resolve [UNAVAIL=return] dns", "top", "EAI_NONAME"},
		{"files [SUCCESS=continue] dns", "four.example.test", "192.0.2.1"},
		{"files [SUCCESS=continue] dns", "pinned", "192.0.2.9 192.0.2.10"},
	} {
		r := s.client("nameserver 192.0.2.53\noptions timeout:1 attempts:1", withHosts, named("host"), withOrder(c.order))
		if got := addrsOf(t, r, c.name, v4); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.order, c.name, got, c.want)
		}
	}
}

// lab is a source of an application's own.
type lab struct{ fails error }

func (l lab) HostByName(_ context.Context, q resolver.Query) (resolver.HostEnt, error) {
	if l.fails != nil || q.Name != "bench.lab" {
		return resolver.HostEnt{}, errors.Join(l.fails, resolver.HOST_NOT_FOUND)
	}
	return resolver.HostEnt{Name: q.Name, Addrs: []netip.Addr{netip.MustParseAddr("198.51.100.1")}}, nil
}

func (l lab) HostByAddr(_ context.Context, a netip.Addr) (resolver.HostEnt, error) {
	return resolver.HostEnt{Name: "bench.lab", Addrs: []netip.Addr{a}}, nil
}

// TestSourcesOfApplications stand in the order, or in the place of another source.
func TestSourcesOfApplications(t *testing.T) {
	with := func(name string, source resolver.Source) func(*resolver.Config) {
		return func(c *resolver.Config) { c.Sources = map[string]resolver.Source{name: source} }
	}
	s := serve(t, zone, nil)
	const conf = "nameserver 192.0.2.53"
	if got := addrsOf(t, s.client(conf, withOrder("lab dns"), with("lab", lab{})), "bench.lab", v4); got != "198.51.100.1" {
		t.Errorf("a source of its own: %s", got)
	}
	if got := addrsOf(t, s.client(conf, with("dns", lab{})), "top", v4); got != "EAI_NONAME" || s.asked() != "[]" {
		t.Errorf("in the place of DNS: %s", got)
	}
	unavailable := s.client(conf, withOrder("lab [UNAVAIL=return] dns"), with("lab", lab{resolver.ErrUnavailable}))
	if got := addrsOf(t, unavailable, "top", v4); got != "EAI_NONAME" {
		t.Errorf("unavailable: %s", got)
	}
	host, _, err := s.client(conf, withOrder("lab"), with("lab", lab{})).GetNameInfo(t.Context(), netip.MustParseAddrPort("10.0.0.1:1"), 0, 0)
	if host != "bench.lab" || err != nil {
		t.Errorf("name of an address: %s, %v", host, err)
	}
}

// TestFilesThatChange are read again.
func TestFilesThatChange(t *testing.T) {
	s := serve(t, zone, nil)
	hosts, conf := filepath.Join(t.TempDir(), "hosts"), filepath.Join(t.TempDir(), "resolv.conf")
	order := filepath.Join(t.TempDir(), "nsswitch.conf")
	r := s.client("nameserver 192.0.2.1", func(c *resolver.Config) {
		c.HostsFile, c.DNSFile, c.OrderFile = hosts, conf, order
	})
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(name, want, asked string) {
		t.Helper()
		got := addrsOf(t, r, name, v4)
		if questions := s.asked(); got != want || questions != asked {
			t.Errorf("%s: %s after %s, want %s after %s", name, got, questions, want, asked)
		}
	}
	expect("top", "192.0.2.4", "[udp 127.0.0.1 top. A]") // resolv.conf(5): without a file the local server
	write(hosts, "192.0.2.20 top\n")
	expect("top", "192.0.2.20", "[]")
	write(order, "hosts: dns files\n")
	write(conf, "nameserver 192.0.2.2\nsearch example.test\n")
	expect("top", "192.0.2.4", "[udp 192.0.2.2 top.example.test. A udp 192.0.2.2 top. A]")
	write(conf, "nameserver 192.0.2.33\n")
	expect("four.example.test", "192.0.2.1", "[udp 192.0.2.33 four.example.test. A]")
	r.SetDNS(files.ResolvConf{Servers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.44:53")}})
	write(conf, "nameserver 192.0.2.55\n")
	expect("four.example.test", "192.0.2.1", "[udp 192.0.2.44 four.example.test. A]")
	if got := fmt.Sprint(r.DNS().Servers); got != "[192.0.2.44:53]" {
		t.Errorf("servers in force: %s", got)
	}
}

// TestNoServers: without any, a name is unknown, and nobody waits.
func TestNoServers(t *testing.T) {
	r := resolver.New(resolver.Config{})
	if got := addrsOf(t, r, "example.test", every); got != "EAI_NONAME" {
		t.Error(got)
	}
	if _, err := r.GetHostByAddr(t.Context(), netip.MustParseAddr("192.0.2.1")); !errors.Is(err, resolver.HOST_NOT_FOUND) {
		t.Error(err)
	}
	if _, err := r.Query(t.Context(), "example.test", dnsmessage.TypeMX); !errors.Is(err, resolver.ErrUnavailable) {
		t.Error(err)
	}
	unreachable := resolver.New(resolver.Config{DNS: parsedText("nameserver 192.0.2.1", files.ParseResolvConf)})
	if got := addrsOf(t, unreachable, "example.test", every); got != "EAI_AGAIN" {
		t.Errorf("servers, and no way to them: %s", got)
	}
}

// TestInternationalNames are encoded for sources, and decoded where that is asked for.
func TestInternationalNames(t *testing.T) {
	s := serve(t, "192.0.2.8 xn--bcher-kva.example.test", nil)
	r := s.client("nameserver 192.0.2.53")
	for _, c := range []struct {
		flags int
		canon string
	}{{resolver.AI_CANONNAME, "xn--bcher-kva.example.test"}, {resolver.AI_CANONNAME | resolver.AI_CANONIDN | resolver.AI_IDN, "bücher.example.test"}} {
		infos, err := r.GetAddrInfo(t.Context(), "Bücher.example.test", "80", resolver.Hints{Flags: c.flags})
		if err != nil || infos[0].CanonName != c.canon || infos[0].Addr.Addr().String() != "192.0.2.8" {
			t.Errorf("%+v, %v", infos, err)
		}
	}
	if got := addrsOf(t, r, "a\u200d.example.test", every); got != "EAI_IDN_ENCODE" {
		t.Errorf("a name that cannot be encoded: %s", got)
	}
	if _, err := r.GetHostByName(t.Context(), "a\u200d.example.test"); !errors.Is(err, resolver.HOST_NOT_FOUND) {
		t.Error(err)
	}
	host, _, err := r.GetNameInfo(t.Context(), netip.MustParseAddrPort("192.0.2.8:80"), 0, resolver.NI_IDN)
	if host != "bücher.example.test" || err != nil {
		t.Errorf("%s, %v", host, err)
	}
}
