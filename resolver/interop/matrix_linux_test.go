package interop_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usernet-stack/usernet/facade"
)

// names are those of the zones, and some that no zone has.
var names = strings.Fields(`
example.test. v4 v6 dual many routes noroute scopes ula gua mapped local prefixes
www web alias4 alias6 aliasmany nothing dangling outside cross crosslost tobroken loop1 self shout loud mixedcase
empty ent host.ent service _http._tcp
under_score -dash dash- 123 any.wild a.b.wild badchain starchain xn--bcher-kva
big512 big1232 big4096 delegated host.delegated nosuch
` + strings.Repeat("a", 63) + " " + longest)

// longest has 253 characters with its domain.
var longest = strings.Repeat(strings.Repeat("a", 63)+".", 3) + strings.Repeat("a", 48)

// absolute are names that are asked for as they are.
func absolute() []string {
	var all []string
	for _, n := range names {
		if !strings.HasSuffix(n, ".") {
			n += ".example.test"
		}
		all = append(all, n)
	}
	return append(all, "host.second.test", "host.other.test", "host.broken.test", "V4.Example.TEST", "v4.example.test.",
		"nosuch.example.test.", "v4.example.test..", "..", ".", "a..b.example.test", strings.Repeat("a", 64)+".example.test",
		"a."+longest+".example.test", "wild space.example.test", "10.0.0.81", "fd00::81", "fe80::1%1", "::ffff:10.0.0.81", "10.81",
		"localhost", "x.localhost", "test", "com", ".example.test", "v4.example.test\n")
}

var (
	families = []facade.Family{facade.AF_UNSPEC, facade.AF_INET, facade.AF_INET6}
	aiFlags  = []int{
		0, facade.AI_CANONNAME, facade.AI_ADDRCONFIG, facade.AI_V4MAPPED, facade.AI_V4MAPPED | facade.AI_ALL, facade.AI_ALL,
		facade.AI_V4MAPPED | facade.AI_ADDRCONFIG | facade.AI_CANONNAME, facade.AI_NUMERICHOST, facade.AI_PASSIVE,
	}
)

// forwardCalls lead from names to addresses.
func forwardCalls(names []string, flags ...int) []call {
	var all []call
	for _, n := range names {
		for _, family := range families {
			for _, f := range flags {
				all = append(all, stream(n, family, f))
			}
		}
		all = append(all, byName(n), byNameEx(n), byAddr(n), fqdn(n))
	}
	return all
}

// reverseCalls lead from addresses to names.
func reverseCalls(addrs []string) []call {
	var all []call
	for _, a := range addrs {
		for _, flags := range []int{0, facade.NI_NAMEREQD, facade.NI_NOFQDN, facade.NI_NUMERICHOST, facade.NI_NUMERICSERV | facade.NI_DGRAM, facade.NI_NAMEREQD | facade.NI_NUMERICHOST} {
			all = append(all, nameinfo(a, 80, flags))
		}
		all = append(all, byAddr(a))
		if a != "0.0.0.0" && a != "::" { // the stack's own name, which the environment does not set
			all = append(all, fqdn(a))
		}
	}
	return all
}

var addresses = strings.Fields(`
10.0.0.80 10.0.0.81 10.0.0.90 10.0.0.83 10.0.0.84 10.0.0.85 10.0.0.86 10.0.0.87 10.0.0.70 10.0.0.71 10.0.0.74 10.0.0.75
10.0.0.76 10.0.0.77 10.0.0.78 10.0.0.79 10.9.9.9 192.0.2.80 127.0.0.1 127.9.9.9 0.0.0.0 10.0.0.1
fd00::80 fd00::81 fd00::90 fd00::83 fd00::84 fd00::85 2001:db8::80 ::1 :: ::ffff:10.0.0.80 ::10.0.0.80 fe80::80 fd00::1`)

