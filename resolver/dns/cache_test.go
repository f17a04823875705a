package dns_test

import (
	"errors"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// TestCache: an answer serves as long as its TTL says, under any spelling, which it
// takes.
func TestCache(t *testing.T) {
	n := newNetworkOf(answered(func(m *dnsmessage.Message) {
		m.Answers = []dnsmessage.Resource{cname("www.test.", "b.test.", 60), a("b.test.", "10.0.0.1", 30), a("b.test.", "10.0.0.2", 90)}
	}))
	c := client(n, dns.Servers{})
	first, err := lookup(t, c, "www.test", dns.TypeA)
	if err != nil || first.FromCache {
		t.Fatalf("%+v, %v", first, err)
	}
	slices.Reverse(first.Records) // the caller's
	first.Aliases[0] = "mine"
	n.advance(29*time.Second + 999*time.Millisecond)
	for range 2 {
		got, err := lookup(t, c, "WWW.Test.", dns.TypeA)
		if err != nil || !got.FromCache || got.Name != "b.test" || !slices.Equal(got.Aliases, []string{"WWW.Test"}) || !got.Expires.Equal(first.Expires) || got.Server != server1 {
			t.Fatalf("%+v, %v", got, err)
		}
		if !sameRecords(got.Records, []dnsmessage.Resource{a("b.test.", "10.0.0.1", 1), a("b.test.", "10.0.0.2", 61)}) {
			t.Errorf("%+v", got.Records)
		}
		slices.Reverse(got.Records)
		got.Aliases[0] = "mine"
	}
	if s := c.Stats(); s.CacheHits != 2 || s.Queries != 1 {
		t.Errorf("%+v", s)
	}
	n.advance(time.Millisecond)
	if got, err := lookup(t, c, "www.test", dns.TypeA); err != nil || got.FromCache {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestNegativeCache: RFC 2308.
func TestNegativeCache(t *testing.T) {
	for _, test := range []struct {
		name    string
		rcode   dnsmessage.RCode
		answers []dnsmessage.Resource
		soa     []dnsmessage.Resource
		kind    error
		kept    time.Duration
	}{
		{"no data", 0, nil, []dnsmessage.Resource{soa("test.", 50, 100)}, dns.ErrNoData, 50 * time.Second},
		{"no such name", 3, nil, []dnsmessage.Resource{soa("test.", 100, 50)}, dns.ErrNotFound, 50 * time.Second},
		{"the root's SOA", 3, nil, []dnsmessage.Resource{soa(".", 100, 50)}, dns.ErrNotFound, 50 * time.Second},
		{"a week", 3, nil, []dnsmessage.Resource{soa("www.test.", 7*86400, 7*86400)}, dns.ErrNotFound, 3 * time.Hour},
		{"a chain", 3, []dnsmessage.Resource{cname("www.test.", "b.example.", 20)}, []dnsmessage.Resource{soa("example.", 50, 50)}, dns.ErrNotFound, 20 * time.Second},
		{"without SOA", 3, nil, nil, dns.ErrNotFound, 0},
		{"another zone's SOA", 3, nil, []dnsmessage.Resource{soa("evil.", 50, 50)}, dns.ErrNotFound, 0},
		{"a zone with a like name", 3, nil, []dnsmessage.Resource{soa("w.test.", 50, 50)}, dns.ErrNotFound, 0},
		{"a minimum of 0", 3, nil, []dnsmessage.Resource{soa("test.", 50, 0)}, dns.ErrNotFound, 0},
		{"a server failure", 2, nil, []dnsmessage.Resource{soa("test.", 50, 50)}, dns.ErrServerFailure, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNetworkOf(answered(func(m *dnsmessage.Message) { m.RCode, m.Answers, m.Authorities = test.rcode, test.answers, test.soa }))
			c := client(n, dns.Servers{Attempts: 1})
			ask := func(fromCache bool) {
				t.Helper()
				got, err := lookup(t, c, "www.test", dns.TypeA)
				var e *dns.Error
				if !errors.As(err, &e) || e.Kind != test.kind || e.RCode != test.rcode || got.FromCache != fromCache {
					t.Errorf("%+v, %v", got, err)
				}
				if fromCache && (got.SOA == nil || got.SOA.Header.TTL != test.soa[0].Header.TTL-min(uint32((test.kept-1)/time.Second), test.soa[0].Header.TTL) && test.kept < time.Hour) {
					t.Errorf("SOA %+v", got.SOA)
				}
			}
			ask(false)
			if test.kept > 0 {
				n.advance(test.kept - 1)
				ask(true)
				n.advance(1)
			}
			ask(false)
		})
	}
}

// TestCacheOfSomeTypes: what the cache knows comes first, and the rest is asked.
func TestCacheOfSomeTypes(t *testing.T) {
	n := newNetworkOf(good)
	c := client(n, dns.Servers{})
	lookup(t, c, "www.test", dns.TypeAAAA)
	var order []int
	c.Lookup(t.Context(), "www.test", []dns.Type{dns.TypeA, dns.TypeAAAA}, func(i int, a dns.Answer, err error) {
		if err != nil || a.FromCache != (i == 1) {
			t.Errorf("%d: %+v, %v", i, a, err)
		}
		order = append(order, i)
	})
	if !slices.Equal(order, []int{1, 0}) || len(n.queries()) != 2 {
		t.Errorf("order %v, %d queries", order, len(n.queries()))
	}
}

func TestUncached(t *testing.T) {
	for name, test := range map[string]struct {
		bytes int
		ttl   uint32
	}{"a TTL of 0": {0, 0}, "no cache": {-1, 60}, "too large": {500, 60}} {
		n := newNetworkOf(answered(func(m *dnsmessage.Message) {
			m.Answers = []dnsmessage.Resource{a("www.test.", "10.0.0.1", test.ttl)}
		}))
		c := dns.New(dns.Config{Dial: n.Dial, Now: n.Now, CacheBytes: test.bytes})
		c.SetServers(dns.Servers{Addrs: both[:1]})
		for range 2 {
			if got, err := lookup(t, c, "www.test", dns.TypeA); err != nil || got.FromCache {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}

func TestSetServersEmptiesCache(t *testing.T) {
	n := newNetwork()
	n.servers[server1.String()], n.servers[server2.String()] = good, good
	c := client(n, dns.Servers{})
	lookup(t, c, "www.test", dns.TypeA)
	c.SetServers(dns.Servers{Addrs: both[1:]})
	if got, err := lookup(t, c, "www.test", dns.TypeA); err != nil || got.Server != server2 {
		t.Errorf("%+v, %v", got, err)
	}
	got := c.Servers()
	if !slices.Equal(got.Addrs, both[1:]) || got.Timeout != 5*time.Second || got.Attempts != 2 {
		t.Errorf("%+v", got)
	}
	got.Addrs[0] = server3
	if got := c.Servers(); got.Addrs[0] != server2 {
		t.Error("the client's own list was handed out")
	}
}

// TestSetServersMeanwhile: what a lookup learns of old servers is not for the cache
// of new ones, and it goes on with the servers that it has.
func TestSetServersMeanwhile(t *testing.T) {
	n := newNetwork()
	c := client(n, dns.Servers{})
	n.servers[server1.String()] = server(func(network string, q []byte) []event {
		c.SetServers(dns.Servers{Addrs: both[1:]})
		return good(network, q)
	})
	n.servers[server2.String()] = good
	for _, want := range both {
		if got, err := lookup(t, c, "www.test", dns.TypeA); err != nil || got.Server != want || got.FromCache {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// TestCacheForgets: what was not used for longest goes first.
func TestCacheForgets(t *testing.T) {
	n := newNetworkOf(good)
	c := dns.New(dns.Config{Dial: n.Dial, Now: n.Now, CacheBytes: 10 << 10})
	c.SetServers(dns.Servers{Addrs: both[:1]})
	cached := func(name string) bool {
		got, err := lookup(t, c, name, dns.TypeA)
		if err != nil {
			t.Fatal(err)
		}
		return got.FromCache
	}
	cached("used.test")
	cached("unused.test")
	for i := range 100 {
		cached(strconv.Itoa(i) + ".test")
		if !cached("used.test") {
			t.Fatalf("forgotten after %d others", i)
		}
	}
	if !cached("99.test") || cached("unused.test") || cached("0.test") {
		t.Error("not the least used were forgotten")
	}
}

// TestCacheMemory: what the cache counts is what it takes, within a factor of 2.
func TestCacheMemory(t *testing.T) {
	texts := dnsmessage.TXTResource{TXT: slices.Repeat([]string{"", "x"}, 1000)}
	unknown := dnsmessage.UnknownResource{Type: 65280, Data: make([]byte, 20000)}
	params := dnsmessage.HTTPSResource{SVCBResource: dnsmessage.SVCBResource{Target: dnsmessage.MustNewName(".")}}
	for i := range 1000 {
		params.Params = append(params.Params, dnsmessage.SVCParam{Key: dnsmessage.SVCParamKey(i), Value: []byte{1}})
	}
	for name, body := range map[string]dnsmessage.ResourceBody{
		"A": &dnsmessage.AResource{}, "PTR": &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("x.")},
		"TXT": &texts, "TYPE65280": &unknown, "HTTPS": &params,
	} {
		t.Run(name, func(t *testing.T) {
			typ, err := dns.ParseType(name)
			if err != nil {
				t.Fatal(err)
			}
			n := newNetworkOf(answered(func(m *dnsmessage.Message) {
				m.Answers = []dnsmessage.Resource{{Header: header(m.Questions[0].Name.String(), 60), Body: body}}
			}))
			const room = 1 << 20
			c := dns.New(dns.Config{Dial: n.Dial, Now: n.Now, CacheBytes: room})
			c.SetServers(dns.Servers{Addrs: both[:1]})
			before := heap()
			for i := range 3 * room / 1000 {
				if i > 300 && name != "A" && name != "PTR" {
					break
				}
				if _, err := lookup(t, c, strings.Repeat("x", 50)+strconv.Itoa(i), typ); err != nil {
					t.Fatal(err)
				}
				n.forget()
			}
			if took := heap() - before; took > 2*room {
				t.Errorf("a cache of %d bytes takes %d", room, took)
			}
			runtime.KeepAlive(c)
		})
	}
}

func heap() int {
	runtime.GC()
	runtime.GC() // for what a sync.Pool kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// forget drops the record of the queries.
func (n *network) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent = nil
}
