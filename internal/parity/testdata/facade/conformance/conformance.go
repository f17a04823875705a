// Package conformance is as much of a suite as the tests of package parity need.
package conformance

import (
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

type Env struct {
	Client *facade.Module
	Family facade.Family
}

type test struct {
	name string
	run  func(*testing.T, Env)
}

var suite = append([]test{
	{"Close/Socket", func(t *testing.T, env Env) { env.Client.Socket(env.Family).Close() }},
	{"Close/Listener", listener},
	{"Unix/Close", func(t *testing.T, env Env) { env.Client.Socket(facade.AF_UNIX).Close() }},
	{"Names/Service", func(t *testing.T, env Env) { env.Client.GetServByName("") }},
	{"Names/Interface", func(t *testing.T, env Env) { env.Client.IfNameToIndex("") }},
}, pairs("Pair/")...)

func listener(t *testing.T, env Env) {
	env.Client.Socket(env.Family)
	env.Client.Listen("").Close()
}

func pairs(group string) []test {
	var all []test
	for _, c := range []struct {
		name string
		run  func(*testing.T, *facade.Socket)
	}{
		{"Closes", func(t *testing.T, s *facade.Socket) { s.Close() }},
		{"Rests", func(*testing.T, *facade.Socket) {}},
	} {
		all = append(all, test{group + c.name, func(t *testing.T, env Env) { c.run(t, env.Client.Socket(env.Family)) }})
	}
	return all
}
