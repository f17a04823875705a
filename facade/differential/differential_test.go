package differential_test

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usernet-stack/usernet/facade/differential"
)

var (
	sequences = flag.Int("sequences", 0, "programs to run; 0 is 10,000, or 1,000 under -short and -race")
	seed      = flag.Uint64("seed", 1, "of the first program; the next ones count up")
)

// renewal is how many programs share a pair of modules, and a namespace: what
// they leave behind, such as TIME-WAIT, does not add up.
const renewal = 500

func programs() int {
	switch {
	case *sequences > 0:
		return *sequences
	case testing.Short() || raceEnabled:
		return 1000
	}
	return 10_000
}

var reported = flag.Int("reported", 12, "kinds of differences to make small and report")

// tally is what all workers have found.
type tally struct {
	mu    sync.Mutex
	kinds map[string]int
	hits  map[string]int
	calls int
}

// add counts a difference, and makes the first one of its kind small.
func (a *tally) add(r *differential.Runner, seed uint64, d *differential.Difference) string {
	a.mu.Lock()
	a.kinds[d.Kind()]++
	known := a.kinds[d.Kind()] > 1 || len(a.kinds) > *reported
	a.mu.Unlock()
	if known {
		return ""
	}
	return fmt.Sprintf("seed %d: %s\n%v", seed, d.Kind(), r.Shrink(d))
}

// TestPrograms runs generated programs on both paths.
func TestPrograms(t *testing.T) {
	n := programs()
	all := &tally{kinds: make(map[string]int), hits: make(map[string]int)}
	var next atomic.Uint64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				first := next.Add(renewal) - renewal
				if first >= uint64(n) {
					return
				}
				runBatch(t, all, *seed+first, min(renewal, n-int(first)))
			}
		})
	}
	workers.Wait()
	t.Logf("%d programs, %d calls", n, all.calls)
	for _, name := range slices.Sorted(maps.Keys(all.hits)) {
		t.Logf("known %5d times: %s", all.hits[name], name)
	}
	for _, kind := range slices.Sorted(maps.Keys(all.kinds)) {
		t.Errorf("%5d times: %s", all.kinds[kind], kind)
	}
}

func runBatch(t *testing.T, all *tally, first uint64, n int) {
	on(t, differential.Config{}, func(r *differential.Runner) {
		for seed := first; seed < first+uint64(n); seed++ {
			if d := r.Run(differential.Generate(seed)); d != nil {
				if report := all.add(r, seed, d); report != "" {
					t.Error(report)
				}
			}
		}
		all.mu.Lock()
		defer all.mu.Unlock()
		all.calls += r.Calls()
		for name, n := range r.Hits() {
			all.hits[name] += n
		}
	})
}
