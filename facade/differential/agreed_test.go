package differential_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/differential"
)

// TestAgreed runs the programs of differences that were mended.
func TestAgreed(t *testing.T) {
	for name, p := range differential.Agreed() {
		t.Run(name, func(t *testing.T) {
			on(t, differential.KnowingNothing(), func(r *differential.Runner) {
				if d := r.Run(p); d != nil {
					t.Errorf("%v", d)
				}
			})
		})
	}
}
