package conformance

import (
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var portTests = []test{
	{"Ports/BindTwiceIsInUse", bindTwice},
	{"Ports/BoundSocketStaysBound", bindAgain},
	{"Ports/ForeignAddressIsNotAvailable", foreignAddress},
	{"Ports/ReuseAddressAfterConnections", reuseAddress},
	{"Ports/ReusePortSharesDatagrams", reusePort},
	{"Ports/ExhaustedByBind", exhaustedByBind},
	{"Ports/ExhaustedByConnect", exhaustedByConnect},
	{"Ports/WildcardIsReachable", wildcard},
}

func bindTwice(t *testing.T, env Env) {
	for _, typ := range []facade.Type{facade.SOCK_STREAM, facade.SOCK_DGRAM} {
		_, a := env.bound(t, typ)
		wantErrno(t, "bind", env.socket(t, env.Server, typ).Bind(a), syscall.EADDRINUSE)
	}
}

func bindAgain(t *testing.T, env Env) {
	s, a := env.bound(t, facade.SOCK_STREAM)
	wantErrno(t, "bind again", s.Bind(env.addr(env.Host, 0)), syscall.EINVAL)
	if now, err := s.GetSockName(); err != nil || now != a {
		t.Fatalf("getsockname: %v, %v, want %v", now, err, a)
	}
}

func foreignAddress(t *testing.T, env Env) {
	foreign := "198.51.100.1" // TEST-NET-2, RFC 5737
	if env.Family == facade.AF_INET6 {
		foreign = "2001:db8:ffff::1" // RFC 3849
	}
	s := env.socket(t, env.Server, facade.SOCK_STREAM)
	wantErrno(t, "bind", s.Bind(env.addr(foreign, 0)), syscall.EADDRNOTAVAIL)
	must(t, s.Bind(env.addr(env.Host, 0)))
}

// reuseAddress: a server that starts again binds its port although connections
// of the one before linger.
func reuseAddress(t *testing.T, env Env) {
	l := env.socket(t, env.Server, facade.SOCK_STREAM)
	must(t, l.SetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEADDR, 1))
	must(t, l.Bind(env.addr(env.Host, 0)))
	must(t, l.Listen(1))
	a, err := l.GetSockName()
	must(t, err)
	client := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, client.Connect(a))
	server, _, err := l.Accept()
	must(t, err)
	must(t, l.Close())
	must(t, server.Close()) // the side that closes first lingers
	wantEOF(t, client)
	must(t, client.Close())
	again := env.socket(t, env.Server, facade.SOCK_STREAM)
	must(t, again.SetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEADDR, 1))
	must(t, again.Bind(a))
	must(t, again.Listen(1))
	must(t, env.socket(t, env.Client, facade.SOCK_STREAM).Connect(a))
}

func reusePort(t *testing.T, env Env) {
	reusable := func() *facade.Socket {
		s := env.socket(t, env.Server, facade.SOCK_DGRAM)
		must(t, s.SetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEPORT, 1))
		return s
	}
	first := reusable()
	must(t, first.Bind(env.addr(env.Host, 0)))
	a, err := first.GetSockName()
	must(t, err)
	must(t, reusable().Bind(a))
	wantErrno(t, "bind without SO_REUSEPORT",
		env.socket(t, env.Server, facade.SOCK_DGRAM).Bind(a), syscall.EADDRINUSE)
}

// The ephemeral ports of the tests of exhaustion.
const (
	firstPort = 40000
	lastPort  = 40009
	ports     = lastPort - firstPort + 1
)

func (env Env) narrow(t *testing.T) Env {
	t.Helper()
	if env.Narrow == nil {
		env.Skip(t, "the range of ephemeral ports cannot be set here")
	}
	return env.Narrow(t, env, firstPort, lastPort)
}

func exhaustedByBind(t *testing.T, env Env) {
	env = env.narrow(t)
	for _, typ := range []facade.Type{facade.SOCK_STREAM, facade.SOCK_DGRAM} {
		var last *facade.Socket
		for range ports {
			s, a := env.bound(t, typ)
			if p := portOf(t, a); p < firstPort || p > lastPort {
				t.Fatalf("port %d is not ephemeral", p)
			}
			last = s
		}
		s := env.socket(t, env.Server, typ)
		wantErrno(t, "bind", s.Bind(env.addr(env.Host, 0)), syscall.EADDRINUSE)
		must(t, last.Close())
		must(t, s.Bind(env.addr(env.Host, 0)))
	}
}

func exhaustedByConnect(t *testing.T, env Env) {
	env = env.narrow(t)
	l := env.socket(t, env.Server, facade.SOCK_STREAM)
	a := env.addr(env.Host, lastPort+1)
	must(t, l.SetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEADDR, 1))
	must(t, l.Bind(a))
	must(t, l.Listen(2*ports))
	var last *facade.Socket
	for range ports {
		last = env.socket(t, env.Client, facade.SOCK_STREAM)
		must(t, last.Connect(a))
		setLinger(t, last, 0)
	}
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	wantErrno(t, "connect", s.Connect(a), syscall.EADDRNOTAVAIL)
	must(t, last.Close())
	must(t, s.Connect(a))
	setLinger(t, s, 0)
}

func wildcard(t *testing.T, env Env) {
	l := env.socket(t, env.Server, facade.SOCK_STREAM)
	must(t, l.Bind(env.addr("", 0)))
	must(t, l.Listen(1))
	a, err := l.GetSockName()
	must(t, err)
	if h := hostOf(a); h != "0.0.0.0" && h != "::" {
		t.Fatalf("getsockname of the wildcard: %v", a)
	}
	must(t, env.socket(t, env.Client, facade.SOCK_STREAM).Connect(env.addr(env.Host, portOf(t, a))))
	c, _, err := l.Accept()
	must(t, err)
	defer c.Close()
	local, err := c.GetSockName()
	if err != nil || hostOf(local) != env.Host {
		t.Fatalf("getsockname of the accepted socket: %v, %v", local, err)
	}
}
