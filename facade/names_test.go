package facade_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/stack"
)

// TestOwnNameAgrees: the host's name, its address, and the name of that.
func TestOwnNameAgrees(t *testing.T) {
	onPaths(t, ownNameAgrees)
	t.Run("named", func(t *testing.T) {
		s, err := stack.New(stack.Config{HostName: "host.example"})
		must(t, err)
		closeAtEnd(t, s)
		m := facade.New(facade.Config{Stack: s})
		closeAtEnd(t, m)
		ownNameAgrees(t, m)
		must(t, s.AddAddress(1, netip.MustParsePrefix("10.1.2.3/24")))
		ownNameAgrees(t, m)
		if ip, err := m.GetHostByName(t.Context(), "host.example"); ip != "10.1.2.3" {
			t.Errorf("%s, %v", ip, err)
		}
		if fqdn, err := m.GetFQDN(t.Context(), "10.1.2.3"); fqdn != "host.example" {
			t.Errorf("%s, %v", fqdn, err)
		}
	})
}

func ownNameAgrees(t *testing.T, m *facade.Module) {
	t.Helper()
	name, err := m.GetHostName()
	must(t, err)
	ip, err := m.GetHostByName(t.Context(), name)
	must(t, err)
	ent, err := m.GetHostByAddr(t.Context(), ip)
	must(t, err)
	if !slices.Contains(ent.Addrs, ip) {
		t.Errorf("%s is not an address of its host: %+v", ip, ent)
	}
	all := append([]string{name, ent.Name}, ent.Aliases...)
	fqdn, err := m.GetFQDN(t.Context(), ip)
	must(t, err)
	if !slices.Contains(all, fqdn) {
		t.Errorf("FQDN of %s is %s, of none of %v", ip, fqdn, all)
	}
	forward, err := m.GetHostByNameEx(t.Context(), name)
	if err != nil || !slices.Contains(forward.Addrs, ip) {
		t.Errorf("%s: %+v, %v", name, forward, err)
	}
	for _, self := range []string{"", " ", "0.0.0.0", "::"} {
		own, err := m.GetFQDN(t.Context(), self)
		again, _ := m.GetFQDN(t.Context(), name)
		if own != again || err != nil {
			t.Errorf("FQDN of %q is %q, %v, of the host %q", self, own, err, again)
		}
	}
}

// TestHostResolution: numeric hosts are themselves, malformed ones fail in both
// directions.
func TestHostResolution(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		for host, want := range map[string]string{
			"127.0.0.1": "127.0.0.1", "255.255.255.255": "255.255.255.255", "10.0.0.1": "10.0.0.1",
			"": "0.0.0.0", "<broadcast>": "255.255.255.255", "localhost": "127.0.0.1", "127.1": "127.0.0.1",
		} {
			if ip, err := m.GetHostByName(t.Context(), host); ip != want {
				t.Errorf("%q is %q, %v, want %s", host, ip, err, want)
			}
		}
		for _, loopback := range []string{"127.0.0.1", "::1"} {
			ent, err := m.GetHostByAddr(t.Context(), loopback)
			if err != nil || ent.Name != "localhost" || !slices.Contains(ent.Addrs, loopback) {
				t.Errorf("%s: %+v, %v", loopback, ent, err)
			}
		}
		for _, bad := range []string{"0.1.1.~1", "1+.1.1.1", "::1q", "::1::2", "1:1:1:1:1:1:1:1:1", "nosuch.example"} {
			_, err := m.GetHostByName(t.Context(), bad)
			_, err2 := m.GetHostByAddr(t.Context(), bad)
			_, err3 := m.GetHostByNameEx(t.Context(), bad)
			if !errors.Is(err, facade.EAI_NONAME) || !errors.Is(err2, facade.EAI_NONAME) || !errors.Is(err3, facade.HOST_NOT_FOUND) {
				t.Errorf("%s: %v; %v; %v", bad, err, err2, err3)
			}
		}
		_, err := m.GetHostByAddr(t.Context(), "198.51.100.7")
		var herror *facade.HError
		if !errors.As(err, &herror) || herror.Code != facade.HOST_NOT_FOUND {
			t.Errorf("an address without a name: %v", err)
		}
		if fqdn, err := m.GetFQDN(t.Context(), "198.51.100.7"); fqdn != "198.51.100.7" || err != nil {
			t.Errorf("its FQDN: %s, %v", fqdn, err)
		}
	})
}

