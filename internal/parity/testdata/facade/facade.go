// Package facade is as much of a facade as the tests of package parity need.
package facade

type Family int

const (
	AF_UNIX Family = 1
	AF_INET Family = 2
)

type KernelPolicy int

const (
	KernelOthers KernelPolicy = iota
	KernelAlways
)

type Config struct{ Kernel KernelPolicy }

type Module struct{}

func New(Config) *Module { return nil }

func (*Module) Socket(Family) *Socket       { return nil }
func (*Module) Listen(string) *Listener     { return nil }
func (*Module) GetServByName(string) int    { return 0 }
func (*Module) IfNameToIndex(string) int    { return 0 }
func (*Module) CreateConnection() *Listener { return nil }

type Listener struct{}

func (*Listener) Close() {}

type shared struct{}

func (shared) Close() {}

type Socket struct{ shared }
