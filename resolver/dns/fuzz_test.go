package dns_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// FuzzAnswer: whatever comes back for a query, over UDP and over TCP with EDNS, what is accepted
// is what the plain reading of the message says.
func FuzzAnswer(f *testing.F) {
	var asked []byte
	n := newNetworkOf(server(func(_ string, q []byte) []event {
		asked = q
		return nil
	}))
	lookup(f, zeroIDs(n), "www.test", dns.TypeA)
	for _, m := range fuzzSeeds(asked) {
		f.Add(m, uint16(dns.TypeA), false)
		f.Add(m, uint16(dns.TypeA), true)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, body := range bodies {
		typ := typeOf(f, body(random))
		lookup(f, zeroIDs(n), "www.test", typ)
		m := replyTo(asked)
		_, m.Answers, _, _ = zone(random, "www.test.", body)
		f.Add(pack(m), uint16(typ), false)
	}
	f.Fuzz(func(t *testing.T, message []byte, number uint16, tcp bool) {
		typ := dns.Type(number)
		if len(message) > 1<<16-1 {
			return
		}
		n := newNetworkOf(server(func(string, []byte) []event { return []event{{message: message}} }))
		c := zeroIDs(n)
		s := c.Servers()
		s.UseTCP, s.NoEDNS0 = tcp, !tcp
		c.SetServers(s)
		got, err := lookup(t, c, "www.test", typ)
		if err == nil {
			checkAccepted(t, message, typ, got)
		} else if len(got.Records) > 0 {
			t.Errorf("records with %v", err)
		}
		again, err2 := lookup(t, c, "www.test", typ)
		if (err == nil) != (err2 == nil) || !strings.EqualFold(again.Name, got.Name) || !slices.EqualFunc(again.Aliases, got.Aliases, strings.EqualFold) || !sameRecords(again.Records, got.Records) {
			t.Errorf("first %+v, %v; then %+v, %v", got, err, again, err2)
		}
	})
}

// zeroIDs is a client whose first id is 0.
func zeroIDs(n *network) *dns.Client {
	c := dns.New(dns.Config{Dial: n.Dial, Now: n.Now, Rand: bytes.NewReader(make([]byte, 64))})
	c.SetServers(dns.Servers{Addrs: both[:1], Attempts: 1, NoEDNS0: true})
	return c
}

func fuzzSeeds(asked []byte) [][]byte {
	var all [][]byte
	add := func(change func(m *dnsmessage.Message)) {
		m := replyTo(asked)
		change(&m)
		all = append(all, pack(m))
	}
	for _, answers := range [][]dnsmessage.Resource{
		nil,
		{a("www.test.", "10.0.0.1", 60), a("WWW.test.", "10.0.0.2", 1<<31)},
		{a("b.test.", "10.0.0.1", 0), cname("www.test.", "b.test.", 60), a("evil.test.", "10.6.6.6", 60)},
		{cname("www.test.", "b.test.", 60), cname("b.test.", "www.test.", 60)},
		{aaaa("www.test.", "fd00::1", 60)},
		chain(17),
	} {
		for _, rcode := range []dnsmessage.RCode{0, 1, 2, 3} {
			add(func(m *dnsmessage.Message) { m.RCode, m.Answers = rcode, answers })
			add(func(m *dnsmessage.Message) {
				m.RCode, m.Answers, m.Authorities = rcode, answers, []dnsmessage.Resource{soa("test.", 50, 100)}
				m.RecursionAvailable = false
			})
		}
	}
	add(func(m *dnsmessage.Message) {
		var opt dnsmessage.ResourceHeader
		opt.SetEDNS0(1232, 16, false)
		m.Additionals = []dnsmessage.Resource{{Header: opt, Body: &dnsmessage.OPTResource{Options: []dnsmessage.Option{{Code: 15, Data: []byte("x")}}}}}
	})
	add(func(m *dnsmessage.Message) { m.Truncated = true })
	for _, test := range forgeries {
		all = append(all, test.forge(asked).message)
	}
	for _, test := range hostile[len(hostile)-3:] {
		all = append(all, test.reply(asked))
	}
	return all
}

// checkAccepted reads the message in the plainest way.
func checkAccepted(t *testing.T, message []byte, typ dns.Type, got dns.Answer) {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(message); err != nil {
		// What is not used is not looked into.
		return
	}
	if !m.Response || m.ID != 0 || m.OpCode != 0 || m.RCode != 0 || len(m.Questions) != 1 || m.Truncated {
		t.Fatalf("accepted: %+v", m.Header)
	}
	if q := m.Questions[0]; q.Type != typ || q.Class != dnsmessage.ClassINET || fold(q.Name.String()) != "www.test." {
		t.Fatalf("accepted: %+v", q)
	}
	end, links := "www.test.", 0
	for next, ok := cnameOf(m.Answers, end); ok; next, ok = cnameOf(m.Answers, end) {
		if typ == dns.TypeCNAME || typ == dns.TypeANY {
			break
		}
		end = next
		if links++; links > 16 {
			t.Fatal("an endless chain was accepted")
		}
	}
	var want []dnsmessage.Resource
	for _, r := range m.Answers {
		if (r.Header.Type == typ || typ == dns.TypeANY) && r.Header.Class == dnsmessage.ClassINET && fold(r.Header.Name.String()) == end && len(want) < 1000 {
			if r.Header.TTL >= 1<<31 {
				r.Header.TTL = 0
			}
			r.Header.TTL = min(r.Header.TTL, 86400)
			want = append(want, r)
		}
	}
	if len(want) == 0 || !sameRecords(got.Records, want) || fold(got.Name+".") != end && end != "." || len(got.Aliases) != links {
		t.Fatalf("%+v; the message has %+v of %q after %d links", got, want, end, links)
	}
}

func fold(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

func cnameOf(all []dnsmessage.Resource, owner string) (string, bool) {
	for _, r := range all {
		if b, ok := r.Body.(*dnsmessage.CNAMEResource); ok && r.Header.Class == dnsmessage.ClassINET && fold(r.Header.Name.String()) == owner {
			return fold(b.CNAME.String()), true
		}
	}
	return "", false
}
