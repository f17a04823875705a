package resolver_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/files"
)

// host is one with a name and addresses.
func host(name string, addrs ...string) *resolver.Switch {
	return resolver.New(resolver.Config{Host: hostOf(name, addrs...), Services: fewServices})
}

func hostOf(name string, addrs ...string) resolver.Host {
	all := make([]netip.Prefix, len(addrs))
	for i, a := range addrs {
		addr := netip.MustParseAddr(a).WithZone("")
		all[i] = netip.PrefixFrom(addr, addr.BitLen()/2)
	}
	return resolver.Host{
		Name:  func() string { return name },
		Addrs: func() []netip.Prefix { return all },
	}
}

// fewServices do not depend on the machine's.
var fewServices = parsed("testdata/services", files.ParseServices)

// addrsOf are the addresses of a name, or the code of the error.
func addrsOf(t *testing.T, r resolver.Resolver, name string, hints resolver.Hints) string {
	t.Helper()
	hints.Type = endpoint.SOCK_STREAM
	infos, err := r.GetAddrInfo(t.Context(), name, "", hints)
	if err != nil {
		var gai *resolver.GAIError
		if !errors.As(err, &gai) {
			t.Fatalf("%v is no GAIError", err)
		}
		return gai.Code.String()
	}
	var all []string
	for _, i := range infos {
		all = append(all, i.Addr.Addr().String())
	}
	return strings.Join(all, " ")
}

var (
	alone  = host("alone", "127.0.0.1", "::1", "fe80::1%lo")
	dual   = host("dual.example", "127.0.0.1", "10.0.0.1", "192.0.2.1", "::1", "2001:db8::1", "fe80::1")
	only4  = host("four", "127.0.0.1", "10.0.0.1")
	only6  = host("six", "2001:db8::1")
	zero   = host("")
	v4     = resolver.Hints{Family: endpoint.AF_INET}
	v6     = resolver.Hints{Family: endpoint.AF_INET6}
	every  = resolver.Hints{}
	config = resolver.Hints{Flags: resolver.AI_ADDRCONFIG}
)

func v6with(flags int) resolver.Hints { return resolver.Hints{Family: endpoint.AF_INET6, Flags: flags} }

