package differential_test

import (
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade/differential"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// TestKnownDifferences runs the program of every known difference: a row whose
// difference is gone must go too.
func TestKnownDifferences(t *testing.T) {
	names := make(map[string]bool)
	for _, k := range differential.KnownDifferences() {
		t.Run(k.Name, func(t *testing.T) {
			if k.Reason == "" || names[k.Name] {
				t.Error("the row has no reason, or another one has its name")
			}
			names[k.Name] = true
			if k.Isolated {
				testenv.Root(t)
			}
			on(t, differential.Config{Steady: 4 * time.Millisecond}, func(r *differential.Runner) {
				if d := r.Run(k.Program); d != nil {
					t.Errorf("an unknown difference comes first:\n%v", d)
				}
				if r.Hits()[k.Name] == 0 {
					t.Errorf("the difference is gone: take it out of the table\n%v", k.Program)
				}
			})
		})
	}
}
