package resolver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/dns"
)

const zone = `
192.0.2.1    four.example.test
2001:db8::2  six.example.test
192.0.2.3    both.example.test alias.example.test
2001:db8::3  both.example.test alias.example.test
192.0.2.4    top
192.0.2.5    deep.sub.example.test
`

var faults = map[string]func([]byte) []byte{
	"silent.example.test.":  silent,
	"broken.example.test.":  says(dnsmessage.RCodeServerFailure, nil),
	"refused.example.test.": says(dnsmessage.RCodeRefused, nil),
	"empty.example.test.":   says(dnsmessage.RCodeSuccess, func(h *dnsmessage.Header) { h.Authoritative = true }),
	"lame.example.test.":    says(dnsmessage.RCodeSuccess, func(h *dnsmessage.Header) { h.RecursionAvailable = false }),
}

// TestNamesOfServers: addresses of names, and why there are none.
func TestNamesOfServers(t *testing.T) {
	s := serve(t, zone, faults)
	r := s.client("nameserver 192.0.2.53\nsearch example.test\noptions timeout:1 attempts:1")
	const mapped, all = resolver.AI_V4MAPPED, resolver.AI_ALL
	for _, c := range []struct {
		name  string
		hints resolver.Hints
		want  string
	}{
		{"four.example.test", every, "192.0.2.1"},
		{"four.example.test.", v4, "192.0.2.1"},
		{"FOUR.example.TEST", v4, "192.0.2.1"},
		{"four.example.test", v6, "EAI_NODATA"},
		{"four.example.test", v6with(mapped), "::ffff:192.0.2.1"},
		{"six.example.test", every, "2001:db8::2"},
		{"six.example.test", v4, "EAI_NODATA"},
		{"six.example.test", v6with(mapped), "2001:db8::2"},
		{"both.example.test", every, "192.0.2.3 2001:db8::3"},
		{"both.example.test", v6, "2001:db8::3"},
		{"both.example.test", v6with(mapped), "2001:db8::3"},
		{"both.example.test", v6with(mapped | all), "2001:db8::3 ::ffff:192.0.2.3"},
		{"alias.example.test", every, "192.0.2.3 2001:db8::3"},
		{"four", every, "192.0.2.1"},
		{"top", every, "192.0.2.4"},
		{"deep.sub", v4, "192.0.2.5"},
		{"nosuch.example.test", every, "EAI_NONAME"},
		{"empty.example.test", every, "EAI_NODATA"},
		{"silent.example.test", every, "EAI_AGAIN"},
		{"broken.example.test", every, "EAI_AGAIN"},
		{"lame.example.test", every, "EAI_AGAIN"},
		{"refused.example.test", every, "EAI_FAIL"},
		{"a..example.test", every, "EAI_NONAME"},
		{"four.example.test", resolver.Hints{Flags: resolver.AI_NUMERICHOST}, "EAI_NONAME"},
	} {
		if got := addrsOf(t, r, c.name, c.hints); got != c.want {
			t.Errorf("%s, family %d, flags %#x: %s, want %s", c.name, c.hints.Family, c.hints.Flags, got, c.want)
		}
	}
}

