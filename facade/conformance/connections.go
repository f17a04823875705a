package conformance

import (
	"errors"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

var connectionTests = []test{
	{"CreateConnection/FirstThatAnswers", firstThatAnswers},
	{"CreateConnection/RefusalIsKept", refusalIsKept},
	{"CreateConnection/AllErrors", allErrors},
	{"CreateConnection/TimeoutStaysTimeout", timeoutStaysTimeout},
	{"CreateConnection/FamilyOfHost", familyOfHost},
	{"CreateConnection/SourceAddress", sourceAddress},
	{"CreateConnection/SourceChoosesFamily", sourceChoosesFamily},
	{"CreateConnection/DefaultTimeout", createdTakesDefault},
	{"CreateConnection/NoTimeoutOverridesDefault", createdBlocks},
	{"CreateConnection/TimeoutOfItsOwn", createdTakesTimeout},
	{"CreateConnection/BadArguments", badConnections},
}

// createdConnectionTests run over connections that CreateConnection made.
var createdConnectionTests = overStreams("CreatedConnection/", Env.createdPair)

// create connects a client to a port of a host.
func (env Env) create(t testing.TB, host string, port int, c facade.ConnectionConfig) *facade.Socket {
	t.Helper()
	s, err := env.Client.CreateConnection(t.Context(), host, port, c)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// createdPair is pair by CreateConnection.
func (env Env) createdPair(t testing.TB) (client, server *facade.Socket) {
	t.Helper()
	l, a := env.listener(t, 1)
	defer l.Close()
	client = env.create(t, env.Host, portOf(t, a), facade.ConnectionConfig{Timeout: patience})
	server, _, err := l.Accept()
	must(t, err)
	t.Cleanup(func() { server.Close() })
	must(t, server.SetTimeout(patience))
	return client, server
}

// loopbacks are the addresses of localhost.
var loopbacks = map[facade.Family]string{facade.AF_INET: "127.0.0.1", facade.AF_INET6: "::1"}

// localListener listens on the client's own loopback, on that of the family only.
func (env Env) localListener(t testing.TB) facade.Addr {
	t.Helper()
	l := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, l.Bind(env.addr(loopbacks[env.Family], 0)))
	must(t, l.Listen(1))
	a, err := l.GetSockName()
	must(t, err)
	return a
}

// localClosedPort is a port that nobody listens on at any address of the client's
// localhost.
func (env Env) localClosedPort(t testing.TB) int {
	t.Helper()
	s, err := env.Client.Socket(facade.AF_INET6, facade.SOCK_STREAM, 0)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.SetSockOpt(facade.IPPROTO_IPV6, facade.IPV6_V6ONLY, 0))
	must(t, s.Bind(facade.Inet6Addr{}))
	a, err := s.GetSockName()
	must(t, err)
	return portOf(t, a)
}

// firstThatAnswers: of localhost's two addresses, one listens.
func firstThatAnswers(t *testing.T, env Env) {
	a := env.localListener(t)
	s := env.create(t, "localhost", portOf(t, a), facade.ConnectionConfig{Timeout: patience})
	if peer, err := s.GetPeerName(); peer != a || err != nil {
		t.Errorf("connected to %v, %v, want %v", peer, err, a)
	}
}

func refusalIsKept(t *testing.T, env Env) {
	closed := env.closedPort(t)
	_, err := env.Client.CreateConnection(t.Context(), env.Host, portOf(t, closed), facade.ConnectionConfig{Timeout: patience})
	wantRefusal(t, err, closed)
}

// wantRefusal fails unless err is that of connect, to one address.
func wantRefusal(t testing.TB, err error, a facade.Addr) {
	t.Helper()
	var e *facade.Error
	text := "connect " + a.String() + ": ECONNREFUSED: " + syscall.ECONNREFUSED.Error()
	if !errors.As(err, &e) || e.Addr != a || e.Errno != syscall.ECONNREFUSED || err.Error() != text {
		t.Errorf("%v, want %s", err, text)
	}
}

// allErrors: one for each address, where the default is the last one's.
func allErrors(t *testing.T, env Env) {
	port := env.localClosedPort(t)
	found, err := env.Client.GetAddrInfo(t.Context(), "localhost", strconv.Itoa(port), facade.AddrInfoHints{Type: facade.SOCK_STREAM})
	must(t, err)
	if len(found) != 2 {
		t.Fatalf("localhost is %v", found)
	}
	_, err = env.Client.CreateConnection(t.Context(), "localhost", port, facade.ConnectionConfig{Timeout: patience})
	wantRefusal(t, err, found[1].Addr)
	_, err = env.Client.CreateConnection(t.Context(), "localhost", port, facade.ConnectionConfig{Timeout: patience, AllErrors: true})
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != len(found) {
		t.Fatalf("all errors: %v, of %v", err, found)
	}
	for i, err := range joined.Unwrap() {
		wantRefusal(t, err, found[i].Addr)
	}
}