// serviceCalls are about types, protocols and services.
func serviceCalls() []call {
	var all []call
	for _, service := range []any{nil, 0, 80, "80", "http", "domain", "tftp", "shell", "cmd", "syslog", "nosuch", "HTTP", "65535", "-1"} {
		for _, typ := range []facade.Type{0, facade.SOCK_STREAM, facade.SOCK_DGRAM, facade.SOCK_RAW, 5, 9} {
			for _, proto := range []int{0, 6, 17, 132, 99} {
				all = append(all, getaddrinfo("dual.example.test", service, 0, typ, proto, 0))
			}
		}
		all = append(all,
			getaddrinfo("dual.example.test", service, 0, 0, 0, facade.AI_NUMERICSERV),
			getaddrinfo(nil, service, 0, 0, 0, 0), getaddrinfo(nil, service, 0, 0, 0, facade.AI_PASSIVE),
			getaddrinfo("nosuch.example.test", service, 0, 0, 0, 0))
	}
	for _, family := range []facade.Family{1, 3, 99} {
		all = append(all, stream("dual.example.test", family, 0))
	}
	for _, flags := range []int{1 << 20, facade.AI_CANONNAME | facade.AI_NUMERICHOST} {
		all = append(all, stream("dual.example.test", 0, flags), stream("10.0.0.81", 0, flags), getaddrinfo(nil, 80, 0, 0, 0, flags))
	}
	for _, name := range []string{"http", "www", "HTTP", "domain", "cmd", "syslog", "nosuch", ""} {
		all = append(all, call{"getservbyname", []any{name}}, call{"getprotobyname", []any{name}})
		for _, proto := range []string{"tcp", "udp", "sctp"} {
			all = append(all, call{"getservbyname", []any{name, proto}})
		}
	}
	for _, port := range []int{0, 7, 53, 69, 80, 514, 9999} {
		all = append(all, call{"getservbyport", []any{port}}, call{"getservbyport", []any{port, "tcp"}}, call{"getservbyport", []any{port, "udp"}},
			nameinfo("10.0.0.79", port, 0), nameinfo("10.0.0.79", port, facade.NI_DGRAM))
	}
	for _, name := range []string{"tcp", "TCP", "ipv6-icmp", "IPv6-ICMP", "ip"} {
		all = append(all, call{"getprotobyname", []any{name}})
	}
	return all
}

// nameserver is a resolv.conf with servers by number, that are asked once. Where a
// wait is part of the answer it is short; elsewhere it must not happen on the busiest
// machine.
func nameserver(servers ...int) string {
	var b strings.Builder
	for _, n := range servers {
		fmt.Fprintf(&b, "nameserver 127.0.0.%d\n", n)
	}
	timeout := 30
	if slices.ContainsFunc(servers, func(n int) bool { return slow[n] }) {
		timeout = 5
	}
	return b.String() + fmt.Sprintf("options timeout:%d attempts:1\n", timeout)
}

// environments is the whole matrix.
func environments() []environment {
	all := []environment{
		{name: "plain", resolv: nameserver(nsdServer), calls: append(forwardCalls(absolute(), aiFlags...), reverseCalls(addresses)...)},
		{name: "services", resolv: nameserver(nsdServer), calls: serviceCalls()},
		{name: "server on IPv6", resolv: "nameserver ::1\n", calls: forwardCalls([]string{"dual.example.test", "big4096.example.test"}, 0)},
		{name: "glibc's own table", resolv: nameserver(nsdServer), gai: glibcTable, calls: forwardCalls(qualified("many ula gua scopes local mapped routes"), 0)},
	}
	for _, host := range []string{"host.example.test", "host.", "a.b.sub.example.test"} {
		all = append(all, environment{name: "domain of the host/" + host, host: host, resolv: nameserver(nsdServer),
			calls: append(forwardCalls(strings.Fields("dual host v4 nosuch ours"), 0), fqdn(host))})
	}
	all = append(all, searchEnvironments()...)
	all = append(all, optionEnvironments()...)
	all = append(all, hostsEnvironments()...)
	all = append(all, faultyEnvironments()...)
	slices.SortFunc(all, func(a, b environment) int { return strings.Compare(a.name, b.name) })
	return all
}

func qualified(names string) []string {
	var all []string
	for _, n := range strings.Fields(names) {
		all = append(all, n+".example.test")
	}
	return all
}

