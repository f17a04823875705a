package dns_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// network has servers in memory, and a clock that stands still until somebody
// waits for an answer: then it is at once as late as the answer or the deadline.
type network struct {
	mu      sync.Mutex
	changed sync.Cond
	now     time.Time
	servers map[string]host
	sent    []query
	frozen  bool          // the clock does not move: reads wait for an event
	reading chan struct{} // is told of a read that waits while frozen
}

// query is a message that a server was sent.
type query struct {
	network, server string
	at              time.Duration // since the beginning
	message         []byte
}

// host is whom queries are sent to.
type host interface {
	// dial returns the error of an attempt to connect.
	dial(network string) error
	// answer returns what comes back for a query.
	answer(network string, query []byte) []event
}

// server is a host that can be connected to.
type server func(network string, query []byte) []event

func (s server) dial(string) error                           { return nil }
func (s server) answer(network string, query []byte) []event { return s(network, query) }

// unreachable is a host without a server: its errors by network. Without one the
// network lets connect, and then tells of a refused port.
type unreachable map[string]error

func (u unreachable) dial(network string) error { return u[network] }

func (u unreachable) answer(network string, query []byte) []event {
	return []event{{err: refusal("read", network)}}
}

func refusal(op, network string) error {
	return &net.OpError{Op: op, Net: network, Err: os.NewSyscallError(op, syscall.ECONNREFUSED)}
}

var (
	refused    = unreachable{"tcp": refusal("connect", "tcp")}
	unroutable = unreachable{"udp": syscall.ENETUNREACH, "tcp": syscall.ENETUNREACH}
)

// event is what a reader gets: a message or an error.
type event struct {
	after   time.Duration
	message []byte
	err     error
}

var beginning = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func newNetwork() *network {
	n := &network{now: beginning, servers: make(map[string]host), reading: make(chan struct{}, 1)}
	n.changed.L = &n.mu
	return n
}

func (n *network) Now() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

func (n *network) freeze() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.frozen = true
}

func (n *network) queries() []query {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]query(nil), n.sent...)
}

// Dial connects to a server; an address without one never answers datagrams, and
// TCP to it ends with the context's deadline.
func (n *network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, ok := n.servers[address]
	if network == "tcp" && !ok {
		n.now, _ = ctx.Deadline()
		return nil, fmt.Errorf("connect: %w", os.ErrDeadlineExceeded)
	}
	if ok {
		if err := s.dial(network); err != nil {
			return nil, err
		}
	}
	return &conn{n: n, network: network, address: address, server: s}, nil
}

// conn is one end of a connection; the server needs no other.
type conn struct {
	net.Conn // nil: what is not below is not called
	n        *network
	network  string
	address  string
	server   host
	deadline time.Time
	closed   bool
	coming   []arrival
	stream   bytes.Buffer
	unsent   bytes.Buffer
}

type arrival struct {
	at time.Time
	event
}

func (c *conn) Write(b []byte) (int, error) {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	if c.network == "udp" {
		c.handle(b)
		return len(b), nil
	}
	c.unsent.Write(b)
	for c.unsent.Len() >= 2 {
		length := int(binary.BigEndian.Uint16(c.unsent.Bytes()))
		if c.unsent.Len() < 2+length {
			break
		}
		c.handle(c.unsent.Next(2 + length)[2:])
	}
	return len(b), nil
}

func (c *conn) handle(message []byte) {
	message = bytes.Clone(message)
	c.n.sent = append(c.n.sent, query{c.network, c.address, c.n.now.Sub(beginning), message})
	if c.server == nil {
		return
	}
	for _, e := range c.server.answer(c.network, message) {
		if c.network == "tcp" && e.err == nil {
			e.message = append(binary.BigEndian.AppendUint16(nil, uint16(len(e.message))), e.message...)
		}
		c.coming = append(c.coming, arrival{c.n.now.Add(e.after), e})
	}
}

func (c *conn) Read(b []byte) (int, error) {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	for {
		if c.closed {
			return 0, net.ErrClosed
		}
		if !c.deadline.IsZero() && !c.n.now.Before(c.deadline) {
			return 0, fmt.Errorf("read: %w", os.ErrDeadlineExceeded)
		}
		if c.stream.Len() > 0 {
			return c.stream.Read(b)
		}
		next := c.next()
		if next >= 0 && !c.coming[next].at.After(c.n.now) {
			e := c.coming[next].event
			c.coming = append(c.coming[:next], c.coming[next+1:]...)
			if e.err != nil {
				return 0, e.err
			}
			if c.network == "udp" {
				return copy(b, e.message), nil
			}
			c.stream.Write(e.message)
			continue
		}
		c.wait(next)
	}
}

