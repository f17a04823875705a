package facade_test

import (
	"os"
	"testing"

	"github.com/usernet-stack/usernet/internal/parity"
)

//go:generate go run ../internal/parity/generate

func documented(t *testing.T) []parity.Name {
	t.Helper()
	document, err := os.ReadFile("testdata/python-socket-module.rst")
	must(t, err)
	return parity.Parse(string(document))
}

func parityFacade(t *testing.T) *parity.Facade {
	t.Helper()
	f, err := parity.Load("..", constantRows(t))
	must(t, err)
	return f
}

// TestParity: every name of the reference has a Go counterpart, and a test that
// names it and runs on the paths where the table has it.
func TestParity(t *testing.T) {
	names := documented(t)
	if len(names) < 80 {
		t.Fatalf("the reference has only %d names", len(names))
	}
	f := parityFacade(t)
	evidence, err := parity.LoadEvidence("..")
	must(t, err)
	for _, n := range append(names, parity.Customary...) {
		name, ok, err := f.Counterpart(n)
		if err != nil {
			t.Error(err)
			continue
		}
		if !ok {
			t.Errorf("%s has no counterpart %s", n, name)
		} else if err := evidence.Check(n, name); err != nil {
			t.Error(err)
		}
	}
}

// TestParityTableIsFresh: what go generate would write is there.
func TestParityTableIsFresh(t *testing.T) {
	want, err := parity.Table(documented(t), parity.Customary, parityFacade(t))
	must(t, err)
	got, err := os.ReadFile("../docs/parity.md")
	must(t, err)
	if string(got) != want {
		t.Error("docs/parity.md is stale: run go generate ./facade")
	}
}
