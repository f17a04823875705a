package differential_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade/differential"
)

// TestGenerate has a seed always make the same program, and another seed another.
func TestGenerate(t *testing.T) {
	a, again, b := differential.Generate(7), differential.Generate(7), differential.Generate(8)
	if !slices.Equal(a, again) || slices.Equal(a, b) {
		t.Fatalf("seed 7:\n%vand again:\n%vseed 8:\n%v", a, again, b)
	}
}

// TestDecode has every program come back from its bytes, and any bytes be a
// program that does.
func TestDecode(t *testing.T) {
	for seed := range uint64(100) {
		p := differential.Generate(seed)
		if q := differential.Decode(p.Encode()); !slices.Equal(p, q) {
			t.Fatalf("seed %d:\n%vcame back as:\n%v", seed, p, q)
		}
	}
	p := differential.Decode([]byte(strings.Repeat("\xff\x80\xfe\x7f\x03", 1000) + "x"))
	if q := differential.Decode(p.Encode()); len(p) == 0 || len(p) > 100 || !slices.Equal(p, q) {
		t.Fatalf("%d calls:\n%vcame back as:\n%v", len(p), p, q)
	}
}
