package resolver_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/files"
)

// server is a DNS server without a network, and the clock of its clients: a client that
// waits for an answer which does not come is at once at the end of its patience.
type server struct {
	t *testing.T
	// answers are a Switch's, but for names that have one of faults.
	answers *resolver.Switch
	faults  map[string]func(query []byte) []byte // nil is no answer

	mu  sync.Mutex
	now time.Time
	log []string // "network server name type"
	raw [][]byte
	// dials counts connections.
	dials int
}

// serve makes a server that knows a table of hosts(5), and fails as told.
func serve(t *testing.T, hosts string, faults map[string]func([]byte) []byte) *server {
	table := parsedText(hosts, files.ParseHosts)
	return &server{
		t: t, faults: faults, now: time.Unix(1_000_000_000, 0),
		answers: resolver.New(resolver.Config{Hosts: table, Order: files.ParseOrder("files")}),
	}
}

// client is a Switch that asks the server.
func (s *server) client(conf string, change ...func(*resolver.Config)) *resolver.Switch {
	c := resolver.Config{
		Host: resolver.Host{
			Dial: s.dial,
			Now:  s.clock,
			Rand: rand.NewChaCha8([32]byte{1}),
		},
		DNS:      parsedText(conf, files.ParseResolvConf),
		Services: fewServices,
	}
	for _, f := range change {
		f(&c)
	}
	return resolver.New(c)
}

func (s *server) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// asked returns what was asked since the last call.
func (s *server) asked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fmt.Sprint(s.log)
	s.log = nil
	return text
}

func (s *server) dial(_ context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	s.dials++
	s.mu.Unlock()
	return &serverEnd{s: s, network: network, address: netip.MustParseAddrPort(address).Addr().String()}, nil
}

// answer is what the server says of a query; nil is nothing.
func (s *server) answer(network, address string, query []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		s.t.Errorf("malformed query: %v", err)
		return nil
	}
	q := m.Questions[0]
	s.mu.Lock()
	s.log = append(s.log, fmt.Sprintf("%s %s %s %s", network, address, q.Name, q.Type.String()[4:]))
	s.raw = append(s.raw, query)
	s.mu.Unlock()
	if fault, ok := s.faults[q.Name.String()]; ok {
		return fault(query)
	}
	return s.answers.Respond(context.Background(), query)
}

// serverEnd is a client's connection.
type serverEnd struct {
	net.Conn
	s                *server
	network, address string
	replies          [][]byte
	deadline         time.Time
}

func (e *serverEnd) Write(b []byte) (int, error) {
	query := b
	if e.network == "tcp" {
		query = b[2:]
	}
	if reply := e.s.answer(e.network, e.address, query); reply != nil {
		if e.network == "tcp" {
			reply = append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)
		}
		e.replies = append(e.replies, reply)
	}
	return len(b), nil
}

func (e *serverEnd) Read(b []byte) (int, error) {
	if len(e.replies) == 0 {
		e.s.mu.Lock()
		defer e.s.mu.Unlock()
		if e.deadline.IsZero() {
			return 0, io.ErrUnexpectedEOF
		}
		if e.s.now.Before(e.deadline) {
			e.s.now = e.deadline
		}
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(b, e.replies[0])
	if e.replies[0] = e.replies[0][n:]; len(e.replies[0]) == 0 || e.network == "udp" {
		e.replies = e.replies[1:]
	}
	return n, nil
}

func (e *serverEnd) SetDeadline(t time.Time) error {
	e.deadline = t
	return nil
}

func (e *serverEnd) SetReadDeadline(t time.Time) error { return e.SetDeadline(t) }

func (e *serverEnd) SetWriteDeadline(time.Time) error { return nil }

func (e *serverEnd) Close() error { return nil }

// silent never answers.
func silent([]byte) []byte { return nil }

// says answers every question with a code and no records; set changes the header.
func says(code dnsmessage.RCode, set func(*dnsmessage.Header)) func([]byte) []byte {
	return func(query []byte) []byte {
		var m dnsmessage.Message
		if err := m.Unpack(query); err != nil {
			return nil
		}
		m.Response, m.RecursionAvailable, m.RCode, m.Additionals = true, true, code, nil
		if set != nil {
			set(&m.Header)
		}
		packed, _ := m.Pack()
		return packed
	}
}

// lasting answers every question with an address that is good for an hour.
func lasting(query []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	h := dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 3600}
	m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}}}
	packed, _ := m.Pack()
	return packed
}
