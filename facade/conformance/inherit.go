package conformance

import (
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var inheritTests = []test{
	{"Inherit/NotByDefault", notInheritable},
	{"Inherit/NotWithCloexec", notWithCloexec},
	{"Inherit/NotDuplicates", notDuplicates},
	{"Inherit/NotPairs", notPairs},
	{"Inherit/Toggles", inheritToggles},
}

func wantInheritable(t testing.TB, s *facade.Socket, want bool) {
	t.Helper()
	if is, err := s.GetInheritable(); err != nil || is != want {
		t.Errorf("get_inheritable of %v: %v, %v", s, is, err)
	}
}

func notInheritable(t *testing.T, env Env) {
	env.linuxOnly(t)
	wantInheritable(t, env.socket(t, env.Client, facade.SOCK_STREAM), false)
	_, accepted := env.pair(t)
	wantInheritable(t, accepted, false)
}

func notWithCloexec(t *testing.T, env Env) {
	env.linuxOnly(t)
	s := env.socket(t, env.Client, facade.SOCK_STREAM|facade.SOCK_CLOEXEC)
	wantInheritable(t, s, false)
	if s.Type() != facade.SOCK_STREAM || s.GetTimeout() != patience {
		t.Errorf("SOCK_CLOEXEC shows: %v, %v", s.Type(), s.GetTimeout())
	}
}

func notDuplicates(t *testing.T, env Env) {
	env.linuxOnly(t)
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, s.SetInheritable(true))
	d, err := s.Dup()
	must(t, err)
	defer d.Close()
	wantInheritable(t, d, false)
	wantInheritable(t, s, true)
}

func notPairs(t *testing.T, env Env) {
	env.linuxOnly(t)
	for _, family := range []facade.Family{facade.AF_UNSPEC, env.Family} {
		for _, s := range env.socketPair(t, family, facade.SOCK_STREAM) {
			wantInheritable(t, s, false)
		}
	}
}

func inheritToggles(t *testing.T, env Env) {
	env.linuxOnly(t)
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	for _, on := range []bool{true, false, true} {
		must(t, s.SetInheritable(on))
		wantInheritable(t, s, on)
	}
}