// TestGetAddrInfo: hosts and services of every kind, in the facade's types.
func TestGetAddrInfo(t *testing.T) {
	stream := facade.AddrInfoHints{Type: facade.SOCK_STREAM}
	onPaths(t, func(t *testing.T, m *facade.Module) {
		for _, c := range []struct {
			host, service string
			hints         facade.AddrInfoHints
			want          []facade.AddrInfo
		}{
			{"127.0.0.1", "http", stream, []facade.AddrInfo{
				{Family: facade.AF_INET, Type: facade.SOCK_STREAM, Proto: facade.IPPROTO_TCP, Addr: facade.InetAddr{Host: "127.0.0.1", Port: 80}}}},
			{"fe80::1%lo", "9", stream, []facade.AddrInfo{
				{Family: facade.AF_INET6, Type: facade.SOCK_STREAM, Proto: facade.IPPROTO_TCP, Addr: facade.Inet6Addr{Host: "fe80::1", Port: 9, ScopeID: 1}}}},
			{"FF02::DE1", "", facade.AddrInfoHints{Type: facade.SOCK_RAW, Proto: facade.IPPROTO_ICMPV6, Flags: facade.AI_CANONNAME}, []facade.AddrInfo{
				{Family: facade.AF_INET6, Type: facade.SOCK_RAW, Proto: facade.IPPROTO_ICMPV6, CanonName: "FF02::DE1", Addr: facade.Inet6Addr{Host: "ff02::de1"}}}},
			{"", "7", facade.AddrInfoHints{Type: facade.SOCK_DGRAM, Flags: facade.AI_PASSIVE}, []facade.AddrInfo{
				{Family: facade.AF_INET, Type: facade.SOCK_DGRAM, Proto: facade.IPPROTO_UDP, Addr: facade.InetAddr{Host: "0.0.0.0", Port: 7}},
				{Family: facade.AF_INET6, Type: facade.SOCK_DGRAM, Proto: facade.IPPROTO_UDP, Addr: facade.Inet6Addr{Host: "::", Port: 7}}}},
		} {
			got, err := m.GetAddrInfo(t.Context(), c.host, c.service, c.hints)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s %s: %+v, %v, want %+v", c.host, c.service, got, err, c.want)
			}
		}
		_, err := m.GetAddrInfo(t.Context(), "127.0.0.1", "nosuch", stream)
		var gai *facade.GAIError
		if !errors.As(err, &gai) || gai.Code != facade.EAI_SERVICE || err.Error() != "getaddrinfo 127.0.0.1: EAI_SERVICE: Servname not supported for ai_socktype" {
			t.Errorf("bad service: %v", err)
		}
	})
}

// TestGetNameInfo: numeric with the zone by name, and what is refused.
func TestGetNameInfo(t *testing.T) {
	const numeric = facade.NI_NUMERICHOST | facade.NI_NUMERICSERV
	onPaths(t, func(t *testing.T, m *facade.Module) {
		for _, c := range []struct {
			addr  facade.Addr
			flags int
			want  string
		}{
			{facade.Inet6Addr{Host: "fe80::1", Port: 80, ScopeID: 1}, numeric, "fe80::1%lo 80"},
			{facade.Inet6Addr{Host: "fe80::1%lo", Port: 80}, numeric, "fe80::1%lo 80"},
			{facade.InetAddr{Host: "127.0.0.1", Port: 80}, numeric, "127.0.0.1 80"},
			{facade.InetAddr{Host: "127.0.0.1", Port: 80}, 0, "localhost http"},
		} {
			host, service, err := m.GetNameInfo(t.Context(), c.addr, c.flags)
			if got := host + " " + service; got != c.want || err != nil {
				t.Errorf("%v: %s, %v, want %s", c.addr, got, err, c.want)
			}
		}
		for _, c := range []struct {
			addr facade.Addr
			want error
		}{
			{facade.InetAddr{Host: "localhost"}, facade.EAI_NONAME},
			{facade.InetAddr{Host: "\xff\x00garbage"}, facade.EAI_NONAME},
			{facade.InetAddr{}, facade.EAI_NONAME},
			{facade.RawAddr{}, facade.EAI_FAMILY},
			{nil, facade.EAI_FAMILY},
			{facade.InetAddr{Host: "127.0.0.1", Port: 65536}, syscall.EINVAL},
			{facade.Inet6Addr{Host: "::1", FlowInfo: 1 << 20}, syscall.EINVAL},
		} {
			if host, _, err := m.GetNameInfo(t.Context(), c.addr, 0); !errors.Is(err, c.want) {
				t.Errorf("%v: %q, %v, want %v", c.addr, host, err, c.want)
			}
		}
	})
}

// TestSetHostName: a stack takes any name; the machine needs a privilege.
func TestSetHostName(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		name, err := m.GetHostName()
		must(t, err)
		if machine, _ := os.Hostname(); strings.Contains(t.Name(), "kernel") && name != machine {
			t.Errorf("%q, and the machine is %q", name, machine)
		}
		if strings.Contains(t.Name(), "stack") {
			name = "another.example"
		}
		err = m.SetHostName(name) // on the kernel, the one that it has
		if errors.Is(err, syscall.EPERM) && os.Geteuid() != 0 {
			return
		}
		must(t, err)
		if got, err := m.GetHostName(); got != name {
			t.Errorf("%q, %v, want %q", got, err, name)
		}
		if err := m.SetHostName(strings.Repeat("x", 65)); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("a name too long: %v", err)
		}
	})
}

