package conformance

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"path"
	"strings"
	"testing"
	"text/template"

	"github.com/usernet-stack/usernet/internal/parity"
)

const (
	// leastOnBothPaths of the rows must have a test that does something on the
	// stack path and on the kernel path.
	leastOnBothPaths = 125
	// leastOwn of the rows must hold in modules on the stack as in modules on the
	// kernel, and not because the kernel helps in both: those, and the rows that
	// have no path.
	leastOwn = 140
)

// behaviourPage is docs/behaviour.md.
const behaviourPage = "../../docs/behaviour.md"

var update = flag.Bool("update", false, "write "+behaviourPage)

// row is one of testdata/socket_behaviour.tsv.
type row struct{ Class, Test, Behaviour string }

func (r row) key() string { return r.Class + "/" + r.Test }

func rows(t testing.TB) []row {
	t.Helper()
	f, err := os.Open("testdata/socket_behaviour.tsv")
	must(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	lines, err := r.ReadAll()
	must(t, err)
	var all []row
	for _, l := range lines[1:] {
		all = append(all, row{l[0], l[1], l[2]})
	}
	return all
}

// named are the tests that a pattern names.
func named(t testing.TB, pattern string) []string {
	t.Helper()
	var all []string
	for _, c := range suite {
		ok, err := path.Match(pattern, c.name)
		must(t, err)
		if ok {
			all = append(all, c.name)
		}
	}
	return all
}

// where tells the rows apart by what their tests run on.
type where string

const (
	onBoth    where = "stack and kernel"
	onKernel  where = "kernel"  // which carries it in every module
	onNoPath  where = "no path" // no socket is made, and the host does not matter
	onNothing where = ""        // there is no test
)

// where is where the tests of a row run: on both paths if one of them does.
func (s shown) where(t testing.TB, e *parity.Evidence) where {
	t.Helper()
	found := onNothing
	for _, pattern := range s.tests {
		for _, name := range named(t, pattern) {
			p, err := e.Paths(name)
			must(t, err)
			switch {
			case p.Both():
				return onBoth
			case p.Kernel:
				found = onKernel
			case found == onNothing:
				found = onNoPath
			}
		}
	}
	return found
}

func evidence(t testing.TB) *parity.Evidence {
	t.Helper()
	e, err := parity.LoadEvidence("../..")
	must(t, err)
	return e
}

// TestBehaviours: the table has every row and nothing else, what it names exists,
// and as many rows as are promised run where they are.
func TestBehaviours(t *testing.T) {
	e := evidence(t)
	count := map[where]int{}
	seen := map[string]bool{}
	for _, r := range rows(t) {
		s, ok := behaviours[r.key()]
		if !ok || len(s.tests) == 0 && s.note == "" {
			t.Errorf("%s has neither tests nor a reason", r.key())
		}
		if seen[r.key()] {
			t.Errorf("%s is there twice", r.key())
		}
		seen[r.key()] = true
		for _, pattern := range s.tests {
			if len(named(t, pattern)) == 0 {
				t.Errorf("%s: there is no test %s", r.key(), pattern)
			}
		}
		count[s.where(t, e)]++
	}
	for key := range behaviours {
		if !seen[key] {
			t.Errorf("%s is no row", key)
		}
	}
	if n := count[onBoth]; n < leastOnBothPaths {
		t.Errorf("%d rows run on the stack path and on the kernel path, want %d", n, leastOnBothPaths)
	}
	if n := count[onBoth] + count[onNoPath]; n < leastOwn {
		t.Errorf("%d rows run on both paths or have no path, want %d", n, leastOwn)
	}
}

// TestSuiteNames: every test has a name of its own, group/behaviour.
func TestSuiteNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range suite {
		if seen[c.name] || strings.Count(c.name, "/") < 1 {
			t.Errorf("bad name %s", c.name)
		}
		seen[c.name] = true
	}
}

var behaviourTemplate = template.Must(template.New("").Parse(`<!-- Written by go generate ./facade/conformance; do not edit. -->
# Behaviours of CPython's socket tests

Each row is a behaviour that a test of CPython's test_socket.py checks. Tests of ` + "`facade/conformance`" + ` show {{.Tested}} of
the {{.All}}. All of them run in modules on the stack (loopback and cable) and in modules on the kernel, for IPv4 and
IPv6; where what they do takes place is another matter:

| where | rows | |
|---|---|---|
| stack and kernel | {{.Both}} | the tests run on both paths |
| kernel | {{.Kernel}} | AF_UNIX, the default pair, unknown families: the kernel's in every module |
| no path | {{.NoPath}} | the resolver, byte orders, constants, refused arguments: no socket is made, and the answer does not depend on the host |
| | {{.Untested}} | no test; the row says why |
{{range .Classes}}
## {{.Name}}

| CPython's test | behaviour | shown by | where |
|---|---|---|---|
{{range .Rows}}| {{.Test}} | {{.Behaviour}} | {{.Shown}} | {{.Where}} |
{{end}}{{end}}`))

// shownRow is a row of the page.
type shownRow struct {
	row
	Shown string
	Where where
}

type class struct {
	Name string
	Rows []shownRow
}

type page struct {
	All, Tested, Both, Kernel, NoPath, Untested int

	Classes []class
}

// describe says what shows a row.
func (s shown) describe() string {
	if len(s.tests) == 0 {
		return "no test: " + s.note
	}
	text := "`" + strings.Join(s.tests, "`, `") + "`"
	if s.note != "" {
		text += ": " + s.note
	}
	return text
}

func behaviourText(t testing.TB) []byte {
	t.Helper()
	e := evidence(t)
	var p page
	count := map[where]int{}
	for _, r := range rows(t) {
		s := behaviours[r.key()]
		at := s.where(t, e)
		p.All++
		count[at]++
		if n := len(p.Classes); n == 0 || p.Classes[n-1].Name != r.Class {
			p.Classes = append(p.Classes, class{Name: r.Class})
		}
		c := &p.Classes[len(p.Classes)-1]
		r.Test = strings.ReplaceAll(r.Test, "*", "all")
		r.Behaviour = strings.ReplaceAll(r.Behaviour, "|", `\|`)
		c.Rows = append(c.Rows, shownRow{r, s.describe(), at})
	}
	p.Both, p.Kernel, p.NoPath, p.Untested = count[onBoth], count[onKernel], count[onNoPath], count[onNothing]
	p.Tested = p.All - p.Untested
	var b bytes.Buffer
	must(t, behaviourTemplate.Execute(&b, p))
	return b.Bytes()
}

// TestBehaviourPage: docs/behaviour.md is as the table makes it.
func TestBehaviourPage(t *testing.T) {
	want := behaviourText(t)
	if *update {
		must(t, os.WriteFile(behaviourPage, want, 0o644))
	}
	got, err := os.ReadFile(behaviourPage)
	must(t, err)
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Errorf("%s is stale: go generate ./facade/conformance", behaviourPage)
	}
}