// timeoutStaysTimeout, be it the socket's or the module's, alone or among all
// errors.
func timeoutStaysTimeout(t *testing.T, env Env) {
	if env.Silent == "" {
		env.Skip(t, env.WhyNotSilent)
	}
	for _, c := range []facade.ConnectionConfig{{Timeout: short}, {Timeout: short, AllErrors: true}, {}} {
		if c.Timeout == 0 {
			setDefault(t, env.Client, short)
		}
		_, err := env.Client.CreateConnection(t.Context(), env.Silent, 9, c)
		wantTimeout(t, "create_connection", err)
		var e *facade.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &e) || e.Errno != 0 {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func familyOfHost(t *testing.T, env Env) {
	_, a := env.listener(t, 1)
	s := env.create(t, env.Host, portOf(t, a), facade.ConnectionConfig{Timeout: patience})
	if s.Family() != env.Family || s.Type() != facade.SOCK_STREAM {
		t.Errorf("%v", s)
	}
	if peer, err := s.GetPeerName(); peer != a || err != nil {
		t.Errorf("connected to %v, %v, want %v", peer, err, a)
	}
}

// sourceAddress is seen at both ends.
func sourceAddress(t *testing.T, env Env) {
	free := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, free.Bind(env.addr("", 0)))
	name, err := free.GetSockName()
	must(t, err)
	must(t, free.Close())
	port := portOf(t, name)
	l, a := env.listener(t, 1)
	s := env.create(t, env.Host, portOf(t, a), facade.ConnectionConfig{Timeout: patience, Source: env.addr("", port)})
	if own, err := s.GetSockName(); err != nil || portOf(t, own) != port {
		t.Errorf("from %v, %v, want port %d", own, err, port)
	}
	server, from, err := l.Accept()
	must(t, err)
	must(t, server.Close())
	if portOf(t, from) != port {
		t.Errorf("accepted from %v, want port %d", from, port)
	}
}

// sourceChoosesFamily: the addresses that it cannot be bound for are passed over.
func sourceChoosesFamily(t *testing.T, env Env) {
	a := env.localListener(t)
	source := env.addr(loopbacks[env.Family], 0)
	s := env.create(t, "localhost", portOf(t, a), facade.ConnectionConfig{Timeout: patience, Source: source})
	if own, err := s.GetSockName(); err != nil || s.Family() != env.Family || hostOf(own) != hostOf(source) {
		t.Errorf("from %v, %v, want %v", own, err, source)
	}
}

// wantTimeoutOf fails unless a created connection has a timeout.
func wantTimeoutOf(t *testing.T, env Env, c facade.ConnectionConfig, want time.Duration) {
	t.Helper()
	l, a := env.listener(t, 1)
	s := env.create(t, env.Host, portOf(t, a), c)
	if s.GetTimeout() != want {
		t.Errorf("with %+v: timeout %v, want %v", c, s.GetTimeout(), want)
	}
	must(t, s.Close())
	must(t, l.Close())
}

func createdTakesDefault(t *testing.T, env Env) {
	wantTimeoutOf(t, env, facade.ConnectionConfig{}, facade.NoTimeout)
	setDefault(t, env.Client, 42*time.Second)
	wantTimeoutOf(t, env, facade.ConnectionConfig{}, 42*time.Second)
}

func createdBlocks(t *testing.T, env Env) {
	setDefault(t, env.Client, patience)
	wantTimeoutOf(t, env, facade.ConnectionConfig{Timeout: facade.NoTimeout}, facade.NoTimeout)
}

func createdTakesTimeout(t *testing.T, env Env) {
	wantTimeoutOf(t, env, facade.ConnectionConfig{Timeout: patience}, patience)
	setDefault(t, env.Client, 42*time.Second)
	wantTimeoutOf(t, env, facade.ConnectionConfig{Timeout: patience}, patience)
}

func badConnections(t *testing.T, env Env) {
	for _, port := range []int{-1, 65536} {
		_, err := env.Client.CreateConnection(t.Context(), env.Host, port, facade.ConnectionConfig{})
		wantArgumentError(t, "port", err)
	}
	_, err := env.Client.CreateConnection(t.Context(), env.Host, 1, facade.ConnectionConfig{Timeout: -1})
	wantArgumentError(t, "timeout", err)
	var unknown *facade.GAIError
	if _, err := env.Client.CreateConnection(t.Context(), "no-such-host.invalid", 1, facade.ConnectionConfig{}); !errors.As(err, &unknown) {
		t.Errorf("host: %v", err)
	}
}
