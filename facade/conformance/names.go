package conformance

import (
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/resolver"
)

var nameTests = []test{
	{"Names/HostNamesAgree", hostNamesAgree},
	{"Names/FQDNOfWildcards", fqdnOfWildcards},
	{"Names/FQDNOfStrangers", fqdnOfStrangers},
	{"Names/SetHostName", setHostName},
	{"Names/NumericHosts", numericHosts},
	{"Names/MalformedAddresses", malformedAddresses},
	{"Names/ErrorTypes", errorTypes},
	{"Names/Services", services},
	{"Names/Protocols", protocols},
}

// nameless is an address without a name, of RFC 5737.
const nameless = "198.51.100.7"

// rename gives the client's host another name for the rest of the test.
func (env Env) rename(t testing.TB, name string) {
	t.Helper()
	before, err := env.Client.GetHostName()
	must(t, err)
	t.Cleanup(func() { must(t, env.Client.SetHostName(before)) })
	must(t, env.Client.SetHostName(name))
}

// hostNamesAgree: the host's name, its address, and the names of that.
func hostNamesAgree(t *testing.T, env Env) {
	wantNamesAgree(t, env.Client)
	if env.WhyNotRenamed != "" {
		return
	}
	for _, name := range []string{"host", "host.example"} {
		env.rename(t, name)
		if got := wantNamesAgree(t, env.Client); got != name {
			t.Errorf("the host %q is named %q", name, got)
		}
	}
}

// wantNamesAgree fails unless the names of the module's host agree with one
// another. It returns the host's.
func wantNamesAgree(t testing.TB, m *facade.Module) string {
	t.Helper()
	name, err := m.GetHostName()
	must(t, err)
	ip, err := m.GetHostByName(t.Context(), name)
	must(t, err)
	forward, err := m.GetHostByNameEx(t.Context(), name)
	if err != nil || forward.Name != name || !slices.Contains(forward.Addrs, ip) {
		t.Errorf("gethostbyname_ex(%q): %+v, %v, without %s", name, forward, err, ip)
	}
	back, err := m.GetHostByAddr(t.Context(), ip)
	if err != nil || !slices.Contains(back.Addrs, ip) {
		t.Errorf("gethostbyaddr(%q): %+v, %v, without it", ip, back, err)
	}
	all := append([]string{back.Name}, back.Aliases...)
	if !slices.Contains(all, name) {
		t.Errorf("%s of %q is %v", ip, name, all)
	}
	fqdn, err := m.GetFQDN(t.Context(), ip)
	if err != nil || !slices.Contains(all, fqdn) {
		t.Errorf("getfqdn(%q): %q, %v, none of %v", ip, fqdn, err, all)
	}
	return name
}

// fqdnOfWildcards: no name and both wildcards are the host itself.
func fqdnOfWildcards(t *testing.T, env Env) {
	if env.WhyNotRenamed == "" {
		env.rename(t, "host.example")
	}
	name, err := env.Client.GetHostName()
	must(t, err)
	want, err := env.Client.GetFQDN(t.Context(), name)
	must(t, err)
	if env.WhyNotRenamed == "" && want != name {
		t.Errorf("getfqdn(%q): %q", name, want)
	}
	for _, self := range []string{"", " ", "0.0.0.0", "::"} {
		if own, err := env.Client.GetFQDN(t.Context(), self); own != want || err != nil {
			t.Errorf("getfqdn(%q): %q, %v, want %q", self, own, err, want)
		}
	}
}

// fqdnOfStrangers: what nobody knows is returned as it is.
func fqdnOfStrangers(t *testing.T, env Env) {
	for _, name := range []string{"no-such-host.invalid", nameless} {
		if got, err := env.Client.GetFQDN(t.Context(), name); got != name || err != nil {
			t.Errorf("getfqdn(%q): %q, %v", name, got, err)
		}
	}
}

func setHostName(t *testing.T, env Env) {
	before, err := env.Client.GetHostName()
	must(t, err)
	if env.WhyNotRenamed != "" {
		if err := env.Client.SetHostName(before); os.Geteuid() != 0 {
			wantErrno(t, "sethostname without privilege", err, syscall.EPERM)
		}
		env.Skip(t, env.WhyNotRenamed)
	}
	longest := strings.Repeat("x", 64) // __NEW_UTS_LEN
	for _, name := range []string{"new", "bar", longest} {
		env.rename(t, name)
		if got, err := env.Client.GetHostName(); got != name || err != nil {
			t.Errorf("gethostname: %q, %v, want %q", got, err, name)
		}
	}
	wantErrno(t, "a name too long", env.Client.SetHostName(longest+"x"), syscall.EINVAL)
	if got, err := env.Client.GetHostName(); got != longest || err != nil {
		t.Errorf("after it: %q, %v", got, err)
	}
}

func numericHosts(t *testing.T, env Env) {
	for host, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "10.0.0.1": "10.0.0.1", "255.255.255.255": "255.255.255.255", nameless: nameless,
		"": "0.0.0.0", "<broadcast>": "255.255.255.255", "localhost": "127.0.0.1", "127.1": "127.0.0.1",
	} {
		if ip, err := env.Client.GetHostByName(t.Context(), host); ip != want || err != nil {
			t.Errorf("gethostbyname(%q): %q, %v, want %s", host, ip, err, want)
		}
	}
	for _, loopback := range []string{"127.0.0.1", "::1"} {
		ent, err := env.Client.GetHostByAddr(t.Context(), loopback)
		if err != nil || ent.Name != "localhost" || !slices.Contains(ent.Addrs, loopback) {
			t.Errorf("gethostbyaddr(%q): %+v, %v", loopback, ent, err)
		}
	}
}

