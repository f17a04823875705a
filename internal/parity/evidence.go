package parity

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/usernet-stack/usernet/internal/gosource"
)

// Evidence is what the tests of package facade, and the behaviours of
// facade/conformance, do with the facade.
type Evidence struct {
	// tests are by name: "TestName", "Group/Behaviour", or "*/Behaviour" of one
	// that several groups have.
	tests map[string]*code
	// groups are by name with "/": what puts the names of behaviours together.
	groups map[string][]*code
	// helpers are the functions and variables of the tests' packages.
	helpers map[types.Object]*code
}

// code is a piece of a test's source.
type code struct {
	// mentions are what it names: "facade.Name", and "facade.Type.Name" of
	// methods and fields, all of the tree's packages.
	mentions map[string]bool
	// helpers are what it names of its own package.
	helpers []types.Object
	// modules are the paths of the modules that it makes.
	modules Paths
}

// anyGroup stands for the groups of a behaviour whose name is put together.
const anyGroup = "*/"

// LoadEvidence reads the tests of the tree at root.
func LoadEvidence(root string) (*Evidence, error) {
	e := &Evidence{map[string]*code{}, map[string][]*code{}, map[types.Object]*code{}}
	for _, source := range []struct{ folder, name string }{
		{"facade", "facade_test"}, {"facade/conformance", "conformance"},
	} {
		c, err := gosource.LoadCode(root, source.folder, source.name)
		if err != nil {
			return nil, err
		}
		for _, f := range c.Files {
			for _, d := range f.Decls {
				e.add(c.Info, d)
			}
		}
	}
	return e, nil
}

// add reads a declaration.
func (e *Evidence) add(info *types.Info, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		c := e.read(info, d)
		e.helpers[info.Defs[d.Name]] = c
		if d.Recv == nil && strings.HasPrefix(d.Name.Name, "Test") {
			e.tests[d.Name.Name] = c
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.VAR {
				c := e.read(info, v)
				for _, name := range v.Names {
					e.helpers[info.Defs[name]] = c
				}
			}
		}
	}
}

// read reads a piece of source. The behaviours in it are tests of their own, and
// not its part.
func (e *Evidence) read(info *types.Info, n ast.Node) *code {
	c := &code{mentions: map[string]bool{}}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if group, ok := text(n); ok && strings.HasSuffix(group, "/") {
				e.groups[group] = append(e.groups[group], c)
			}
		case *ast.CompositeLit:
			if name, run, ok := behaviour(info, n); ok {
				e.tests[name] = e.read(info, run)
				return false
			}
			c.modules.add(modulePath(info, n))
		case *ast.Ident:
			c.mention(info.Uses[n])
		case *ast.SelectorExpr:
			c.mention(info.Uses[n.Sel])
			if s := info.Selections[n]; s != nil {
				c.mentionMember(s)
			}
		}
		return true
	})
	return c
}

// behaviour reads {"Group/Behaviour", function} of the conformance suite, or
// {"Behaviour", function} of a table that several groups share.
func behaviour(info *types.Info, n *ast.CompositeLit) (name string, run ast.Expr, ok bool) {
	if len(n.Elts) != 2 {
		return "", nil, false
	}
	literal, _ := n.Elts[0].(*ast.BasicLit)
	name, ok = text(literal)
	f, isFunction := info.TypeOf(n.Elts[1]).(*types.Signature)
	if !ok || !isFunction || f.Params().Len() < 2 {
		return "", nil, false
	}
	if !strings.Contains(name, "/") {
		name = anyGroup + name
	}
	return name, n.Elts[1], true
}

func text(n *ast.BasicLit) (string, bool) {
	if n == nil || n.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(n.Value)
	return s, err == nil
}

// mention notes what a name stands for.
func (c *code) mention(o types.Object) {
	if o == nil || o.Pkg() == nil {
		return
	}
	if o.Parent() == o.Pkg().Scope() {
		c.mentions[o.Pkg().Name()+"."+o.Name()] = true
	}
	switch o.(type) {
	case *types.Func, *types.Var:
		c.helpers = append(c.helpers, o)
	}
}

// mentionMember notes a method or a field, by the type that it was selected on.
func (c *code) mentionMember(s *types.Selection) {
	t := s.Recv()
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil {
		c.mentions[n.Obj().Pkg().Name()+"."+n.Obj().Name()+"."+s.Obj().Name()] = true
	}
}

// find returns the source of a test.
func (e *Evidence) find(test string) ([]*code, error) {
	if c, ok := e.tests[test]; ok {
		return []*code{c}, nil
	}
	group, _, _ := strings.Cut(test, "/")
	c, ok := e.tests[anyGroup+test[strings.LastIndexByte(test, '/')+1:]]
	builders := e.groups[group+"/"]
	if !ok || len(builders) == 0 {
		return nil, fmt.Errorf("there is no test %s", test)
	}
	return append([]*code{c}, builders...), nil
}

// reach joins what a test and all the helpers that it reaches do.
func (e *Evidence) reach(test string) (*code, error) {
	next, err := e.find(test)
	if err != nil {
		return nil, err
	}
	all := &code{mentions: map[string]bool{}}
	seen := map[*code]bool{}
	for len(next) > 0 {
		c := next[0]
		next = next[1:]
		if c == nil || seen[c] {
			continue
		}
		seen[c] = true
		all.modules.add(c.modules)
		for m := range c.mentions {
			all.mentions[m] = true
		}
		for _, o := range c.helpers {
			next = append(next, e.helpers[o])
		}
	}
	return all, nil
}
