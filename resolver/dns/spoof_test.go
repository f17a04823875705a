package dns_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// forged makes a reply with an address of the forger's, and lets change make it
// one that does not count.
func forged(query []byte, change func(m *dnsmessage.Message)) event {
	m := replyTo(query)
	m.Answers = []dnsmessage.Resource{a("www.test.", "10.6.6.6", 60)}
	change(&m)
	return event{message: pack(m)}
}

func genuine(query []byte) event {
	m := replyTo(query)
	m.Answers = []dnsmessage.Resource{a("www.test.", "10.0.0.1", 60)}
	return event{after: time.Second, message: pack(m)}
}

var forgeries = []struct {
	name  string
	count func(dns.Stats) uint64
	forge func(query []byte) event
}{
	{"another id", unknownID, func(q []byte) event { return forged(q, func(m *dnsmessage.Message) { m.ID++ }) }},
	{"another name", wrongQuestion, func(q []byte) event {
		return forged(q, func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("evil.test.") })
	}},
	{"a longer name", wrongQuestion, func(q []byte) event {
		return forged(q, func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("x.www.test.") })
	}},
	{"another type", wrongQuestion, func(q []byte) event {
		return forged(q, func(m *dnsmessage.Message) { m.Questions[0].Type = dns.TypeAAAA })
	}},
	{"another class", wrongQuestion, func(q []byte) event {
		return forged(q, func(m *dnsmessage.Message) { m.Questions[0].Class = dnsmessage.ClassCHAOS })
	}},
	{"two questions", wrongQuestion, func(q []byte) event {
		return forged(q, func(m *dnsmessage.Message) { m.Questions = append(m.Questions, m.Questions[0]) })
	}},
	{"no question", wrongQuestion, func(q []byte) event { return forged(q, func(m *dnsmessage.Message) { m.Questions = nil }) }},
	{"a bare SERVFAIL", wrongQuestion, func(q []byte) event {
		return forged(q, func(m *dnsmessage.Message) {
			m.Questions, m.Answers, m.RCode = nil, nil, dnsmessage.RCodeServerFailure
		})
	}},
	{"a query", notResponse, func(q []byte) event { return event{message: q} }},
	{"another operation", notResponse, func(q []byte) event { return forged(q, func(m *dnsmessage.Message) { m.OpCode = 5 }) }},
	{"nothing", malformed, func(q []byte) event { return event{} }},
	{"half a header", malformed, func(q []byte) event { return event{message: q[:6]} }},
	{"a header that promises a question", malformed, func(q []byte) event {
		b := slices.Clone(q[:12])
		b[2] |= 0x80
		return event{message: b}
	}},
	{"a message cut short", malformed, func(q []byte) event {
		e := forged(q, func(*dnsmessage.Message) {})
		e.message = e.message[:len(e.message)-1]
		return e
	}},
	{"an address of 3 bytes", malformed, func(q []byte) event {
		e := forged(q, func(*dnsmessage.Message) {})
		e.message[len(e.message)-5]--
		return e
	}},
	{"a record longer than the message", malformed, func(q []byte) event {
		e := forged(q, func(m *dnsmessage.Message) { m.Answers = []dnsmessage.Resource{cname("www.test.", "test.", 60)} })
		e.message[len(e.message)-4] = 0xff // the upper byte of the length, before a pointer
		return e
	}},
	{"a name that points to itself", malformed, func(q []byte) event {
		e := forged(q, func(*dnsmessage.Message) {})
		pointer := len(e.message) - 16
		e.message[pointer], e.message[pointer+1] = 0xc0, byte(pointer)
		return e
	}},
	{"more records than there are", malformed, func(q []byte) event {
		e := forged(q, func(*dnsmessage.Message) {})
		e.message[7]++
		return e
	}},
	{"broken additional records", malformed, func(q []byte) event {
		e := forged(q, func(*dnsmessage.Message) {})
		e.message[11]++
		return e
	}},
}

func unknownID(s dns.Stats) uint64     { return s.UnknownID }
func wrongQuestion(s dns.Stats) uint64 { return s.WrongQuestion }
func notResponse(s dns.Stats) uint64   { return s.NotResponse }
func malformed(s dns.Stats) uint64     { return s.Malformed }

// TestForgeries: a message that does not answer the question is counted, and the
// answer that comes later is taken, over UDP and TCP.
func TestForgeries(t *testing.T) {
	for _, test := range forgeries {
		for _, tcp := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				n := newNetwork()
				n.servers[server1.String()] = server(func(_ string, q []byte) []event {
					return []event{test.forge(q), genuine(q)}
				})
				c := client(n, dns.Servers{UseTCP: tcp})
				got, err := lookup(t, c, "www.test", dns.TypeA)
				if err != nil || !slices.Equal(addrs(got), []string{"10.0.0.1"}) {
					t.Errorf("%v, %v", addrs(got), err)
				}
				if s := c.Stats(); test.count(s) != 1 || s.Replies != 1 || s.Queries != 1 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// TestAnswerTwice: the second reply to a question counts for nothing, nor does one
// with the id of the other question.
func TestAnswerTwice(t *testing.T) {
	n := newNetwork()
	var first []byte
	n.servers[server1.String()] = server(func(_ string, q []byte) []event {
		if first == nil {
			first = q
			return nil
		}
		swapped := genuine(first)
		copy(swapped.message, q[:2])
		again := replyTo(first)
		again.Answers = []dnsmessage.Resource{a("www.test.", "10.6.6.6", 60)}
		six := replyTo(q)
		six.Answers = []dnsmessage.Resource{aaaa("www.test.", "fd00::1", 60)}
		return []event{
			{message: swapped.message},
			{after: time.Second, message: genuine(first).message},
			{after: 2 * time.Second, message: pack(again)},
			{after: 3 * time.Second, message: pack(six)},
		}
	})
	c := client(n, dns.Servers{})
	r := lookupAll(t, c, "www.test", dns.TypeA, dns.TypeAAAA)
	if got := append(addrs(r[0].answer), addrs(r[1].answer)...); !slices.Equal(got, []string{"10.0.0.1", "fd00::1"}) {
		t.Errorf("got %v", got)
	}
	if s := c.Stats(); s.WrongQuestion != 1 || s.UnknownID != 1 || s.Replies != 2 {
		t.Errorf("%+v", s)
	}
}

// TestFlood: who guesses ids ends an attempt before it has many chances, and the
// next server is asked.
func TestFlood(t *testing.T) {
	n := newNetwork()
	n.servers[server1.String()] = server(func(_ string, q []byte) []event {
		var all []event
		for i := range 1500 {
			e := forged(q, func(*dnsmessage.Message) {})
			binary.BigEndian.PutUint16(e.message, binary.BigEndian.Uint16(e.message)+uint16(i)+1)
			all = append(all, e)
		}
		return append(all, genuine(q))
	})
	c := client(n, dns.Servers{Attempts: 1})
	if _, err := lookup(t, c, "www.test", dns.TypeA); !errors.Is(err, dns.ErrServerFailure) {
		t.Errorf("alone: %v", err)
	}
	if s := c.Stats(); s.UnknownID != 1000 {
		t.Errorf("%+v", s)
	}
	n.servers[server2.String()] = good
	c.SetServers(dns.Servers{Addrs: both})
	if got, err := lookup(t, c, "www.test", dns.TypeA); err != nil || got.Server != server2 {
		t.Errorf("%v, %v", got, err)
	}
}
