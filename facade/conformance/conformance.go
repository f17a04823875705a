// Package conformance is one suite of tests that every kind of socket must pass
// on every path: it says what Linux does, in terms of the socket API.
package conformance

//go:generate go test -run ^TestBehaviourPage$ . -update

import (
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

// Env is a place to run the suite: an address that Server binds and Client
// reaches. Both may be one module.
type Env struct {
	Client, Server *facade.Module
	// Family is AF_INET or AF_INET6, and Host a numeric address of it.
	Family facade.Family
	Host   string
	// Silent is a host that Client routes packets to and that never answers. If
	// it is empty, WhyNotSilent says why, and the tests that need it are
	// skipped.
	Silent, WhyNotSilent string
	// WhyNotRenamed says why Client's host name must stay; empty if it need not.
	WhyNotRenamed string
	// Narrow returns an Env of one module whose ephemeral ports are first to
	// last, both included, for one test; nil skips the tests of exhaustion.
	Narrow func(t *testing.T, env Env, first, last int) Env
	// Logged makes a further module of the same kind, with a logger; nil skips
	// the tests of sockets that nobody closes.
	Logged func(*slog.Logger) *facade.Module
	// Skip ends a test with a reason; it may make that a failure instead.
	Skip func(t testing.TB, why string)
}

// test is one behaviour.
type test struct {
	name string
	run  func(*testing.T, Env)
}

// suite is every test.
var suite = slices.Concat(
	streamTests, closingTests, flagTests, datagramTests, portTests, argumentTests, optionTests,
	basicTests, tcpTests, modeTests, pairTests, unixTests, bufferTests, descriptorTests, inheritTests,
	serverTests, interfaceTests, textTests, sendFileTests, droppedTests, fileTests,
	nameTests, addrInfoTests, inetTests, connectionTests, createdConnectionTests,
)

// Run runs the suite as subtests of t, named for the behaviour.
func Run(t *testing.T, env Env) {
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) { c.run(t, env) })
	}
}

// patience is how long a call may take that ought to end at once, on a busy
// machine under the race detector.
const patience = 30 * time.Second

// short is the timeout of calls that are meant to time out.
const short = 50 * time.Millisecond

// addr is host and port in the form of the family.
func (env Env) addr(host string, port int) facade.Addr {
	if env.Family == facade.AF_INET {
		return facade.InetAddr{Host: host, Port: port}
	}
	return facade.Inet6Addr{Host: host, Port: port}
}

func portOf(t testing.TB, a facade.Addr) int {
	t.Helper()
	switch a := a.(type) {
	case facade.InetAddr:
		return a.Port
	case facade.Inet6Addr:
		return a.Port
	}
	t.Fatalf("%v has no port", a)
	return 0
}

func hostOf(a facade.Addr) string {
	switch a := a.(type) {
	case facade.InetAddr:
		return a.Host
	case facade.Inet6Addr:
		return a.Host
	}
	return ""
}

// socket makes a socket that is closed with the test, and that no call waits on
// for ever.
func (env Env) socket(t testing.TB, m *facade.Module, typ facade.Type) *facade.Socket {
	t.Helper()
	s, err := m.Socket(env.Family, typ, 0)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.SetTimeout(patience))
	return s
}

// bound makes a socket on a free port of the server.
func (env Env) bound(t testing.TB, typ facade.Type) (*facade.Socket, facade.Addr) {
	t.Helper()
	s := env.socket(t, env.Server, typ)
	must(t, s.Bind(env.addr(env.Host, 0)))
	a, err := s.GetSockName()
	must(t, err)
	return s, a
}

func (env Env) listener(t testing.TB, backlog int) (*facade.Socket, facade.Addr) {
	t.Helper()
	s, a := env.bound(t, facade.SOCK_STREAM)
	must(t, s.Listen(backlog))
	return s, a
}

// pair connects two streams.
func (env Env) pair(t testing.TB) (client, server *facade.Socket) {
	t.Helper()
	l, a := env.listener(t, 1)
	defer l.Close()
	client = env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, client.Connect(a))
	server, _, err := l.Accept()
	must(t, err)
	t.Cleanup(func() { server.Close() })
	must(t, server.SetTimeout(patience))
	return client, server
}

// closedPort is an address of the server that nobody listens on: a stream that
// is bound but does not listen keeps it.
func (env Env) closedPort(t testing.TB) facade.Addr {
	t.Helper()
	_, a := env.bound(t, facade.SOCK_STREAM)
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErrno fails unless err is of errno.
func wantErrno(t testing.TB, what string, err error, errno syscall.Errno) {
	t.Helper()
	if !errors.Is(err, errno) {
		t.Fatalf("%s: %v, want %v", what, err, errno)
	}
}

// wantTimeout fails unless err is a timeout of the socket's own.
func wantTimeout(t testing.TB, what string, err error) {
	t.Helper()
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() || !strings.HasSuffix(err.Error(), "timed out") {
		t.Fatalf("%s: %v, want a timeout", what, err)
	}
}

// wantEOF fails unless the stream has ended.
func wantEOF(t testing.TB, s *facade.Socket) {
	t.Helper()
	b, err := s.Recv(1)
	if err != nil || len(b) != 0 {
		t.Fatalf("recv: %q, %v, want the end of the stream", b, err)
	}
}

// wantData receives exactly want from a stream.
func wantData(t testing.TB, s *facade.Socket, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(reader{s}, b); err != nil || string(b) != want {
		t.Fatalf("recv: %q, %v, want %q", b, err, want)
	}
}

// reader makes a stream an io.Reader.
type reader struct{ s *facade.Socket }

func (r reader) Read(b []byte) (int, error) {
	n, err := r.s.RecvInto(b)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// recvErrno receives, over what data there is, until an error.
func recvErrno(s *facade.Socket) error {
	for {
		b, err := s.Recv(64 << 10)
		if err != nil || len(b) == 0 {
			return err
		}
	}
}

// await runs a call in a goroutine and returns what it gave.
func await[T any](fn func() T) func(testing.TB) T {
	c := make(chan T, 1)
	go func() { c <- fn() }()
	return func(t testing.TB) T {
		t.Helper()
		select {
		case v := <-c:
			return v
		case <-time.After(patience):
			t.Fatal("the call does not return")
			panic("unreachable")
		}
	}
}
