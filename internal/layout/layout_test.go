// Package layout holds the tests that keep the tree in the order that its design
// gives it.
package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

const (
	root   = "../.."
	module = "github.com/usernet-stack/usernet"
)

// rooms are the folders from the ground up: a room imports only from those above
// it in this list, whether it exists yet or not.
var rooms = []string{
	"stack/capture",
	"stack/link",
	"stack",
	"facade/endpoint",
	"facade/netstack/optiontable",
	"facade/netstack",
	"facade/kernel",
	"netlinkemu",
	"tipcemu",
	"resolver",
	"facade",
	"facade/conformance",
	"facade/differential",
	"facade/sim",
	"facade/intercept",
	"tun",
	"tun/wireguard",
	"tun/forward",
	"bench",
	"bench/ratios",
	"cmd/usernet",
}

// forbidden are imports of a room from above it that its design rules out all
// the same.
var forbidden = map[string][]string{
	// The emulations are given to the facade as providers.
	"facade": {"netlinkemu", "tipcemu"},
	// The resolver is given what it needs of a host.
	"resolver": {"stack", "stack/link", "facade/netstack", "facade/kernel"},
	// The paths do not know each other.
	"facade/kernel": {"stack", "stack/link", "facade/netstack"},
}

// room finds the room of a folder: the longest one that holds it.
func room(folder string) (level int, name string) {
	level = -1
	for i, r := range rooms {
		if (folder == r || strings.HasPrefix(folder, r+"/")) && len(r) > len(name) {
			level, name = i, r
		}
	}
	return level, name
}

// sources calls fn for every Go file that is no test.
func sources(t *testing.T, fn func(folder, file string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			folder, err := filepath.Rel(root, filepath.Dir(file))
			if err != nil {
				return err
			}
			fn(filepath.ToSlash(folder), file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRoomsImportOnlyFromAbove keeps imports in the design's order.
func TestRoomsImportOnlyFromAbove(t *testing.T) {
	files := 0
	sources(t, func(folder, file string) {
		files++
		if strings.HasPrefix(folder, "internal/") {
			return
		}
		level, name := room(folder)
		if level < 0 {
			t.Errorf("%s is in no room", file)
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if imported, ok := strings.CutPrefix(imported, module+"/"); ok {
				checkImport(t, file, name, level, imported)
			}
		}
	})
	if files < 50 {
		t.Fatalf("only %d files were looked at", files)
	}
}

func checkImport(t *testing.T, file, name string, level int, imported string) {
	t.Helper()
	if strings.HasPrefix(imported, "internal/") {
		if name != "facade/conformance" {
			t.Errorf("%s imports %s, which is for tests", file, imported)
		}
		return
	}
	from, other := room(imported)
	if from > level || from < 0 {
		t.Errorf("%s (%s) imports %s, which is below it", file, name, imported)
	}
	for _, f := range forbidden[name] {
		if other == f {
			t.Errorf("%s (%s) imports %s", file, name, imported)
		}
	}
}

// gvisorVersion is a commit of gVisor's go branch. Its default branch, which
// @latest finds, has no generated files and does not build.
const gvisorVersion = "v0.0.0-20260905035102-160fafc42237"

// TestGVisorIsPinned fails when another gVisor slips in, by a plain upgrade say.
func TestGVisorIsPinned(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", b, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range mod.Require {
		if r.Mod.Path == "gvisor.dev/gvisor" {
			found = true
			if r.Mod.Version != gvisorVersion {
				t.Errorf("gVisor is at %s, not at %s", r.Mod.Version, gvisorVersion)
			}
		}
	}
	if !found {
		t.Error("go.mod does not require gVisor")
	}
	for _, r := range mod.Replace {
		t.Errorf("%s is replaced: users of the module would get another one", path.Base(r.Old.Path))
	}
}
