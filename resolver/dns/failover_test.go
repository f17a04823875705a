package dns_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

var both = []netip.AddrPort{server1, server2}

// good is a server that knows an address of each family of every name.
var good = answered(func(m *dnsmessage.Message) {
	name := m.Questions[0].Name.String()
	switch m.Questions[0].Type {
	case dns.TypeA:
		m.Answers = []dnsmessage.Resource{a(name, "10.0.0.1", 60)}
	case dns.TypeAAAA:
		m.Answers = []dnsmessage.Resource{aaaa(name, "fd00::1", 60)}
	}
})

// silent takes queries and answers nothing.
var silent = server(func(string, []byte) []event { return nil })

func says(rcode dnsmessage.RCode) server {
	return answered(func(m *dnsmessage.Message) { m.RCode = rcode })
}

var lame = answered(func(m *dnsmessage.Message) { m.RecursionAvailable = false })

// TestSecondServer: a server that is no use is followed by one that is, at once
// or when its time is over.
func TestSecondServer(t *testing.T) {
	for _, test := range []struct {
		name  string
		first host
		after time.Duration
	}{
		{"silent", silent, 5 * time.Second},
		{"lame", lame, 0},
		{"SERVFAIL", says(dnsmessage.RCodeServerFailure), 0},
		{"REFUSED", says(dnsmessage.RCodeRefused), 0},
		{"NOTIMP", says(dnsmessage.RCodeNotImplemented), 0},
		{"FORMERR", says(dnsmessage.RCodeFormatError), 0},
		{"a refused port", refused, 0},
		{"unroutable", unroutable, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNetwork()
			n.servers[server1.String()], n.servers[server2.String()] = test.first, good
			r := lookupAll(t, client(n, dns.Servers{Addrs: both}), "www.test", dns.TypeA, dns.TypeAAAA)
			for _, r := range r {
				if r.err != nil || r.answer.Server != server2 {
					t.Errorf("%+v", r)
				}
			}
			if took := n.Now().Sub(beginning); took != test.after {
				t.Errorf("took %v, want %v", took, test.after)
			}
		})
	}
}

// TestFailures: which of the servers' failures the error tells.
func TestFailures(t *testing.T) {
	servfail, refuse := says(dnsmessage.RCodeServerFailure), says(dnsmessage.RCodeRefused)
	for _, test := range []struct {
		name          string
		first, second host
		kind          error
		server        netip.AddrPort
		rcode         dnsmessage.RCode
		text          string
	}{
		{"all silent", silent, silent, dns.ErrTimeout, server1, 0, "no answer in time"},
		{"all refused ports", refused, refused, dns.ErrUnreachable, server1, 0, "connection refused"},
		{"all unroutable", unroutable, unroutable, dns.ErrUnreachable, server1, 0, "network is unreachable"},
		{"all SERVFAIL", servfail, servfail, dns.ErrServerFailure, server1, 2, "SERVFAIL"},
		{"all lame", lame, lame, dns.ErrServerFailure, server1, 0, "lame"},
		{"all REFUSED", refuse, refuse, dns.ErrRefused, server1, 5, "REFUSED"},
		{"silent and a refused port", silent, refused, dns.ErrTimeout, server1, 0, "no answer"},
		{"a refused port and silent", refused, silent, dns.ErrTimeout, server2, 0, "no answer"},
		{"silent and SERVFAIL", silent, servfail, dns.ErrServerFailure, server2, 2, "SERVFAIL"},
		{"SERVFAIL and silent", servfail, silent, dns.ErrServerFailure, server1, 2, "SERVFAIL"},
		{"SERVFAIL and a refused port", servfail, refused, dns.ErrServerFailure, server1, 2, "SERVFAIL"},
		{"REFUSED and lame", refuse, lame, dns.ErrServerFailure, server2, 0, "lame"},
		{"silent and REFUSED", silent, refuse, dns.ErrRefused, server2, 5, "REFUSED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNetwork()
			n.servers[server1.String()], n.servers[server2.String()] = test.first, test.second
			_, err := lookup(t, client(n, dns.Servers{Addrs: both}), "www.test", dns.TypeAAAA)
			var e *dns.Error
			if !errors.As(err, &e) || e.Kind != test.kind || e.Server != test.server || e.RCode != test.rcode || e.Name != "www.test" || e.Type != dns.TypeAAAA {
				t.Fatalf("%+v", err)
			}
			if !strings.Contains(err.Error(), test.text) {
				t.Errorf("%q does not tell of %q", err, test.text)
			}
			if e.Timeout() != (test.kind == dns.ErrTimeout) || e.Temporary() != (test.kind != dns.ErrRefused) {
				t.Errorf("%v: timeout %v, temporary %v", err, e.Timeout(), e.Temporary())
			}
		})
	}
	if _, err := lookup(t, client(newNetworkOf(refused), dns.Servers{}), "www.test", dns.TypeA); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v", err)
	}
}

