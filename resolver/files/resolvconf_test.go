package files_test

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/resolver/files"
)

func parseResolvConf(t testing.TB, text string) files.ResolvConf {
	t.Helper()
	c, err := files.ParseResolvConf(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func servers(texts ...string) []netip.AddrPort {
	var all []netip.AddrPort
	for _, s := range texts {
		all = append(all, netip.MustParseAddrPort(s))
	}
	return all
}

func TestParseResolvConf(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       files.ResolvConf
	}{
		{"empty", "", files.ResolvConf{}},
		{"comments", "#nameserver 192.0.2.1\n;search a\n # nameserver 192.0.2.2\n", files.ResolvConf{}},
		{"a keyword that is not at the start of its line", " nameserver 192.0.2.1", files.ResolvConf{}},
		{"a keyword alone", "search a\nsearch\ndomain \nnameserver\t\noptions", files.ResolvConf{Search: []string{"a"}}},
		{"servers, of which the first 3 count", "nameserver 192.0.2.1 # one\nnameserver\t2001:db8::1\nnameserver nobody\nnameserver 192.0.2.1:53\nnameserver fe80::1%eth0\nnameserver 192.0.2.4\n",
			files.ResolvConf{Servers: servers("192.0.2.1:53", "[2001:db8::1]:53", "[fe80::1%eth0]:53")}},
		{"the last of domain and search", "search a b\ndomain c d\n", files.ResolvConf{Search: []string{"c"}}},
		{"the last of domain and search, again", "domain c\nsearch a.example \tb.example.\r\n", files.ResolvConf{Search: []string{"a.example", "b.example."}}},
		{"numbers", "options ndots:2 timeout:3\noptions attempts:4 unknown:5 timeout", files.ResolvConf{NDots: 2, Timeout: 3 * time.Second, Attempts: 4}},
		{"numbers over the limits", "options ndots:16 timeout:31 attempts:99999999999999999999", files.ResolvConf{NDots: 15, Timeout: 30 * time.Second, Attempts: 5}},
		{"0", "options ndots:0 timeout:0 attempts:0", files.ResolvConf{NDots: files.NoDots, Timeout: time.Second, Attempts: 1}},
		{"numbers with more", "options ndots:3x timeout:4,attempts:3", files.ResolvConf{NDots: 3, Timeout: 4 * time.Second}},
		{"negative numbers", "options ndots:3 ndots:-1", files.ResolvConf{NDots: 3}},
		{"flags", "options rotate use-vc single-request no-aaaa no-tld-query edns0 trust-ad inet6 debug",
			files.ResolvConf{Rotate: true, UseVC: true, SingleRequest: true, NoAAAA: true, NoTLDQuery: true, EDNS0: true, TrustAD: true}},
		{"flags that begin alike", "options single-request-reopen no_tld_query rotated", files.ResolvConf{SingleRequestReopen: true, NoTLDQuery: true, Rotate: true}},
		{"sortlist", "sortlist 192.0.2.0/255.255.255.0", files.ResolvConf{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := parseResolvConf(t, tt.text); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestSearchHasALimit(t *testing.T) {
	c := parseResolvConf(t, "search"+strings.Repeat(" a", 1000))
	if len(c.Search) != files.MaxSearch {
		t.Errorf("%d domains", len(c.Search))
	}
}

func TestResolvConfWithDefaults(t *testing.T) {
	for _, tt := range []struct{ of, want files.ResolvConf }{
		{files.ResolvConf{}, files.ResolvConf{NDots: 1, Timeout: 5 * time.Second, Attempts: 2}},
		{files.ResolvConf{NDots: files.NoDots, Timeout: time.Millisecond, Attempts: -1},
			files.ResolvConf{NDots: files.NoDots, Timeout: time.Millisecond, Attempts: 1}},
		{files.ResolvConf{NDots: 20, Timeout: time.Hour, Attempts: 20}, files.ResolvConf{NDots: 15, Timeout: 30 * time.Second, Attempts: 5}},
	} {
		got := tt.of.WithDefaults()
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%+v: %+v, want %+v", tt.of, got, tt.want)
		}
		if again := got.WithDefaults(); !reflect.DeepEqual(again, got) {
			t.Errorf("%+v: %+v the second time", got, again)
		}
	}
}

func TestResolvConfString(t *testing.T) {
	c := files.ResolvConf{
		Servers: servers("192.0.2.1:53", "192.0.2.1:5353", "[fe80::1%eth0]:53"),
		Search:  []string{"a.example", "b.example"},
		NDots:   files.NoDots, Timeout: 1500 * time.Millisecond, Attempts: 3, EDNS0: true, NoTLDQuery: true,
	}
	want := "nameserver 192.0.2.1\n# nameserver 192.0.2.1:5353\nnameserver fe80::1%eth0\nsearch a.example b.example\noptions ndots:0 timeout:2 attempts:3 no-tld-query edns0\n"
	if got := c.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzResolvConf: what is printed is read as the same, and nothing is over its
// limit.
func FuzzResolvConf(f *testing.F) {
	f.Add("nameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch a b\ndomain c\noptions ndots:0 timeout:3 attempts:9 rotate edns0\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := parseResolvConf(t, text)
		if again := parseResolvConf(t, c.String()); !reflect.DeepEqual(again, c) {
			t.Errorf("%q is read as %+v, want %+v", c, again, c)
		}
		full := c.WithDefaults()
		if len(c.Servers) > 3 || len(c.Search) > 32 || full.Timeout < 1 || full.Attempts < 1 || full.Attempts > 5 || full.NDots > 15 {
			t.Errorf("%+v", full)
		}
	})
}
