package conformance

import (
	"encoding/binary"
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var closingTests = []test{
	{"Close/UnreadDataResetsPeer", closeWithUnreadData},
	{"Close/LingerZeroResetsPeer", lingerZero},
	{"Close/QueuedDataIsDelivered", closeDelivers},
	{"Close/EndsBlockedAccept", closeEndsAccept},
	{"Close/EndsBlockedRecv", closeEndsRecv},
	{"Close/EndsBlockedRecvFrom", closeEndsRecvFrom},
	{"Close/EndsBlockedSend", closeEndsSend},
	{"Close/EndsBlockedConnect", closeEndsConnect},
	{"Close/ResetsConnectionsThatWait", closeListener},
	{"Close/IsIdempotent", closeTwice},
	{"Close/WriteAfterPeerClosedIsReset", writeAfterPeerClosed},
	{"Close/ResetAfterPartIsToldNext", resetAfterPart},
	{"Close/ResetAfterPartOfSendIsToldNext", resetAfterPartOfSend},
}

func closeWithUnreadData(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SendAll([]byte("never read")))
	_, err := server.Recv(1, facade.MSG_PEEK) // it has arrived
	must(t, err)
	must(t, server.Close())
	wantErrno(t, "recv", recvErrno(client), syscall.ECONNRESET)
	_, err = client.Send([]byte("x"))
	wantErrno(t, "send after the reset was told", err, syscall.EPIPE)
}

// setLinger sets struct linger.
func setLinger(t *testing.T, s *facade.Socket, seconds uint32) {
	t.Helper()
	var v [8]byte
	binary.NativeEndian.PutUint32(v[0:], 1)
	binary.NativeEndian.PutUint32(v[4:], seconds)
	must(t, s.SetSockOptBytes(facade.SOL_SOCKET, facade.SO_LINGER, v[:]))
}

func lingerZero(t *testing.T, env Env) {
	client, server := env.pair(t)
	setLinger(t, server, 0)
	must(t, server.Close())
	wantErrno(t, "recv", recvErrno(client), syscall.ECONNRESET)
}

func closeDelivers(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SendAll([]byte("delivered")))
	must(t, client.Close())
	wantData(t, server, "delivered")
	wantEOF(t, server)
}

// wantClosed fails unless a call ended because its socket was closed.
func wantClosed(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, net.ErrClosed) || !errors.Is(err, syscall.EBADF) {
		t.Fatalf("the call that waited: %v, want EBADF and net.ErrClosed", err)
	}
}

// closeWhile closes s while call waits on it. Nobody can see from outside that a
// call waits; so that it does for sure, it has run into EAGAIN a number of times
// before: each rounds tries another moment.
func closeWhile(t *testing.T, s *facade.Socket, call func() error) {
	t.Helper()
	must(t, s.SetBlocking(true))
	started := make(chan struct{})
	got := await(func() error {
		close(started)
		for {
			if err := call(); err != nil {
				return err
			}
		}
	})
	<-started
	must(t, s.Close())
	wantClosed(t, got(t))
	wantClosed(t, call())
}

func closeEndsAccept(t *testing.T, env Env) {
	for range 20 {
		l, _ := env.listener(t, 1)
		closeWhile(t, l, func() error { _, _, err := l.Accept(); return err })
	}
}

func closeEndsRecv(t *testing.T, env Env) {
	for range 20 {
		client, _ := env.pair(t)
		closeWhile(t, client, func() error { _, err := client.Recv(1); return err })
	}
}

func closeEndsRecvFrom(t *testing.T, env Env) {
	for range 20 {
		s, _ := env.bound(t, facade.SOCK_DGRAM)
		closeWhile(t, s, func() error { _, _, err := s.RecvFrom(1); return err })
	}
}

func closeEndsSend(t *testing.T, env Env) {
	for range 5 {
		client, _ := env.pair(t)
		must(t, client.SetTimeout(0))
		chunk := make([]byte, 256<<10)
		for {
			if _, err := client.Send(chunk); err != nil {
				break
			}
		}
		closeWhile(t, client, func() error { return client.SendAll(chunk) })
	}
}

func closeEndsConnect(t *testing.T, env Env) {
	if env.Silent == "" {
		env.Skip(t, env.WhyNotSilent)
	}
	for range 5 {
		s := env.socket(t, env.Client, facade.SOCK_STREAM)
		closeWhile(t, s, func() error { return s.Connect(env.addr(env.Silent, 9)) })
	}
}

func closeListener(t *testing.T, env Env) {
	l, a := env.listener(t, 1)
	client := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, client.Connect(a))
	must(t, l.Close())
	wantErrno(t, "recv", recvErrno(client), syscall.ECONNRESET)
	wantErrno(t, "connect to the closed listener",
		env.socket(t, env.Client, facade.SOCK_STREAM).Connect(a), syscall.ECONNREFUSED)
}

func closeTwice(t *testing.T, env Env) {
	client, _ := env.pair(t)
	must(t, client.Close())
	must(t, client.Close())
	_, err := client.Recv(1)
	wantClosed(t, err)
	wantClosed(t, client.SendAll([]byte("x")))
}

// resetAfterPart: a receive that has got bytes returns them; the reset that ended
// it is for the next call.
func resetAfterPart(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SetBlocking(true))
	must(t, server.SendAll([]byte("part")))
	_, err := client.Recv(4, facade.MSG_PEEK|facade.MSG_WAITALL) // it has arrived
	must(t, err)
	got := await(func() string { b, _ := client.Recv(100, facade.MSG_WAITALL); return string(b) })
	setLinger(t, server, 0)
	must(t, server.Close())
	if s := got(t); s != "part" {
		t.Fatalf("recv: %q", s)
	}
	_, err = client.Recv(1)
	wantErrno(t, "the next recv", err, syscall.ECONNRESET)
}

// resetAfterPartOfSend is the same of a send that the peer's reset cuts short.
func resetAfterPartOfSend(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SetBlocking(true))
	sent := await(func() int { n, _ := client.Send(make([]byte, 64<<20)); return n })
	_, err := server.Recv(1)
	must(t, err)
	setLinger(t, server, 0)
	must(t, server.Close())
	if n := sent(t); n <= 0 || n >= 64<<20 {
		t.Fatalf("send: %d bytes", n)
	}
	_, err = client.Recv(1)
	wantErrno(t, "the next recv", err, syscall.ECONNRESET)
}

// writeAfterPeerClosed: the first write draws a reset, after which the pipe is
// broken.
func writeAfterPeerClosed(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, server.Close())
	wantEOF(t, client)
	var err error
	for err == nil {
		_, err = client.Send([]byte("x"))
	}
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Fatalf("send: %v, want ECONNRESET or EPIPE", err)
	}
	_, err = client.Send([]byte("x"))
	wantErrno(t, "send again", err, syscall.EPIPE)
}
