package endpoint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// errnoConstants reads the constants of errno.go that have a number.
func errnoConstants(t *testing.T) map[string]endpoint.Errno {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "errno.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := make(map[string]endpoint.Errno)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.INT {
			number, err := strconv.ParseUint(lit.Value, 0, 16)
			if err != nil {
				t.Fatal(err)
			}
			constants[spec.Names[0].Name] = endpoint.Errno(number)
		}
		return true
	})
	if len(constants) == 0 {
		t.Fatal("errno.go has no constants")
	}
	return constants
}

func TestEveryErrnoHasItsName(t *testing.T) {
	constants := errnoConstants(t)
	for name, errno := range constants {
		if got := errno.Name(); got != name {
			t.Errorf("%s is named %q", name, got)
		}
	}
	for errno, name := range endpoint.ErrnoNames {
		if constants[name] != errno {
			t.Errorf("%s is no constant, or not %d", name, errno)
		}
	}
}

func TestErrnoOutsideTheTable(t *testing.T) {
	for _, errno := range []endpoint.Errno{0, 3, 4095, 65535} {
		if name := errno.Name(); name != "" {
			t.Errorf("%d is named %q", errno, name)
		}
	}
	if endpoint.Errno(0).Host() != 0 {
		t.Error("no error became one on the host")
	}
}

func TestErrorTextIsTheHosts(t *testing.T) {
	for errno := range endpoint.ErrnoNames {
		if got, want := errno.Error(), errno.Host().Error(); got != want || got == "" {
			t.Errorf("%s: %q, want %q", errno.Name(), got, want)
		}
	}
}
