package facade_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

// listening makes a Socket that listens on the loopback.
func listening(t testing.TB, m *facade.Module, a facade.Addr) (*facade.Socket, facade.Addr) {
	t.Helper()
	s, err := m.Socket(a.Family(), facade.SOCK_STREAM, 0)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.Bind(a))
	must(t, s.Listen(8))
	a, err = s.GetSockName()
	must(t, err)
	return s, a
}

func TestSocketBecomesConn(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		l, a := listening(t, m, facade.InetAddr{Host: "127.0.0.1"})
		s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
		must(t, err)
		must(t, s.Connect(a))
		client, err := s.Conn()
		must(t, err)
		listener, err := l.Listener()
		must(t, err)
		server, err := listener.Accept()
		must(t, err)
		if got, want := client.RemoteAddr().String(), a.String(); got != want {
			t.Errorf("RemoteAddr %v, want %v", got, want)
		}
		_, err = client.Write([]byte("from the Conn"))
		must(t, err)
		peer := server.(*facade.TCPConn).Socket()
		b, err := peer.Recv(100)
		if err != nil || string(b) != "from the Conn" {
			t.Errorf("recv by the Socket of the Conn: %q, %v", b, err)
		}
		must(t, client.Close())
		if _, err := s.Recv(1); !errors.Is(err, net.ErrClosed) {
			t.Errorf("recv of the Socket whose Conn was closed: %v", err)
		}
		must(t, server.Close())
		must(t, listener.Close())
	})
}

func TestSocketBecomesPacketConn(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		must(t, s.Bind(facade.InetAddr{Host: "127.0.0.1"}))
		p, err := s.PacketConn()
		must(t, err)
		defer p.Close()
		if _, err := s.Listener(); err == nil {
			t.Error("a datagram socket became a Listener")
		}
		c, err := m.Dial("udp", p.LocalAddr().String())
		must(t, err)
		defer c.Close()
		u := c.(*facade.UDPConn)
		_, err = u.Write([]byte("ping"))
		must(t, err)
		b := make([]byte, 100)
		n, from, err := p.ReadFrom(b)
		if err != nil || string(b[:n]) != "ping" || from.String() != u.LocalAddr().String() {
			t.Fatalf("ReadFrom: %q from %v, %v", b[:n], from, err)
		}
		_, err = p.WriteTo([]byte("answer that is cut"), from)
		must(t, err)
		n, _, flags, addr, err := u.ReadMsgUDPAddrPort(b[:6], nil)
		if err != nil || string(b[:n]) != "answer" || flags&facade.MSG_TRUNC == 0 || addr.String() != p.LocalAddr().String() {
			t.Errorf("ReadMsgUDPAddrPort: %q, flags %#x, from %v, %v", b[:n], flags, addr, err)
		}
		// WriteTo takes any net.Addr that says where.
		if _, err = p.WriteTo([]byte("x"), named(from.String())); err != nil {
			t.Errorf("WriteTo an address of another type: %v", err)
		}
		for _, nowhere := range []net.Addr{
			named("nowhere"), &net.UDPAddr{IP: net.IP{1, 2, 3}, Port: 1},
			&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 65536 + 1}, &net.UDPAddr{Port: -1}, (*net.UDPAddr)(nil), nil,
		} {
			if _, err = p.WriteTo([]byte("x"), nowhere); !errors.Is(err, syscall.EINVAL) {
				t.Errorf("WriteTo %v: %v", nowhere, err)
			}
		}
	})
}

// named is a net.Addr of a type that nobody knows.
type named string

func (n named) Network() string { return "named" }
func (n named) String() string  { return string(n) }

// TestConnCopies has io.Copy use ReadFrom and WriteTo, and half-close reach the
// other end.
func TestConnCopies(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		client, server := connPair(t, m)
		want := strings.Repeat("0123456789", 300_000)
		go func() {
			io.Copy(server, server)
			server.CloseWrite()
		}()
		go func() {
			io.Copy(client, strings.NewReader(want))
			client.CloseWrite()
		}()
		var got strings.Builder
		n, err := io.Copy(&got, client)
		if err != nil || n != int64(len(want)) || got.String() != want {
			t.Errorf("%d of %d bytes came back, %v", n, len(want), err)
		}
	})
}

func TestConnSettings(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		client, _ := connPair(t, m)
		s := client.Socket()
		wantOption := func(level, name, want int) {
			t.Helper()
			if v, err := s.GetSockOpt(level, name); err != nil || v != want {
				t.Errorf("option %d of level %d: %d, %v, want %d", name, level, v, err, want)
			}
		}
		// As package net has them.
		wantOption(facade.IPPROTO_TCP, facade.TCP_NODELAY, 1)
		wantOption(facade.SOL_SOCKET, facade.SO_KEEPALIVE, 1)
		wantOption(facade.IPPROTO_TCP, facade.TCP_KEEPIDLE, 15)
		must(t, client.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 7*time.Second + 1, Interval: -1, Count: 3}))
		wantOption(facade.IPPROTO_TCP, facade.TCP_KEEPIDLE, 8)
		wantOption(facade.IPPROTO_TCP, facade.TCP_KEEPINTVL, 15)
		wantOption(facade.IPPROTO_TCP, facade.TCP_KEEPCNT, 3)
		must(t, client.SetKeepAlive(false))
		wantOption(facade.SOL_SOCKET, facade.SO_KEEPALIVE, 0)
		must(t, client.SetNoDelay(false))
		wantOption(facade.IPPROTO_TCP, facade.TCP_NODELAY, 0)
		must(t, client.SetReadBuffer(40000))
		wantOption(facade.SOL_SOCKET, facade.SO_RCVBUF, 80000)
		must(t, client.SetWriteBuffer(40000))
		wantOption(facade.SOL_SOCKET, facade.SO_SNDBUF, 80000)
	})
}

