package interop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// literal is a call in an environment, and what it answers.
type literal struct {
	name   string
	resolv string
	call   call
	want   string
}

const (
	dual   = `[2,1,6,"",["10.0.0.81",80]],[10,1,6,"",["fd00::81",80,0,0]]`
	dual4  = `ok [[2,1,6,"",["10.0.0.81",80]]]`
	dual6  = `ok [[10,1,6,"",["fd00::81",80,0,0]]]`
	bothOK = `ok [` + dual + `]`
	again  = `gaierror "EAI_AGAIN"`
	noName = `gaierror "EAI_NONAME"`
	noData = `gaierror "EAI_NODATA"`
	inet   = facade.AF_INET
	inet6  = facade.AF_INET6
	unspec = facade.AF_UNSPEC
	canon  = facade.AI_CANONNAME
	dualFQ = "dual.example.test"
)

// bySet is what an answer of a big set looks like.
func bySet(s bigSet) string {
	var all []string
	for i := range s.n {
		all = append(all, fmt.Sprintf(`[2,1,6,"",["%s",80]]`, s.addr(i)))
	}
	return "ok [" + strings.Join(all, ",") + "]"
}

// TestThroughTheStack asks nsd, and servers that misbehave, through a stack, a cable
// and a second stack. Nothing else judges the answers.
func TestThroughTheStack(t *testing.T) {
	inNamespace(t)
	testenv.LeakCheck(t)
	startNSD(t)
	servers := startFaulty(t)
	s, r := network(t)
	good := nameserver(nsdServer)
	then := func(n int) string { return nameserver(n, nsdServer) }
	for _, c := range []literal{
		{"A", good, stream("v4.example.test", inet, 0), `ok [[2,1,6,"",["10.0.0.80",80]]]`},
		{"AAAA", good, stream("v6.example.test", inet6, 0), `ok [[10,1,6,"",["fd00::80",80,0,0]]]`},
		{"A and AAAA", good, stream(dualFQ, unspec, 0), bothOK},
		{"A only, of both", good, stream("v4.example.test", unspec, 0), `ok [[2,1,6,"",["10.0.0.80",80]]]`},
		{"over IPv6", "nameserver ::1\n", stream(dualFQ, unspec, 0), bothOK},
		{"chain of CNAMEs", good, stream("www.example.test", unspec, canon), strings.Replace(bothOK, `""`, `"dual.example.test"`, 1)},
		{"names of a chain", good, byNameEx("www.example.test"), `ok ["dual.example.test",["www.example.test","web.example.test","host.sub.example.test"],["10.0.0.81"]]`},
		{"chain to another zone", good, stream("cross.example.test", inet, canon), `ok [[2,1,6,"host.second.test",["10.0.0.180",80]]]`},
		{"search list", "search second.test example.test\n" + good, stream("v4", inet, canon), `ok [[2,1,6,"v4.example.test",["10.0.0.80",80]]]`},
		{"PTR of IPv4", good, byAddr("10.0.0.80"), `ok ["v4.example.test",[],["10.0.0.80"]]`},
		{"PTR of IPv6", good, nameinfo("fd00::81", 80, facade.NI_NAMEREQD), `ok ["dual.example.test","http"]`},
		{"PTR behind a CNAME", good, nameinfo("10.0.0.83", 80, facade.NI_NAMEREQD), `ok ["loud.example.test","http"]`},
		{"several PTRs", good, byAddr("10.0.0.90"), `ok ["many.example.test",["dual.example.test","v4.example.test"],["10.0.0.90"]]`},
		{"no PTR", good, byAddr("10.0.0.79"), `herror "HOST_NOT_FOUND"`},
		{"numeric without PTR", good, nameinfo("10.0.0.79", 80, 0), `ok ["10.0.0.79","http"]`},
		{"FQDN", good, fqdn("10.0.0.81"), `ok "dual.example.test"`},
		{"NXDOMAIN", good, stream("nosuch.example.test", unspec, 0), noName},
		{"NODATA", good, stream("empty.example.test", unspec, 0), noData},
		{"NODATA of a family", good, stream("v4.example.test", inet6, 0), noData},
		{"empty non-terminal", good, stream("ent.example.test", unspec, 0), noData},
		{"SERVFAIL", good, stream("host.broken.test", unspec, 0), again},
		{"truncated without EDNS0", good, stream("big512.example.test", inet, 0), bySet(bigSets[0])},
		{"truncated, 1232", good, stream("big1232.example.test", inet, 0), bySet(bigSets[1])},
		{"truncated, 4096", good, stream("big4096.example.test", inet, 0), bySet(bigSets[2])},
		{"TCP only", "options use-vc\n" + good, stream(dualFQ, unspec, 0), bothOK},
		{"every answer truncated", nameserver(tcpOnlyServer), stream(dualFQ, unspec, 0), bothOK},
		{"truncated and no TCP", nameserver(truncatingServer), stream(dualFQ, unspec, 0), again},
		{"truncated and no TCP, then good", then(truncatingServer), stream(dualFQ, unspec, 0), bothOK},
		{"truncated and TCP hangs up, then good", then(hangUpServer), stream(dualFQ, unspec, 0), bothOK},
		{"silent", nameserver(silentServer), stream(dualFQ, unspec, 0), again},
		{"silent, then good", then(silentServer), stream(dualFQ, unspec, 0), bothOK},
		{"nothing listens", nameserver(closedServer), stream(dualFQ, unspec, 0), again},
		{"nothing listens, then good", then(closedServer), stream(dualFQ, unspec, 0), bothOK},
		{"wrong ids, then the right one", nameserver(wrongIDFirstServer), stream(dualFQ, unspec, 0), bothOK},
		{"wrong ids", nameserver(wrongIDServer), stream(dualFQ, inet, 0), again},
		{"wrong ids, then good", then(wrongIDServer), stream(dualFQ, inet, 0), dual4},
		{"wrong questions, then the right one", nameserver(wrongQuestionServer), stream(dualFQ, unspec, 0), bothOK},
		{"wrong owner", nameserver(wrongOwnerServer), stream(dualFQ, inet, 0), noData},
		{"garbage, then good", then(garbageServer), stream(dualFQ, inet6, 0), dual6},
		{"lame, then good", then(lameServer), stream(dualFQ, unspec, 0), bothOK},
		{"lame, then good, of PTR", then(lameServer), byAddr("10.0.0.81"), `ok ["dual.example.test",[],["10.0.0.81"]]`},
		{"SERVFAIL, then good", then(failingServer), stream(dualFQ, unspec, 0), bothOK},
		{"REFUSED, then good", then(refusingServer), stream(dualFQ, unspec, 0), bothOK},
		{"NOTIMP, then good", then(notImplementing), stream(dualFQ, unspec, 0), bothOK},
		{"SERVFAIL, then NXDOMAIN", then(failingServer), stream("nosuch.example.test", unspec, 0), noName},
		{"FORMERR to EDNS0", "options edns0\n" + nameserver(oldServer), stream(dualFQ, unspec, 0), bothOK},
		{"CNAME loop in nsd", good, byName("loop1.example.test"), again},
		{"CNAME loop", nameserver(loopingServer), stream(dualFQ, unspec, 0), again},
		{"AAAA late", nameserver(slowAAAAServer), stream(dualFQ, unspec, 0), bothOK},
		{"answers of a resolver", nameserver(recursiveServer), stream(dualFQ, unspec, 0), bothOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := environment{resolv: c.resolv}.ours(t, s)
			if got := c.call.do(t.Context(), m).String(); got != c.want {
				t.Errorf("%s: %.300s\nwant %.300s", c.call, got, c.want)
			}
		})
	}
	r.onlyWay(t, servers)
}

