package stack_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// patience is what a test waits for something that ought to come.
const patience = 30 * time.Second

func newStack(t testing.TB, cfg stack.Config) *stack.Stack {
	t.Helper()
	s, err := stack.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func linkConfig(ep gstack.LinkEndpoint, addresses ...string) stack.LinkConfig {
	return stack.LinkConfig{Endpoint: ep, Addresses: prefixes(addresses...)}
}

// newPair returns two hosts on a cable: 10.0.0.1 and fd00::1, 10.0.0.2 and fd00::2.
func newPair(t testing.TB, cfg link.CableConfig) (a, b *stack.Stack, ea, eb *link.CableEnd) {
	t.Helper()
	ea, eb = link.NewCable(cfg)
	a = newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(ea, "10.0.0.1/24", "fd00::1/64")}})
	b = newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(eb, "10.0.0.2/24", "fd00::2/64")}})
	return a, b, ea, eb
}

func fullAddress(ap netip.AddrPort) (tcpip.FullAddress, tcpip.NetworkProtocolNumber) {
	proto := header.IPv6ProtocolNumber
	if ap.Addr().Is4() {
		proto = header.IPv4ProtocolNumber
	}
	fa := tcpip.FullAddress{Port: ap.Port()}
	if ap.Addr().IsValid() && !ap.Addr().IsUnspecified() {
		fa.Addr = tcpip.AddrFromSlice(ap.Addr().AsSlice())
	}
	return fa, proto
}

func listenTCP(t testing.TB, s *stack.Stack, addr string) *gonet.TCPListener {
	t.Helper()
	fa, proto := fullAddress(netip.MustParseAddrPort(addr))
	l, err := gonet.ListenTCP(s.Netstack(), fa, proto)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func dialTCP(s *stack.Stack, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	fa, proto := fullAddress(netip.MustParseAddrPort(addr))
	c, err := gonet.DialContextTCP(ctx, s.Netstack(), fa, proto)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func listenUDP(t testing.TB, s *stack.Stack, addr string) *gonet.UDPConn {
	t.Helper()
	fa, proto := fullAddress(netip.MustParseAddrPort(addr))
	c, err := gonet.DialUDP(s.Netstack(), &fa, nil, proto)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// transferTCP sends n bytes from one host to addr on another and checks what
// arrives.
func transferTCP(t testing.TB, from, to *stack.Stack, addr string, n int64) {
	t.Helper()
	l := listenTCP(t, to, addr)
	defer l.Close()
	sum := make(chan []byte, 1)
	go func() {
		defer close(sum)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		h := sha256.New()
		if m, err := io.Copy(h, c); err == nil && m == n {
			sum <- h.Sum(nil)
		}
	}()
	c, err := dialTCP(from, addr)
	if err != nil {
		t.Fatalf("dial %s: %v", addr, err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	h := sha256.New()
	if m, err := io.Copy(io.MultiWriter(c, h), io.LimitReader(&pattern{}, n)); err != nil {
		t.Fatalf("sent %d of %d bytes: %v", m, n, err)
	}
	c.(*gonet.TCPConn).CloseWrite()
	select {
	case got := <-sum:
		if !bytes.Equal(got, h.Sum(nil)) {
			t.Fatal("what arrived is not what was sent")
		}
	case <-time.After(patience):
		t.Fatal("nothing arrived")
	}
}

// pattern is an endless stream without a period that matters.
type pattern struct{ n uint32 }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		p.n = p.n*1664525 + 1013904223
		b[i] = byte(p.n >> 24)
	}
	return len(b), nil
}

// exchangeUDP sends a datagram of n bytes to addr and back again.
func exchangeUDP(t testing.TB, from, to *stack.Stack, addr string, n int) {
	t.Helper()
	server := listenUDP(t, to, addr)
	defer server.Close()
	server.SetDeadline(time.Now().Add(patience))
	fa, proto := fullAddress(netip.MustParseAddrPort(addr))
	client, err := gonet.DialUDP(from.Netstack(), nil, &fa, proto)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	client.SetDeadline(time.Now().Add(patience))

	out := make([]byte, n)
	(&pattern{}).Read(out)
	if _, err := client.Write(out); err != nil {
		t.Fatalf("send %d bytes: %v", n, err)
	}
	in := make([]byte, 1<<16)
	m, peer, err := server.ReadFrom(in)
	if err != nil || !bytes.Equal(in[:m], out) {
		t.Fatalf("server: %d bytes of %d, %v", m, n, err)
	}
	if _, err := server.WriteTo(in[:m], peer); err != nil {
		t.Fatalf("answer: %v", err)
	}
	m, err = client.Read(in)
	if err != nil || !bytes.Equal(in[:m], out) {
		t.Fatalf("client: %d bytes of %d, %v", m, n, err)
	}
}

// deaf is attached to a link in the place of a stack and hears nothing.
type deaf struct{}

func (*deaf) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer) {}
func (*deaf) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer)    {}

// eventually waits for a condition that other goroutines bring about and that
// signals nothing.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
		runtime.Gosched()
	}
}

func udpAddr(ap netip.AddrPort) *net.UDPAddr { return net.UDPAddrFromAddrPort(ap) }
