package resolver_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/files"
)

// TestNetResolver: package net asks a Switch.
func TestNetResolver(t *testing.T) {
	s := serve(t, zone, faults)
	r := s.client("nameserver 192.0.2.53\noptions timeout:1 attempts:1", withHosts).NetResolver()
	addrs, err := r.LookupHost(t.Context(), "both.example.test.")
	slices.Sort(addrs)
	if fmt.Sprint(addrs) != "[192.0.2.3 2001:db8::3]" || err != nil {
		t.Errorf("by DNS: %v, %v", addrs, err)
	}
	if addrs, err := r.LookupHost(t.Context(), "four.example.test."); fmt.Sprint(addrs) != "[192.0.2.9]" || err != nil {
		t.Errorf("by the table: %v, %v", addrs, err)
	}
	if names, err := r.LookupAddr(t.Context(), "2001:db8::2"); fmt.Sprint(names) != "[six.example.test.]" || err != nil {
		t.Errorf("by address: %v, %v", names, err)
	}
	if name, err := r.LookupCNAME(t.Context(), "alias.example.test."); name != "both.example.test." || err != nil {
		t.Errorf("canonical name: %s, %v", name, err)
	}
	for _, c := range []struct {
		name                string
		notFound, temporary bool
	}{
		{"nosuch.example.test.", true, false}, {"empty.example.test.", true, false}, {"broken.example.test.", false, true},
	} {
		_, err := r.LookupHost(t.Context(), c.name)
		var dns *net.DNSError
		if !errors.As(err, &dns) || dns.IsNotFound != c.notFound || dns.IsTemporary != c.temporary {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	pinned := s.client("nameserver 192.0.2.53", func(c *resolver.Config) { c.Hosts = parsedText("0.0.0.0 both.example.test", files.ParseHosts) })
	if addrs, err := pinned.NetResolver().LookupHost(t.Context(), "both.example.test."); fmt.Sprint(addrs) != "[0.0.0.0]" || err != nil {
		t.Errorf("a name that the table has in one family: %v, %v", addrs, err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	var timeout net.Error
	if _, err := r.LookupHost(ctx, "top."); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("after the deadline: %v", err)
	}
}

// TestRespond: the answers of a Switch that is a name server.
func TestRespond(t *testing.T) {
	s := serve(t, zone, faults)
	r := s.client("nameserver 192.0.2.53\noptions timeout:1 attempts:1", withHosts)
	ask := func(change func(*dnsmessage.Message)) (m dnsmessage.Message) {
		t.Helper()
		q := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, RecursionDesired: true}, Questions: []dnsmessage.Question{{
			Name: dnsmessage.MustNewName("alias.example.test."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET,
		}}}
		change(&q)
		packed, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Unpack(r.Respond(t.Context(), packed)); err != nil || m.ID != 7 || !m.Response || !m.RecursionAvailable {
			t.Errorf("%+v, %v", m.Header, err)
		}
		return m
	}
	m := ask(func(*dnsmessage.Message) {})
	if len(m.Answers) != 2 || m.Answers[0].Header.Type != dnsmessage.TypeCNAME || m.Answers[1].Header.Name.String() != "both.example.test." {
		t.Errorf("alias: %+v", m.Answers)
	}
	for version, code := range map[uint32]dnsmessage.RCode{0: dnsmessage.RCodeSuccess, 1: 16} {
		m := ask(func(q *dnsmessage.Message) {
			var h dnsmessage.ResourceHeader
			if err := h.SetEDNS0(1232, 0, false); err != nil {
				t.Fatal(err)
			}
			h.TTL |= version << 16
			q.Additionals = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.OPTResource{}}}
		})
		if len(m.Additionals) != 1 || m.Additionals[0].Header.ExtendedRCode(m.RCode) != code || (len(m.Answers) > 0) != (version == 0) {
			t.Errorf("EDNS version %d: %+v", version, m)
		}
	}
	for what, c := range map[string]struct {
		change func(*dnsmessage.Message)
		rcode  dnsmessage.RCode
	}{
		"a name": {func(q *dnsmessage.Message) { q.Questions[0].Name = dnsmessage.MustNewName("pinned.") }, dnsmessage.RCodeSuccess},
		"HTTPS of a name in the table": {func(q *dnsmessage.Message) {
			q.Questions[0].Name, q.Questions[0].Type = dnsmessage.MustNewName("pinned."), dnsmessage.TypeHTTPS
		}, dnsmessage.RCodeSuccess},
		"TXT of a special name": {func(q *dnsmessage.Message) {
			q.Questions[0].Name, q.Questions[0].Type = dnsmessage.MustNewName("a.onion."), dnsmessage.TypeTXT
		}, dnsmessage.RCodeNameError},
		"TXT of localhost": {func(q *dnsmessage.Message) {
			q.Questions[0].Name, q.Questions[0].Type = dnsmessage.MustNewName("localhost."), dnsmessage.TypeTXT
		}, dnsmessage.RCodeSuccess},
		"MINFO":            {func(q *dnsmessage.Message) { q.Questions[0].Type = dnsmessage.TypeMINFO }, dnsmessage.RCodeRefused},
		"another class":    {func(q *dnsmessage.Message) { q.Questions[0].Class = dnsmessage.ClassCHAOS }, dnsmessage.RCodeRefused},
		"another opcode":   {func(q *dnsmessage.Message) { q.OpCode = 5 }, dnsmessage.RCodeNotImplemented},
		"two questions":    {func(q *dnsmessage.Message) { q.Questions = append(q.Questions, q.Questions[0]) }, dnsmessage.RCodeFormatError},
		"no such name":     {func(q *dnsmessage.Message) { q.Questions[0].Name = dnsmessage.MustNewName("nosuch.test.") }, dnsmessage.RCodeNameError},
		"another type":     {func(q *dnsmessage.Message) { q.Questions[0].Type = dnsmessage.TypeMX }, dnsmessage.RCodeSuccess},
		"a server's fault": {func(q *dnsmessage.Message) { q.Questions[0].Name = dnsmessage.MustNewName("broken.example.test.") }, dnsmessage.RCodeServerFailure},
	} {
		if m := ask(c.change); m.RCode != c.rcode {
			t.Errorf("%s: %v, want %v", what, m.RCode, c.rcode)
		}
	}
	for _, garbage := range [][]byte{nil, {1, 2, 3}, append([]byte{0, 7, 0x80}, make([]byte, 9)...)} {
		if out := r.Respond(t.Context(), garbage); out != nil {
			t.Errorf("%x was answered: %x", garbage, out)
		}
	}
}