// searchEnvironments are about search lists, ndots and dots at the end.
func searchEnvironments() []environment {
	searched := strings.Fields(`dual dual. only v6 empty ent www dangling host.sub host.sub. nosuch nosuch.x v4.example.test v4.example.test.
		many.example nothing outside tobroken host.ent host any.wild test 123 big1232 host.delegated DUAL nosuch.. -dash`)
	var all []environment
	for name, lines := range map[string]string{
		"search":                "search example.test second.test",
		"search reversed":       "search second.test example.test",
		"domain":                "domain example.test",
		"last of several":       "search second.test\ndomain other.test\nsearch example.test",
		"dots at the end":       "search example.test. second.test.",
		"search without list":   "search",
		"root in the list":      "search . example.test",
		"ndots:0":               "search example.test second.test\noptions ndots:0",
		"ndots:2":               "search example.test second.test\noptions ndots:2",
		"ndots:15":              "search test example.test second.test\noptions ndots:15",
		"ndots:99":              "search test example.test second.test\noptions ndots:99",
		"no-tld-query":          "search second.test\noptions no-tld-query",
		"no-tld-query only":     "options no-tld-query",
		"broken first":          "search broken.test example.test",
		"broken last":           "search example.test broken.test",
		"refused first":         "search other.test example.test",
		"refused last":          "search example.test other.test",
		"referral first":        "search delegated.example.test example.test",
		"no data first":         "search ent.example.test example.test second.test",
		"long domain":           "search " + longest + ".example.test example.test",
		"wildcard domain":       "search wild.example.test second.test",
		"many domains":          "search a.test b.test c.test d.test e.test f.test g.test h.test example.test",
		"malformed domain":      "search a..b example.test",
		"long label in domain":  "search " + strings.Repeat("x", 64) + ".test example.test",
		"tabs and comments":     "; comment\n# comment\nsearch\texample.test\t second.test \n",
		"space before keywords": " search second.test\nsearch example.test",
	} {
		all = append(all, environment{name: "search/" + name, resolv: lines + "\n" + nameserver(nsdServer), calls: forwardCalls(searched, 0, facade.AI_CANONNAME)})
	}
	return all
}

// optionEnvironments are about what resolv.conf(5) changes of the exchange.
func optionEnvironments() []environment {
	asked := append(qualified("v4 v6 dual many www dangling nothing nosuch empty big512 big1232 big4096 loop1 host.delegated"), "host.broken.test")
	var all []environment
	for _, options := range []string{"use-vc", "edns0", "rotate", "single-request", "single-request-reopen", "no-aaaa", "trust-ad", "debug nosuch:7", "inet6"} {
		all = append(all, environment{
			name: "options/" + options, resolv: "options " + options + "\n" + nameserver(nsdServer),
			calls: append(forwardCalls(asked, 0, facade.AI_CANONNAME, facade.AI_V4MAPPED), reverseCalls([]string{"10.0.0.80", "fd00::81", "10.0.0.79"})...),
		})
	}
	for name, resolv := range map[string]string{
		"four servers":         nameserver(closedServer, closedServer, closedServer, nsdServer),
		"three servers":        nameserver(closedServer, closedServer, nsdServer),
		"malformed servers":    "nameserver\nnameserver nosuch\nnameserver 1.2.3\nnameserver 127.0.0.2 trailing\noptions timeout:30 attempts:1\n",
		"nothing listens":      nameserver(closedServer),
		"timeout and attempts": "nameserver 127.0.0.2\noptions timeout:0 attempts:0\noptions timeout:x attempts: ndots\n",
		"carriage returns":     "nameserver 127.0.0.2\r\nsearch example.test\r\n",
	} {
		all = append(all, environment{name: "servers/" + name, resolv: resolv, calls: forwardCalls(append(qualified("dual nosuch"), "dual"), 0)})
	}
	return all
}

// hostsFile has names that DNS has, too, and some of its own.
const hostsFile = `
# comment
127.0.0.1	localhost
::1		localhost ip6-localhost
10.0.0.200	dual.example.test dual   # not what DNS says
10.0.0.201	Own.example.test own ALIAS
10.0.0.202	own.example.test second
fd00::201	own.example.test six
fd00::203	six.only
10.0.0.204	four.only
10.0.0.80	v4.hosts
10.0.0.205
10.0.0.206 trailing. dots.example.
fe80::1%lo	zoned
::ffff:10.0.0.207 mapped.only
nosuch		broken.line
10.0.0	three.parts
0x0a0000d0	hex.address
10.0.0.209 under_score.hosts -dash.hosts
10.0.0.210 wild*card
2001:db8::210 many.example.test
10.0.0.200 again.example.test
 10.0.0.211 indented
127.0.1.1 loop.name
::1 six.loop
`

