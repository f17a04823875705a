package conformance

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var addrInfoTests = []test{
	{"Names/GetAddrInfo", getAddrInfo},
	{"Names/GetAddrInfoFilters", getAddrInfoFilters},
	{"Names/GetAddrInfoErrors", getAddrInfoErrors},
	{"Names/GetAddrInfoPortOverflow", getAddrInfoPortOverflow},
	{"Names/GetAddrInfoIPv6", getAddrInfoIPv6},
	{"Names/GetAddrInfoScope", getAddrInfoScope},
	{"Names/GetNameInfo", getNameInfo},
	{"Names/GetNameInfoScope", getNameInfoScope},
	{"Names/GetNameInfoWantsNumbers", getNameInfoWantsNumbers},
	{"Names/GetNameInfoGarbage", getNameInfoGarbage},
	{"Names/GetNameInfoBadAddresses", getNameInfoBadAddresses},
	{"Names/FlowInfoOverflow", nameInfoFlowInfo},
}

// info4 is a result of AF_INET.
func info4(typ facade.Type, proto int, host string, port int) facade.AddrInfo {
	return facade.AddrInfo{Family: facade.AF_INET, Type: typ, Proto: proto, Addr: facade.InetAddr{Host: host, Port: port}}
}

// info6 is a result of AF_INET6.
func info6(typ facade.Type, proto int, host string, port int) facade.AddrInfo {
	return facade.AddrInfo{Family: facade.AF_INET6, Type: typ, Proto: proto, Addr: facade.Inet6Addr{Host: host, Port: port}}
}

// getAddrInfo: hosts and services of every kind, in full and in order.
func getAddrInfo(t *testing.T, env Env) {
	const (
		stream, dgram, raw = facade.SOCK_STREAM, facade.SOCK_DGRAM, facade.SOCK_RAW
		tcp, udp, icmp6    = facade.IPPROTO_TCP, facade.IPPROTO_UDP, facade.IPPROTO_ICMPV6
	)
	named := info6(raw, icmp6, "ff02::de1", 0)
	named.CanonName = "FF02::DE1"
	for _, c := range []struct {
		host, service string
		hints         facade.AddrInfoHints
		want          []facade.AddrInfo
	}{
		{"127.0.0.1", "http", facade.AddrInfoHints{Type: stream}, []facade.AddrInfo{info4(stream, tcp, "127.0.0.1", 80)}},
		{"127.0.0.1", "80", facade.AddrInfoHints{}, []facade.AddrInfo{
			info4(stream, tcp, "127.0.0.1", 80), info4(dgram, udp, "127.0.0.1", 80), info4(raw, 0, "127.0.0.1", 80)}},
		{"localhost", "7", facade.AddrInfoHints{Proto: udp}, []facade.AddrInfo{
			info6(dgram, udp, "::1", 7), info4(dgram, udp, "127.0.0.1", 7)}},
		{"", "7", facade.AddrInfoHints{Type: stream}, []facade.AddrInfo{
			info6(stream, tcp, "::1", 7), info4(stream, tcp, "127.0.0.1", 7)}},
		{"", "0", facade.AddrInfoHints{Type: stream, Flags: facade.AI_PASSIVE}, []facade.AddrInfo{
			info4(stream, tcp, "0.0.0.0", 0), info6(stream, tcp, "::", 0)}},
		{"FF02::DE1", "", facade.AddrInfoHints{Type: raw, Proto: icmp6, Flags: facade.AI_CANONNAME}, []facade.AddrInfo{named}},
	} {
		got, err := env.Client.GetAddrInfo(t.Context(), c.host, c.service, c.hints)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("getaddrinfo(%q, %q, %+v): %+v, %v, want %+v", c.host, c.service, c.hints, got, err, c.want)
		}
	}
}

// getAddrInfoFilters: whatever is asked for, nothing else comes.
func getAddrInfoFilters(t *testing.T, env Env) {
	for _, host := range []string{"localhost", env.Host, ""} {
		for _, hints := range []facade.AddrInfoHints{
			{}, {Flags: facade.AI_PASSIVE}, {Family: env.Family}, {Type: facade.SOCK_STREAM}, {Proto: facade.IPPROTO_TCP},
			{Family: env.Family, Type: facade.SOCK_STREAM, Proto: facade.IPPROTO_TCP},
		} {
			for service, port := range map[string]int{"http": 80, "80": 80, "65535": 65535, "": 0} {
				if host == "" && service == "" {
					continue // getAddrInfoErrors
				}
				found, err := env.Client.GetAddrInfo(t.Context(), host, service, hints)
				if err != nil || len(found) == 0 {
					t.Errorf("getaddrinfo(%q, %q, %+v): %+v, %v", host, service, hints, found, err)
				}
				for _, i := range found {
					if !fits(i, hints) || i.Addr.Family() != i.Family || portOf(t, i.Addr) != port {
						t.Errorf("getaddrinfo(%q, %q, %+v) has %+v", host, service, hints, i)
					}
				}
			}
		}
	}
}