// onlyWay fails the test if a server in the namespace was asked by anybody but the
// relay.
func (r *relay) onlyWay(t *testing.T, servers map[int]*server) {
	t.Helper()
	if r.datagram.Load() == 0 || r.stream.Load() == 0 {
		t.Errorf("%d datagrams and %d connections came over the cable", r.datagram.Load(), r.stream.Load())
	}
	n := 0
	for number, s := range servers {
		for _, q := range s.asked() {
			n++
			if !r.sent(q.from) {
				t.Errorf("server %d was asked by %s, which is not the relay", number, q.from)
			}
		}
	}
	if n == 0 {
		t.Error("no server of ours was asked")
	}
}

// TestWhatServersAreAsked: which questions are sent, in which order, and that each
// has an id of its own.
func TestWhatServersAreAsked(t *testing.T) {
	inNamespace(t)
	testenv.LeakCheck(t)
	startNSD(t)
	servers := startFaulty(t)
	s, _ := network(t)
	const good = recursiveServer // nsd's answers, and it remembers what it was asked
	for _, c := range []struct {
		name   string
		resolv string
		call   call
		server int
		want   string
	}{
		{"both families", nameserver(good), stream("dual.example.test", unspec, 0), good, "dual.example.test. A udp, dual.example.test. AAAA udp"},
		{"one family", nameserver(good), stream("dual.example.test", inet6, 0), good, "dual.example.test. AAAA udp"},
		{"use-vc", "options use-vc\n" + nameserver(good), stream("dual.example.test", inet, 0), good, "dual.example.test. A tcp"},
		{"no-aaaa", "options no-aaaa\n" + nameserver(good), stream("dual.example.test", unspec, 0), good, "dual.example.test. A udp"},
		{"truncated", nameserver(tcpOnlyServer), stream("dual.example.test", inet, 0), tcpOnlyServer, "dual.example.test. A udp, dual.example.test. A tcp"},
		{"search list", "search second.test example.test\n" + nameserver(good), stream("v4", inet, 0), good,
			"v4.second.test. A udp, v4.example.test. A udp"},
		{"absolute", "search second.test example.test\n" + nameserver(good), stream("v4.", inet, 0), good, "v4. A udp"},
		{"enough dots", "search second.test\n" + nameserver(good), stream("v4.example.test", inet, 0), good, "v4.example.test. A udp"},
		{"too few dots", "search second.test\noptions ndots:3\n" + nameserver(good), stream("v4.example.test", inet, 0), good,
			"v4.example.test.second.test. A udp, v4.example.test. A udp"},
		{"PTR", nameserver(good), byAddr("10.0.0.81"), good, "81.0.0.10.in-addr.arpa. PTR udp"},
		{"PTR of IPv6", nameserver(good), byAddr("fd00::81"), good,
			"1.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. PTR udp"},
		{"numeric", nameserver(good), stream("10.0.0.81", unspec, 0), good, ""},
		{"the lame one first", nameserver(lameServer, good), stream("dual.example.test", inet, 0), lameServer, "dual.example.test. A udp"},
		{"the good one next", nameserver(lameServer, good), stream("dual.example.test", inet, 0), good, "dual.example.test. A udp"},
		{"only the first, if it answers", nameserver(good, failingServer), stream("dual.example.test", inet, 0), failingServer, ""},
		{"attempts", "nameserver 127.0.0.8\noptions attempts:3\n", stream("dual.example.test.", inet, 0), failingServer,
			"dual.example.test. A udp, dual.example.test. A udp, dual.example.test. A udp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, s := range servers {
				s.asked() // by the tests before
			}
			m := environment{resolv: c.resolv}.ours(t, s)
			c.call.do(t.Context(), m)
			got, ids := []string{}, map[uint16]bool{}
			for _, q := range servers[c.server].asked() {
				got = append(got, q.String())
				ids[q.id] = true
				if !q.edns {
					t.Errorf("%s is asked without EDNS0", q)
				}
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("asked for %s\nwant %s", text, c.want)
			}
			if len(ids) < len(got) && c.server != tcpOnlyServer { // the same question again, by TCP
				t.Errorf("%d ids for %d questions", len(ids), len(got))
			}
		})
	}
}

func (q query) String() string {
	text := q.name + " " + strings.TrimPrefix(q.typ.String(), "Type") + " udp"
	if q.tcp {
		text = strings.TrimSuffix(text, "udp") + "tcp"
	}
	return text
}
