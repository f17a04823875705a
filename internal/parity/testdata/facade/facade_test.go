package facade_test

import (
	"testing"

	"example.org/elsewhere"
	"github.com/usernet-stack/usernet/facade"
)

func onPaths(t *testing.T, run func(*testing.T, *facade.Module)) {
	for _, c := range []facade.Config{{}, {Kernel: facade.KernelAlways}} {
		t.Run("", func(t *testing.T) { run(t, facade.New(c)) })
	}
}

func TestListener(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) { m.Listen("").Close() })
}

func TestOtherClose(t *testing.T) {
	facade.New(facade.Config{}).Socket(facade.AF_INET)
	elsewhere.Conn().Close()
	t.Cleanup(func() { var c interface{ Close() }; c.Close() })
}

func TestBoth(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) { closed(m.Socket(facade.AF_INET)) })
}

func closed(s *facade.Socket) { elsewhere.Wait(func() { s.Close() }) }

func TestStack(t *testing.T) { closed(facade.New(facade.Config{}).Socket(facade.AF_INET)) }
func TestKernel(t *testing.T) {
	closed(facade.New(facade.Config{Kernel: facade.KernelAlways}).Socket(facade.AF_INET))
}
func TestUnix(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) { closed(m.Socket(facade.AF_UNIX)) })
}

func TestPolicies(t *testing.T) {
	for _, p := range []facade.KernelPolicy{facade.KernelOthers, facade.KernelAlways} {
		closed(facade.New(facade.Config{Kernel: p}).Socket(facade.AF_INET))
	}
}

func TestMethodValue(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) { elsewhere.Wait(m.Socket(facade.AF_INET).Close) })
}