// TestGetServBy: services and ports round trip; ports out of range are refused.
func TestGetServBy(t *testing.T) {
	m := facade.New(facade.Config{})
	closeAtEnd(t, m)
	for _, proto := range []string{"", "tcp"} {
		port, err := m.GetServByName("http", proto)
		must(t, err)
		name, err := m.GetServByPort(port, proto)
		must(t, err)
		if name != "http" || port != 80 {
			t.Errorf("%s is on %d", name, port)
		}
	}
	if n, err := m.GetProtoByName("icmp"); n != facade.IPPROTO_ICMP || err != nil {
		t.Errorf("icmp: %d, %v", n, err)
	}
	var socketError *facade.Error
	_, err := m.GetProtoByName("nosuch")
	if !errors.As(err, &socketError) || err.Error() != "getprotobyname: protocol not found" || !errors.Is(err, resolver.ErrProtocol) {
		t.Errorf("unknown protocol: %v", err)
	}
	if _, err = m.GetServByName("nosuch", ""); !errors.As(err, &socketError) || !errors.Is(err, resolver.ErrService) {
		t.Errorf("unknown service: %v", err)
	}
	for _, port := range []int{-1, 65536} {
		var refused *facade.ArgumentError
		if _, err := m.GetServByPort(port, ""); !errors.As(err, &refused) {
			t.Errorf("port %d: %v", port, err)
		}
	}
}

// stub is a resolver with one answer for all hosts.
type stub struct {
	resolver.Numeric
	addrs []string
}

func (s stub) GetAddrInfo(ctx context.Context, _, service string, hints resolver.Hints) ([]resolver.AddrInfo, error) {
	var all []resolver.AddrInfo
	for _, a := range s.addrs {
		some, err := s.Numeric.GetAddrInfo(ctx, a, service, hints)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// TestConfigResolver: a module asks the resolver that it was given.
func TestConfigResolver(t *testing.T) {
	m := facade.New(facade.Config{Resolver: stub{addrs: []string{"192.0.2.9"}}})
	closeAtEnd(t, m)
	if ip, err := m.GetHostByName(t.Context(), "any.example"); ip != "192.0.2.9" {
		t.Errorf("%s, %v", ip, err)
	}
	silent := facade.New(facade.Config{Resolver: stub{}})
	closeAtEnd(t, silent)
	if ip, err := silent.GetHostByName(t.Context(), "any.example"); !errors.Is(err, facade.EAI_NODATA) {
		t.Errorf("a resolver that finds nothing and says nothing: %s, %v", ip, err)
	}
}

// TestNamesOfNoModule: a nil module answers EBADF, a closed one knows no host.
func TestNamesOfNoModule(t *testing.T) {
	ctx := t.Context()
	var m *facade.Module
	for name, call := range map[string]func() error{
		"getaddrinfo":       func() error { _, err := m.GetAddrInfo(ctx, "", "1", facade.AddrInfoHints{}); return err },
		"getnameinfo":       func() error { _, _, err := m.GetNameInfo(ctx, facade.InetAddr{}, 0); return err },
		"gethostbyname":     func() error { _, err := m.GetHostByName(ctx, "localhost"); return err },
		"gethostbyname_ex":  func() error { _, err := m.GetHostByNameEx(ctx, "localhost"); return err },
		"gethostbyaddr":     func() error { _, err := m.GetHostByAddr(ctx, "127.0.0.1"); return err },
		"getfqdn":           func() error { _, err := m.GetFQDN(ctx, ""); return err },
		"gethostname":       func() error { _, err := m.GetHostName(); return err },
		"sethostname":       func() error { return m.SetHostName("x") },
		"getprotobyname":    func() error { _, err := m.GetProtoByName("tcp"); return err },
		"getservbyname":     func() error { _, err := m.GetServByName("http", ""); return err },
		"getservbyport":     func() error { _, err := m.GetServByPort(80, ""); return err },
		"create_connection": func() error { _, err := m.CreateConnection(ctx, "", 1, facade.ConnectionConfig{}); return err },
	} {
		if err := call(); !errors.Is(err, syscall.EBADF) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m.HasIPv6() {
		t.Error("a nil module has IPv6")
	}
	closed := facade.New(facade.Config{})
	must(t, closed.Close())
	if _, err := closed.GetHostName(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if ip, err := closed.GetHostByName(ctx, "10.0.0.1"); ip != "10.0.0.1" || err != nil {
		t.Errorf("closed, and a numeric host: %s, %v", ip, err)
	}
}

// TestHasIPv6: whether a socket can be made is whether it is said.
func TestHasIPv6(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET6, facade.SOCK_STREAM, 0)
		if err == nil {
			s.Close()
		}
		if m.HasIPv6() != (err == nil) {
			t.Errorf("%v, and a socket: %v", m.HasIPv6(), err)
		}
	})
}