// FuzzRespond: whatever is asked, the answer is a message for the same id, or nothing.
func FuzzRespond(f *testing.F) {
	for _, name := range []string{"pinned.", "9.2.0.192.in-addr.arpa.", "localhost.", "."} {
		for _, typ := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypePTR, dnsmessage.TypeMX} {
			q := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: typ, Class: dnsmessage.ClassINET}}}
			packed, _ := q.Pack()
			f.Add(packed)
		}
	}
	c := resolver.Config{}
	withHosts(&c)
	r := resolver.New(c)
	f.Fuzz(func(t *testing.T, query []byte) {
		out := r.Respond(t.Context(), query)
		if out == nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(out); err != nil || string(out[:2]) != string(query[:2]) || !m.Response || len(m.Questions) > 1 {
			t.Errorf("%x is answered by %x: %v", query, out, err)
		}
	})
}

// TestQuestionsWithoutAReader: what is asked and not read has a bound.
func TestQuestionsWithoutAReader(t *testing.T) {
	conn, err := resolver.New(resolver.Config{}).Dial(t.Context(), "udp", "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	written := 0
	for range 100 {
		n, err := conn.Write(make([]byte, 1<<14))
		if written += n; err != nil {
			break
		}
	}
	if written > 1<<18 {
		t.Errorf("%d bytes were taken", written)
	}
}
