package differential_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/differential"
)

// FuzzPrograms runs programs that the fuzzer makes of generated ones and of those
// of the known differences.
func FuzzPrograms(f *testing.F) {
	const generated = 64
	for seed := range uint64(generated) {
		f.Add(differential.Generate(seed).Encode())
	}
	for _, k := range differential.KnownDifferences() {
		f.Add(k.Program.Encode())
	}
	b, runs := newBench(f, differential.Config{}), 0
	defer func() { b.close() }()
	f.Fuzz(func(t *testing.T, input []byte) {
		if runs++; runs%renewal == 0 {
			b.close()
			b = newBench(f, differential.Config{})
		}
		b.do(func(r *differential.Runner) {
			if d := r.Run(differential.Decode(input)); d != nil {
				t.Errorf("%s\n%v", d.Kind(), r.Shrink(d))
			}
		})
	})
}
