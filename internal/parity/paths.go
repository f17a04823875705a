package parity

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// Paths are where a test runs: on the stack, on the kernel, on both or, when all
// that it calls has no path, on none.
type Paths struct{ Stack, Kernel bool }

// Both tells whether a test runs on the stack and on the kernel.
func (p Paths) Both() bool { return p.Stack && p.Kernel }

func (p *Paths) add(q Paths) {
	p.Stack = p.Stack || q.Stack
	p.Kernel = p.Kernel || q.Kernel
}

// openers are the methods of Module that open sockets.
var openers = []string{
	"Socket", "SocketPair", "CreateServer", "CreateConnection", "Dial", "DialContext", "Listen", "ListenPacket",
}

// askers are the methods of Module that ask the host, which is the stack or the
// machine.
var askers = []string{
	"GetHostName", "SetHostName", "IfNameIndex", "IfNameToIndex", "IfIndexToName", "HasIPv6", "HasDualstackIPv6",
}

// internet are marks of the families that the stack carries. The kernel carries
// the others in every module.
var internet = []string{
	"facade.AF_INET", "facade.AF_INET6", "facade.InetAddr", "facade.Inet6Addr", "conformance.Env.Family",
	"facade.Module.Dial", "facade.Module.DialContext", "facade.Module.Listen", "facade.Module.ListenPacket",
	"facade.Module.CreateConnection", "facade.Module.CreateServer",
}

// Paths tells where a test of package facade, or a behaviour of facade/conformance,
// runs. A behaviour has modules of both kinds, a test those whose Config it
// reaches. That they carry what it does follows from the names that it reaches: a
// test that reaches only functions without a path, as those of the resolver, runs
// on none, and one without a name of AF_INET or AF_INET6 on the kernel. A Config
// whose policy is no constant counts for no path.
func (e *Evidence) Paths(test string) (Paths, error) {
	c, err := e.reach(test)
	if err != nil {
		return Paths{}, err
	}
	modules := c.modules
	if strings.Contains(test, "/") {
		modules = Paths{true, true}
	}
	switch {
	case c.mentionsMethod(openers) && c.mentionsAny(internet):
		return modules, nil
	case c.mentionsMethod(openers):
		return Paths{Kernel: modules != Paths{}}, nil
	case c.mentionsMethod(askers):
		return modules, nil
	}
	return Paths{}, nil
}

func (c *code) mentionsAny(names []string) bool {
	for _, name := range names {
		if c.mentions[name] {
			return true
		}
	}
	return false
}

func (c *code) mentionsMethod(names []string) bool {
	for _, name := range names {
		if c.mentions["facade.Module."+name] {
			return true
		}
	}
	return false
}

// modulePath is the path of a facade.Config; none of anything else, or when the
// policy is no constant.
func modulePath(info *types.Info, n *ast.CompositeLit) Paths {
	t, ok := types.Unalias(info.TypeOf(n)).(*types.Named)
	if !ok || t.Obj().Name() != "Config" || t.Obj().Pkg().Name() != "facade" {
		return Paths{}
	}
	for _, elt := range n.Elts {
		field, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if name, ok := field.Key.(*ast.Ident); !ok || name.Name != "Kernel" {
			continue
		}
		always := t.Obj().Pkg().Scope().Lookup("KernelAlways").(*types.Const)
		value := info.Types[field.Value].Value
		kernel := value != nil && constant.Compare(value, token.EQL, always.Val())
		return Paths{Stack: value != nil && !kernel, Kernel: kernel}
	}
	return Paths{Stack: true}
}