func newNetworkOf(s host) *network {
	n := newNetwork()
	n.servers[server1.String()] = s
	return n
}

// TestWaits: servers in order, attempt by attempt, and how long each may take.
func TestWaits(t *testing.T) {
	three := []netip.AddrPort{server1, server2, server3}
	for _, test := range []struct {
		name    string
		servers dns.Servers
		want    []time.Duration // when each query goes out
		end     time.Duration
	}{
		{"defaults", dns.Servers{Addrs: three}, seconds(0, 5, 5+10./3, 15, 20, 20+10./3), 30 * time.Second},
		{"one server", dns.Servers{Addrs: three[:1], Timeout: time.Second, Attempts: 3}, seconds(0, 1, 2), 3 * time.Second},
		{"at least a second", dns.Servers{Addrs: three, Timeout: time.Second, Attempts: 2}, seconds(0, 1, 2, 3+1./3, 4+1./3, 5+1./3), 6*time.Second + 2*time.Second/3},
		{"one after the other", dns.Servers{Addrs: three[:1], Timeout: 2 * time.Second, Attempts: 2, SingleRequest: true}, seconds(0, 2), 4 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNetwork()
			_, err := lookup(t, client(n, test.servers), "www.test", dns.TypeA)
			if !errors.Is(err, dns.ErrTimeout) {
				t.Errorf("%v", err)
			}
			sent := n.queries()
			if len(sent) != len(test.want) {
				t.Fatalf("%d queries, want %d", len(sent), len(test.want))
			}
			ids := make(map[string]bool)
			for i, q := range sent {
				ids[string(q.message[:2])] = true
				want := test.servers.Addrs[i%len(test.servers.Addrs)].String()
				if q.server != want || (q.at-test.want[i]).Abs() > time.Microsecond {
					t.Errorf("query %d to %s after %v, want %s after %v", i, q.server, q.at, want, test.want[i])
				}
			}
			if len(ids) != len(sent) {
				t.Errorf("%d ids in %d queries", len(ids), len(sent))
			}
			if took := n.Now().Sub(beginning); (took - test.end).Abs() > time.Microsecond {
				t.Errorf("ends after %v, want %v", took, test.end)
			}
		})
	}
}

func seconds(all ...float64) []time.Duration {
	var d []time.Duration
	for _, s := range all {
		d = append(d, time.Duration(s*float64(time.Second)))
	}
	return d
}

// TestAnsweredTypeIsNotAskedAgain: only the type that failed goes to the next
// server, and its answer arrives after the other's.
func TestAnsweredTypeIsNotAskedAgain(t *testing.T) {
	n := newNetwork()
	n.servers[server1.String()] = server(func(network string, q []byte) []event {
		if replyTo(q).Questions[0].Type == dns.TypeA {
			return nil
		}
		return good(network, q)
	})
	n.servers[server2.String()] = good
	var order []int
	client(n, dns.Servers{Addrs: both}).Lookup(t.Context(), "www.test", []dns.Type{dns.TypeA, dns.TypeAAAA}, func(i int, a dns.Answer, err error) {
		if want := both[1-i]; err != nil || a.Server != want {
			t.Errorf("type %d: %+v, %v", i, a, err)
		}
		order = append(order, i)
	})
	if !slices.Equal(order, []int{1, 0}) {
		t.Errorf("order %v", order)
	}
	if sent := n.queries(); len(sent) != 3 {
		t.Errorf("%d queries", len(sent))
	}
}

// TestLimits: the bounds of what can be set, and the port that is not said.
func TestLimits(t *testing.T) {
	n := newNetworkOf(good)
	c := client(n, dns.Servers{Addrs: []netip.AddrPort{netip.AddrPortFrom(server1.Addr(), 0)}, Timeout: 100 * time.Hour, Attempts: 1000})
	if got := c.Servers(); got.Timeout != time.Hour || got.Attempts != 16 {
		t.Errorf("%+v", got)
	}
	if got, err := lookup(t, c, "www.test", dns.TypeA); err != nil || got.Server != server1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRotate(t *testing.T) {
	n := newNetwork()
	n.servers[server1.String()], n.servers[server2.String()] = good, good
	c := client(n, dns.Servers{Addrs: both, Rotate: true})
	var got []netip.AddrPort
	for _, name := range []string{"a.test", "b.test", "c.test"} {
		answer, err := lookup(t, c, name, dns.TypeA)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, answer.Server)
	}
	if !slices.Equal(got, []netip.AddrPort{server1, server2, server1}) {
		t.Errorf("%v", got)
	}
}