// TestOwnNames: localhost, and the host's own name.
func TestOwnNames(t *testing.T) {
	const mapped, all = resolver.AI_V4MAPPED, resolver.AI_ALL
	for _, c := range []struct {
		on    *resolver.Switch
		name  string
		hints resolver.Hints
		want  string
	}{
		{zero, "localhost", every, "::1 127.0.0.1"},
		{zero, "LocalHost.", v4, "127.0.0.1"},
		{zero, "a.b.localhost", v6, "::1"},
		{zero, "notlocalhost", every, "EAI_NONAME"},
		{zero, "localhost.example", every, "EAI_NONAME"},
		{zero, "localhost", resolver.Hints{Flags: resolver.AI_NUMERICHOST}, "EAI_NONAME"},
		{zero, "localhost", v6with(mapped), "::1"},
		{zero, "localhost", v6with(mapped | all), "::1 ::ffff:127.0.0.1"},
		{zero, ".", every, "EAI_NONAME"},
		{zero, "nosuch.example", every, "EAI_NONAME"},
		{alone, "alone", every, "::1 127.0.0.1"},
		{alone, "ALONE.", v4, "127.0.0.1"},
		{alone, "four", every, "EAI_NONAME"},
		{dual, "dual.example", every, "2001:db8::1 10.0.0.1 192.0.2.1"},
		{dual, "dual.example", v4, "10.0.0.1 192.0.2.1"},
		{dual, "dual", every, "EAI_NONAME"},
		{only4, "four", every, "10.0.0.1"},
		{only4, "four", v6, "EAI_NODATA"},
		{only4, "four", v6with(mapped), "::ffff:10.0.0.1"},
		{only6, "six", every, "2001:db8::1 127.0.0.1"},
		{only6, "six", v4, "127.0.0.1"},
		{only4, "localhost", config, "127.0.0.1"},
		{only6, "localhost", config, "::1"},
		{only6, "1.2.3.4", config, "EAI_ADDRFAMILY"},
		{dual, "localhost", config, "::1 127.0.0.1"},
		{only4, "localhost", v6with(resolver.AI_ADDRCONFIG), "EAI_NONAME"},
	} {
		t.Run(fmt.Sprintf("%s/%d/%#x", c.name, c.hints.Family, c.hints.Flags), func(t *testing.T) {
			if got := addrsOf(t, c.on, c.name, c.hints); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestCanonNameIsInTheFirstResult and is the name as it was given.
func TestCanonNameIsInTheFirstResult(t *testing.T) {
	infos, err := dual.GetAddrInfo(t.Context(), "Dual.example", "http", resolver.Hints{Flags: resolver.AI_CANONNAME})
	if err != nil || len(infos) != 3 {
		t.Fatalf("%v, %v", infos, err)
	}
	for i, want := range []string{"Dual.example", "", ""} {
		if infos[i].CanonName != want || infos[i].Addr.Port() != 80 {
			t.Errorf("result %d: %+v", i, infos[i])
		}
	}
}

// TestHostEntries: names lead to addresses and back.
func TestHostEntries(t *testing.T) {
	for _, c := range []struct {
		on            *resolver.Switch
		asked         string
		name, aliases string
		addrs         string
	}{
		{zero, "localhost", "localhost", "[]", "[127.0.0.1]"},
		{zero, "127.0.0.1", "localhost", "[]", "[127.0.0.1]"},
		{zero, "127.1.2.3", "localhost", "[]", "[127.1.2.3]"},
		{zero, "::1", "localhost", "[]", "[::1]"},
		{zero, "::ffff:127.0.0.1", "localhost", "[]", "[::ffff:127.0.0.1]"},
		{alone, "alone", "alone", "[]", "[127.0.0.1]"},
		{alone, "127.0.0.1", "localhost", "[alone]", "[127.0.0.1]"},
		{alone, "::1", "localhost", "[alone]", "[::1]"},
		{alone, "fe80::1", "alone", "[]", "[fe80::1]"},
		{dual, "dual.example", "dual.example", "[]", "[10.0.0.1 192.0.2.1]"},
		{dual, "127.0.0.1", "localhost", "[]", "[127.0.0.1]"},
		{dual, "192.0.2.1", "dual.example", "[]", "[192.0.2.1]"},
		{dual, "2001:db8::1", "dual.example", "[]", "[2001:db8::1]"},
		{host("localhost", "10.0.0.1"), "127.0.0.1", "localhost", "[]", "[127.0.0.1]"},
	} {
		ent, err := entry(t.Context(), c.on, c.asked)
		if err != nil || ent.Name != c.name || fmt.Sprint(ent.Aliases) != c.aliases || fmt.Sprint(ent.Addrs) != c.addrs {
			t.Errorf("%s: %+v, %v, want %s %s %s", c.asked, ent, err, c.name, c.aliases, c.addrs)
		}
	}
	for _, c := range []struct {
		on    *resolver.Switch
		asked string
	}{
		{zero, "nosuch.example"}, {zero, ""}, {zero, "10.0.0.1"}, {dual, "10.0.0.2"}, {dual, "0.0.0.0"}, {dual, "::"},
		{host("localhost", "10.0.0.1"), "10.0.0.1"}, // a name that leads elsewhere
	} {
		ent, err := entry(t.Context(), c.on, c.asked)
		if !errors.Is(err, resolver.HOST_NOT_FOUND) {
			t.Errorf("%q: %+v, %v", c.asked, ent, err)
		}
	}
	ent, err := zero.GetHostByName(t.Context(), "10.1")
	if err != nil || !reflect.DeepEqual(ent, resolver.HostEnt{Name: "10.1", Addrs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}) {
		t.Errorf("numeric host: %+v, %v", ent, err)
	}
}

// entry asks by address where there is one, else by name.
func entry(ctx context.Context, n *resolver.Switch, asked string) (resolver.HostEnt, error) {
	if a, err := netip.ParseAddr(asked); err == nil {
		return n.GetHostByAddr(ctx, a)
	}
	return n.GetHostByName(ctx, asked)
}

// TestNameInfoByName: names where there are some, unless flags say otherwise.
func TestNameInfoByName(t *testing.T) {
	for _, c := range []struct {
		addr  string
		flags int
		want  string
	}{
		{"10.0.0.1:80", 0, "dual.example http"},
		{"10.0.0.1:80", resolver.NI_DGRAM, "dual.example 80"},
		{"10.0.0.1:123", resolver.NI_DGRAM, "dual.example ntp"},
		{"10.0.0.1:80", resolver.NI_NOFQDN, "dual http"},
		{"10.0.0.1:80", resolver.NI_NUMERICHOST, "10.0.0.1 http"},
		{"10.0.0.1:80", resolver.NI_NUMERICSERV, "dual.example 80"},
		{"10.0.0.2:81", 0, "10.0.0.2 81"},
		{"10.0.0.2:81", resolver.NI_NAMEREQD, "EAI_NONAME"},
		{"10.0.0.1:81", resolver.NI_NAMEREQD, "dual.example 81"},
	} {
		host, service, err := dual.GetNameInfo(t.Context(), netip.MustParseAddrPort(c.addr), 0, c.flags)
		got := host + " " + service
		var gai *resolver.GAIError
		if errors.As(err, &gai) {
			got = gai.Code.String()
		}
		if got != c.want {
			t.Errorf("%s with %#x: %s, want %s", c.addr, c.flags, got, c.want)
		}
	}
	if _, _, err := dual.GetNameInfo(t.Context(), netip.AddrPort{}, 0, 0); !errors.Is(err, resolver.EAI_FAMILY) {
		t.Errorf("no address: %v", err)
	}
}

// TestServices: names and ports lead to each other, with a protocol and without.
func TestServices(t *testing.T) {
	for _, c := range []struct {
		name, proto string
		port        int
		protos      string
	}{{"http", "tcp", 80, "tcp"}, {"domain", "udp", 53, "tcp udp"}, {"ntp", "udp", 123, "udp"}} {
		for _, proto := range []string{"", c.proto} {
			port, err := zero.GetServByName(c.name, proto)
			name, err2 := zero.GetServByPort(c.port, proto)
			if port != c.port || name != c.name || err != nil || err2 != nil {
				t.Errorf("%s/%s: %d, %v; %s, %v", c.name, proto, port, err, name, err2)
			}
		}
		for _, proto := range []string{"tcp", "udp"} {
			_, err := zero.GetServByName(c.name, proto)
			if (err == nil) != strings.Contains(c.protos, proto) {
				t.Errorf("%s/%s: %v", c.name, proto, err)
			}
		}
	}
	if _, err := zero.GetServByName("nosuch", ""); err != resolver.ErrService {
		t.Error(err)
	}
	if _, err := zero.GetServByPort(80, "sctp"); err != resolver.ErrPort {
		t.Error(err)
	}
	if n, err := zero.GetProtoByName("icmp"); n != 1 || err != nil {
		t.Error(n, err)
	}
	if _, err := zero.GetProtoByName("nosuch"); err != resolver.ErrProtocol {
		t.Error(err)
	}
}

// TestPortsOverTheGreatest are refused, where glibc wraps them.
func TestPortsOverTheGreatest(t *testing.T) {
	for _, port := range []string{"65536", "131072", "4294967296"} {
		if _, err := zero.GetAddrInfo(t.Context(), "::1", port, every); !errors.Is(err, resolver.EAI_SERVICE) {
			t.Errorf("%s: %v", port, err)
		}
	}
}

// TestErrors asserts the texts of errors, and what they unwrap to.
func TestErrors(t *testing.T) {
	late := os.ErrDeadlineExceeded
	for _, c := range []struct {
		err                error
		text               string
		timeout, temporary bool
		is                 []error
	}{
		{&resolver.GAIError{Op: "getaddrinfo", Name: "a.example", Code: resolver.EAI_NONAME}, "getaddrinfo a.example: EAI_NONAME: Name or service not known", false, false, []error{resolver.EAI_NONAME}},
		{&resolver.GAIError{Op: "getaddrinfo", Name: "a", Code: resolver.EAI_AGAIN, Err: late}, "getaddrinfo a: EAI_AGAIN: Temporary failure in name resolution: i/o timeout", true, true, []error{resolver.EAI_AGAIN, late}},
		{&resolver.GAIError{Op: "getaddrinfo", Code: -77}, "getaddrinfo: -77: Unknown error", false, false, []error{resolver.EAI(-77)}},
		{&resolver.HError{Op: "gethostbyaddr", Name: "10.0.0.1", Code: resolver.HOST_NOT_FOUND}, "gethostbyaddr 10.0.0.1: HOST_NOT_FOUND: Unknown host", false, false, []error{resolver.HOST_NOT_FOUND}},
		{&resolver.HError{Op: "gethostbyname_ex", Name: "a", Code: resolver.TRY_AGAIN, Err: late}, "gethostbyname_ex a: TRY_AGAIN: Host name lookup failure: i/o timeout", true, true, []error{resolver.TRY_AGAIN, late}},
		{&resolver.HError{Op: "gethostbyname_ex", Name: "a", Code: 9}, "gethostbyname_ex a: 9: Unknown resolver error", false, false, []error{resolver.HErrno(9)}},
	} {
		e := c.err.(interface {
			error
			Timeout() bool
			Temporary() bool
		})
		if e.Error() != c.text || e.Timeout() != c.timeout || e.Temporary() != c.temporary {
			t.Errorf("%q, timeout %v, temporary %v, want %q", e.Error(), e.Timeout(), e.Temporary(), c.text)
		}
		for _, is := range c.is {
			if !errors.Is(c.err, is) {
				t.Errorf("%v is not %v", c.err, is)
			}
		}
	}
}
