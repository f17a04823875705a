package dns_test

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// TestAnswers: what one server says is what a lookup of A records returns.
func TestAnswers(t *testing.T) {
	nxdomain := dnsmessage.RCodeNameError
	for _, test := range []struct {
		name    string
		rcode   dnsmessage.RCode
		answers []dnsmessage.Resource
		soa     bool
		lame    bool // neither recursion nor authority
		aa      bool
		kind    error
		addrs   []string
		end     string
		aliases []string
		ttl     time.Duration
	}{
		{name: "two addresses", answers: []dnsmessage.Resource{a("www.test.", "10.0.0.1", 60), a("www.test.", "10.0.0.2", 30)},
			addrs: []string{"10.0.0.1", "10.0.0.2"}, end: "www.test", ttl: 30 * time.Second},
		{name: "the server's spelling", answers: []dnsmessage.Resource{a("WWW.Test.", "10.0.0.1", 60)},
			addrs: []string{"10.0.0.1"}, end: "WWW.Test", ttl: time.Minute},
		{name: "a lame server's records", lame: true, answers: []dnsmessage.Resource{a("www.test.", "10.0.0.1", 60)},
			addrs: []string{"10.0.0.1"}, end: "www.test", ttl: time.Minute},
		{name: "a chain", answers: []dnsmessage.Resource{cname("www.test.", "b.test.", 60), cname("b.test.", "c.test.", 20), a("c.test.", "10.0.0.1", 40)},
			addrs: []string{"10.0.0.1"}, end: "c.test", aliases: []string{"www.test", "b.test"}, ttl: 20 * time.Second},
		{name: "a chain backwards", answers: []dnsmessage.Resource{a("c.test.", "10.0.0.1", 40), cname("b.test.", "c.test.", 20), cname("www.test.", "b.test.", 60)},
			addrs: []string{"10.0.0.1"}, end: "c.test", aliases: []string{"www.test", "b.test"}, ttl: 20 * time.Second},
		{name: "the first of two CNAMEs", answers: []dnsmessage.Resource{cname("www.test.", "b.test.", 60), cname("www.test.", "c.test.", 60), a("c.test.", "10.0.0.1", 60), a("b.test.", "10.0.0.2", 60)},
			addrs: []string{"10.0.0.2"}, end: "b.test", aliases: []string{"www.test"}, ttl: time.Minute},
		{name: "wrong owners beside the right one", answers: []dnsmessage.Resource{a("evil.test.", "10.6.6.6", 1), a("www.test.", "10.0.0.1", 60), a("test.", "10.6.6.6", 1)},
			addrs: []string{"10.0.0.1"}, end: "www.test", ttl: time.Minute},
		{name: "the question's own record beside a CNAME", answers: []dnsmessage.Resource{a("www.test.", "10.6.6.6", 60), cname("www.test.", "b.test.", 60)}, soa: true,
			kind: dns.ErrNoData, end: "b.test", aliases: []string{"www.test"}, ttl: 50 * time.Second},
		{name: "only wrong owners", answers: []dnsmessage.Resource{a("evil.test.", "10.6.6.6", 60)}, kind: dns.ErrNoData, end: "www.test"},
		{name: "only another type", answers: []dnsmessage.Resource{aaaa("www.test.", "fd00::1", 60)}, kind: dns.ErrNoData, end: "www.test"},
		{name: "a TTL with the high bit", answers: []dnsmessage.Resource{a("www.test.", "10.0.0.1", 1<<31|60)},
			addrs: []string{"10.0.0.1"}, end: "www.test"},
		{name: "a TTL of a year", answers: []dnsmessage.Resource{a("www.test.", "10.0.0.1", 365*24*3600)},
			addrs: []string{"10.0.0.1"}, end: "www.test", ttl: 24 * time.Hour},
		{name: "no such name", rcode: nxdomain, soa: true, kind: dns.ErrNotFound, end: "www.test", ttl: 50 * time.Second},
		{name: "no such name, without SOA", rcode: nxdomain, kind: dns.ErrNotFound, end: "www.test"},
		{name: "no such name, and its address", rcode: nxdomain, soa: true, answers: []dnsmessage.Resource{a("www.test.", "10.6.6.6", 60)},
			kind: dns.ErrNotFound, end: "www.test", ttl: 50 * time.Second},
		{name: "no such name at the end of a chain", rcode: nxdomain, soa: true, answers: []dnsmessage.Resource{cname("www.test.", "b.test.", 40)},
			kind: dns.ErrNotFound, end: "b.test", aliases: []string{"www.test"}, ttl: 40 * time.Second},
		{name: "no data", soa: true, kind: dns.ErrNoData, end: "www.test", ttl: 50 * time.Second},
		{name: "no data of a lame server with SOA", soa: true, lame: true, kind: dns.ErrNoData, end: "www.test", ttl: 50 * time.Second},
		{name: "no data by authority", lame: true, aa: true, kind: dns.ErrNoData, end: "www.test"},
		{name: "a chain to elsewhere by authority", lame: true, aa: true, answers: []dnsmessage.Resource{cname("www.test.", "b.example.", 60)},
			kind: dns.ErrNoData, end: "b.example", aliases: []string{"www.test"}},
		{name: "the SOA of another zone", lame: true, soa: true, answers: []dnsmessage.Resource{cname("www.test.", "b.example.", 60)}, kind: dns.ErrServerFailure},
		{name: "lame", lame: true, kind: dns.ErrServerFailure},
		{name: "a chain to itself", answers: []dnsmessage.Resource{cname("www.test.", "www.test.", 60), a("www.test.", "10.6.6.6", 60)}, kind: dns.ErrServerFailure},
		{name: "a loop", answers: []dnsmessage.Resource{cname("www.test.", "b.test.", 60), cname("b.test.", "www.test.", 60)}, kind: dns.ErrServerFailure},
		{name: "a loop without a name", rcode: nxdomain, answers: []dnsmessage.Resource{cname("www.test.", "b.test.", 60), cname("b.test.", "www.test.", 60)}, kind: dns.ErrServerFailure},
		{name: "16 links", answers: chain(16), addrs: []string{"10.0.0.1"}, end: "n16.test", aliases: chainAliases(16), ttl: time.Minute},
		{name: "17 links", answers: chain(17), kind: dns.ErrServerFailure},
		{name: "server failure", rcode: dnsmessage.RCodeServerFailure, kind: dns.ErrServerFailure},
		{name: "refused", rcode: dnsmessage.RCodeRefused, kind: dns.ErrRefused},
		{name: "not implemented", rcode: dnsmessage.RCodeNotImplemented, kind: dns.ErrRefused},
		{name: "format error", rcode: dnsmessage.RCodeFormatError, kind: dns.ErrRefused},
		{name: "a code of dynamic updates", rcode: 6, kind: dns.ErrRefused},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNetwork()
			n.servers[server1.String()] = answered(func(m *dnsmessage.Message) {
				m.RCode, m.RecursionAvailable, m.Authoritative, m.Answers = test.rcode, !test.lame, test.aa, test.answers
				if test.soa {
					m.Authorities = []dnsmessage.Resource{soa("test.", 50, 100)}
				}
			})
			got, err := lookup(t, client(n, dns.Servers{}), "www.test", dns.TypeA)
			if !errors.Is(err, test.kind) || err == nil && test.kind != nil {
				t.Fatalf("error %v, want %v", err, test.kind)
			}
			if got.Name != test.end || !slices.Equal(got.Aliases, test.aliases) || !slices.Equal(addrs(got), test.addrs) {
				t.Errorf("%q %q %v", got.Name, got.Aliases, addrs(got))
			}
			if test.end == "" {
				return
			}
			if life := got.Expires.Sub(n.Now()); life != test.ttl {
				t.Errorf("expires after %v, want %v", life, test.ttl)
			}
			if got.Server != server1 || got.Network != "udp" || got.FromCache || got.RCode != test.rcode || got.Authoritative != test.aa || got.RecursionAvailable == test.lame {
				t.Errorf("%+v", got)
			}
		})
	}
}

