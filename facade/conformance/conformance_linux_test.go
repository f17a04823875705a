package conformance_test

import (
	"log/slog"
	"os"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/conformance"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver"
)

func TestMain(m *testing.M) { os.Exit(testenv.RunInNetns(m)) }

// TestKernel runs the suite on the kernel path, in a namespace of its own where
// there is root.
func TestKernel(t *testing.T) {
	for _, env := range []conformance.Env{
		{Family: facade.AF_INET, Host: "127.0.0.1", Silent: testenv.Silent4},
		{Family: facade.AF_INET6, Host: "::1", Silent: testenv.Silent6},
	} {
		t.Run(env.Family.String(), func(t *testing.T) {
			m := facade.New(facade.Config{Kernel: facade.KernelAlways, Names: &resolver.Config{}})
			closeAtEnd(t, m)
			env.Client, env.Server, env.Skip = m, m, testenv.Skip
			env.Logged = func(l *slog.Logger) *facade.Module {
				return facade.New(facade.Config{Kernel: facade.KernelAlways, Names: &resolver.Config{}, Logger: l})
			}
			if testenv.InNetns() {
				env.Narrow = func(t *testing.T, env conformance.Env, first, last int) conformance.Env {
					testenv.SetEphemeralPorts(t, first, last)
					return env
				}
			} else {
				env.Silent, env.WhyNotSilent = "", "a silent host on the kernel's network needs a namespace, and so root"
				env.WhyNotRenamed = "the machine's host name is not for a test to change: it needs a namespace, and so root"
			}
			conformance.Run(t, env)
		})
	}
}
