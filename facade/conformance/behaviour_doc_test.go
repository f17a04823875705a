package conformance

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"text/template"
)

// leastBehaviours of the rows must have tests.
const leastBehaviours = 140

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

// isPending tells whether a test's group does not exist yet.
func isPending(pattern string) bool {
	group, _, _ := strings.Cut(pattern, "/")
	return slices.Contains(pendingGroups, group)
}

// exists tells whether a pattern names a test.
func exists(t testing.TB, pattern string) bool {
	t.Helper()
	return slices.ContainsFunc(suite, func(c test) bool {
		ok, err := path.Match(pattern, c.name)
		must(t, err)
		return ok
	})
}

// TestBehaviours: the table has every row and nothing else, and what it names
// exists.
func TestBehaviours(t *testing.T) {
	tested := 0
	seen := map[string]bool{}
	for _, r := range rows(t) {
		s, ok := behaviours[r.key()]
		if !ok || len(s.tests) == 0 && s.note == "" {
			t.Errorf("%s has neither tests nor a reason", r.key())
		}
		if len(s.tests) > 0 {
			tested++
		}
		if seen[r.key()] {
			t.Errorf("%s is there twice", r.key())
		}
		seen[r.key()] = true
		for _, pattern := range s.tests {
			if !isPending(pattern) && !exists(t, pattern) {
				t.Errorf("%s: there is no test %s", r.key(), pattern)
			}
		}
	}
	for key := range behaviours {
		if !seen[key] {
			t.Errorf("%s is no row", key)
		}
	}
	for _, group := range pendingGroups {
		if slices.ContainsFunc(suite, func(c test) bool { return strings.HasPrefix(c.name, group+"/") }) {
			t.Errorf("%s is pending, and has tests", group)
		}
	}
	if tested < leastBehaviours {
		t.Errorf("%d rows have tests, want %d", tested, leastBehaviours)
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

Each row is a behaviour that a test of CPython's test_socket.py checks. {{.Tested}} of {{.All}} are tests of ` + "`facade/conformance`" + `,
which run on the stack (loopback and cable) and on the kernel, over IPv4 and IPv6
{{- with .Pending}}; {{.}} more are to come{{end}}. The rest say why not.
{{range .Classes}}
## {{.Name}}

| CPython's test | behaviour | shown by |
|---|---|---|
{{range .Rows}}| {{.Test}} | {{.Behaviour}} | {{.Shown}} |
{{end}}{{end}}`))

// shownRow is a row of the page.
type shownRow struct {
	row
	Shown string
}

type class struct {
	Name string
	Rows []shownRow
}

type page struct {
	All, Tested, Pending int
	Classes              []class
}

// describe is the last column of a row.
func (s shown) describe() string {
	if len(s.tests) == 0 {
		return "no test: " + s.note
	}
	var all []string
	for _, pattern := range s.tests {
		text := "`" + pattern + "`"
		if isPending(pattern) {
			text += " (to come)"
		}
		all = append(all, text)
	}
	text := strings.Join(all, ", ")
	if s.note != "" {
		text += ": " + s.note
	}
	return text
}

func behaviourText(t testing.TB) []byte {
	t.Helper()
	var p page
	for _, r := range rows(t) {
		s := behaviours[r.key()]
		p.All++
		switch {
		case len(s.tests) == 0:
		case slices.ContainsFunc(s.tests, isPending):
			p.Pending++
		default:
			p.Tested++
		}
		if n := len(p.Classes); n == 0 || p.Classes[n-1].Name != r.Class {
			p.Classes = append(p.Classes, class{Name: r.Class})
		}
		c := &p.Classes[len(p.Classes)-1]
		r.Test = strings.ReplaceAll(r.Test, "*", "all")
		r.Behaviour = strings.ReplaceAll(r.Behaviour, "|", `\|`)
		c.Rows = append(c.Rows, shownRow{r, s.describe()})
	}
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
