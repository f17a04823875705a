package interop_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// question is a query without EDNS0.
func question(id uint16, name string, typ dnsmessage.Type) []byte {
	return packed(dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: typ, Class: dnsmessage.ClassINET}},
	})
}

// exchange sends a query from a stack and returns the next answer.
func exchange(t *testing.T, c net.Conn, raw []byte) dnsmessage.Message {
	t.Helper()
	_, stream := c.(*facade.TCPConn)
	must(t, c.SetDeadline(time.Now().Add(patience)))
	if stream {
		raw = append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...)
	}
	_, err := c.Write(raw)
	must(t, err)
	reply := make([]byte, 65535)
	var n int
	if stream {
		_, err = io.ReadFull(c, reply[:2])
		must(t, err)
		n, err = io.ReadFull(c, reply[:binary.BigEndian.Uint16(reply)])
	} else {
		n, err = c.Read(reply)
	}
	must(t, err)
	var m dnsmessage.Message
	must(t, m.Unpack(reply[:n]))
	return m
}

// TestServers: what the servers say that names are tested with, over a cable
// between two stacks.
func TestServers(t *testing.T) {
	inNamespace(t)
	testenv.LeakCheck(t)
	startNSD(t)
	servers := startFaulty(t)
	s, r := network(t)
	m := facade.New(facade.Config{Stack: s})
	t.Cleanup(func() { m.Close() })

	const a, aaaa, ptr, mx = dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypePTR, dnsmessage.TypeMX
	for _, c := range []struct {
		network, server string
		name            string
		typ             dnsmessage.Type
		rcode           dnsmessage.RCode
		answers         int
		truncated, aa   bool
	}{
		{"udp", "10.0.0.2:53", "v4.example.test.", a, dnsmessage.RCodeSuccess, 1, false, true},
		{"udp", "[fd00::2]:53", "dual.example.test.", aaaa, dnsmessage.RCodeSuccess, 1, false, true},
		{"tcp", "[fd00::2]:53", "www.example.test.", a, dnsmessage.RCodeSuccess, 4, false, true},
		{"udp", "10.0.0.2:53", "service.example.test.", mx, dnsmessage.RCodeSuccess, 2, false, true},
		{"udp", "10.0.0.2:53", "83.0.0.10.in-addr.arpa.", ptr, dnsmessage.RCodeSuccess, 2, false, true},
		{"udp", "10.0.0.2:53", "empty.example.test.", a, dnsmessage.RCodeSuccess, 0, false, true},
		{"udp", "10.0.0.2:53", "nosuch.example.test.", a, dnsmessage.RCodeNameError, 0, false, true},
		{"udp", "10.0.0.2:53", "host.broken.test.", a, dnsmessage.RCodeServerFailure, 0, false, false},
		{"udp", "10.0.0.2:53", "host.other.test.", a, dnsmessage.RCodeRefused, 0, false, false},
		{"udp", "10.0.0.2:53", "host.delegated.example.test.", a, dnsmessage.RCodeSuccess, 0, false, false},
		{"udp", "10.0.0.2:53", "big512.example.test.", a, dnsmessage.RCodeSuccess, 0, true, true},
		{"tcp", "10.0.0.2:53", "big4096.example.test.", a, dnsmessage.RCodeSuccess, 254, false, true},
		{"udp", "10.0.0.4:53", "v4.example.test.", a, dnsmessage.RCodeSuccess, 1, false, false},
		{"udp", "10.0.0.7:53", "v4.example.test.", a, dnsmessage.RCodeSuccess, 0, false, false},
		{"udp", "10.0.0.8:53", "v4.example.test.", a, dnsmessage.RCodeServerFailure, 0, false, false},
		{"udp", "10.0.0.15:53", "v4.example.test.", a, dnsmessage.RCodeSuccess, 0, true, false},
		{"tcp", "10.0.0.15:53", "v4.example.test.", a, dnsmessage.RCodeSuccess, 1, false, true},
	} {
		t.Run(c.network+"/"+c.server+"/"+c.name, func(t *testing.T) {
			conn, err := m.Dial(c.network, c.server)
			must(t, err)
			defer conn.Close()
			got := exchange(t, conn, question(7, c.name, c.typ))
			if got.RCode != c.rcode || got.Truncated != c.truncated || got.Authoritative != c.aa || len(got.Answers) != c.answers && !c.truncated {
				t.Errorf("%v with %d answers, want %+v", got.Header, len(got.Answers), c)
			}
		})
	}
	if n := r.datagram.Load(); n != 14 {
		t.Errorf("%d datagrams came over the cable, want 14", n)
	}
	if n := r.stream.Load(); n != 3 {
		t.Errorf("%d connections came over the cable, want 3", n)
	}
	for n, s := range servers {
		for _, q := range s.asked() {
			if !r.sent(q.from) {
				t.Errorf("server %d was asked by %s, which is not the relay", n, q.from)
			}
		}
	}
}
