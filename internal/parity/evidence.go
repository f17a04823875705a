package parity

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Evidence is what the tests of package facade and of facade/conformance mention.
type Evidence struct {
	// tests are by name.
	tests map[string]mentions
	// helpers are all functions of the tests, by name.
	helpers map[string]mentions
}

// anyGroup stands for the groups of a behaviour whose name is put together.
const anyGroup = "*/"

// mentions are the names in a piece of source: "name" on its own, "facade.Name" of
// the package, ".Name" of anything else.
type mentions map[string]bool

// LoadEvidence parses the tests of the tree at root.
func LoadEvidence(root string) (*Evidence, error) {
	e := &Evidence{map[string]mentions{}, map[string]mentions{}}
	for _, source := range []struct{ folder, suffix string }{
		{"facade", "_test.go"}, {"facade/conformance", ".go"},
	} {
		files, err := filepath.Glob(filepath.Join(root, source.folder, "*"+source.suffix))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			e.add(parsed)
		}
	}
	return e, nil
}

func (e *Evidence) add(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			e.helpers[n.Name.Name] = mentionsOf(n)
			if strings.HasPrefix(n.Name.Name, "Test") {
				e.tests[n.Name.Name] = e.helpers[n.Name.Name]
			}
		case *ast.CompositeLit: // {"Group/Behaviour", function} of the conformance suite
			if len(n.Elts) != 2 {
				return true
			}
			name, ok := n.Elts[0].(*ast.BasicLit)
			if ok && name.Kind == token.STRING {
				text, _ := strconv.Unquote(name.Value)
				switch group, _, ok := strings.Cut(text, "/"); {
				case ok && group != "":
					e.tests[text] = mentionsOf(n.Elts[1])
				case !ok: // a behaviour that several groups have
					e.tests[anyGroup+text] = mentionsOf(n.Elts[1])
				}
			}
		}
		return true
	})
}

func mentionsOf(n ast.Node) mentions {
	all := mentions{}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			all[n.Name] = true
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "facade" {
				all["facade."+n.Sel.Name] = true
				return false
			}
			all["."+n.Sel.Name] = true
		}
		return true
	})
	return all
}

// Check tells what is wrong with the row of a name whose counterpart is goName: a
// test that does not exist, or that nowhere mentions the counterpart. Families of
// constants, and constants of TestConstants, need no mention.
func (e *Evidence) Check(n Name, goName string) error {
	r, ok := rows[n]
	if !ok {
		return fmt.Errorf("%s has no row", n)
	}
	test, ok := e.tests[r.test]
	if !ok {
		_, behaviour, _ := strings.Cut(r.test, "/")
		test, ok = e.tests[anyGroup+behaviour]
	}
	if !ok {
		return fmt.Errorf("%s: there is no test %s", n, r.test)
	}
	if strings.HasSuffix(n.Name, "*") || r.test == "TestConstants" {
		return nil
	}
	mention := "facade." + goName
	if _, method, ok := strings.Cut(goName, "."); ok {
		mention = "." + method
	}
	if !e.reaches(test, mention) {
		return fmt.Errorf("%s: %s does not mention %s", n, r.test, goName)
	}
	return nil
}

// reaches looks for a mention in a test, and in the helpers that it mentions.
func (e *Evidence) reaches(test mentions, mention string) bool {
	seen := mentions{}
	for next := test; len(next) > 0; {
		if next[mention] {
			return true
		}
		further := mentions{}
		for name := range next {
			if seen[name] {
				continue
			}
			seen[name] = true
			for inner := range e.helpers[name] {
				further[inner] = true
			}
		}
		next = further
	}
	return false
}
