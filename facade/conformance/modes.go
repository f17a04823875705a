package conformance

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

var modeTests = []test{
	{"Modes/SetBlocking", setBlocking},
	{"Modes/NonBlockAtCreation", nonBlockAtCreation},
	{"Modes/FlagsNeverShowInType", flagsNeverShow},
	{"Modes/DefaultTimeout", defaultTimeout},
	{"Modes/NonBlockOverridesDefault", nonBlockOverridesDefault},
	{"Modes/AcceptedSocketBlocks", acceptedBlocks},
	{"Modes/AcceptedSocketTakesDefault", acceptedTakesDefault},
	{"Modes/AcceptWaitsForReadiness", acceptWhenReady},
	{"Modes/RecvWaitsForReadiness", recvWhenReady},
	{"Modes/LateReplyIsReceived", lateReply},
	{"Modes/RecvTimesOut", recvTimesOut},
	{"Modes/AcceptTimesOut", acceptTimesOut},
	{"Modes/ZeroTimeoutIsNoTimeout", zeroTimeout},
	{"Modes/CancelBeatsTimeout", cancelBeatsTimeout},
	{"Modes/CancelEndsSendAll", cancelEndsSendAll},
	{"Modes/SendAllHasOneDeadline", sendAllDeadline},
}

// wantMode fails unless the socket's timeout is as given, and its calls wait
// accordingly. The descriptor never blocks, whatever the mode.
func wantMode(t testing.TB, s *facade.Socket, timeout time.Duration) {
	t.Helper()
	if s.GetTimeout() != timeout {
		t.Errorf("timeout %v, want %v", s.GetTimeout(), timeout)
	}
	wantNonBlockingFD(t, s)
	if timeout == 0 {
		_, _, err := s.Accept()
		wantErrno(t, "accept", err, syscall.EAGAIN)
	}
}

func setBlocking(t *testing.T, env Env) {
	l, _ := env.listener(t, 1)
	must(t, l.SetBlocking(true))
	wantMode(t, l, facade.NoTimeout)
	must(t, l.SetBlocking(false))
	wantMode(t, l, 0)
	must(t, l.SetTimeout(10*time.Second))
	wantMode(t, l, 10*time.Second)
	must(t, l.SetTimeout(0))
	wantMode(t, l, 0)
	must(t, l.SetTimeout(facade.NoTimeout))
	wantMode(t, l, facade.NoTimeout)
}

// listening makes a listener of a type as it is, without a timeout of its own.
func (env Env) listening(t testing.TB, typ facade.Type) *facade.Socket {
	t.Helper()
	s, err := env.Server.Socket(env.Family, typ, 0)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.Bind(env.addr(env.Host, 0)))
	must(t, s.Listen(1))
	return s
}

func nonBlockAtCreation(t *testing.T, env Env) {
	wantMode(t, env.listening(t, facade.SOCK_STREAM|facade.SOCK_NONBLOCK), 0)
	wantMode(t, env.listening(t, facade.SOCK_STREAM), facade.NoTimeout)
}

func flagsNeverShow(t *testing.T, env Env) {
	const flags = facade.SOCK_NONBLOCK | facade.SOCK_CLOEXEC
	s := env.socket(t, env.Server, facade.SOCK_DGRAM|flags)
	for _, timeout := range []time.Duration{0, 1, facade.NoTimeout} {
		must(t, s.SetTimeout(timeout))
		v, err := s.GetSockOpt(facade.SOL_SOCKET, facade.SO_TYPE)
		if s.Type() != facade.SOCK_DGRAM || err != nil || v != int(facade.SOCK_DGRAM) {
			t.Errorf("with timeout %v: %v, SO_TYPE %d, %v", timeout, s.Type(), v, err)
		}
	}
	for _, s := range env.socketPair(t, env.Family, facade.SOCK_STREAM|flags) {
		if s.Type() != facade.SOCK_STREAM {
			t.Errorf("one of a pair: %v", s.Type())
		}
	}
}

// setDefault sets the module's default timeout for the rest of the test.
func setDefault(t testing.TB, m *facade.Module, timeout time.Duration) {
	t.Helper()
	before := m.GetDefaultTimeout()
	t.Cleanup(func() { must(t, m.SetDefaultTimeout(before)) })
	must(t, m.SetDefaultTimeout(timeout))
}

func defaultTimeout(t *testing.T, env Env) {
	if env.Server.GetDefaultTimeout() != facade.NoTimeout {
		t.Errorf("at first: %v", env.Server.GetDefaultTimeout())
	}
	wantMode(t, env.listening(t, facade.SOCK_STREAM), facade.NoTimeout)
	for _, timeout := range []time.Duration{10 * time.Second, 0, facade.NoTimeout, time.Minute} {
		setDefault(t, env.Server, timeout)
		if env.Server.GetDefaultTimeout() != timeout {
			t.Errorf("set to %v: %v", timeout, env.Server.GetDefaultTimeout())
		}
		wantMode(t, env.listening(t, facade.SOCK_STREAM), timeout)
	}
	wantArgumentError(t, "a negative default", env.Server.SetDefaultTimeout(-1))
	if env.Server.GetDefaultTimeout() != time.Minute {
		t.Errorf("the refused one changed it to %v", env.Server.GetDefaultTimeout())
	}
}

