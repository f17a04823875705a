// Command ratios runs the benchmarks several times over, target by target in
// turn, and prints for each load the medians, their spread and the ratio to the
// kernel in the same run.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/bench"
)

func main() {
	var o options
	flag.IntVar(&o.rounds, "n", 5, "`rounds` that each median is of")
	flag.StringVar(&o.loads, "loads", "", "`names` of the loads, separated by commas; all by default")
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.DurationVar(&o.time, "time", time.Second, "`time` of one measurement, about")
	flag.Parse()
	if flag.NArg() > 0 || o.rounds < 1 || o.time <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ratios:", err)
		os.Exit(1)
	}
}

type options struct {
	rounds int
	time   time.Duration
	loads  string
	json   bool
}

// Row is what was measured of one load on one target.
type Row struct {
	Load   string `json:"load"`
	Target string `json:"target"`
	Unit   string `json:"unit"`
	// NsPerOp are the rounds' figures, sorted.
	NsPerOp []float64 `json:"ns_per_op"`
	// Ratio is the kernel's median by this one's: over 1 is faster.
	Ratio float64 `json:"ratio_to_kernel"`
	// AllocsPerOp and AllocsPerMB are medians; the second one is of loads that
	// move bytes, in megabytes of 10^6.
	AllocsPerOp float64 `json:"allocs_per_op"`
	AllocsPerMB float64 `json:"allocs_per_mb,omitempty"`
}

func (r Row) median() float64 { return median(r.NsPerOp) }

func median(all []float64) float64 {
	s := slices.Sorted(slices.Values(all))
	if len(s)%2 == 1 {
		return s[len(s)/2]
	}
	return (s[len(s)/2-1] + s[len(s)/2]) / 2
}

func run(o options, w io.Writer) error {
	testing.Init()
	if err := flag.Set("test.benchtime", o.time.String()); err != nil {
		return err
	}
	var rows []Row
	for _, load := range bench.Loads {
		if o.loads != "" && !slices.Contains(strings.Split(o.loads, ","), load.Name) {
			continue
		}
		measured, err := measure(load, o.rounds)
		if err != nil {
			return err
		}
		rows = append(rows, measured...)
	}
	if len(rows) == 0 {
		return errors.New("no load has such a name")
	}
	if o.json {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(rows)
	}
	return print(w, rows)
}

// measure runs one load on every target, in turn, so that what disturbs the
// machine disturbs them all.
func measure(load bench.Load, rounds int) ([]Row, error) {
	rows := make([]Row, len(bench.Targets))
	allocs := make([][]float64, len(bench.Targets))
	var bytes int64
	for range rounds {
		for i, target := range bench.Targets {
			r, err := once(load, target)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", load.Name, target.Name, err)
			}
			rows[i].NsPerOp = append(rows[i].NsPerOp, float64(r.T)/float64(r.N))
			allocs[i] = append(allocs[i], float64(r.MemAllocs)/float64(r.N))
			bytes = r.Bytes
		}
	}
	for i := range rows {
		row := &rows[i]
		row.Load, row.Target, row.Unit = load.Name, bench.Targets[i].Name, load.Unit
		slices.Sort(row.NsPerOp)
		row.Ratio = rows[0].median() / row.median()
		row.AllocsPerOp = median(allocs[i])
		if bytes > 0 {
			row.AllocsPerMB = row.AllocsPerOp / float64(bytes) * 1e6
		}
	}
	return rows, nil
}

func once(load bench.Load, target bench.Target) (testing.BenchmarkResult, error) {
	n, err := target.Open()
	if err != nil {
		return testing.BenchmarkResult{}, err
	}
	r := testing.Benchmark(func(b *testing.B) { load.Run(b, n) })
	if r.N == 0 {
		err = errors.New("the load failed")
	}
	return r, errors.Join(err, n.Close())
}

func print(w io.Writer, rows []Row) error {
	var b strings.Builder
	load := ""
	for _, r := range rows {
		if r.Load != load {
			load = r.Load
			fmt.Fprintf(&b, "\n%s (%s), median of %d\n", r.Load, r.Unit, len(r.NsPerOp))
			fmt.Fprintf(&b, "  %-18s %12s %23s %10s %10s %10s\n", "", "µs", "lowest – highest", "× kernel", "allocs", "allocs/MB")
		}
		perMB := ""
		if r.AllocsPerMB > 0 {
			perMB = fmt.Sprintf("%.1f", r.AllocsPerMB)
		}
		spread := fmt.Sprintf("%.2f – %.2f", r.NsPerOp[0]/1e3, r.NsPerOp[len(r.NsPerOp)-1]/1e3)
		fmt.Fprintf(&b, "  %-18s %12.2f %23s %10.2f %10.1f %10s\n", r.Target, r.median()/1e3, spread, r.Ratio, r.AllocsPerOp, perMB)
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}
