package dns_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// networksOf are what queries went over.
func networksOf(n *network) []string {
	var all []string
	for _, q := range n.queries() {
		all = append(all, q.network)
	}
	return all
}

// cutting is a host whose answers don't fit a datagram; over TCP it is another.
type cutting struct{ host }

func (c cutting) answer(network string, q []byte) []event {
	if network == "tcp" {
		return c.host.answer(network, q)
	}
	m := replyTo(q)
	m.Truncated = true
	m.Answers = []dnsmessage.Resource{a("www.test.", "10.6.6.6", 60)}
	return []event{{message: pack(m)}}
}

var (
	closing   = server(func(string, []byte) []event { return []event{{err: io.EOF}} })
	truncates = answered(func(m *dnsmessage.Message) { m.Truncated = true })
)

func TestTruncated(t *testing.T) {
	n := newNetworkOf(cutting{good})
	c := client(n, dns.Servers{})
	r := lookupAll(t, c, "www.test", dns.TypeA, dns.TypeAAAA)
	if got := append(addrs(r[0].answer), addrs(r[1].answer)...); !slices.Equal(got, []string{"10.0.0.1", "fd00::1"}) {
		t.Errorf("got %v", got)
	}
	if r[0].answer.Network != "tcp" {
		t.Errorf("%+v", r[0].answer)
	}
	if got := networksOf(n); !slices.Equal(got, []string{"udp", "udp", "tcp", "tcp"}) {
		t.Errorf("queries over %v", got)
	}
	if s := c.Stats(); s.Truncated != 2 {
		t.Errorf("%+v", s)
	}
}

// TestTruncatedWithoutTCP: a server that is no use over TCP is followed by one
// that is.
func TestTruncatedWithoutTCP(t *testing.T) {
	for name, h := range map[string]host{"refused": refused, "closed": closing, "silent": silent, "truncated": truncates} {
		t.Run(name, func(t *testing.T) {
			n := newNetworkOf(cutting{h})
			n.servers[server2.String()] = good
			c := client(n, dns.Servers{Addrs: both})
			if got, err := lookup(t, c, "www.test", dns.TypeA); err != nil || got.Server != server2 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestTCPFailures(t *testing.T) {
	for _, test := range []struct {
		name string
		host host
		kind error
		err  error
	}{
		{"refused", refused, dns.ErrUnreachable, nil},
		{"closed", closing, dns.ErrUnreachable, io.ErrUnexpectedEOF},
		{"silent", silent, dns.ErrTimeout, nil},
		{"no host", nil, dns.ErrTimeout, nil},
		{"truncated", truncates, dns.ErrServerFailure, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNetwork()
			if test.host != nil {
				n.servers[server1.String()] = test.host
			}
			_, err := lookup(t, client(n, dns.Servers{UseTCP: true}), "www.test", dns.TypeA)
			if !errors.Is(err, test.kind) || test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("%v", err)
			}
		})
	}
}

// beforeEDNS refuses queries with an OPT record.
func beforeEDNS(refuse func(m *dnsmessage.Message)) server {
	return func(network string, q []byte) []event {
		if binary.BigEndian.Uint16(q[10:]) == 0 {
			return good(network, q)
		}
		return answered(refuse)(network, q)
	}
}

// TestServersBeforeEDNS: they are asked again at once, without it.
func TestServersBeforeEDNS(t *testing.T) {
	for name, refuse := range map[string]func(m *dnsmessage.Message){
		"FORMERR": func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeFormatError },
		"NOTIMP":  func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeNotImplemented },
		"a bare FORMERR": func(m *dnsmessage.Message) {
			m.RCode, m.Questions = dnsmessage.RCodeFormatError, nil
		},
		"BADVERS": func(m *dnsmessage.Message) {
			var opt dnsmessage.ResourceHeader
			opt.SetEDNS0(1232, 16, false)
			m.Additionals = []dnsmessage.Resource{{Header: opt, Body: &dnsmessage.OPTResource{}}}
		},
	} {
		for _, tcp := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				n := newNetworkOf(beforeEDNS(refuse))
				c := client(n, dns.Servers{UseTCP: tcp})
				for _, r := range lookupAll(t, c, "www.test", dns.TypeA, dns.TypeAAAA) {
					if r.err != nil || r.answer.Server != server1 {
						t.Errorf("%+v", r)
					}
				}
				sent := n.queries()
				if s := c.Stats(); s.WithoutEDNS != 2 || len(sent) != 4 || !n.Now().Equal(beginning) {
					t.Errorf("%+v; %d queries, %v", s, len(sent), n.Now())
				}
				for i := range 2 {
					if bytes.Equal(sent[i].message[:2], sent[i+2].message[:2]) {
						t.Errorf("query %d has the id of %d", i+2, i)
					}
				}
			})
		}
	}
}

func TestNoEDNS0(t *testing.T) {
	n := newNetworkOf(beforeEDNS(func(m *dnsmessage.Message) { t.Error("a query with EDNS") }))
	if _, err := lookup(t, client(n, dns.Servers{NoEDNS0: true}), "www.test", dns.TypeA); err != nil {
		t.Error(err)
	}
	n = newNetworkOf(says(dnsmessage.RCodeFormatError))
	if _, err := lookup(t, client(n, dns.Servers{NoEDNS0: true, Attempts: 1}), "www.test", dns.TypeA); !errors.Is(err, dns.ErrRefused) || len(n.queries()) != 1 {
		t.Errorf("%v after %d queries", err, len(n.queries()))
	}
}

// TestExtendedRCode: the upper bits come from the OPT record.
func TestExtendedRCode(t *testing.T) {
	n := newNetworkOf(answered(func(m *dnsmessage.Message) {
		var opt dnsmessage.ResourceHeader
		opt.SetEDNS0(1232, 23, false)
		m.RCode = 23 & 0xf
		m.Additionals = []dnsmessage.Resource{{Header: opt, Body: &dnsmessage.OPTResource{}}}
	}))
	_, err := lookup(t, client(n, dns.Servers{}), "www.test", dns.TypeA)
	var e *dns.Error
	if !errors.As(err, &e) || e.RCode != 23 || e.Kind != dns.ErrRefused {
		t.Errorf("%+v", err)
	}
}
