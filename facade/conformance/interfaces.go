package conformance

import (
	"errors"
	"math"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var interfaceTests = []test{
	{"Interfaces/RoundTrip", interfacesRoundTrip},
	{"Interfaces/UnknownIndex", unknownIndex},
	{"Interfaces/UnknownName", unknownName},
}

func interfacesRoundTrip(t *testing.T, env Env) {
	all, err := env.Client.IfNameIndex()
	if err != nil || len(all) == 0 {
		t.Fatalf("if_nameindex: %v, %v", all, err)
	}
	for _, i := range all {
		if i.Index <= 0 || i.Name == "" {
			t.Errorf("%+v", i)
		}
		if index, err := env.Client.IfNameToIndex(i.Name); err != nil || index != i.Index {
			t.Errorf("if_nametoindex(%q): %d, %v, want %d", i.Name, index, err, i.Index)
		}
		if name, err := env.Client.IfIndexToName(i.Index); err != nil || name != i.Name {
			t.Errorf("if_indextoname(%d): %q, %v, want %q", i.Index, name, err, i.Name)
		}
	}
}

// wantOSError fails unless err is one of the socket module's.
func wantOSError(t testing.TB, what string, err error) {
	t.Helper()
	var e *facade.Error
	if !errors.As(err, &e) || e.Errno == 0 {
		t.Errorf("%s: %v", what, err)
	}
}

func unknownIndex(t *testing.T, env Env) {
	for _, index := range []int{0, -1, math.MaxInt32} {
		name, err := env.Client.IfIndexToName(index)
		if wantOSError(t, "if_indextoname", err); name != "" {
			t.Errorf("index %d is %q", index, name)
		}
	}
}

func unknownName(t *testing.T, env Env) {
	for _, name := range []string{"", "nosuchlink", "a name that is longer than IFNAMSIZ"} {
		index, err := env.Client.IfNameToIndex(name)
		if wantOSError(t, "if_nametoindex", err); index != 0 {
			t.Errorf("%q is %d", name, index)
		}
	}
}