func fits(i facade.AddrInfo, hints facade.AddrInfoHints) bool {
	return (hints.Family == 0 || i.Family == hints.Family) && (hints.Type == 0 || i.Type == hints.Type) &&
		(hints.Proto == 0 || i.Proto == hints.Proto || i.Type == facade.SOCK_RAW)
}

func getAddrInfoErrors(t *testing.T, env Env) {
	for _, c := range []struct {
		host, service string
		hints         facade.AddrInfoHints
		want          error
	}{
		{"", "", facade.AddrInfoHints{}, facade.EAI_NONAME},
		{"no-such-host.invalid", "80", facade.AddrInfoHints{}, facade.EAI_NONAME},
		{"localhost", "80", facade.AddrInfoHints{Flags: facade.AI_NUMERICHOST}, facade.EAI_NONAME},
		{"localhost", "http", facade.AddrInfoHints{Flags: facade.AI_NUMERICSERV}, facade.EAI_NONAME},
		{"127.0.0.1", "no-such-service", facade.AddrInfoHints{Type: facade.SOCK_STREAM}, facade.EAI_SERVICE},
		{"localhost", "\xed\xa0\x80", facade.AddrInfoHints{}, facade.EAI_SERVICE}, // a lone surrogate
		{"127.0.0.1", "80", facade.AddrInfoHints{Family: facade.AF_INET6}, facade.EAI_ADDRFAMILY},
		{"127.0.0.1", "80", facade.AddrInfoHints{Family: facade.AF_UNIX}, facade.EAI_FAMILY},
		{"127.0.0.1", "80", facade.AddrInfoHints{Type: facade.SOCK_RDM}, facade.EAI_SOCKTYPE},
		{"127.0.0.1", "80", facade.AddrInfoHints{Flags: 1 << 30}, facade.EAI_BADFLAGS},
	} {
		found, err := env.Client.GetAddrInfo(t.Context(), c.host, c.service, c.hints)
		var gai *facade.GAIError
		if !errors.As(err, &gai) || !errors.Is(err, c.want) {
			t.Errorf("getaddrinfo(%q, %q, %+v): %+v, %v, want %v", c.host, c.service, c.hints, found, err, c.want)
		}
	}
}

// getAddrInfoPortOverflow: glibc takes the lower 16 bits of most of them.
func getAddrInfoPortOverflow(t *testing.T, env Env) {
	hints := facade.AddrInfoHints{Type: facade.SOCK_STREAM}
	for _, port := range []string{
		"-1", "65536", "4294967296", "9223372036854775807", "9223372036854710273", "9223372036854775808",
		"-9223372036854775809", "18446744073709551616",
	} {
		if found, err := env.Client.GetAddrInfo(t.Context(), "", port, hints); !errors.Is(err, facade.EAI_SERVICE) {
			t.Errorf("port %s: %+v, %v", port, found, err)
		}
	}
	for port, want := range map[string]int{"0": 0, "65535": 65535} {
		found, err := env.Client.GetAddrInfo(t.Context(), "", port, hints)
		if err != nil || portOf(t, found[0].Addr) != want {
			t.Errorf("port %s: %+v, %v", port, found, err)
		}
	}
}

// group is a multicast address in a form that is not the canonical one.
const group, canonicalGroup = "ff02::1de:c0:face:8D", "ff02::1de:c0:face:8d"

var datagrams6 = facade.AddrInfoHints{Family: facade.AF_INET6, Type: facade.SOCK_DGRAM, Proto: facade.IPPROTO_UDP}

func getAddrInfoIPv6(t *testing.T, env Env) {
	want := facade.Inet6Addr{Host: canonicalGroup, Port: 1234}
	wantOneAddr(t, env, group, want)
}

// getAddrInfoScope: the scope id is a field of its own, not of the host's text.
func getAddrInfoScope(t *testing.T, env Env) {
	all, err := env.Client.IfNameIndex()
	must(t, err)
	for _, i := range all {
		want := facade.Inet6Addr{Host: canonicalGroup, Port: 1234, ScopeID: uint32(i.Index)}
		wantOneAddr(t, env, group+"%"+i.Name, want)
	}
	wantOneAddr(t, env, group+"%42", facade.Inet6Addr{Host: canonicalGroup, Port: 1234, ScopeID: 42})
}

func wantOneAddr(t *testing.T, env Env, host string, want facade.Addr) {
	t.Helper()
	found, err := env.Client.GetAddrInfo(t.Context(), host, "1234", datagrams6)
	if err != nil || len(found) != 1 || found[0].Addr != want {
		t.Errorf("getaddrinfo(%q): %+v, %v, want %+v", host, found, err, want)
	}
}

const numeric = facade.NI_NUMERICHOST | facade.NI_NUMERICSERV

