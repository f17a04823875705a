package facade_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// stubbed is a module on a path of onPaths, with a resolver that answers addrs.
func stubbed(t *testing.T, addrs ...string) *facade.Module {
	t.Helper()
	config := facade.Config{Resolver: stub{addrs: addrs}}
	if strings.Contains(t.Name(), "/kernel") {
		config.Kernel = facade.KernelAlways
	}
	m := facade.New(config)
	closeAtEnd(t, m)
	return m
}

func portOf(t *testing.T, a facade.Addr) int {
	t.Helper()
	in, ok := a.(facade.InetAddr)
	if !ok {
		t.Fatalf("%v is no InetAddr", a)
	}
	return in.Port
}

// TestCreateConnection: of a host's addresses, the first that answers.
func TestCreateConnection(t *testing.T) {
	onPaths(t, func(t *testing.T, _ *facade.Module) {
		m := stubbed(t, "::1", "127.0.0.2", "127.0.0.1")
		must(t, m.SetDefaultTimeout(patience))
		_, a := listening(t, m, facade.InetAddr{Host: "127.0.0.1"})
		s, err := m.CreateConnection(t.Context(), "any.example", portOf(t, a), facade.ConnectionConfig{})
		must(t, err)
		closeAtEnd(t, s)
		if peer, err := s.GetPeerName(); peer != a || err != nil {
			t.Errorf("connected to %v, %v, want %v", peer, err, a)
		}
		if s.Family() != facade.AF_INET || s.GetTimeout() != patience {
			t.Errorf("family %v, timeout %v", s.Family(), s.GetTimeout())
		}
	})
}

// TestCreateConnectionRefused: the last error, or all of them.
func TestCreateConnectionRefused(t *testing.T) {
	onPaths(t, func(t *testing.T, _ *facade.Module) {
		m := stubbed(t, "::1", "127.0.0.2", "127.0.0.1")
		closed, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
		must(t, err)
		closeAtEnd(t, closed)
		must(t, closed.Bind(facade.InetAddr{Host: "127.0.0.1"}))
		name, err := closed.GetSockName()
		must(t, err)
		port := portOf(t, name)
		_, err = m.CreateConnection(t.Context(), "any.example", port, facade.ConnectionConfig{})
		var one *facade.Error
		text := "connect " + name.String() + ": ECONNREFUSED: connection refused"
		if !errors.As(err, &one) || one.Addr != name || one.Errno != syscall.ECONNREFUSED || err.Error() != text {
			t.Errorf("%v, want %s", err, text)
		}
		_, err = m.CreateConnection(t.Context(), "any.example", port, facade.ConnectionConfig{AllErrors: true})
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok || len(joined.Unwrap()) != 3 || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("all errors: %v", err)
		}
	})
}

// TestCreateConnectionConfig: timeouts, and the address to come from.
func TestCreateConnectionConfig(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		l, a := listening(t, m, facade.InetAddr{Host: "127.0.0.1"})
		must(t, l.SetTimeout(patience))
		must(t, m.SetDefaultTimeout(patience))
		for _, c := range []struct{ timeout, want time.Duration }{
			{0, patience}, {facade.NoTimeout, facade.NoTimeout}, {patience + 1, patience + 1},
		} {
			s, err := m.CreateConnection(t.Context(), "127.0.0.1", portOf(t, a), facade.ConnectionConfig{Timeout: c.timeout})
			must(t, err)
			if s.GetTimeout() != c.want {
				t.Errorf("timeout %v gives %v", c.timeout, s.GetTimeout())
			}
			must(t, s.Close())
		}
		free, source := listening(t, m, facade.InetAddr{Host: "127.0.0.1"})
		must(t, free.Close())
		s, err := m.CreateConnection(t.Context(), "localhost", portOf(t, a), facade.ConnectionConfig{Source: source})
		must(t, err)
		if own, err := s.GetSockName(); own != source || err != nil {
			t.Errorf("from %v, %v", own, err)
		}
		must(t, s.Close())
	})
}

// silentModule is a module whose resolver answers twice with an address that never
// answers.
func silentModule(t *testing.T) *facade.Module {
	t.Helper()
	a, _ := link.NewCable(link.CableConfig{})
	s, err := stack.New(stack.Config{Links: []stack.LinkConfig{
		{Endpoint: a, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}}})
	must(t, err)
	closeAtEnd(t, s)
	m := facade.New(facade.Config{Stack: s, Resolver: stub{addrs: []string{"192.0.2.2", "192.0.2.3"}}})
	closeAtEnd(t, m)
	return m
}

// TestCreateConnectionEnds: a timeout stays one, and a context ends the attempts.
func TestCreateConnectionEnds(t *testing.T) {
	testenv.LeakCheck(t)
	m := silentModule(t)
	all := facade.ConnectionConfig{AllErrors: true}
	attempts := func(err error) int {
		joined, _ := err.(interface{ Unwrap() []error })
		if joined == nil {
			return 0
		}
		return len(joined.Unwrap())
	}

	late := facade.ConnectionConfig{AllErrors: true, Timeout: time.Millisecond}
	_, err := m.CreateConnection(t.Context(), "any", 9, late)
	if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.HasSuffix(err.Error(), ": timed out") || attempts(err) != 2 {
		t.Errorf("timeout: %v", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err = m.CreateConnection(soon, "any", 9, all); !errors.Is(err, os.ErrDeadlineExceeded) || attempts(err) != 1 {
		t.Errorf("deadline: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = m.CreateConnection(gone, "any", 9, all); !errors.Is(err, context.Canceled) || attempts(err) != 1 {
		t.Errorf("cancelled: %v", err)
	}
}

// TestCreateConnectionRefuses bad arguments before any I/O.
func TestCreateConnectionRefuses(t *testing.T) {
	m := facade.New(facade.Config{})
	closeAtEnd(t, m)
	for _, c := range []struct {
		host    string
		port    int
		timeout time.Duration
		want    error
	}{
		{"127.0.0.1", -1, 0, syscall.EINVAL},
		{"127.0.0.1", 65536, 0, syscall.EINVAL},
		{"127.0.0.1", 1, -1, syscall.EINVAL},
		{"nosuch.example", 1, 0, facade.EAI_NONAME},
	} {
		_, err := m.CreateConnection(t.Context(), c.host, c.port, facade.ConnectionConfig{Timeout: c.timeout})
		if !errors.Is(err, c.want) {
			t.Errorf("%s %d %v: %v, want %v", c.host, c.port, c.timeout, err, c.want)
		}
	}
}