func nonBlockOverridesDefault(t *testing.T, env Env) {
	setDefault(t, env.Server, 2*time.Second)
	wantMode(t, env.listening(t, facade.SOCK_STREAM), 2*time.Second)
	s := env.listening(t, facade.SOCK_STREAM|facade.SOCK_NONBLOCK)
	wantMode(t, s, 0)
	must(t, s.SetBlocking(true))
	wantMode(t, s, facade.NoTimeout)
}

// accepted connects to a listener with a timeout, and returns what it accepts.
func (env Env) accepted(t testing.TB, timeout time.Duration) *facade.Socket {
	t.Helper()
	l, a := env.listener(t, 1)
	client := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, client.Connect(a))
	wantReadable(t, l)
	must(t, l.SetTimeout(timeout))
	s, _, err := l.Accept()
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func acceptedBlocks(t *testing.T, env Env) {
	for _, timeout := range []time.Duration{0, patience} {
		s := env.accepted(t, timeout)
		if s.GetTimeout() != facade.NoTimeout {
			t.Errorf("timeout %v of what a listener with %v accepted", s.GetTimeout(), timeout)
		}
	}
}

func acceptedTakesDefault(t *testing.T, env Env) {
	setDefault(t, env.Server, 20*time.Second)
	if s := env.accepted(t, patience); s.GetTimeout() != 20*time.Second {
		t.Errorf("timeout %v", s.GetTimeout())
	}
}

// wantReadable waits until select(2) shows the socket readable.
func wantReadable(t testing.TB, s *facade.Socket) {
	t.Helper()
	r, _, _, err := facade.Select([]*facade.Socket{s}, nil, nil, patience)
	if err != nil || len(r) != 1 {
		t.Fatalf("select: %v, %v", r, err)
	}
}

func acceptWhenReady(t *testing.T, env Env) {
	l, a := env.listener(t, 1)
	must(t, l.SetBlocking(false))
	_, _, err := l.Accept()
	wantErrno(t, "accept without a client", err, syscall.EAGAIN)
	must(t, env.socket(t, env.Client, facade.SOCK_STREAM).Connect(a))
	wantReadable(t, l)
	s, _, err := l.Accept()
	must(t, err)
	must(t, s.Close())
}

func recvWhenReady(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, server.SetBlocking(false))
	_, err := server.Recv(1024)
	wantErrno(t, "recv without data", err, syscall.EAGAIN)
	_, err = client.Send([]byte("x"))
	must(t, err)
	wantReadable(t, server)
	wantData(t, server, "x")
}

func lateReply(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SetBlocking(true))
	got := await(func() string { b, _ := client.Recv(100); return string(b) })
	awaitWaiting(t)
	must(t, server.SendAll([]byte("done!")))
	if s := got(t); s != "done!" {
		t.Errorf("recv: %q", s)
	}
}

func recvTimesOut(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SetTimeout(short))
	_, err := client.Recv(100)
	wantTimeout(t, "recv", err)
	must(t, client.SetTimeout(patience))
	must(t, server.SendAll([]byte("afterwards")))
	wantData(t, client, "afterwards")
}

func acceptTimesOut(t *testing.T, env Env) {
	l, _ := env.listener(t, 1)
	must(t, l.SetTimeout(short))
	_, _, err := l.Accept()
	wantTimeout(t, "accept", err)
}

// zeroTimeout: timeout 0 would block, which is no timeout.
func zeroTimeout(t *testing.T, env Env) {
	l, _ := env.listener(t, 1)
	d, _ := env.bound(t, facade.SOCK_DGRAM)
	for name, call := range map[string]func() error{
		"accept": func() error { must(t, l.SetTimeout(0)); _, _, err := l.Accept(); return err },
		"recv":   func() error { must(t, d.SetTimeout(0)); _, err := d.Recv(1024); return err },
	} {
		err := call()
		wantErrno(t, name, err, syscall.EAGAIN)
		if e := (*facade.Error)(nil); errors.As(err, &e) && e.Timeout() {
			t.Errorf("%s: %v is a timeout", name, err)
		}
	}
}

// cancelBeatsTimeout: what the exception of a signal handler is to the reference,
// the end of a context is here.
func cancelBeatsTimeout(t *testing.T, env Env) {
	l, _ := env.listener(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	got := await(func() error { _, _, err := l.WithContext(ctx).Accept(); return err })
	awaitWaiting(t)
	cancel()
	if err := got(t); !errors.Is(err, context.Canceled) {
		t.Errorf("accept: %v", err)
	}
	_, _, err := l.WithContext(ctx).Accept()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("accept with a context that has ended: %v", err)
	}
}

func cancelEndsSendAll(t *testing.T, env Env) {
	client, _ := env.pair(t)
	must(t, client.SetBlocking(true))
	ctx, cancel := context.WithCancel(t.Context())
	got := await(func() error { return client.WithContext(ctx).SendAll(make([]byte, 32<<20)) })
	awaitWaiting(t)
	cancel()
	if err := got(t); !errors.Is(err, context.Canceled) {
		t.Errorf("sendall: %v", err)
	}
}

// sendAllDeadline: the timeout counts for the whole, although the peer takes in
// bytes all the time.
func sendAllDeadline(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SetTimeout(short))
	drained := await(func() error {
		buf := make([]byte, 64)
		for {
			if n, err := server.RecvInto(buf); n == 0 || err != nil {
				return err
			}
		}
	})
	wantTimeout(t, "sendall", client.SendAll(make([]byte, 32<<20)))
	setLinger(t, client, 0)
	must(t, client.Close())
	wantErrno(t, "recv of the peer", drained(t), syscall.ECONNRESET)
}
