package conformance

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var streamTests = []test{
	{"Stream/BytesArriveInOrder", bytesArriveInOrder},
	{"Stream/EchoBothWays", echoBothWays},
	{"Stream/HalfCloseByClient", func(t *testing.T, env Env) { c, s := env.pair(t); halfClose(t, c, s) }},
	{"Stream/HalfCloseByServer", func(t *testing.T, env Env) { c, s := env.pair(t); halfClose(t, s, c) }},
	{"Stream/ShutdownOfReadingEndsReceive", shutdownOfReading},
	{"Stream/SendAfterShutdownIsBrokenPipe", sendAfterShutdown},
	{"Stream/ConnectRefused", connectRefused},
	{"Stream/ConnectAgainAfterRefusal", connectAgain},
	{"Stream/NonBlockingConnectAgainAfterRefusal", nonBlockingConnectAgain},
	{"Stream/ConnectToSilentHostTimesOut", connectSilent},
	{"Stream/NonBlockingConnect", nonBlockingConnect},
	{"Stream/ConnectWhenConnectedIsRefused", connectConnected},
	{"Stream/BacklogFull", backlogFull},
	{"Stream/NamesOfBothEndsAgree", namesAgree},
	{"Stream/UnconnectedIsENOTCONN", unconnected},
	{"Stream/FullBufferBlocksSend", fullBuffer},
	{"Stream/AcceptedSocketHasDefaultTimeout", acceptedTimeout},
}

func bytesArriveInOrder(t *testing.T, env Env) {
	client, server := env.pair(t)
	want := make([]byte, 4<<20)
	rand.Read(want)
	sent := await(func() error {
		err := client.SendAll(want)
		client.Shutdown(facade.SHUT_WR)
		return err
	})
	var got bytes.Buffer
	_, err := got.ReadFrom(reader{server})
	must(t, err)
	must(t, sent(t))
	if !bytes.Equal(got.Bytes(), want) {
		t.Fatalf("%d bytes arrived, not the %d that were sent", got.Len(), len(want))
	}
}

// halfClose ends one direction; the other goes on.
func halfClose(t *testing.T, a, b *facade.Socket) {
	must(t, a.SendAll([]byte("last words")))
	must(t, a.Shutdown(facade.SHUT_WR))
	wantData(t, b, "last words")
	wantEOF(t, b)
	wantEOF(t, b)
	must(t, b.SendAll([]byte("answer")))
	wantData(t, a, "answer")
	must(t, b.Shutdown(facade.SHUT_WR))
	wantEOF(t, a)
}

func shutdownOfReading(t *testing.T, env Env) {
	client, server := env.pair(t)
	got := await(func() error { _, err := client.Recv(1); return err })
	must(t, client.Shutdown(facade.SHUT_RD))
	if err := got(t); err != nil {
		t.Fatal(err)
	}
	must(t, client.SendAll([]byte("still open")))
	wantData(t, server, "still open")
}

func sendAfterShutdown(t *testing.T, env Env) {
	client, _ := env.pair(t)
	must(t, client.Shutdown(facade.SHUT_WR))
	_, err := client.Send([]byte("x"))
	wantErrno(t, "send", err, syscall.EPIPE)
	_, err = client.Send(nil)
	wantErrno(t, "send of nothing", err, syscall.EPIPE)
}

func connectRefused(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	a := env.closedPort(t)
	wantErrno(t, "connect", s.Connect(a), syscall.ECONNREFUSED)
	errno, err := s.ConnectEx(a)
	if err != nil || errno != syscall.ECONNREFUSED {
		t.Fatalf("connect_ex: %v, %v", errno, err)
	}
}

func connectAgain(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, s.SetSockOpt(facade.IPPROTO_TCP, facade.TCP_NODELAY, 1))
	wantErrno(t, "connect", s.Connect(env.closedPort(t)), syscall.ECONNREFUSED)
	l, a := env.listener(t, 1)
	must(t, s.Connect(a))
	server, _, err := l.Accept()
	must(t, err)
	defer server.Close()
	must(t, s.SendAll([]byte("second try")))
	wantData(t, server, "second try")
	if v, err := s.GetSockOpt(facade.IPPROTO_TCP, facade.TCP_NODELAY); err != nil || v != 1 {
		t.Fatalf("TCP_NODELAY after the refusal: %d, %v", v, err)
	}
}

// nonBlockingConnectAgain has the refusal told once, by SO_ERROR.
func nonBlockingConnectAgain(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, s.SetBlocking(false))
	errno, err := s.ConnectEx(env.closedPort(t))
	must(t, err)
	if errno != syscall.EINPROGRESS && errno != syscall.ECONNREFUSED {
		t.Fatalf("connect_ex: %v", errno)
	}
	must(t, s.SetTimeout(patience))
	l, a := env.listener(t, 1)
	for errno != 0 {
		// The end of the first attempt is told, as a refusal, before a second
		// one begins.
		if errno, err = s.ConnectEx(a); err != nil || errno != 0 && errno != syscall.ECONNREFUSED {
			t.Fatalf("connect_ex again: %v, %v", errno, err)
		}
	}
	_, _, err = l.Accept()
	must(t, err)
}

func connectSilent(t *testing.T, env Env) {
	if env.Silent == "" {
		env.Skip(t, env.WhyNotSilent)
	}
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, s.SetTimeout(short))
	wantTimeout(t, "connect", s.Connect(env.addr(env.Silent, 9)))
	errno, err := s.ConnectEx(env.addr(env.Silent, 9))
	if err != nil || errno != syscall.EAGAIN && errno != syscall.EALREADY {
		t.Fatalf("connect_ex while the first goes on: %v, %v", errno, err)
	}
}