// TestSpecialNamesStay: names that no server may be asked for (RFC 6761, RFC 7686).
func TestSpecialNamesStay(t *testing.T) {
	s := serve(t, zone, nil)
	r := s.client("nameserver 192.0.2.53\nsearch example.test")
	for name, want := range map[string]string{
		"localhost": "::1 127.0.0.1", "a.localhost.": "::1 127.0.0.1",
		"a.invalid": "EAI_NONAME", "a.onion": "EAI_NONAME", "10.0.0.1": "10.0.0.1",
		"１２７.0.0.1": "127.0.0.1", "127。0。0。1": "127.0.0.1",
	} {
		if got := addrsOf(t, r, name, every); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"localhost", "a.onion", "a.invalid."} {
		if _, err := r.Query(t.Context(), name, dns.TypeTXT); !errors.Is(err, resolver.HOST_NOT_FOUND) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked := s.asked(); asked != "[]" {
		t.Errorf("the server was asked %s", asked)
	}
}

// TestSearch: which names are asked for, in which order (resolv.conf(5)).
func TestSearch(t *testing.T) {
	s := serve(t, zone, faults)
	const list = "nameserver 192.0.2.53\nsearch x.test example.test\noptions timeout:1 attempts:1 "
	for _, c := range []struct{ conf, name, asked, want string }{
		{list, "four", "four.x.test. four.example.test.", "192.0.2.1"},
		{list, "four.", "four.", "EAI_NONAME"},
		{list, "top", "top.x.test. top.example.test. top.", "192.0.2.4"},
		{list + "no-tld-query", "top", "top.x.test. top.example.test.", "EAI_NONAME"},
		{list, "deep.sub", "deep.sub. deep.sub.x.test. deep.sub.example.test.", "192.0.2.5"},
		{list + "ndots:2", "deep.sub", "deep.sub.x.test. deep.sub.example.test.", "192.0.2.5"},
		{list + "ndots:0", "top", "top.", "192.0.2.4"},
		{list, "empty", "empty.x.test. empty.example.test. empty.", "EAI_NODATA"},
		{list, "broken", "broken.x.test. broken.example.test. broken.", "EAI_AGAIN"},
		{list, "refused", "refused.x.test. refused.example.test. refused.", "EAI_NONAME"},
		{"nameserver 192.0.2.53\nsearch .\n", "top", "top.", "192.0.2.4"},
		{"nameserver 192.0.2.53\n", "four", "four. ", "EAI_NONAME"},
	} {
		r := s.client(c.conf)
		got := addrsOf(t, r, c.name, v4)
		var want []string
		for _, name := range strings.Fields(c.asked) {
			want = append(want, "udp 192.0.2.53 "+name+" A")
		}
		if asked := s.asked(); asked != fmt.Sprint(want) || got != c.want {
			t.Errorf("%q, %s: %s after %s, want %s after %s", c.conf, c.name, got, asked, c.want, want)
		}
	}
	own := s.client("nameserver 192.0.2.53", func(c *resolver.Config) { c.Host.Name = func() string { return "host.example.test" } })
	if got := addrsOf(t, own, "four", v4); got != "192.0.2.1" {
		t.Errorf("in the host's own domain: %s", got)
	}
}

// TestCanonicalNames: that of the entry, in the first result.
func TestCanonicalNames(t *testing.T) {
	r := serve(t, zone, nil).client("nameserver 192.0.2.53\nsearch example.test")
	infos, err := r.GetAddrInfo(t.Context(), "alias", "80", resolver.Hints{Type: endpoint.SOCK_STREAM, Flags: resolver.AI_CANONNAME})
	if err != nil || len(infos) != 2 || infos[0].CanonName != "both.example.test" || infos[1].CanonName != "" {
		t.Errorf("%+v, %v", infos, err)
	}
	ent, err := r.GetHostByName(t.Context(), "alias")
	if want := "{both.example.test [alias.example.test] [192.0.2.3]}"; fmt.Sprint(ent) != want || err != nil {
		t.Errorf("%v, %v, want %s", ent, err, want)
	}
}

// TestNamesOfAddresses: PTR of both families.
func TestNamesOfAddresses(t *testing.T) {
	s := serve(t, zone, nil)
	r := s.client("nameserver 192.0.2.53")
	for addr, want := range map[string]string{
		"192.0.2.3":        "both.example.test [alias.example.test]",
		"::ffff:192.0.2.1": "four.example.test []",
		"2001:db8::2":      "six.example.test []",
	} {
		a := netip.MustParseAddr(addr)
		ent, err := r.GetHostByAddr(t.Context(), a)
		if got := fmt.Sprint(ent.Name, " ", ent.Aliases); got != want || err != nil || fmt.Sprint(ent.Addrs) != "["+addr+"]" {
			t.Errorf("%s: %+v, %v, want %s", addr, ent, err, want)
		}
	}
	host, service, err := r.GetNameInfo(t.Context(), netip.MustParseAddrPort("[2001:db8::2]:80"), 0, resolver.NI_NAMEREQD)
	if host != "six.example.test" || service != "http" || err != nil {
		t.Errorf("%s %s, %v", host, service, err)
	}
	if _, err := r.GetHostByAddr(t.Context(), netip.MustParseAddr("192.0.2.99")); !errors.Is(err, resolver.HOST_NOT_FOUND) {
		t.Errorf("an address without a name: %v", err)
	}
}

// TestNameInfoOfSilence: a server that does not answer is not "no name".
func TestNameInfoOfSilence(t *testing.T) {
	s := serve(t, "", map[string]func([]byte) []byte{"1.2.0.192.in-addr.arpa.": silent})
	r := s.client("nameserver 192.0.2.53\noptions timeout:1 attempts:1")
	_, _, err := r.GetNameInfo(t.Context(), netip.MustParseAddrPort("192.0.2.1:80"), 0, 0)
	if !errors.Is(err, resolver.EAI_AGAIN) || !errors.Is(err, dns.ErrTimeout) {
		t.Errorf("%v", err)
	}
	_, err = r.GetHostByAddr(t.Context(), netip.MustParseAddr("192.0.2.1"))
	var timeout interface{ Timeout() bool }
	if !errors.Is(err, resolver.TRY_AGAIN) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v", err)
	}
}