// chain is a chain of links from www.test. to an address.
func chain(links int) []dnsmessage.Resource {
	var all []dnsmessage.Resource
	names := append(chainAliases(links), "n"+strconv.Itoa(links)+".test")
	for i := range links {
		all = append(all, cname(names[i]+".", names[i+1]+".", 60))
	}
	return append(all, a(names[links]+".", "10.0.0.1", 60))
}

func chainAliases(links int) []string {
	names := []string{"www.test"}
	for i := 1; i < links; i++ {
		names = append(names, "n"+strconv.Itoa(i)+".test")
	}
	return names
}

// TestQueries: A and AAAA go out side by side, in order, with EDNS, recursion
// desired, and different ids.
func TestQueries(t *testing.T) {
	n := newNetwork()
	n.servers[server1.String()] = answered(func(m *dnsmessage.Message) {
		switch m.Questions[0].Type {
		case dns.TypeA:
			m.Answers = []dnsmessage.Resource{a("www.test.", "10.0.0.1", 60)}
		case dns.TypeAAAA:
			m.Answers = []dnsmessage.Resource{aaaa("www.test.", "fd00::1", 60)}
		}
	})
	r := lookupAll(t, client(n, dns.Servers{}), "www.test.", dns.TypeA, dns.TypeAAAA)
	if got := append(addrs(r[0].answer), addrs(r[1].answer)...); !slices.Equal(got, []string{"10.0.0.1", "fd00::1"}) {
		t.Errorf("got %v", got)
	}
	sent := n.queries()
	if len(sent) != 2 {
		t.Fatalf("%d queries", len(sent))
	}
	ids := make(map[uint16]bool)
	for i, want := range []dns.Type{dns.TypeA, dns.TypeAAAA} {
		var m dnsmessage.Message
		if err := m.Unpack(sent[i].message); err != nil {
			t.Fatal(err)
		}
		ids[m.ID] = true
		if m.Response || !m.RecursionDesired || len(m.Questions) != 1 || len(m.Answers)+len(m.Authorities) != 0 {
			t.Errorf("query %+v", m)
		}
		if q := m.Questions[0]; q.Type != want || q.Class != dnsmessage.ClassINET || q.Name.String() != "www.test." {
			t.Errorf("question %+v", q)
		}
		if len(m.Additionals) != 1 || m.Additionals[0].Header.Type != dnsmessage.TypeOPT || m.Additionals[0].Header.Class != 1232 {
			t.Errorf("additional %+v", m.Additionals)
		}
	}
	if len(ids) != 2 {
		t.Errorf("ids %v", ids)
	}
}

