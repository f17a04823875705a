package conformance

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

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
	{"Close/IsReadableAtPeer", closeIsReadable},
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

// linger is struct linger, on.
func linger(seconds uint32) []byte {
	v := binary.NativeEndian.AppendUint32(nil, 1)
	return binary.NativeEndian.AppendUint32(v, seconds)
}

func setLinger(t *testing.T, s *facade.Socket, seconds uint32) {
	t.Helper()
	must(t, s.SetSockOptBytes(facade.SOL_SOCKET, facade.SO_LINGER, linger(seconds)))
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

// closeWhile closes sockets that makes gives: in every other round while call
// waits on it for sure, else at whatever moment it finds.
func closeWhile(t *testing.T, rounds int, makes func() *facade.Socket, call func(*facade.Socket) error) {
	t.Helper()
	for round := range rounds {
		s := makes()
		must(t, s.SetBlocking(true))
		started := make(chan struct{})
		got := await(func() error {
			close(started)
			for {
				if err := call(s); err != nil {
					return err
				}
			}
		})
		<-started
		if round%2 == 0 {
			awaitWaiting(t)
		}
		must(t, s.Close())
		wantClosed(t, got(t))
		wantClosed(t, call(s))
	}
}

// awaitWaiting returns when a call waits in the facade's engine, which only the
// stacks of the goroutines tell.
func awaitWaiting(t *testing.T) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); runtime.Gosched() {
		n := runtime.Stack(stacks, true)
		for s := range bytes.SplitSeq(stacks[:n], []byte("\n\n")) {
			head, rest, _ := bytes.Cut(s, []byte("\n"))
			if bytes.Contains(head, []byte("[chan receive")) && bytes.HasPrefix(rest, []byte("github.com/usernet-stack/usernet/facade.(*direction).wait")) {
				return
			}
		}
	}
	t.Fatal("no call waits")
}

func closeEndsAccept(t *testing.T, env Env) {
	closeWhile(t, 20, func() *facade.Socket { l, _ := env.listener(t, 1); return l },
		func(l *facade.Socket) error { _, _, err := l.Accept(); return err })
}

func closeEndsRecv(t *testing.T, env Env) {
	closeWhile(t, 20, func() *facade.Socket { client, _ := env.pair(t); return client },
		func(s *facade.Socket) error { _, err := s.Recv(1); return err })
}

func closeEndsRecvFrom(t *testing.T, env Env) {
	closeWhile(t, 20, func() *facade.Socket { s, _ := env.bound(t, facade.SOCK_DGRAM); return s },
		func(s *facade.Socket) error { _, _, err := s.RecvFrom(1); return err })
}

func closeEndsSend(t *testing.T, env Env) {
	chunk := make([]byte, 256<<10)
	closeWhile(t, 6, func() *facade.Socket { client, _ := env.pair(t); return client },
		func(s *facade.Socket) error { return s.SendAll(chunk) })
}

func closeEndsConnect(t *testing.T, env Env) {
	if env.Silent == "" {
		env.Skip(t, env.WhyNotSilent)
	}
	closeWhile(t, 6, func() *facade.Socket { return env.socket(t, env.Client, facade.SOCK_STREAM) },
		func(s *facade.Socket) error { return s.Connect(env.addr(env.Silent, 9)) })
}

func closeListener(t *testing.T, env Env) {
	l, a := env.listener(t, 1)
	client := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, client.Connect(a))
	// The client may be connected before the listener has heard of it.
	if n, err := facade.Poll([]facade.PollFD{{Socket: l, Events: facade.POLLIN}}, patience); n != 1 || err != nil {
		t.Fatalf("poll of the listener: %d, %v", n, err)
	}
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

// closeIsReadable: select(2) shows the end of the stream at the other side.
func closeIsReadable(t *testing.T, env Env) {
	client, server := env.pair(t)
	r, _, _, err := facade.Select([]*facade.Socket{client}, nil, nil, 0)
	if err != nil || len(r) != 0 {
		t.Fatalf("select before the close: %v, %v", r, err)
	}
	must(t, server.Close())
	wantReadable(t, client)
	wantEOF(t, client)
	must(t, server.Close())
	wantEOF(t, client)
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
