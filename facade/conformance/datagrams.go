package conformance

import (
	"bytes"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

var datagramTests = []test{
	{"Datagram/BoundariesAreKept", boundaries},
	{"Datagram/ZeroLength", zeroLength},
	{"Datagram/GreatestSize", greatestSize},
	{"Datagram/OneByteTooLong", tooLong},
	{"Datagram/RecvFromTellsSender", tellsSender},
	{"Datagram/ConnectedFiltersOthers", connectedFilters},
	{"Datagram/ConnectedToClosedPortIsRefused", connectedRefused},
	{"Datagram/SendWithoutDestination", withoutDestination},
	{"Datagram/ReceiveTimesOut", receiveTimesOut},
	{"Datagram/ShutdownEndsReceive", shutdownEndsReceive},
	{"Datagram/ListenIsNotSupported", listenDatagram},
	{"Datagram/EmptyBufferTakesDatagram", emptyBuffer},
}

// datagramPair makes a client and a bound server.
func (env Env) datagramPair(t testing.TB) (from, to *facade.Socket, a facade.Addr) {
	t.Helper()
	to, a = env.bound(t, facade.SOCK_DGRAM)
	return env.socket(t, env.Client, facade.SOCK_DGRAM), to, a
}

func send(t testing.TB, s *facade.Socket, data string, to facade.Addr) {
	t.Helper()
	n, err := s.SendTo([]byte(data), to)
	if err != nil || n != len(data) {
		t.Fatalf("sendto: %d, %v", n, err)
	}
}

func boundaries(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	all := []string{"first", "the second", "3"}
	for _, d := range all {
		send(t, from, d, a)
	}
	for _, want := range all {
		if b, err := to.Recv(100); err != nil || string(b) != want {
			t.Fatalf("recv: %q, %v, want %q", b, err, want)
		}
	}
}

func zeroLength(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	for _, d := range []string{"", "", "not empty", ""} {
		send(t, from, d, a)
		b, _, err := to.RecvFrom(100)
		if err != nil || string(b) != d {
			t.Fatalf("recvfrom: %q, %v, want %q", b, err, d)
		}
	}
	must(t, to.SetBlocking(false))
	_, _, err := to.RecvFrom(100)
	wantErrno(t, "recvfrom when all are read", err, syscall.EAGAIN)
}

// greatest is the greatest payload of UDP: 65,535 bytes less the headers of UDP
// and, over IPv4, of IP.
func (env Env) greatest() int {
	if env.Family == facade.AF_INET {
		return 65507
	}
	return 65527
}

func greatestSize(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	for _, size := range []int{65507, env.greatest()} {
		want := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		send(t, from, string(want), a)
		b, err := to.Recv(1 << 16)
		if err != nil || !bytes.Equal(b, want) {
			t.Fatalf("recv: %d bytes, %v, want %d", len(b), err, size)
		}
	}
}

func tooLong(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	_, err := from.SendTo(make([]byte, env.greatest()+1), a)
	wantErrno(t, "sendto", err, syscall.EMSGSIZE)
	send(t, from, "after", a)
	if b, err := to.Recv(100); err != nil || string(b) != "after" {
		t.Fatalf("recv: %q, %v", b, err)
	}
}

func tellsSender(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	send(t, from, "who", a)
	_, sender, err := to.RecvFrom(100)
	must(t, err)
	send(t, to, "you", sender)
	b, answer, err := from.RecvFrom(100)
	if err != nil || string(b) != "you" || answer != a {
		t.Fatalf("the answer: %q from %v, %v, want it from %v", b, answer, err, a)
	}
}

func connectedFilters(t *testing.T, env Env) {
	peer, to, a := env.datagramPair(t)
	stranger := env.socket(t, env.Client, facade.SOCK_DGRAM)
	must(t, peer.Connect(a))
	local, err := peer.GetSockName()
	must(t, err)
	must(t, to.Connect(local))
	send(t, stranger, "from a stranger", a)
	_, err = peer.Send([]byte("from the peer"))
	must(t, err)
	if b, err := to.Recv(100); err != nil || string(b) != "from the peer" {
		t.Fatalf("recv: %q, %v", b, err)
	}
}

func connectedRefused(t *testing.T, env Env) {
	gone, a := env.bound(t, facade.SOCK_DGRAM)
	must(t, gone.Close())
	s := env.socket(t, env.Client, facade.SOCK_DGRAM)
	must(t, s.Connect(a))
	_, err := s.Send([]byte("anybody"))
	must(t, err)
	_, err = s.Recv(1)
	wantErrno(t, "recv", err, syscall.ECONNREFUSED)
}

func withoutDestination(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_DGRAM)
	_, err := s.Send([]byte("x"))
	wantErrno(t, "send", err, syscall.EDESTADDRREQ)
	_, err = s.GetPeerName()
	wantErrno(t, "getpeername", err, syscall.ENOTCONN)
}

func receiveTimesOut(t *testing.T, env Env) {
	s, _ := env.bound(t, facade.SOCK_DGRAM)
	must(t, s.SetTimeout(short))
	_, _, err := s.RecvFrom(1)
	wantTimeout(t, "recvfrom", err)
}

// shutdownEndsReceive: a receive that waits is told of the end, one that does not is
// not; what arrives afterwards is received all the same.
func shutdownEndsReceive(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	receive := func() error {
		b, err := to.Recv(100)
		if len(b) != 0 {
			t.Errorf("recv: %q, want nothing", b)
		}
		return err
	}
	must(t, to.SetBlocking(true))
	got := await(receive)
	awaitWaiting(t)
	wantErrno(t, "shutdown", to.Shutdown(facade.SHUT_RD), syscall.ENOTCONN)
	must(t, got(t))
	must(t, to.SetTimeout(time.Hour))
	must(t, receive())
	send(t, from, "afterwards", a)
	arrived := await(func() string {
		for {
			if b, err := to.Recv(100); err != nil || len(b) > 0 {
				return string(b)
			}
		}
	})
	if b := arrived(t); b != "afterwards" {
		t.Errorf("recv: %q", b)
	}
	must(t, to.SetBlocking(false))
	wantErrno(t, "recv", receive(), syscall.EAGAIN)
}

func listenDatagram(t *testing.T, env Env) {
	s, _ := env.bound(t, facade.SOCK_DGRAM)
	wantErrno(t, "listen", s.Listen(1), syscall.EOPNOTSUPP)
	_, _, err := s.Accept()
	wantErrno(t, "accept", err, syscall.EOPNOTSUPP)
}

// emptyBuffer: recv of nothing does nothing, recvfrom takes the datagram.
func emptyBuffer(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	send(t, from, "lost", a)
	if n, err := to.RecvInto(nil); n != 0 || err != nil {
		t.Fatalf("recv_into: %d, %v", n, err)
	}
	if n, sender, err := to.RecvFromInto(nil); n != 0 || err != nil || sender == nil {
		t.Fatalf("recvfrom_into: %d, %v, %v", n, sender, err)
	}
	must(t, to.SetBlocking(false))
	_, _, err := to.RecvFrom(100)
	wantErrno(t, "recvfrom", err, syscall.EAGAIN)
}
