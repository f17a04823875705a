package dns_test

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// TestConcurrent: lookups, and settings of servers, side by side.
func TestConcurrent(t *testing.T) {
	n := newNetwork()
	n.servers[server1.String()], n.servers[server2.String()] = good, cutting{good}
	c := dns.New(dns.Config{Dial: n.Dial, Now: n.Now, Rand: rand.NewChaCha8([32]byte{}), CacheBytes: 20 << 10})
	c.SetServers(dns.Servers{Addrs: both})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 200 {
				name := "n" + strconv.Itoa(i%40) + ".test"
				c.Lookup(t.Context(), name, []dns.Type{dns.TypeA, dns.TypeAAAA}, func(_ int, a dns.Answer, err error) {
					if err != nil || a.Name != name || len(a.Records) != 1 {
						t.Errorf("%+v, %v", a, err)
					}
				})
				if worker == 0 && i%20 == 0 {
					c.SetServers(dns.Servers{Addrs: both[i/20%2:], Rotate: i%40 == 0, UseTCP: i%60 == 0})
				}
			}
		})
	}
	wg.Wait()
}

// TestLookupInLookup: done may ask for more.
func TestLookupInLookup(t *testing.T) {
	c := client(newNetworkOf(good), dns.Servers{})
	depth := 0
	var done func(int, dns.Answer, error)
	done = func(_ int, _ dns.Answer, err error) {
		if err != nil {
			t.Error(err)
		}
		if depth++; depth < 5 {
			c.Lookup(t.Context(), "n"+strconv.Itoa(depth), []dns.Type{dns.TypeA}, done)
		}
	}
	c.Lookup(t.Context(), "n", []dns.Type{dns.TypeA}, done)
	if depth != 5 {
		t.Errorf("depth %d", depth)
	}
}

// TestLog: what was ignored, and which server failed why.
func TestLog(t *testing.T) {
	var out bytes.Buffer
	n := newNetworkOf(server(func(_ string, q []byte) []event { return []event{forgeries[0].forge(q)} }))
	c := dns.New(dns.Config{Dial: n.Dial, Now: n.Now, Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	c.SetServers(dns.Servers{Addrs: both[:1], Attempts: 1})
	lookup(t, c, "www.test", dns.TypeA)
	for _, want := range []string{"unknown id", "192.0.2.1:53", "no answer in time"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %s", want, &out)
		}
	}
}

func TestTypeNames(t *testing.T) {
	for text, want := range map[string]dns.Type{"A": 1, "aaaa": 28, "Ptr": 12, "CAA": 257, "TYPE65": 65, "type65280": 65280, "ANY": 255, "TYPE0": 0} {
		if got, err := dns.ParseType(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "TYPE", "TYPE65536", "TYPE-1", "TYPE+1", "1", "AAAAA"} {
		if got, err := dns.ParseType(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
	for i := range 1 << 16 {
		if got, err := dns.ParseType(dns.TypeName(dns.Type(i))); err != nil || got != dns.Type(i) {
			t.Errorf("%d: %d, %v", i, got, err)
		}
	}
	if dns.RCodeName(3) != "NXDOMAIN" || dns.RCodeName(16) != "BADVERS" || dns.RCodeName(4000) != "RCODE4000" {
		t.Error("response codes")
	}
}
