package conformance_test

import (
	"log/slog"
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/conformance"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

func closeAtEnd(t testing.TB, c interface{ Close() error }) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// host makes a module on a stack of its own.
func host(t testing.TB, c stack.Config) *facade.Module {
	t.Helper()
	s, err := stack.New(c)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, s)
	m := facade.New(facade.Config{Stack: s})
	closeAtEnd(t, m)
	return m
}

func prefixes(all ...string) []netip.Prefix {
	var ps []netip.Prefix
	for _, p := range all {
		ps = append(ps, netip.MustParsePrefix(p))
	}
	return ps
}

// silentLink is a link whose other end nobody has.
func silentLink() stack.LinkConfig {
	a, _ := link.NewCable(link.CableConfig{})
	return stack.LinkConfig{Name: "silent0", Endpoint: a, Addresses: prefixes("192.0.2.1/24", "2001:db8::1/64")}
}

// narrow is a loopback of its own.
func narrow(t *testing.T, env conformance.Env, first, last int) conformance.Env {
	env.Client = host(t, stack.Config{EphemeralPorts: stack.PortRange{First: uint16(first), Last: uint16(last)}})
	env.Server, env.Host = env.Client, "127.0.0.1"
	if env.Family == facade.AF_INET6 {
		env.Host = "::1"
	}
	return env
}

// logged is a loopback of its own, too.
func logged(l *slog.Logger) *facade.Module { return facade.New(facade.Config{Logger: l}) }

// TestLoopback runs the suite within one stack.
func TestLoopback(t *testing.T) {
	for _, env := range []conformance.Env{
		{Family: facade.AF_INET, Host: "127.0.0.1", Silent: "192.0.2.2"},
		{Family: facade.AF_INET6, Host: "::1", Silent: "2001:db8::2"},
	} {
		t.Run(env.Family.String(), func(t *testing.T) {
			testenv.LeakCheck(t)
			m := host(t, stack.Config{Links: []stack.LinkConfig{silentLink()}})
			env.Client, env.Server = m, m
			env.Skip, env.Narrow, env.Logged = testenv.Skip, narrow, logged
			conformance.Run(t, env)
		})
	}
}

// TestCable runs the suite between two stacks that a cable of MTU 1500 joins.
func TestCable(t *testing.T) {
	for _, env := range []conformance.Env{
		{Family: facade.AF_INET, Host: "10.0.0.2", Silent: "192.0.2.2"},
		{Family: facade.AF_INET6, Host: "fd00::2", Silent: "2001:db8::2"},
	} {
		t.Run(env.Family.String(), func(t *testing.T) {
			testenv.LeakCheck(t)
			a, b := link.NewCable(link.CableConfig{MTU: 1500})
			env.Client = host(t, stack.Config{Links: []stack.LinkConfig{
				{Endpoint: a, Addresses: prefixes("10.0.0.1/24", "fd00::1/64")}, silentLink(),
			}})
			env.Server = host(t, stack.Config{Links: []stack.LinkConfig{
				{Endpoint: b, Addresses: prefixes("10.0.0.2/24", "fd00::2/64")},
			}})
			env.Skip, env.Narrow, env.Logged = testenv.Skip, narrow, logged
			conformance.Run(t, env)
		})
	}
}
