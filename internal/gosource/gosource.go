// Package gosource reads the declarations of the tree's packages from their
// sources, for tests and generators that compare them with lists.
package gosource

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/usernet-stack/usernet/"

// Load type-checks the declarations of a package of the tree as on Linux, without
// tests and bodies of functions. root is the tree's top, folder is below it.
// Packages from elsewhere count as empty: what is declared in their terms has an
// invalid type, but is there.
func Load(root, folder string) (*types.Package, error) {
	return (&loader{root: root, done: map[string]*types.Package{}}).load(folder)
}

// Code is a package with the bodies of its functions.
type Code struct {
	Files []*ast.File
	// Info has Types, Uses, Defs and Selections, of all but what is of a type
	// from elsewhere.
	Info *types.Info
}

// LoadCode is Load of the package whose files declare it by name, which may be an
// external test's, with the bodies of functions.
func LoadCode(root, folder, name string) (*Code, error) {
	files := token.NewFileSet()
	parsed, err := sources(files, filepath.Join(root, folder), strings.HasSuffix(name, "_test"))
	if err != nil {
		return nil, err
	}
	parsed = slices.DeleteFunc(parsed, func(f *ast.File) bool { return f.Name.Name != name })
	code := &Code{parsed, &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
	}}
	config := types.Config{
		Importer: &loader{root: root, done: map[string]*types.Package{}},
		Error:    func(error) {}, // of types from elsewhere
	}
	config.Check(module+folder, files, parsed, code.Info)
	return code, nil
}

type loader struct {
	root string
	done map[string]*types.Package
}

// Import implements types.Importer.
func (l *loader) Import(from string) (*types.Package, error) {
	if folder, ok := strings.CutPrefix(from, module); ok {
		return l.load(folder)
	}
	p := types.NewPackage(from, path.Base(from))
	p.MarkComplete()
	return p, nil
}

func (l *loader) load(folder string) (*types.Package, error) {
	if p := l.done[folder]; p != nil {
		return p, nil
	}
	files := token.NewFileSet()
	parsed, err := sources(files, filepath.Join(l.root, folder), false)
	if err != nil {
		return nil, err
	}
	config := types.Config{
		Importer:         l,
		IgnoreFuncBodies: true,
		Error:            func(error) {}, // of types from elsewhere
	}
	p, _ := config.Check(module+folder, files, parsed, nil)
	l.done[folder] = p
	return p, nil
}

// sources parses the files of a folder that are built on Linux: those of tests, or
// the others.
func sources(files *token.FileSet, folder string, tests bool) ([]*ast.File, error) {
	linux := build.Default
	linux.GOOS, linux.GOARCH = "linux", "amd64"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var parsed []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") != tests {
			continue
		}
		if ok, err := linux.MatchFile(folder, e.Name()); err != nil || !ok {
			continue
		}
		f, err := parser.ParseFile(files, filepath.Join(folder, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, f)
	}
	return parsed, nil
}