// getNameInfo: names where there are some, numbers where not or where asked for.
func getNameInfo(t *testing.T, env Env) {
	for _, c := range []struct {
		addr  facade.Addr
		flags int
		want  string
	}{
		{facade.InetAddr{Host: "127.0.0.1", Port: 80}, 0, "localhost http"},
		{facade.Inet6Addr{Host: "::1", Port: 80}, 0, "localhost http"},
		{facade.InetAddr{Host: "127.0.0.1", Port: 80}, facade.NI_DGRAM, "localhost 80"},
		{facade.InetAddr{Host: "127.0.0.1", Port: 80}, facade.NI_NUMERICHOST, "127.0.0.1 http"},
		{facade.InetAddr{Host: "127.0.0.1", Port: 80}, facade.NI_NUMERICSERV, "localhost 80"},
		{facade.InetAddr{Host: "127.0.0.1", Port: 80}, numeric, "127.0.0.1 80"},
		{facade.InetAddr{Host: nameless, Port: 65535}, 0, nameless + " 65535"},
	} {
		wantNameInfo(t, env, c.addr, c.flags, c.want)
	}
	_, _, err := env.Client.GetNameInfo(t.Context(), facade.InetAddr{Host: nameless}, facade.NI_NAMEREQD)
	if !errors.Is(err, facade.EAI_NONAME) {
		t.Errorf("the name of %s: %v", nameless, err)
	}
}

func wantNameInfo(t *testing.T, env Env, a facade.Addr, flags int, want string) {
	t.Helper()
	host, service, err := env.Client.GetNameInfo(t.Context(), a, flags)
	if got := host + " " + service; got != want || err != nil {
		t.Errorf("getnameinfo(%+v, %#x): %q, %v, want %q", a, flags, got, err, want)
	}
}

func getNameInfoScope(t *testing.T, env Env) {
	all, err := env.Client.IfNameIndex()
	must(t, err)
	for _, i := range all {
		want := canonicalGroup + "%" + i.Name + " 1234"
		wantNameInfo(t, env, facade.Inet6Addr{Host: group, Port: 1234, ScopeID: uint32(i.Index)}, numeric, want)
		wantNameInfo(t, env, facade.Inet6Addr{Host: group + "%" + i.Name, Port: 1234}, numeric, want)
	}
	wantNameInfo(t, env, facade.Inet6Addr{Host: group, Port: 1234, ScopeID: 42}, numeric, canonicalGroup+"%42 1234")
}

// wantNoNameInfo fails unless the host is refused, in the forms of both families.
func wantNoNameInfo(t *testing.T, env Env, host string) {
	t.Helper()
	for _, a := range []facade.Addr{facade.InetAddr{Host: host}, facade.Inet6Addr{Host: host}} {
		name, _, err := env.Client.GetNameInfo(t.Context(), a, 0)
		var gai *facade.GAIError
		if !errors.As(err, &gai) || gai.Op != "getnameinfo" || gai.Code != facade.EAI_NONAME {
			t.Errorf("getnameinfo of %q: %q, %v", host, name, err)
		}
	}
}

// getNameInfoWantsNumbers: not even a name that is known stands for an address.
func getNameInfoWantsNumbers(t *testing.T, env Env) {
	for _, host := range []string{"mail.python.org", "localhost"} {
		wantNoNameInfo(t, env, host)
	}
}

func getNameInfoGarbage(t *testing.T, env Env) {
	for _, host := range []string{"", "x", "\xff\x00garbage", "%", "1.2.3.4%", strings.Repeat("x", 64<<10)} {
		wantNoNameInfo(t, env, host)
	}
}

func getNameInfoBadAddresses(t *testing.T, env Env) {
	for _, a := range []facade.Addr{nil, (*facade.InetAddr)(nil), facade.RawAddr{}} {
		if _, _, err := env.Client.GetNameInfo(t.Context(), a, 0); !errors.Is(err, facade.EAI_FAMILY) {
			t.Errorf("getnameinfo(%T): %v", a, err)
		}
	}
	for _, port := range []int{-1, 65536} {
		_, _, err := env.Client.GetNameInfo(t.Context(), env.addr(env.Host, port), 0)
		wantArgumentError(t, "getnameinfo with a bad port", err)
	}
}

// nameInfoFlowInfo: a flow label has 20 bits (RFC 8200 section 3).
func nameInfoFlowInfo(t *testing.T, env Env) {
	a := facade.Inet6Addr{Host: "::1", Port: 80, FlowInfo: 1<<20 - 1}
	wantNameInfo(t, env, a, numeric, "::1 80")
	for _, flowInfo := range []uint32{1 << 20, 0xffffffff} {
		a.FlowInfo = flowInfo
		_, _, err := env.Client.GetNameInfo(t.Context(), a, 0)
		wantArgumentError(t, "getnameinfo with a flowinfo of more than 20 bits", err)
	}
}
