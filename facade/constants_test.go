package facade_test

import (
	"bytes"
	"go/types"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/constants"
	"github.com/usernet-stack/usernet/internal/gosource"
)

// constantRows are the rows of testdata/constants.tsv.
func constantRows(t *testing.T) []constants.Row {
	t.Helper()
	table, err := os.ReadFile("testdata/constants.tsv")
	must(t, err)
	rows, err := constants.Parse(string(table))
	must(t, err)
	return rows
}

// declared are the constants of a package, by name.
func declared(t *testing.T, folder string) map[string]*types.Const {
	t.Helper()
	p, err := gosource.Load("..", folder)
	must(t, err)
	all := map[string]*types.Const{}
	for _, name := range p.Scope().Names() {
		if c, ok := p.Scope().Lookup(name).(*types.Const); ok {
			all[name] = c
		}
	}
	return all
}

// goType is the type that a constant of the table must have.
func goType(name string) string {
	switch {
	case strings.HasPrefix(name, "AF_"), strings.HasPrefix(name, "PF_"):
		return "Family"
	case strings.HasPrefix(name, "EAI_"):
		return "EAI"
	case strings.HasPrefix(name, "BDADDR_"):
		return "string"
	}
	switch name {
	case "SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET", "SOCK_DCCP", "SOCK_PACKET", "SOCK_NONBLOCK", "SOCK_CLOEXEC":
		return "Type"
	}
	return "untyped int"
}

// TestConstants compares every row of the table with the constant of that name.
func TestConstants(t *testing.T) {
	all := declared(t, "facade")
	rows := constantRows(t)
	if len(rows) < 694 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, r := range rows {
		c := all[r.Name]
		if c == nil {
			t.Errorf("%s is no constant", r.Name)
			continue
		}
		want := r.Value
		if goType(r.Name) == "string" {
			want = strconv.Quote(want)
		}
		if got := c.Val().ExactString(); got != want {
			t.Errorf("%s is %s, want %s", r.Name, got, want)
		}
		typ := types.TypeString(c.Type(), func(*types.Package) string { return "" })
		if typ != goType(r.Name) {
			t.Errorf("%s has type %s, want %s", r.Name, typ, goType(r.Name))
		}
	}
}

// TestConstantsBelowTheFacade: the numbers of the contract and of the resolver are
// the table's.
func TestConstantsBelowTheFacade(t *testing.T) {
	for _, folder := range []string{"facade/endpoint", "resolver"} {
		all := declared(t, folder)
		compared := 0
		for _, r := range constantRows(t) {
			c := all[r.Name]
			if c == nil {
				continue
			}
			compared++
			if got := c.Val().ExactString(); got != r.Value {
				t.Errorf("%s: %s is %s, want %s", folder, r.Name, got, r.Value)
			}
		}
		if compared < 30 {
			t.Errorf("%s: only %d constants are in the table", folder, compared)
		}
	}
}

// TestConstantsAreFresh: what go generate would write is there.
func TestConstantsAreFresh(t *testing.T) {
	want, err := constants.Generate("facade", "testdata/constants.tsv", constantRows(t))
	must(t, err)
	got, err := os.ReadFile("constants_generated.go")
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Error("constants_generated.go is stale: run go generate ./facade")
	}
}

// TestConstantsPrintByName: families, types and codes of errors.
func TestConstantsPrintByName(t *testing.T) {
	usual := map[string]string{"AF_ROUTE": "AF_NETLINK", "PF_CAN": "AF_CAN", "PF_PACKET": "AF_PACKET", "PF_RDS": "AF_RDS"}
	for _, r := range constantRows(t) {
		want := r.Name
		if name := usual[want]; name != "" {
			want = name
		}
		n, _ := strconv.Atoi(r.Value)
		var got string
		switch goType(r.Name) {
		case "Family":
			got = facade.Family(n).String()
		case "Type":
			got = facade.Type(n).String()
		case "EAI":
			got = facade.EAI(n).String()
		default:
			continue
		}
		if got != want {
			t.Errorf("%s prints as %s, want %s", r.Name, got, want)
		}
	}
	for _, c := range []struct{ got, want string }{
		{facade.Family(99).String(), "99"},
		{facade.Type(99).String(), "99"},
		{facade.Type(0).String(), "0"},
		{(facade.SOCK_STREAM | facade.SOCK_CLOEXEC | facade.SOCK_NONBLOCK).String(), "SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