// TestDualStack: a wildcard listener of "tcp" takes both families, and those of
// "tcp4" and "tcp6" only their own, at the same port.
func TestDualStack(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		l, err := m.Listen("tcp", ":0")
		must(t, err)
		defer l.Close()
		port := netip.MustParseAddrPort(l.Addr().String()).Port()
		for _, c := range []struct{ network, host, peer string }{
			{"tcp4", "127.0.0.1", "127.0.0.1"}, {"tcp6", "::1", "::1"},
		} {
			client, err := m.Dial(c.network, netip.AddrPortFrom(netip.MustParseAddr(c.host), port).String())
			must(t, err)
			server, err := l.Accept()
			must(t, err)
			if a := server.RemoteAddr().(*net.TCPAddr); a.IP.String() != c.peer {
				t.Errorf("%s client shows as %v", c.network, a)
			}
			client.Close()
			server.Close()
		}
		six, err := m.Listen("tcp6", "[::]:0")
		must(t, err)
		defer six.Close()
		four, err := m.Listen("tcp4", strings.Replace(six.Addr().String(), "[::]", "0.0.0.0", 1))
		must(t, err)
		defer four.Close()
	})
}

// TestV6OnlySocket is the same in terms of the option.
func TestV6OnlySocket(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET6, facade.SOCK_DGRAM, 0)
		must(t, err)
		defer s.Close()
		must(t, s.Bind(facade.Inet6Addr{}))
		must(t, s.SetTimeout(patience))
		a, err := s.GetSockName()
		must(t, err)
		four, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		defer four.Close()
		_, err = four.SendTo([]byte("x"), facade.InetAddr{Host: "127.0.0.1", Port: a.(facade.Inet6Addr).Port})
		must(t, err)
		_, from, err := s.RecvFrom(1)
		if err != nil || from.(facade.Inet6Addr).Host != "::ffff:127.0.0.1" {
			t.Errorf("an IPv4 sender shows as %v, %v", from, err)
		}
		if err := s.SetSockOpt(facade.IPPROTO_IPV6, facade.IPV6_V6ONLY, 1); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("V6ONLY of a bound socket: %v", err)
		}
	})
}

func TestSpecialHosts(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		defer s.Close()
		must(t, s.Bind(facade.InetAddr{}))
		if a, err := s.GetSockName(); err != nil || a.(facade.InetAddr).Host != "0.0.0.0" {
			t.Errorf("the empty host is bound as %v, %v", a, err)
		}
		all := facade.InetAddr{Host: "<broadcast>", Port: 9}
		if _, err := s.SendTo([]byte("x"), all); !errors.Is(err, syscall.EACCES) && !errors.Is(err, syscall.ENETUNREACH) {
			t.Errorf("broadcast without SO_BROADCAST: %v", err)
		}
		must(t, s.SetSockOpt(facade.SOL_SOCKET, facade.SO_BROADCAST, 1))
		six := facade.Inet6Addr{Host: "<broadcast>"}
		var refused *facade.ArgumentError
		if _, err := s.SendTo([]byte("x"), six); !errors.As(err, &refused) {
			t.Errorf("broadcast of IPv6: %v", err)
		}
	})
}

func TestFlowInfoAndScope(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		l, a := listening(t, m, facade.Inet6Addr{Host: "::1"})
		s, err := m.Socket(facade.AF_INET6, facade.SOCK_STREAM, 0)
		must(t, err)
		defer s.Close()
		to := a.(facade.Inet6Addr)
		to.FlowInfo, to.ScopeID = 0xbeef, 1 // a scope of an address that needs none is ignored
		must(t, s.Connect(to))
		c, _, err := l.Accept()
		must(t, err)
		defer c.Close()
		if peer, err := s.GetPeerName(); err != nil || peer != a {
			t.Errorf("getpeername: %v, %v, want %v", peer, err, a)
		}
		var refused *facade.ArgumentError
		for _, bad := range []facade.Inet6Addr{
			{Host: "::1", FlowInfo: 1 << 20}, {Host: "fe80::1%2", ScopeID: 3},
		} {
			if err := s.Bind(bad); !errors.As(err, &refused) {
				t.Errorf("bind to %+v: %v", bad, err)
			}
		}
	})
}

// TestAcceptAfterReset: a connection that was reset before it was accepted still
// knows who it was with.
func TestAcceptAfterReset(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		l, err := m.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer l.Close()
		client, err := m.Dial("tcp", l.Addr().String())
		must(t, err)
		must(t, client.(*facade.TCPConn).SetLinger(0))
		must(t, client.Close())
		server, err := l.Accept()
		must(t, err)
		defer server.Close()
		if server.RemoteAddr() == nil || server.RemoteAddr().String() != client.LocalAddr().String() {
			t.Errorf("RemoteAddr: %v, want %v", server.RemoteAddr(), client.LocalAddr())
		}
		if _, err := server.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: %v", err)
		}
	})
}
