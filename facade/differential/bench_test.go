package differential_test

import (
	"runtime"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/differential"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// bench is a runner on a pair of modules, on a thread of its own: namespaces are
// the threads'.
type bench struct {
	runs  chan func(*differential.Runner)
	ended chan struct{}
}

func newBench(t testing.TB, c differential.Config) *bench {
	if runtime.GOOS != "linux" {
		testenv.Skip(t, "the kernel path is Linux's")
	}
	b := &bench{make(chan func(*differential.Runner)), make(chan struct{})}
	go b.run(t, c)
	return b
}

func (b *bench) run(t testing.TB, c differential.Config) {
	defer close(b.ended)
	var err error
	if c.Isolated, err = enterNamespace(); err != nil {
		t.Error(err)
	}
	c.Stack = facade.New(facade.Config{Kernel: facade.KernelNever})
	defer closeModule(t, c.Stack)
	c.Kernel = facade.New(facade.Config{Kernel: facade.KernelAlways})
	defer closeModule(t, c.Kernel)
	r := differential.NewRunner(c)
	for run := range b.runs {
		run(r)
	}
}

func closeModule(t testing.TB, m *facade.Module) {
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// do runs fn, and waits for it.
func (b *bench) do(fn func(*differential.Runner)) {
	done := make(chan struct{})
	b.runs <- func(r *differential.Runner) {
		defer close(done)
		fn(r)
	}
	<-done
}

func (b *bench) close() {
	close(b.runs)
	<-b.ended
}

// on runs fn with a runner of its own.
func on(t testing.TB, c differential.Config, fn func(*differential.Runner)) {
	t.Helper()
	b := newBench(t, c)
	defer b.close()
	b.do(fn)
}