// TestPartialResults: the family that is there is told before the other is.
func TestPartialResults(t *testing.T) {
	s := serve(t, zone, nil)
	r := s.client("nameserver 192.0.2.53")
	var told []string
	hints := resolver.Hints{Type: endpoint.SOCK_STREAM, Partial: func(some []resolver.AddrInfo) {
		for _, i := range some {
			told = append(told, i.Addr.String())
		}
	}}
	all, err := r.GetAddrInfo(t.Context(), "both.example.test", "80", hints)
	if len(all) != 2 || err != nil || fmt.Sprint(told) != "[192.0.2.3:80 [2001:db8::3]:80]" {
		t.Errorf("%v, %v, told %v", all, err, told)
	}
}

// TestDeterminism: under one clock and one seed, the same bytes in the same order.
func TestDeterminism(t *testing.T) {
	run := func() [][]byte {
		s := serve(t, zone, faults)
		r := s.client("nameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch x.test example.test\noptions rotate timeout:1")
		for _, name := range []string{"four", "both.example.test", "silent.example.test", "nosuch", "broken.example.test", "four"} {
			r.GetAddrInfo(t.Context(), name, "", every)
		}
		r.GetHostByAddr(t.Context(), netip.MustParseAddr("192.0.2.1"))
		return s.raw
	}
	first, second := run(), run()
	if len(first) < 20 || len(first) != len(second) {
		t.Fatalf("%d and %d queries", len(first), len(second))
	}
	ids := map[string]bool{}
	for i := range first {
		if !bytes.Equal(first[i], second[i]) {
			t.Errorf("query %d: %x and %x", i, first[i], second[i])
		}
		ids[string(first[i][:2])] = true
	}
	if len(ids) < len(first)-1 {
		t.Errorf("%d ids for %d queries", len(ids), len(first))
	}
}

// TestEndOfContext: a call ends with its context, and says so.
func TestEndOfContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, "", map[string]func([]byte) []byte{"silent.example.test.": func([]byte) []byte {
		cancel()
		return nil
	}})
	r := s.client("nameserver 192.0.2.53")
	_, err := r.GetAddrInfo(ctx, "silent.example.test", "", every)
	if !errors.Is(err, resolver.EAI_AGAIN) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestOddNamesOfServers: what is no host name does not reach the program.
func TestOddNamesOfServers(t *testing.T) {
	const odd = "\x1b[31m;rm.example.test."
	chain := func(names ...string) func([]byte) []byte {
		return func(query []byte) []byte {
			var m dnsmessage.Message
			if err := m.Unpack(query); err != nil {
				return nil
			}
			m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
			for i, name := range names {
				h := dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET}
				var body dnsmessage.ResourceBody = &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}
				if i+1 < len(names) {
					body = &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(names[i+1])}
				} else if m.Questions[0].Type == dns.TypePTR {
					body = &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(odd)}
				}
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: body})
			}
			packed, _ := m.Pack()
			return packed
		}
	}
	r := serve(t, "", map[string]func([]byte) []byte{
		"through.example.test.":   chain("through.example.test.", odd, "end.example.test."),
		"at.example.test.":        chain("at.example.test.", odd),
		"9.2.0.192.in-addr.arpa.": chain("9.2.0.192.in-addr.arpa."),
	}).client("nameserver 192.0.2.53")
	ent, err := r.GetHostByName(t.Context(), "through.example.test")
	if want := "{end.example.test [through.example.test] [192.0.2.1]}"; fmt.Sprint(ent) != want || err != nil {
		t.Errorf("%q, %v, want %s", ent, err, want)
	}
	if ent, err := r.GetHostByName(t.Context(), "at.example.test"); !errors.Is(err, resolver.NO_RECOVERY) {
		t.Errorf("%q, %v", ent, err)
	}
	if ent, err := r.GetHostByAddr(t.Context(), netip.MustParseAddr("192.0.2.9")); !errors.Is(err, resolver.NO_DATA) {
		t.Errorf("%q, %v", ent, err)
	}
}