// TestIDs: those of one socket differ whatever the randomness is.
func TestIDs(t *testing.T) {
	n := newNetworkOf(good)
	for _, r := range lookupAll(t, zeroIDs(n), "www.test", dns.TypeA, dns.TypeA, dns.TypeAAAA) {
		if r.err != nil {
			t.Error(r.err)
		}
	}
	for i, q := range n.queries() {
		if id := binary.BigEndian.Uint16(q.message); int(id) != i {
			t.Errorf("query %d has the id %d", i, id)
		}
	}
}

// TestAnyType: other types than addresses, of a name with a chain and without.
func TestAnyType(t *testing.T) {
	n := newNetwork()
	private := dnsmessage.Resource{Header: header("www.test.", 60), Body: &dnsmessage.UnknownResource{Type: 65280, Data: []byte("abc")}}
	link := cname("www.test.", "b.test.", 60)
	all := []dnsmessage.Resource{private, link, a("b.test.", "10.0.0.1", 60)}
	n.servers[server1.String()] = answered(func(m *dnsmessage.Message) { m.Answers = all })
	c := client(n, dns.Servers{})
	for typ, want := range map[dns.Type][]dnsmessage.Resource{dns.TypeCNAME: {link}, dns.TypeANY: {private, link}} {
		got, err := lookup(t, c, "www.test", typ)
		if err != nil || got.Name != "www.test" || got.Aliases != nil || !sameRecords(got.Records, want) {
			t.Errorf("%s: %+v, %v", dns.TypeName(typ), got, err)
		}
	}
	all = all[:1]
	got, err := lookup(t, c, "www.test", 65280)
	if err != nil || !sameRecords(got.Records, all) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNames(t *testing.T) {
	n := newNetwork()
	n.servers[server1.String()] = answered(func(m *dnsmessage.Message) {
		m.Answers = []dnsmessage.Resource{a(m.Questions[0].Name.String(), "10.0.0.1", 60)}
	})
	c := client(n, dns.Servers{})
	label := strings.Repeat("x", 63)
	longest := strings.Join([]string{label, label, label, label[:61]}, ".")
	for name, want := range map[string]string{
		".": ".", "test": "test", "test.": "test", "a.b.test.": "a.b.test",
		label: label, longest: longest, longest + ".": longest, `a b\.test`: `a b\.test`,
	} {
		if got, err := lookup(t, c, name, dns.TypeA); err != nil || got.Name != want {
			t.Errorf("%q: %q, %v", name, got.Name, err)
		}
	}
	before := len(n.queries())
	for _, name := range []string{"", "..", ".test", "a..test", "test..", label + "x", longest + "x", longest + "x.", strings.Repeat("x.", 200)} {
		_, err := lookup(t, c, name, dns.TypeA)
		if !errors.Is(err, dns.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if after := len(n.queries()); after != before {
		t.Error("malformed names were asked for")
	}
}

func TestUnusable(t *testing.T) {
	var e *dns.Error
	n := newNetwork()
	for name, c := range map[string]*dns.Client{
		"no dial function": dns.New(dns.Config{}),
		"no servers":       dns.New(dns.Config{Dial: n.Dial}),
		"drawing ids":      dns.New(dns.Config{Dial: n.Dial, Rand: strings.NewReader("x")}),
	} {
		if name != "no servers" {
			c.SetServers(dns.Servers{Addrs: []netip.AddrPort{server1}})
		}
		_, err := lookup(t, c, "www.test", dns.TypeA)
		if !errors.As(err, &e) || !errors.Is(err, dns.ErrUnreachable) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