// malformedAddresses are hosts in neither direction, and neither is a name that
// nobody knows.
func malformedAddresses(t *testing.T, env Env) {
	for _, bad := range []string{
		"0.1.1.~1", "1+.1.1.1", "::1q", "::1::2", "1:1:1:1:1:1:1:1:1", "1.2.3.4.5", "256.1.1.1", "no-such-host.invalid",
	} {
		if ip, err := env.Client.GetHostByName(t.Context(), bad); !errors.Is(err, facade.EAI_NONAME) {
			t.Errorf("gethostbyname(%q): %q, %v", bad, ip, err)
		}
		if ent, err := env.Client.GetHostByNameEx(t.Context(), bad); !errors.Is(err, facade.HOST_NOT_FOUND) {
			t.Errorf("gethostbyname_ex(%q): %+v, %v", bad, ent, err)
		}
		if ent, err := env.Client.GetHostByAddr(t.Context(), bad); !errors.Is(err, facade.EAI_NONAME) {
			t.Errorf("gethostbyaddr(%q): %+v, %v", bad, ent, err)
		}
	}
}

// errorTypes: each exception of the reference is a type of its own, and all of
// them are errors of the network.
func errorTypes(t *testing.T, env Env) {
	_, gai := env.Client.GetAddrInfo(t.Context(), "no-such-host.invalid", "", facade.AddrInfoHints{})
	_, h := env.Client.GetHostByAddr(t.Context(), nameless)
	_, os := env.Client.Socket(-1, facade.SOCK_STREAM, 0)
	for _, c := range []struct {
		err            error
		gai, h, socket bool
		text           string
	}{
		{gai, true, false, false, "getaddrinfo no-such-host.invalid: EAI_NONAME: Name or service not known"},
		{h, false, true, false, "gethostbyaddr " + nameless + ": HOST_NOT_FOUND: Unknown host"},
		{os, false, false, true, "socket: EAFNOSUPPORT: " + syscall.EAFNOSUPPORT.Error()},
	} {
		var (
			asGAI    *facade.GAIError
			asH      *facade.HError
			asSocket *facade.Error
			asNet    net.Error
		)
		if errors.As(c.err, &asGAI) != c.gai || errors.As(c.err, &asH) != c.h || errors.As(c.err, &asSocket) != c.socket {
			t.Errorf("%v is a %T", c.err, c.err)
		}
		if !errors.As(c.err, &asNet) || asNet.Timeout() || c.err.Error() != c.text {
			t.Errorf("%v, want %s, a net.Error and no timeout", c.err, c.text)
		}
	}
}

// services: names and ports lead to each other, with a protocol and without.
func services(t *testing.T, env Env) {
	for _, c := range []struct {
		name   string
		port   int
		protos []string
	}{
		{"daytime", 13, []string{"", "tcp", "udp"}}, {"domain", 53, []string{"", "tcp", "udp"}}, {"http", 80, []string{"", "tcp"}},
	} {
		for _, proto := range c.protos {
			if port, err := env.Client.GetServByName(c.name, proto); port != c.port || err != nil {
				t.Errorf("getservbyname(%q, %q): %d, %v, want %d", c.name, proto, port, err, c.port)
			}
			if name, err := env.Client.GetServByPort(c.port, proto); name != c.name || err != nil {
				t.Errorf("getservbyport(%d, %q): %q, %v, want %q", c.port, proto, name, err, c.name)
			}
		}
	}
	for _, port := range []int{-1, 65536} {
		_, err := env.Client.GetServByPort(port, "")
		wantArgumentError(t, "getservbyport", err)
	}
	_, err := env.Client.GetServByName("no-such-service", "")
	wantNotFound(t, err, "getservbyname: service/proto not found", resolver.ErrService)
	_, err = env.Client.GetServByPort(80, "no-such-protocol")
	wantNotFound(t, err, "getservbyport: port/proto not found", resolver.ErrPort)
}

func protocols(t *testing.T, env Env) {
	for name, want := range map[string]int{
		"icmp": facade.IPPROTO_ICMP, "tcp": facade.IPPROTO_TCP, "udp": facade.IPPROTO_UDP, "ipv6-icmp": facade.IPPROTO_ICMPV6,
	} {
		if n, err := env.Client.GetProtoByName(name); n != want || err != nil {
			t.Errorf("getprotobyname(%q): %d, %v, want %d", name, n, err, want)
		}
	}
	_, err := env.Client.GetProtoByName("no-such-protocol")
	wantNotFound(t, err, "getprotobyname: protocol not found", resolver.ErrProtocol)
}

// wantNotFound fails unless err is the socket module's for what is in no database.
func wantNotFound(t testing.TB, err error, text string, is error) {
	t.Helper()
	var e *facade.Error
	if !errors.As(err, &e) || !errors.Is(err, is) || err.Error() != text {
		t.Errorf("%v, want %s", err, text)
	}
}