func hostsEnvironments() []environment {
	named := strings.Fields(`localhost ip6-localhost dual dual.example.test own own.example.test OWN.EXAMPLE.TEST alias second six six.only four.only
		trailing trailing. dots.example dots.example. zoned mapped.only broken.line three.parts hex.address under_score.hosts -dash.hosts
		wild*card many.example.test again.example.test indented loop.name six.loop nosuch.example.test v4.example.test own. x.localhost`)
	numbers := strings.Fields("127.0.0.1 ::1 10.0.0.200 10.0.0.201 10.0.0.202 fd00::201 fd00::203 10.0.0.80 10.0.0.81 ::ffff:10.0.0.207 10.0.0.207 fe80::1 ::ffff:10.0.0.201 127.0.1.1 10.0.0.211 10.0.0.79")
	calls := append(forwardCalls(named, 0, facade.AI_CANONNAME, facade.AI_V4MAPPED, facade.AI_V4MAPPED|facade.AI_ALL, facade.AI_ADDRCONFIG), reverseCalls(numbers)...)
	var all []environment
	for _, order := range []string{
		"files", "dns", "files dns", "dns files", "files [NOTFOUND=return] dns", "dns [NOTFOUND=return] files",
		"dns [!UNAVAIL=return] files", "files [SUCCESS=continue] dns", "dns [TRYAGAIN=return] files", "nosuchmodule files dns",
		"nosuchmodule [UNAVAIL=return] files", "files [SUCCESS=merge] dns",
	} {
		all = append(all, environment{name: "hosts/" + order, resolv: nameserver(nsdServer), hosts: hostsFile, order: order, calls: calls})
	}
	few := forwardCalls(strings.Fields("own.example.test dual.example.test nosuch.example.test four.only"), 0, facade.AI_CANONNAME)
	return append(all,
		environment{name: "hosts/failing server first", resolv: nameserver(failingServer), hosts: hostsFile, order: "dns files", calls: few},
		environment{name: "hosts/failing server and return", resolv: nameserver(failingServer), hosts: hostsFile, order: "dns [TRYAGAIN=return] files", calls: few},
		environment{name: "hosts/no server first", resolv: nameserver(closedServer), hosts: hostsFile, order: "dns files", calls: few},
		environment{name: "hosts/no server and return", resolv: nameserver(closedServer), hosts: hostsFile, order: "dns [UNAVAIL=return] files", calls: few},
		environment{name: "hosts/files, then a failing server", resolv: nameserver(failingServer), hosts: hostsFile, calls: few},
		environment{name: "hosts/no data, then files", resolv: nameserver(nsdServer), hosts: "10.0.0.9 empty.example.test\nfd00::9 v4.example.test\n", order: "dns files",
			calls: forwardCalls(qualified("empty v4 nosuch"), 0, facade.AI_CANONNAME)},
	)
}

// slow are the servers that cost a timeout for each question.
var slow = map[int]bool{
	silentServer: true, wrongIDServer: true, aaaaSilentServer: true, headerOnlyServer: true, garbageServer: true,
}

// faultyEnvironments are each server that misbehaves alone, and before a good one.
func faultyEnvironments() []environment {
	var all []environment
	for n := firstServer; n <= lastServer; n++ {
		names, searched := "dual v4 v6 www nosuch empty dangling", "dual only nosuch v6"
		if slow[n] {
			names, searched = "dual", "dual"
		}
		calls, search := faultyCalls(qualified(names)), faultyCalls(strings.Fields(searched))
		if slow[n] {
			calls, search = []call{calls[0], calls[1], calls[4]}, search[:1]
		}
		all = append(all,
			environment{name: fmt.Sprintf("faulty/%d", n), resolv: nameserver(n), calls: calls, waits: slow[n]},
			environment{name: fmt.Sprintf("faulty/%d and a good one", n), resolv: nameserver(n, nsdServer), calls: calls, waits: slow[n]},
			environment{name: fmt.Sprintf("faulty/%d and search", n), resolv: "search second.test example.test\n" + nameserver(n), calls: search, waits: slow[n]})
	}
	calls := faultyCalls(qualified("dual nosuch"))
	return append(all,
		environment{name: "faulty/silent and failing", resolv: nameserver(silentServer, failingServer), calls: calls[:2], waits: true},
		environment{name: "faulty/failing and silent", resolv: nameserver(failingServer, silentServer), calls: calls[:2], waits: true},
		environment{name: "faulty/closed and failing", resolv: nameserver(closedServer, failingServer), calls: calls},
		environment{name: "faulty/failing and closed", resolv: nameserver(failingServer, closedServer), calls: calls},
		environment{name: "faulty/lame and refusing", resolv: nameserver(lameServer, refusingServer), calls: calls},
		environment{name: "faulty/refusing and lame", resolv: nameserver(refusingServer, lameServer), calls: calls},
		environment{name: "faulty/use-vc without TCP", resolv: "options use-vc\n" + nameserver(truncatingServer), calls: calls},
		environment{name: "faulty/use-vc without TCP and a good one", resolv: "options use-vc\n" + nameserver(truncatingServer, nsdServer), calls: calls},
		environment{name: "faulty/EDNS0 to an old server", resolv: "options edns0\n" + nameserver(oldServer), calls: calls},
	)
}

func faultyCalls(names []string) []call {
	var all []call
	for _, n := range names {
		for _, f := range families {
			all = append(all, stream(n, f, facade.AI_CANONNAME))
		}
		all = append(all, byNameEx(n))
	}
	return append(all, byAddr("10.0.0.81"))
}
