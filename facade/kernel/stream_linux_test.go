package kernel_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
)

func TestTCPExchange(t *testing.T) {
	for _, lo := range loopbacks {
		t.Run(lo.name, func(t *testing.T) {
			p := newProvider(t, kernel.Config{})
			l := listener(t, p, lo.any)
			_, _, errno := l.Accept()
			want(t, "Accept on an empty backlog", errno, endpoint.EAGAIN)

			client := open(t, p, lo.family, endpoint.SOCK_STREAM|endpoint.SOCK_NONBLOCK|endpoint.SOCK_CLOEXEC)
			ok(t, "connect", connect(t, client, local(t, l)))
			server, peer := accept(t, l)
			if peer != local(t, client) {
				t.Errorf("accept told peer %v, want %v", peer, local(t, client))
			}
			if got, errno := client.PeerAddr(); errno != 0 || got != local(t, l) {
				t.Errorf("PeerAddr: %v, %v", got, errno)
			}
			exchange(t, client, server)
			exchange(t, server, client)

			ok(t, "Shutdown", client.Shutdown(endpoint.SHUT_WR))
			if n, errno := recv(t, server, make([]byte, 8)); n != 0 || errno != 0 {
				t.Errorf("after the peer's shutdown: %d, %v", n, errno)
			}
			exchange(t, server, client)
			want(t, "Shutdown(7)", client.Shutdown(7), endpoint.EINVAL)
			want(t, "Shutdown(1<<40)", client.Shutdown(1<<40), endpoint.EINVAL)
		})
	}
}

func exchange(t *testing.T, from, to endpoint.Endpoint) {
	t.Helper()
	if n, errno := send(t, from, []byte("hello")); n != 5 || errno != 0 {
		t.Fatalf("Send: %d, %v", n, errno)
	}
	b := make([]byte, 16)
	if n, errno := recv(t, to, b); errno != 0 || string(b[:n]) != "hello" {
		t.Fatalf("Recv: %q, %v", b[:n], errno)
	}
}

func TestConnectAgainAfterRefusal(t *testing.T) {
	for _, lo := range loopbacks {
		t.Run(lo.name, func(t *testing.T) {
			p := newProvider(t, kernel.Config{})
			l := bound(t, p, endpoint.SOCK_STREAM, lo.any) // not listening yet
			c := open(t, p, lo.family, endpoint.SOCK_STREAM)
			for range 3 {
				want(t, "connect to a closed port", connect(t, c, local(t, l)), endpoint.ECONNREFUSED)
			}
			ok(t, "Listen", l.Listen(-1))
			ok(t, "connect", connect(t, c, local(t, l)))
			server, _ := accept(t, l)
			exchange(t, c, server)
		})
	}
}

func TestConnectErrorsPassThrough(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	lo := loopbacks[0]
	c := open(t, p, lo.family, endpoint.SOCK_STREAM)
	want(t, "Bind with the wrong family", c.Bind(loopbacks[1].any), endpoint.EAFNOSUPPORT)
	want(t, "Bind to no address", c.Bind(endpoint.Sockaddr{}), endpoint.EINVAL)
	want(t, "Connect with the wrong family", c.Connect(loopbacks[1].any), endpoint.EAFNOSUPPORT)
	l := listener(t, p, lo.any)
	want(t, "Bind to a port in use", c.Bind(local(t, l)), endpoint.EADDRINUSE)
	ok(t, "connect", connect(t, c, local(t, l)))
	// The kernel wants to be asked once before it counts as connected.
	ok(t, "Connect that confirms", c.Connect(local(t, l)))
	want(t, "Connect twice", c.Connect(local(t, l)), endpoint.EISCONN)
	ok(t, "disconnect", c.Connect(endpoint.SockaddrUnspec()))
	_, errno := c.PeerAddr()
	want(t, "PeerAddr after the disconnect", errno, endpoint.ENOTCONN)
	ok(t, "connect again", connect(t, c, local(t, l)))
}

func TestSocketErrors(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	for _, c := range []struct {
		what               string
		family, typ, proto int
		want               endpoint.Errno
	}{
		{"a family that is none", 4000, endpoint.SOCK_STREAM, 0, endpoint.EAFNOSUPPORT},
		{"a family cut to 32 bits", 1<<32 + endpoint.AF_INET, endpoint.SOCK_STREAM, 0, endpoint.EINVAL},
		{"a negative family", -1, endpoint.SOCK_STREAM, 0, endpoint.EAFNOSUPPORT},
		{"a type that is none", endpoint.AF_INET, 77, 0, endpoint.EINVAL},
		{"a protocol that is not of the type", endpoint.AF_INET, endpoint.SOCK_STREAM, endpoint.IPPROTO_UDP, endpoint.EPROTONOSUPPORT},
	} {
		_, errno := p.Socket(c.family, c.typ, c.proto, endpoint.Cred{})
		want(t, "Socket with "+c.what, errno, c.want)
		if p.Table().Len() != 0 {
			t.Fatalf("%s: a socket in the table", c.what)
		}
	}
	_, errno := p.Pair(endpoint.AF_INET, endpoint.SOCK_STREAM, 0, endpoint.Cred{})
	want(t, "Pair of AF_INET", errno, endpoint.EOPNOTSUPP)
}

func TestSendToClosedPeerIsNoSignal(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	pair, errno := p.Pair(endpoint.AF_UNIX, endpoint.SOCK_STREAM, 0, endpoint.Cred{})
	ok(t, "Pair", errno)
	pair[1].Close()
	_, errno = send(t, pair[0], []byte("x"))
	want(t, "Send", errno, endpoint.EPIPE)
}
