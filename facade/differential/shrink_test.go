package differential_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade/differential"
)

// TestShrink has a difference found, made small and told, when no difference is
// known.
func TestShrink(t *testing.T) {
	on(t, differential.KnowingNothing(), func(r *differential.Runner) {
		noisy, essence := differential.NoisyProgram()
		d := r.Run(noisy)
		if d == nil {
			t.Error("no difference was found")
			return
		}
		small := r.Shrink(d)
		if !slices.Equal(small.Program, essence) {
			t.Errorf("the program became:\n%vwant:\n%v", small.Program, essence)
		}
		for _, want := range []string{"s3.sendAll(none, sendMore)", "kernel: EDESTADDRREQ", "stack:  EOPNOTSUPP"} {
			if !strings.Contains(small.String(), want) {
				t.Errorf("the report lacks %q:\n%v", want, small)
			}
		}
	})
}