func nonBlockingConnect(t *testing.T, env Env) {
	l, a := env.listener(t, 1)
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, s.SetBlocking(false))
	errno, err := s.ConnectEx(a)
	if err != nil || errno != 0 && errno != syscall.EINPROGRESS {
		t.Fatalf("connect_ex: %v, %v", errno, err)
	}
	server, _, err := l.Accept()
	must(t, err)
	defer server.Close()
	must(t, s.SetTimeout(patience))
	must(t, s.SendAll([]byte("connected")))
	wantData(t, server, "connected")
	if v, err := s.GetSockOpt(facade.SOL_SOCKET, facade.SO_ERROR); err != nil || v != 0 {
		t.Fatalf("SO_ERROR: %d, %v", v, err)
	}
}

func connectConnected(t *testing.T, env Env) {
	client, _ := env.pair(t)
	peer, err := client.GetPeerName()
	must(t, err)
	wantErrno(t, "connect", client.Connect(peer), syscall.EISCONN)
}

// backlogFull fills a listener: a backlog of 1 lets two connections wait, and
// further ones get no answer until one was accepted. A client may see its
// connection made before the listener has queued it, so that a few more get
// through.
func backlogFull(t *testing.T, env Env) {
	l, a := env.listener(t, 1)
	const most = 10
	connected := 0
	for ; connected < most; connected++ {
		s := env.socket(t, env.Client, facade.SOCK_STREAM)
		must(t, s.SetTimeout(short))
		if err := s.Connect(a); err != nil {
			wantTimeout(t, "connect to a full listener", err)
			s.Close()
			break
		}
	}
	if connected < 2 || connected == most {
		t.Fatalf("%d connections were made to a listener with a backlog of 1", connected)
	}
	for range 2 {
		c, _, err := l.Accept()
		must(t, err)
		c.Close()
	}
	must(t, env.socket(t, env.Client, facade.SOCK_STREAM).Connect(a))
}

func namesAgree(t *testing.T, env Env) {
	client, server := env.pair(t)
	for _, ends := range [][2]*facade.Socket{{client, server}, {server, client}} {
		local, err := ends[0].GetSockName()
		must(t, err)
		peer, err := ends[1].GetPeerName()
		must(t, err)
		if local != peer {
			t.Errorf("getsockname %v, the other end's getpeername %v", local, peer)
		}
	}
}

func unconnected(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	_, err := s.Recv(1)
	wantErrno(t, "recv", err, syscall.ENOTCONN)
	_, err = s.Send([]byte("x"))
	wantErrno(t, "send", err, syscall.EPIPE)
	_, err = s.GetPeerName()
	wantErrno(t, "getpeername", err, syscall.ENOTCONN)
	wantErrno(t, "shutdown", s.Shutdown(facade.SHUT_WR), syscall.ENOTCONN)
	_, _, err = s.Accept()
	wantErrno(t, "accept", err, syscall.EINVAL)
}

// fullBuffer sends without a reader: a send stops after what fits, and a timeout
// tells apart from non-blocking mode.
func fullBuffer(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SetBlocking(false))
	chunk := make([]byte, 64<<10)
	sent := 0
	for {
		n, err := client.Send(chunk)
		if err != nil {
			wantErrno(t, "send", err, syscall.EAGAIN)
			break
		}
		sent += n
	}
	must(t, client.SetTimeout(short))
	n := 0
	for { // what is on its way may still make room
		k, err := client.Send(chunk)
		if n += k; err != nil {
			wantTimeout(t, "send", err)
			break
		}
	}
	must(t, client.Shutdown(facade.SHUT_WR))
	var got bytes.Buffer
	_, err := got.ReadFrom(reader{server})
	must(t, err)
	if got.Len() != sent+n {
		t.Fatalf("%d bytes arrived of the %d that were taken", got.Len(), sent+n)
	}
}

func acceptedTimeout(t *testing.T, env Env) {
	l, a := env.listener(t, 1)
	must(t, l.SetTimeout(short))
	must(t, env.socket(t, env.Client, facade.SOCK_STREAM).Connect(a))
	c, _, err := l.Accept()
	must(t, err)
	defer c.Close()
	if c.GetTimeout() != facade.NoTimeout {
		t.Fatalf("timeout of the accepted socket: %v", c.GetTimeout())
	}
	_, _, err = l.Accept()
	wantTimeout(t, "accept", err)
	must(t, l.SetBlocking(false))
	_, _, err = l.Accept()
	wantErrno(t, "non-blocking accept", err, syscall.EAGAIN)
}

// echoBothWays fills both directions, in pieces of odd sizes, with an echo
// server that does not read while it cannot write; only then the client reads.
func echoBothWays(t *testing.T, env Env) {
	const piece, buffer, more = 9973, 5003, 4 << 20
	client, server := env.pair(t)
	echoed := await(func() error {
		buf := make([]byte, buffer)
		for {
			n, err := server.RecvInto(buf)
			if err != nil || n == 0 {
				return errors.Join(err, server.Shutdown(facade.SHUT_WR))
			}
			if err := server.SendAll(buf[:n]); err != nil {
				return err
			}
		}
	})
	must(t, client.SetTimeout(short))
	total := 0
	for {
		n, err := client.Send(make([]byte, piece))
		if total += n; err != nil {
			wantTimeout(t, "send", err)
			break
		}
	}
	must(t, client.SetTimeout(patience))
	sent := await(func() error {
		return errors.Join(client.SendAll(make([]byte, more)), client.Shutdown(facade.SHUT_WR))
	})
	n, err := io.Copy(io.Discard, reader{client})
	if err != nil || int(n) != total+more {
		t.Fatalf("%d of %d bytes came back, %v", n, total+more, err)
	}
	must(t, sent(t))
	must(t, echoed(t))
}
