package interop_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// TestOracle: glibc sees the environment that the tests write, and nothing of the
// machine.
func TestOracle(t *testing.T) {
	inNamespace(t)
	withOracle(t)
	testenv.LeakCheck(t)
	startNSD(t)
	e := environment{
		resolv: "search second.test\n" + nameserver(nsdServer), hosts: hostsFile,
		calls: []call{
			stream("www.example.test", 0, facade.AI_CANONNAME), stream("only", facade.AF_INET, 0), stream("empty.example.test", 0, 0),
			stream("nosuch.example.test", 0, 0), stream("host.broken.test", 0, 0), byNameEx("own.example.test"), byAddr("fd00::81"),
			byAddr("10.0.0.79"), nameinfo("10.0.0.80", 80, 0), fqdn("10.0.0.83"), {"getservbyname", []any{"nosuch"}},
		},
	}
	want := []string{
		`ok [[2,1,6,"dual.example.test",["10.0.0.81",80]],[10,1,6,"",["fd00::81",80,0,0]]]`,
		`ok [[2,1,6,"",["10.0.0.182",80]]]`,
		`gaierror "EAI_NODATA"`,
		`gaierror "EAI_NONAME"`,
		`gaierror "EAI_AGAIN"`,
		`ok ["Own.example.test",["own","ALIAS","second","own.example.test"],["10.0.0.201","10.0.0.202"]]`,
		`ok ["dual.example.test",[],["fd00::81"]]`,
		`herror "HOST_NOT_FOUND"`,
		`ok ["v4.hosts","http"]`,
		`ok "loud.example.test"`,
		`error "service/proto not found"`,
	}
	answers, err := e.ask()
	must(t, err)
	for i, got := range answers {
		if got.String() != want[i] {
			t.Errorf("%s: %s, want %s", e.calls[i], got, want[i])
		}
	}
}
