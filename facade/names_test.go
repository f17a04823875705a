package facade_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/stack"
)

// TestConfigHostName: a stack's name leads to its best address, and back.
func TestConfigHostName(t *testing.T) {
	s, err := stack.New(stack.Config{HostName: "host.example"})
	must(t, err)
	closeAtEnd(t, s)
	m := facade.New(facade.Config{Stack: s})
	closeAtEnd(t, m)
	if ip, err := m.GetHostByName(t.Context(), "host.example"); ip != "127.0.0.1" || err != nil {
		t.Errorf("with a loopback only: %s, %v", ip, err)
	}
	must(t, s.AddAddress(1, netip.MustParsePrefix("10.1.2.3/24")))
	if ip, err := m.GetHostByName(t.Context(), "host.example"); ip != "10.1.2.3" || err != nil {
		t.Errorf("%s, %v", ip, err)
	}
	if fqdn, err := m.GetFQDN(t.Context(), "10.1.2.3"); fqdn != "host.example" || err != nil {
		t.Errorf("%s, %v", fqdn, err)
	}
}

// TestHostNameOfKernel: on the kernel path the host is the machine.
func TestHostNameOfKernel(t *testing.T) {
	m := facade.New(facade.Config{Kernel: facade.KernelAlways})
	closeAtEnd(t, m)
	machine, err := os.Hostname()
	must(t, err)
	if name, err := m.GetHostName(); name != machine || err != nil {
		t.Errorf("%q, %v, and the machine is %q", name, err, machine)
	}
}

// stub is a resolver with one answer for all hosts.
type stub struct {
	*resolver.Switch
	addrs []string
}

func stubOf(addrs ...string) stub { return stub{new(resolver.Switch), addrs} }

func (s stub) GetAddrInfo(ctx context.Context, _, service string, hints resolver.Hints) ([]resolver.AddrInfo, error) {
	var all []resolver.AddrInfo
	for _, a := range s.addrs {
		some, err := s.Switch.GetAddrInfo(ctx, a, service, hints)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// TestConfigResolver: a module asks the resolver that it was given.
func TestConfigResolver(t *testing.T) {
	m := facade.New(facade.Config{Resolver: stubOf("192.0.2.9")})
	closeAtEnd(t, m)
	if ip, err := m.GetHostByName(t.Context(), "any.example"); ip != "192.0.2.9" {
		t.Errorf("%s, %v", ip, err)
	}
	silent := facade.New(facade.Config{Resolver: stubOf()})
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