// TestSingleRequest: the second question goes out after the first one's answer.
func TestSingleRequest(t *testing.T) {
	n := newNetwork()
	n.servers[server1.String()] = server(func(network string, q []byte) []event {
		e := good(network, q)
		e[0].after = time.Second
		return e
	})
	r := lookupAll(t, client(n, dns.Servers{SingleRequest: true}), "www.test", dns.TypeA, dns.TypeAAAA)
	if r[0].err != nil || r[1].err != nil {
		t.Errorf("%+v", r)
	}
	if sent := n.queries(); len(sent) != 2 || sent[0].at != 0 || sent[1].at != time.Second {
		t.Errorf("%+v", sent)
	}
}

// TestCancel: the end of the context ends a read, and every type that is open.
func TestCancel(t *testing.T) {
	for _, tcp := range []bool{false, true} {
		n := newNetwork()
		n.freeze()
		n.servers[server1.String()] = silent
		c := client(n, dns.Servers{UseTCP: tcp})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-n.reading
			cancel()
		}()
		var errs []error
		c.Lookup(ctx, "www.test", []dns.Type{dns.TypeA, dns.TypeAAAA}, func(_ int, _ dns.Answer, err error) { errs = append(errs, err) })
		for _, err := range errs {
			var e *dns.Error
			if !errors.Is(err, context.Canceled) || !errors.As(err, &e) {
				t.Errorf("%v", err)
			}
		}
		if len(errs) != 2 || len(n.queries()) != 2 {
			t.Errorf("%v; %d queries", errs, len(n.queries()))
		}
		c.Lookup(ctx, "www.test", []dns.Type{dns.TypeA}, func(_ int, _ dns.Answer, err error) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("from the beginning: %v", err)
			}
		})
	}
}

// TestCancelWhileDialling: nothing is sent any more.
func TestCancelWhileDialling(t *testing.T) {
	n := newNetworkOf(good)
	ctx, cancel := context.WithCancel(t.Context())
	c := dns.New(dns.Config{Now: n.Now, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		defer cancel()
		return n.Dial(ctx, network, address)
	}})
	c.SetServers(dns.Servers{Addrs: both})
	c.Lookup(ctx, "www.test", []dns.Type{dns.TypeA}, func(_ int, _ dns.Answer, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
	if sent := n.queries(); len(sent) != 0 {
		t.Errorf("%d queries", len(sent))
	}
}

// TestContextDeadline: it counts by the clock of the client.
func TestContextDeadline(t *testing.T) {
	n := newNetwork()
	c := client(n, dns.Servers{})
	ctx, cancel := context.WithDeadline(t.Context(), beginning.Add(2*time.Second))
	defer cancel()
	c.Lookup(ctx, "www.test", []dns.Type{dns.TypeA}, func(_ int, _ dns.Answer, err error) {
		var e *dns.Error
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || !e.Timeout() {
			t.Errorf("%v", err)
		}
	})
	if took := n.Now().Sub(beginning); took != 2*time.Second || len(n.queries()) != 1 {
		t.Errorf("took %v, %d queries", took, len(n.queries()))
	}
}

// TestDeterminism: the same seed, clock and answers make the same queries.
func TestDeterminism(t *testing.T) {
	run := func() []query {
		n := newNetwork()
		n.servers[server1.String()], n.servers[server2.String()] = silent, good
		c := client(n, dns.Servers{Addrs: []netip.AddrPort{server1, server3, server2}, Rotate: true})
		for _, name := range []string{"a.test", "b.test", "c.test"} {
			lookupAll(t, c, name, dns.TypeA, dns.TypeAAAA, dns.TypeTXT)
		}
		return n.queries()
	}
	first, second := run(), run()
	if len(first) < 9 || len(first) != len(second) {
		t.Fatalf("%d and %d queries", len(first), len(second))
	}
	for i := range first {
		x, y := first[i], second[i]
		if x.at != y.at || x.server != y.server || !slices.Equal(x.message, y.message) {
			t.Errorf("query %d: %+v and %+v", i, x, y)
		}
	}
}
