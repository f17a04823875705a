package files_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/resolver/files"
)

const hostsText = `
# a comment
127.0.0.1	localhost
::1	localhost ip6-localhost   # and another
192.0.2.1 Alpha.Example.ORG alpha al
	192.0.2.2 beta alpha
2001:db8::1 alpha alpha6
fe80::1%eth0 router
1.2.3 short
01.2.3.4 octal
1.2.3.4/24 net
192.0.2.9
::ffff:192.0.2.7 mapped
`

func parseHosts(t testing.TB, text string) *files.Hosts {
	t.Helper()
	h, err := files.ParseHosts(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHostsAddrs(t *testing.T) {
	h := parseHosts(t, hostsText)
	for _, tt := range []struct{ name, want string }{
		{"localhost", "[127.0.0.1 ::1] localhost [ip6-localhost]"},
		{"IP6-LocalHost.", "[::1] localhost [ip6-localhost]"},
		{"alpha", "[192.0.2.1 192.0.2.2 2001:db8::1] Alpha.Example.ORG [alpha al alpha beta alpha6 alpha]"},
		{"alpha.example.org", "[192.0.2.1] Alpha.Example.ORG [alpha al]"},
		{"router", "[fe80::1%eth0] router []"},
		{"mapped", "[::ffff:192.0.2.7] mapped []"},
		{"short", "[]  []"},
		{"octal", "[]  []"},
		{"net", "[]  []"},
		{"", "[]  []"},
		{"nobody", "[]  []"},
	} {
		addrs, canonical, aliases := h.Addrs(tt.name)
		if got := fmt.Sprint(addrs, " ", canonical, " ", aliases); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestHostsNames(t *testing.T) {
	h := parseHosts(t, hostsText)
	for _, tt := range []struct{ addr, want string }{
		{"192.0.2.1", "Alpha.Example.ORG [alpha al] true"},
		{"192.0.2.2", "beta [alpha] true"},
		{"::ffff:192.0.2.2", " [] false"},
		{"::ffff:192.0.2.7", "mapped [] true"},
		{"192.0.2.7", "mapped [] true"},
		{"fe80::1%eth0", "router [] true"},
		{"fe80::1", " [] false"},
		{"::1%lo", "localhost [ip6-localhost] true"},
		{"192.0.2.9", " [] false"},
	} {
		name, aliases, ok := h.Names(netip.MustParseAddr(tt.addr))
		if got := fmt.Sprint(name, " ", aliases, " ", ok); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.addr, got, tt.want)
		}
	}
}

func TestHostsLineAddr4(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "::1": "127.0.0.1", "2001:db8::1": "", "::1%lo": "",
	} {
		a, ok := files.HostsLine{Addr: netip.MustParseAddr(text)}.Addr4()
		if ok != (want != "") || ok && a.String() != want {
			t.Errorf("%s: %v, %v, want %s", text, a, ok, want)
		}
	}
	h := parseHosts(t, "::1 six\n127.0.0.1 four\n")
	if name, _, _ := h.Names(netip.MustParseAddr("127.0.0.1")); name != "six" {
		t.Errorf("127.0.0.1 is %s", name)
	}
}

func TestNewHosts(t *testing.T) {
	loopback := netip.MustParseAddr("::1")
	names := []string{"a", "b"}
	h, err := files.NewHosts([]files.HostsLine{{Addr: loopback, Names: names}})
	if err != nil {
		t.Fatal(err)
	}
	names[0] = "changed"
	if got, want := h.String(), "::1\ta b\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, l := range []files.HostsLine{
		{},
		{Addr: loopback},
		{Names: []string{"a"}},
		{Addr: loopback, Names: []string{""}},
		{Addr: loopback, Names: []string{"a", "b c"}},
		{Addr: loopback, Names: []string{"#"}},
		{Addr: loopback.WithZone("a b"), Names: []string{"a"}},
	} {
		if _, err := files.NewHosts([]files.HostsLine{l}); err == nil {
			t.Errorf("%v is taken", l)
		}
	}
}

func TestNilHostsIsEmpty(t *testing.T) {
	var h *files.Hosts
	addrs, _, _ := h.Addrs("localhost")
	_, _, ok := h.Names(netip.MustParseAddr("::1"))
	if addrs != nil || ok || h.String() != "" {
		t.Errorf("%v, %v, %q", addrs, ok, h)
	}
}

func TestHostsCaps(t *testing.T) {
	for limit, text := range map[string]string{
		"2 Mi names": strings.Repeat("::1"+strings.Repeat(" a", 1<<14)+"\n", 1<<7),
		"64 MiB":     strings.Repeat(strings.Repeat("#", 1<<15-1)+"\n", 1<<11),
	} {
		parseHosts(t, text)
		if _, err := files.ParseHosts(strings.NewReader(text + "::1 a")); err != files.ErrTooLarge {
			t.Errorf("%s and one more: %v", limit, err)
		}
	}
	long := strings.Repeat("x", 64<<10)
	h := parseHosts(t, "::1 a\n::2 "+long+"\n::3 "+long+long+" b\n::4 c")
	if got, want := h.String(), "::1\ta\n::4\tc\n"; got != want {
		t.Errorf("%.100q, want %q", got, want)
	}
}

// FuzzHosts: what is printed is read as the same, and every name and address of it
// is found.
func FuzzHosts(f *testing.F) {
	f.Add(hostsText)
	f.Fuzz(func(t *testing.T, text string) {
		h := parseHosts(t, text)
		lines := h.Lines()
		if n := strings.Count(text, "\n") + 1; len(lines) > n {
			t.Fatalf("%d entries of %d lines", len(lines), n)
		}
		if again := parseHosts(t, h.String()); !reflect.DeepEqual(again.Lines(), lines) {
			t.Errorf("%q is read as %q", h, again)
		}
		for _, l := range lines {
			if _, _, ok := h.Names(l.Addr); !ok {
				t.Errorf("%v is not found", l.Addr)
			}
			for _, name := range l.Names {
				if addrs, _, _ := h.Addrs(name); !slices.Contains(addrs, l.Addr) {
					t.Errorf("%q has %v, not %v", name, addrs, l.Addr)
				}
			}
		}
	})
}
