package bench_test

import (
	"testing"

	"github.com/usernet-stack/usernet/bench"
)

// BenchmarkNetwork runs every load on every target: use -bench to choose, as in
// -bench Network/stream/stack.
func BenchmarkNetwork(b *testing.B) {
	for _, load := range bench.Loads {
		b.Run(load.Name, func(b *testing.B) {
			for _, target := range bench.Targets {
				b.Run(target.Name, func(b *testing.B) {
					n, err := target.Open()
					if err != nil {
						b.Fatal(err)
					}
					b.Cleanup(func() {
						if err := n.Close(); err != nil {
							b.Error(err)
						}
					})
					load.Run(b, n)
				})
			}
		})
	}
}
