package optiontable_test

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade/netstack/optiontable"
)

// constants reads the names and numbers of socket constants on Linux.
func constants(t *testing.T) map[string]int {
	t.Helper()
	b, err := os.ReadFile("../../testdata/constants.tsv")
	must(t, err)
	all := make(map[string]int)
	for line := range strings.Lines(string(b)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if n, err := strconv.Atoi(fields[1]); err == nil {
			all[fields[0]] = n
		}
	}
	return all
}

// TestEveryOptionHasARow: each constant is the name of one row, or no option.
func TestEveryOptionHasARow(t *testing.T) {
	numbers := constants(t)
	rows := make(map[string]int)
	for _, r := range optiontable.Rows() {
		for _, name := range append([]string{r.Name}, r.Aliases...) {
			rows[name]++
			if n, ok := numbers[name]; !ok || n != r.Number {
				t.Errorf("%s is %d in the table, and %d on Linux", name, r.Number, n)
			}
		}
	}
	classified := 0
	for name := range numbers {
		if !optiontable.Wanted(name) {
			continue
		}
		classified++
		other := optiontable.Other(name)
		switch {
		case rows[name] > 1:
			t.Errorf("%s has %d rows", name, rows[name])
		case rows[name] == 0 && other == "":
			t.Errorf("%s has neither a row nor a class", name)
		case rows[name] == 1 && other != "":
			t.Errorf("%s has a row and is %s", name, other)
		}
	}
	if classified < 200 {
		t.Errorf("only %d constants were looked at", classified)
	}
}

// TestRowsAreWhole: a row that is not just supported says why, and one that is has
// something to test.
func TestRowsAreWhole(t *testing.T) {
	type place struct{ level, number int }
	seen := make(map[place]string)
	for _, r := range optiontable.Rows() {
		at := place{r.Level, r.Number}
		if other, ok := seen[at]; ok {
			t.Errorf("%s and %s are one option", r.Name, other)
		}
		seen[at] = r.Name
		if r.Form == "" {
			t.Errorf("%s has no form", r.Name)
		}
		if r.Status != optiontable.Supported && r.Why == "" {
			t.Errorf("%s is %v and does not say why", r.Name, r.Status)
		}
		kept := r.Status == optiontable.Supported || r.Status == optiontable.NoEffect
		if kept && r.Access != optiontable.ReadOnly && len(r.Takes)+len(r.Refuses) == 0 {
			t.Errorf("%s is %v and has no samples", r.Name, r.Status)
		}
	}
}

// TestDocsAreFresh: docs/options.md is what go generate prints.
func TestDocsAreFresh(t *testing.T) {
	b, err := os.ReadFile("../../../docs/options.md")
	must(t, err)
	if !bytes.Equal(b, optiontable.Markdown()) {
		t.Error("docs/options.md is stale: run go generate ./facade/netstack/optiontable")
	}
}
