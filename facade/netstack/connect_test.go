package netstack_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

func TestReconnectAfterRefusalKeepsOptionsAndAddress(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			own := closedPort(t, p, endpoint.SOCK_STREAM, addr)
			e := bound(t, p, endpoint.SOCK_STREAM, own)
			ok(t, "SO_KEEPALIVE", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE, 1))
			ok(t, "TCP_KEEPIDLE", setInt(e, endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE, 1))
			ok(t, "TCP_KEEPIDLE", setInt(e, endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE, 77))
			to := closedPort(t, p, endpoint.SOCK_STREAM, addr)
			for range 3 {
				want(t, "connect", connect(t, e, to), endpoint.ECONNREFUSED)
			}
			l := listener(t, p, addr)
			ok(t, "connect", connect(t, e, local(t, l)))
			if _, peer := accept(t, l); peer != own || local(t, e) != own {
				t.Errorf("connected from % x, bound to % x", peer.Bytes(), own.Bytes())
			}
			if v := getInt(t, e, endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE); v != 1 {
				t.Errorf("SO_KEEPALIVE %d", v)
			}
			if v := getInt(t, e, endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE); v != 77 {
				t.Errorf("TCP_KEEPIDLE %d", v)
			}
		})
	}
}

func TestDisconnect(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name+" stream", func(t *testing.T) {
			p := host(t)
			a, b := tcpPair(t, p, addr)
			ok(t, "Shutdown", a.Shutdown(endpoint.SHUT_RDWR))
			ok(t, "disconnect", a.Connect(endpoint.SockaddrUnspec()))
			isReady(t, "disconnected", a, out|hup)
			_, errno := a.PeerAddr()
			want(t, "PeerAddr", errno, endpoint.ENOTCONN)
			l := listener(t, p, addr)
			ok(t, "connect again", connect(t, a, local(t, l)))
			c, _ := accept(t, l)
			send(t, a, "again")
			wantData(t, c, "again")
			b.Close()
		})
		t.Run(name+" listener", func(t *testing.T) {
			p := host(t)
			l := listener(t, p, addr)
			to := local(t, l)
			ok(t, "disconnect", l.Connect(endpoint.SockaddrUnspec()))
			e := open(t, p, addr.Family(), endpoint.SOCK_STREAM)
			want(t, "connect", connect(t, e, to), endpoint.ECONNREFUSED)
		})
		t.Run(name+" datagram", func(t *testing.T) {
			p := host(t)
			e, other := bound(t, p, endpoint.SOCK_DGRAM, addr), bound(t, p, endpoint.SOCK_DGRAM, addr)
			own := local(t, e)
			ok(t, "Connect", e.Connect(local(t, other)))
			ok(t, "disconnect", e.Connect(endpoint.SockaddrUnspec()))
			_, errno := e.PeerAddr()
			want(t, "PeerAddr", errno, endpoint.ENOTCONN)
			_, errno = e.Send(&endpoint.Message{Iov: [][]byte{{1}}})
			want(t, "Send", errno, endpoint.EDESTADDRREQ)
			if local(t, e) != own {
				t.Error("the bound address is gone")
			}
			third := bound(t, p, endpoint.SOCK_DGRAM, addr)
			sendTo(t, third, "from anyone", own)
			wantData(t, e, "from anyone")
			ok(t, "disconnect again", e.Connect(endpoint.SockaddrUnspec()))
		})
	}
}

func TestAbortResets(t *testing.T) {
	p := host(t)
	a, b := tcpPair(t, p, loopback4)
	send(t, a, "data that the reset overtakes")
	a.Abort()
	var errno endpoint.Errno
	becomes(t, "reset", b, in|out|rdhup|hup|pollE)
	for range 2 {
		if _, errno = b.Recv(&endpoint.Message{Iov: [][]byte{make([]byte, 64)}}); errno != 0 {
			break
		}
	}
	want(t, "Recv", errno, endpoint.ECONNRESET)
	if p.Table().Len() != 1 {
		t.Errorf("%d sockets in the table", p.Table().Len())
	}
}

func TestConnectWhereItCannotBe(t *testing.T) {
	p := host(t)
	t.Run("a listener", func(t *testing.T) {
		l := listener(t, p, loopback4)
		want(t, "Connect", l.Connect(local(t, l)), endpoint.EISCONN)
	})
	t.Run("a connection", func(t *testing.T) {
		a, _ := tcpPair(t, p, loopback4)
		want(t, "Connect", a.Connect(inet4("127.0.0.1:9")), endpoint.EISCONN)
	})
	for _, typ := range []int{endpoint.SOCK_STREAM, endpoint.SOCK_DGRAM} {
		e := open(t, p, endpoint.AF_INET, typ)
		want(t, "no route", e.Connect(inet4("192.0.2.1:9")), endpoint.ENETUNREACH)
		e = bound(t, p, typ, loopback4)
		want(t, "second Bind", e.Bind(loopback4), endpoint.EINVAL)
	}
}

// TestAcceptedSocketsInherit compares with sk_clone of the kernel: an accepted
// socket begins with the listener's options.
func TestAcceptedSocketsInherit(t *testing.T) {
	p := host(t)
	options := []struct {
		name              string
		level, opt, value int
	}{
		{"SO_KEEPALIVE", endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE, 1},
		{"TCP_NODELAY", endpoint.IPPROTO_TCP, endpoint.TCP_NODELAY, 1},
		{"TCP_KEEPIDLE", endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE, 30},
		{"TCP_KEEPCNT", endpoint.IPPROTO_TCP, endpoint.TCP_KEEPCNT, 3},
		{"TCP_USER_TIMEOUT", endpoint.IPPROTO_TCP, endpoint.TCP_USER_TIMEOUT, 5000},
		{"IP_TTL", endpoint.IPPROTO_IP, endpoint.IP_TTL, 9},
	}
	l := bound(t, p, endpoint.SOCK_STREAM, loopback4)
	for _, o := range options {
		ok(t, o.name, setInt(l, o.level, o.opt, o.value))
	}
	ok(t, "Listen", l.Listen(1))
	client := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	ok(t, "connect", connect(t, client, local(t, l)))
	server, _ := accept(t, l)
	for _, o := range options {
		if v := getInt(t, server, o.level, o.opt); v != o.value {
			t.Errorf("%s is %d, want %d", o.name, v, o.value)
		}
		if v := getInt(t, client, o.level, o.opt); v == o.value {
			t.Errorf("%s: the client has it too", o.name)
		}
	}
}
