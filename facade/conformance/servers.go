package conformance

import (
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var serverTests = []test{
	{"Servers/AddressAsAsked", serverAddress},
	{"Servers/StreamOfFamily", serverKind},
	{"Servers/ReusePortOnRequest", serverReusePort},
	{"Servers/IPv6OnlyByDefault", serverV6Only},
	{"Servers/DualStackIsInet6", serverDualStack},
	{"Servers/EchoOnWildcard", serverEcho},
	{"Servers/DualStackIsReachedByBoth", serverDualStackEcho},
	{"Servers/BadArguments", serverArguments},
}

func (env Env) server(t testing.TB, a facade.Addr, c facade.ServerConfig) *facade.Socket {
	t.Helper()
	s, err := env.Server.CreateServer(a, c)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.SetTimeout(patience))
	return s
}

func wantOption(t testing.TB, s *facade.Socket, level, name int, want bool) {
	t.Helper()
	if v, err := s.GetSockOpt(level, name); err != nil || v != 0 != want {
		t.Errorf("option %d of level %d: %d, %v", name, level, v, err)
	}
}

func serverAddress(t *testing.T, env Env) {
	s, a := env.bound(t, facade.SOCK_STREAM) // finds a free port
	must(t, s.Close())
	wildcards := map[facade.Family]string{facade.AF_INET: "0.0.0.0", facade.AF_INET6: "::"}
	for _, host := range []string{env.Host, wildcards[env.Family]} {
		want := env.addr(host, portOf(t, a))
		s := env.server(t, want, facade.ServerConfig{})
		if name, err := s.GetSockName(); err != nil || name != want {
			t.Errorf("getsockname: %v, %v, want %v", name, err, want)
		}
		must(t, s.Close())
	}
}

func serverKind(t *testing.T, env Env) {
	s := env.server(t, env.addr(env.Host, 0), facade.ServerConfig{})
	if s.Family() != env.Family || s.Type() != facade.SOCK_STREAM {
		t.Errorf("%v", s)
	}
	wantOption(t, s, facade.SOL_SOCKET, facade.SO_ACCEPTCONN, true)
	wantOption(t, s, facade.SOL_SOCKET, facade.SO_REUSEADDR, true)
}

func serverReusePort(t *testing.T, env Env) {
	s := env.server(t, env.addr(env.Host, 0), facade.ServerConfig{})
	wantOption(t, s, facade.SOL_SOCKET, facade.SO_REUSEPORT, false)
	s = env.server(t, env.addr(env.Host, 0), facade.ServerConfig{ReusePort: true})
	wantOption(t, s, facade.SOL_SOCKET, facade.SO_REUSEPORT, true)
	a, err := s.GetSockName()
	must(t, err)
	env.server(t, a, facade.ServerConfig{ReusePort: true})
}

func serverV6Only(t *testing.T, env Env) {
	s := env.server(t, facade.Inet6Addr{}, facade.ServerConfig{})
	wantOption(t, s, facade.IPPROTO_IPV6, facade.IPV6_V6ONLY, true)
}

func serverDualStack(t *testing.T, env Env) {
	if !env.Server.HasDualstackIPv6() {
		t.Fatal("there is no dual stack")
	}
	s := env.server(t, facade.Inet6Addr{}, facade.ServerConfig{DualStack: true})
	if s.Family() != facade.AF_INET6 {
		t.Errorf("%v", s)
	}
	wantOption(t, s, facade.IPPROTO_IPV6, facade.IPV6_V6ONLY, false)
}

// wantEcho connects with the family of env and has the server send back what it
// is told.
func wantEcho(t *testing.T, env Env, l *facade.Socket) {
	t.Helper()
	a, err := l.GetSockName()
	must(t, err)
	client := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, client.Connect(env.addr(env.Host, portOf(t, a))))
	server, _, err := l.Accept()
	must(t, err)
	defer server.Close()
	must(t, server.SetTimeout(patience))
	must(t, client.SendAll([]byte("foo")))
	b, err := server.Recv(3, facade.MSG_WAITALL)
	must(t, err)
	must(t, server.SendAll(b))
	wantData(t, client, "foo")
}

func serverEcho(t *testing.T, env Env) {
	wantEcho(t, env, env.server(t, env.addr("", 0), facade.ServerConfig{}))
}

func serverDualStackEcho(t *testing.T, env Env) {
	wantEcho(t, env, env.server(t, facade.Inet6Addr{}, facade.ServerConfig{DualStack: true}))
}

func serverArguments(t *testing.T, env Env) {
	_, err := env.Server.CreateServer(facade.InetAddr{}, facade.ServerConfig{DualStack: true})
	wantArgumentError(t, "a dual stack of AF_INET", err)
	_, err = env.Server.CreateServer(nil, facade.ServerConfig{})
	wantArgumentError(t, "a nil address", err)
}
