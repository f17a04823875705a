package dns_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// serve runs a host on the kernel's loopback until the test ends.
func serve(t *testing.T, h host) netip.AddrPort {
	t.Helper()
	listener, packets := listenBoth(t)
	t.Cleanup(func() { listener.Close(); packets.Close() })
	go serveDatagrams(packets, h)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go serveStream(c, h)
		}
	}()
	return netip.MustParseAddrPort(listener.Addr().String())
}

// listenBoth finds a port that is free for both.
func listenBoth(t *testing.T) (net.Listener, net.PacketConn) {
	t.Helper()
	for range 20 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		packets, err := net.ListenPacket("udp", listener.Addr().String())
		if err == nil {
			return listener, packets
		}
		listener.Close()
	}
	t.Fatal("no port is free for TCP and UDP")
	return nil, nil
}

func serveDatagrams(packets net.PacketConn, h host) {
	b := make([]byte, 512)
	for {
		n, from, err := packets.ReadFrom(b)
		if err != nil {
			return
		}
		for _, e := range h.answer("udp", slices.Clone(b[:n])) {
			packets.WriteTo(e.message, from)
		}
	}
}

func serveStream(c net.Conn, h host) {
	defer c.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		q := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c, q); err != nil {
			return
		}
		for _, e := range h.answer("tcp", q) {
			c.Write(binary.BigEndian.AppendUint16(nil, uint16(len(e.message))))
			c.Write(e.message)
		}
	}
}

func loopbackClient(addrs ...netip.AddrPort) *dns.Client {
	c := dns.New(dns.Config{Dial: new(net.Dialer).DialContext})
	c.SetServers(dns.Servers{Addrs: addrs})
	return c
}

// TestLoopback: real sockets: an answer, one of 60 KiB that is cut over UDP, one
// of 8 KiB over UDP.
func TestLoopback(t *testing.T) {
	large := func(network string, q []byte, size int) []event {
		m := replyTo(q)
		for i := range size / 16 {
			m.Answers = append(m.Answers, a(m.Questions[0].Name.String(), netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String(), 60))
		}
		return []event{{message: pack(m)}}
	}
	small := loopbackClient(serve(t, good))
	r := lookupAll(t, small, "www.test", dns.TypeA, dns.TypeAAAA)
	if got := append(addrs(r[0].answer), addrs(r[1].answer)...); !slices.Equal(got, []string{"10.0.0.1", "fd00::1"}) {
		t.Errorf("%+v", r)
	}
	cut := serve(t, cutting{server(func(network string, q []byte) []event { return large(network, q, 15<<10) })})
	if got, err := lookup(t, loopbackClient(cut), "www.test", dns.TypeA); err != nil || got.Network != "tcp" || len(got.Records) != 960 {
		t.Errorf("%d records by %s, %v", len(got.Records), got.Network, err)
	}
	whole := serve(t, server(func(network string, q []byte) []event { return large(network, q, 8<<10) }))
	if got, err := lookup(t, loopbackClient(whole), "www.test", dns.TypeA); err != nil || got.Network != "udp" || len(got.Records) != 512 {
		t.Errorf("%d records by %s, %v", len(got.Records), got.Network, err)
	}
}

// TestLoopbackRefused: a port that nobody listens on is told at once, and the next
// server is asked.
func TestLoopbackRefused(t *testing.T) {
	// A connected socket holds the port, but hears its peer only.
	holder, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9})
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	nobody := netip.MustParseAddrPort(holder.LocalAddr().String())
	if _, err := lookup(t, loopbackClient(nobody), "www.test", dns.TypeA); !errors.Is(err, dns.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	if got, err := lookup(t, loopbackClient(nobody, serve(t, good)), "www.test", dns.TypeA); err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestLoopbackCancel: in the middle of a lookup that one server has failed.
func TestLoopbackCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	end := server(func(string, []byte) []event {
		cancel()
		return nil
	})
	c := loopbackClient(serve(t, says(dnsmessage.RCodeServerFailure)), serve(t, end))
	s := c.Servers()
	s.Timeout = time.Hour
	c.SetServers(s)
	c.Lookup(ctx, "www.test", []dns.Type{dns.TypeA}, func(_ int, _ dns.Answer, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}