// next returns the index of what comes first, or -1.
func (c *conn) next() int {
	first := -1
	for i, e := range c.coming {
		if first < 0 || e.at.Before(c.coming[first].at) {
			first = i
		}
	}
	return first
}

func (c *conn) wait(next int) {
	if c.n.frozen {
		select {
		case c.n.reading <- struct{}{}:
		default:
		}
		c.n.changed.Wait()
		return
	}
	c.n.now = c.deadline
	if next >= 0 && c.coming[next].at.Before(c.deadline) {
		c.n.now = c.coming[next].at
	}
}

func (c *conn) SetDeadline(t time.Time) error {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	c.deadline = t
	c.n.changed.Broadcast()
	return nil
}

func (c *conn) Close() error {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	c.closed = true
	c.n.changed.Broadcast()
	return nil
}

// The servers of most tests.
var (
	server1 = netip.MustParseAddrPort("192.0.2.1:53")
	server2 = netip.MustParseAddrPort("[2001:db8::2]:53")
	server3 = netip.MustParseAddrPort("192.0.2.3:53")
)

// client returns a client of a network whose ids come of a seed.
func client(n *network, s dns.Servers) *dns.Client {
	c := dns.New(dns.Config{Dial: n.Dial, Now: n.Now, Rand: rand.NewChaCha8([32]byte{1})})
	if s.Addrs == nil {
		s.Addrs = []netip.AddrPort{server1}
	}
	c.SetServers(s)
	return c
}

// answered is a server that answers each query with what answer makes of a reply
// that has everything but records.
func answered(answer func(m *dnsmessage.Message)) server {
	return func(network string, query []byte) []event {
		m := replyTo(query)
		answer(&m)
		return []event{{message: pack(m)}}
	}
}

// replyTo is a recursive server's reply to a query, without records.
func replyTo(query []byte) dnsmessage.Message {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		panic(err)
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	return m
}

func pack(m dnsmessage.Message) []byte {
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

// result is what done was told.
type result struct {
	i      int
	answer dns.Answer
	err    error
}

func lookupAll(t testing.TB, c *dns.Client, name string, types ...dns.Type) []result {
	t.Helper()
	var order []result
	all := make([]result, len(types))
	c.Lookup(t.Context(), name, types, func(i int, a dns.Answer, err error) {
		order = append(order, result{i, a, err})
	})
	for _, r := range order {
		all[r.i] = r
	}
	if len(order) != len(types) {
		t.Fatalf("done was called %d times for %d types", len(order), len(types))
	}
	return all
}

// lookup asks for one type.
func lookup(t testing.TB, c *dns.Client, name string, typ dns.Type) (dns.Answer, error) {
	t.Helper()
	r := lookupAll(t, c, name, typ)[0]
	return r.answer, r.err
}

func header(owner string, ttl uint32) dnsmessage.ResourceHeader {
	return dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(owner), Class: dnsmessage.ClassINET, TTL: ttl}
}

func a(owner, addr string, ttl uint32) dnsmessage.Resource {
	return dnsmessage.Resource{Header: header(owner, ttl), Body: &dnsmessage.AResource{A: netip.MustParseAddr(addr).As4()}}
}

func aaaa(owner, addr string, ttl uint32) dnsmessage.Resource {
	return dnsmessage.Resource{Header: header(owner, ttl), Body: &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(addr).As16()}}
}

func cname(owner, target string, ttl uint32) dnsmessage.Resource {
	return dnsmessage.Resource{Header: header(owner, ttl), Body: &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(target)}}
}

func soa(zone string, ttl, minimum uint32) dnsmessage.Resource {
	return dnsmessage.Resource{Header: header(zone, ttl), Body: &dnsmessage.SOAResource{
		NS: dnsmessage.MustNewName("ns.test."), MBox: dnsmessage.MustNewName("root.test."), MinTTL: minimum,
	}}
}

// addrs are the addresses of an answer.
func addrs(a dns.Answer) []string {
	var all []string
	for _, r := range a.Records {
		switch b := r.Body.(type) {
		case *dnsmessage.AResource:
			all = append(all, netip.AddrFrom4(b.A).String())
		case *dnsmessage.AAAAResource:
			all = append(all, netip.AddrFrom16(b.AAAA).String())
		}
	}
	return all
}

// sameRecords compares all but the lengths of the bodies, which depend on how
// names were compressed.
func sameRecords(got, want []dnsmessage.Resource) bool {
	return slices.EqualFunc(got, want, func(a, b dnsmessage.Resource) bool {
		x, y := a.Header, b.Header
		return x.Name == y.Name && x.Class == y.Class && x.TTL == y.TTL && a.Body.GoString() == b.Body.GoString()
	})
}

func (n *network) advance(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.now.Add(d)
}
