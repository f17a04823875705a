package interop_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// query is a question that a server of ours was asked.
type query struct {
	raw  []byte
	id   uint16
	name string // in lower case as it was asked, with its last dot
	typ  dnsmessage.Type
	edns bool
	tcp  bool
	from netip.AddrPort
}

// behaviour answers a query, with any number of calls of reply and from any
// goroutine. An empty reply ends a TCP connection.
type behaviour func(q query, reply func([]byte))

// server is a server of ours on UDP and, unless it has none, TCP.
type server struct {
	do behaviour

	mu      sync.Mutex
	queries []query
}

// startServer serves on 127.0.0.n until the test ends.
func startServer(t testing.TB, n int, withTCP bool, do behaviour) *server {
	t.Helper()
	s := &server{do: do}
	var wg sync.WaitGroup
	pc, err := net.ListenPacket("udp", serverAddr(n))
	must(t, err)
	wg.Go(func() { s.serveUDP(pc.(*net.UDPConn)) })
	t.Cleanup(func() { pc.Close(); wg.Wait() })
	if !withTCP {
		return s
	}
	l, err := net.Listen("tcp", serverAddr(n))
	must(t, err)
	wg.Go(func() { s.serveTCP(l, &wg) })
	t.Cleanup(func() { l.Close() })
	return s
}

func (s *server) serveUDP(pc *net.UDPConn) {
	buf := make([]byte, 65535)
	for {
		n, from, err := pc.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error of an earlier reply
		}
		s.answer(append([]byte(nil), buf[:n]...), from, false, func(reply []byte) {
			pc.WriteToUDPAddrPort(reply, from)
		})
	}
}

func (s *server) serveTCP(l net.Listener, wg *sync.WaitGroup) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		wg.Go(func() {
			defer c.Close()
			s.serveConn(c)
		})
	}
}

func (s *server) serveConn(c net.Conn) {
	from := c.RemoteAddr().(*net.TCPAddr).AddrPort()
	var length [2]byte
	for {
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		raw := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c, raw); err != nil {
			return
		}
		s.answer(raw, from, true, func(reply []byte) {
			if len(reply) == 0 {
				c.Close()
				return
			}
			c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
		})
	}
}

func (s *server) answer(raw []byte, from netip.AddrPort, tcp bool, reply func([]byte)) {
	q, ok := parseQuery(raw)
	if !ok {
		return
	}
	q.from, q.tcp = from, tcp
	s.mu.Lock()
	s.queries = append(s.queries, q)
	s.mu.Unlock()
	s.do(q, reply)
}

// asked returns the queries so far and forgets them.
func (s *server) asked() []query {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.queries
	s.queries = nil
	return all
}

func parseQuery(raw []byte) (query, bool) {
	var m dnsmessage.Message
	if m.Unpack(raw) != nil || m.Response || len(m.Questions) != 1 {
		return query{}, false
	}
	q := query{raw: raw, id: m.ID, name: m.Questions[0].Name.String(), typ: m.Questions[0].Type}
	for _, r := range m.Additionals {
		q.edns = q.edns || r.Header.Type == dnsmessage.TypeOPT
	}
	return q, true
}

// response is an answer to a query that has no records yet.
func (q query) response(rcode dnsmessage.RCode) dnsmessage.Message {
	return dnsmessage.Message{
		Header:    dnsmessage.Header{ID: q.id, Response: true, RecursionDesired: true, RecursionAvailable: true, RCode: rcode},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(q.name), Type: q.typ, Class: dnsmessage.ClassINET}},
	}
}

func packed(m dnsmessage.Message) []byte {
	raw, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return raw
}
