package dns_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// slow is a server that answers when it is let.
type slow struct {
	let   chan struct{}
	asked chan struct{}
	dials atomic.Int32
}

func newSlow() *slow { return &slow{let: make(chan struct{}), asked: make(chan struct{}, 10_000)} }

func (s *slow) client() *dns.Client {
	c := dns.New(dns.Config{Dial: s.dial})
	c.SetServers(dns.Servers{Addrs: []netip.AddrPort{server1}, Attempts: 1})
	return c
}

func (s *slow) dial(context.Context, string, string) (net.Conn, error) {
	s.dials.Add(1)
	return &slowConn{s: s, over: make(chan struct{})}, nil
}

// slowConn ends its Read with a deadline that has passed.
type slowConn struct {
	net.Conn
	s     *slow
	query []byte
	over  chan struct{}
	once  sync.Once
}

func (c *slowConn) Write(b []byte) (int, error) {
	c.query = append([]byte{}, b...)
	c.s.asked <- struct{}{}
	return len(b), nil
}

func (c *slowConn) Read(b []byte) (int, error) {
	select {
	case <-c.s.let:
	case <-c.over:
		return 0, net.ErrClosed
	}
	m := replyTo(c.query)
	m.Answers = []dnsmessage.Resource{a(m.Questions[0].Name.String(), "10.0.0.1", 60)}
	return copy(b, pack(m)), nil
}

func (c *slowConn) SetDeadline(t time.Time) error {
	if t.Before(time.Now()) {
		c.once.Do(func() { close(c.over) })
	}
	return nil
}

func (c *slowConn) Close() error { return nil }

// TestEqualLookupsShare: of many that ask for the same at once, one asks the server.
func TestEqualLookupsShare(t *testing.T) {
	s := newSlow()
	c := s.client()
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			name := "www.test"
			if i%2 == 0 {
				name = "WWW.test."
			}
			got, err := lookup(t, c, name, dns.TypeA)
			if err != nil || len(got.Records) != 1 || got.Name != name[:8] {
				t.Errorf("%+v, %v", got, err)
				return
			}
			got.Records[0].Header.TTL = uint32(i) // each has its own
		})
	}
	<-s.asked
	close(s.let)
	wg.Wait()
	if n := s.dials.Load(); n != 1 {
		t.Errorf("%d sockets for one question", n)
	}
}

// TestLookupGoesOnWithoutTheFirst: when the one that asks is cancelled, another one
// asks.
func TestLookupGoesOnWithoutTheFirst(t *testing.T) {
	s := newSlow()
	c := s.client()
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error), make(chan error)
	go c.Lookup(ctx, "www.test", []dns.Type{dns.TypeA}, func(_ int, _ dns.Answer, err error) { first <- err })
	<-s.asked
	go c.Lookup(t.Context(), "www.test", []dns.Type{dns.TypeA}, func(_ int, _ dns.Answer, err error) { second <- err })
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
	<-s.asked
	close(s.let)
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
}

// TestLookupsAreBounded: of a flood of names some wait for others.
func TestLookupsAreBounded(t *testing.T) {
	const most, flood = 256, 1000
	s := newSlow()
	c := s.client()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range flood {
		wg.Go(func() {
			name := "a" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + ".test"
			c.Lookup(ctx, name, []dns.Type{dns.TypeA}, func(int, dns.Answer, error) {})
		})
	}
	for range most {
		<-s.asked
	}
	select {
	case <-s.asked:
		t.Errorf("more than %d lookups ask at once", most)
	default:
	}
	cancel()
	wg.Wait()
	if n := s.dials.Load(); n != most {
		t.Errorf("%d sockets, want %d", n, most)
	}
}
