package parity

import (
	"fmt"
	"go/types"
	"strings"

	"github.com/usernet-stack/usernet/internal/constants"
	"github.com/usernet-stack/usernet/internal/gosource"
)

// Facade is what package facade declares.
type Facade struct {
	scope *types.Scope
	rows  []constants.Row
}

// Load reads the facade of the tree at root; rows are the constants of the table.
func Load(root string, rows []constants.Row) (*Facade, error) {
	p, err := gosource.Load(root, "facade")
	if err != nil {
		return nil, err
	}
	return &Facade{p.Scope(), rows}, nil
}

// Counterpart is the Go name of a documented name. ok says that it is declared.
func (f *Facade) Counterpart(n Name) (name string, ok bool, err error) {
	if prefix, family := strings.CutSuffix(n.Name, "*"); family {
		name, ok = f.family(prefix)
		return name, ok, nil
	}
	if name, err = goName(n); err != nil {
		return "", false, err
	}
	if typ, method, dotted := strings.Cut(name, "."); dotted {
		return name, f.hasMethod(typ, method), nil
	}
	switch n.Kind {
	case Function:
		name, ok = f.function(name)
	case Method, Attribute:
		ok, name = f.hasMethod("Socket", name), "Socket."+name
	case Exception:
		ok = f.exception(name)
	case Data:
		if name, ok = f.function(name); !ok {
			ok = f.isExported(name)
		}
	}
	return name, ok, nil
}

// family counts the table's constants with a prefix, all of which must be there.
func (f *Facade) family(prefix string) (string, bool) {
	count := 0
	for _, r := range f.rows {
		if !strings.HasPrefix(r.Name, prefix) {
			continue
		}
		if _, ok := f.scope.Lookup(r.Name).(*types.Const); !ok {
			return prefix + "*", false
		}
		count++
	}
	return fmt.Sprintf("%s* (%d)", prefix, count), count > 0
}

// function finds a method of Module, or else a function of the package. The name
// of one that is missing stays bare.
func (f *Facade) function(name string) (string, bool) {
	if f.hasMethod("Module", name) {
		return "Module." + name, true
	}
	_, ok := f.scope.Lookup(name).(*types.Func)
	return name, ok
}

func (f *Facade) exception(name string) bool {
	_, ok := f.scope.Lookup(name).(*types.TypeName)
	return ok && f.isExported(name)
}

func (f *Facade) isExported(name string) bool {
	o := f.scope.Lookup(name)
	return o != nil && o.Exported()
}

func (f *Facade) hasMethod(typ, name string) bool {
	t := f.scope.Lookup(typ)
	if t == nil {
		return false
	}
	return types.NewMethodSet(types.NewPointer(t.Type())).Lookup(t.Pkg(), name) != nil
}
