package differential

import (
	"slices"
	"strings"

	"github.com/usernet-stack/usernet/facade"
)

// knownDifferences are all that are not reported.
var knownDifferences = append(append(knownCommon, knownStreams...), knownDatagrams...)

// knownCommon are the known differences of every type.
var knownCommon = []known{
	{
		name:   "second bind to a foreign address",
		reason: "not done: __inet_bind looks at the address before the socket's state",
		effect: goesOn, calls: []op{opBind}, aspects: ofAnswer, kernel: "EADDRNOTAVAIL", stack: "EINVAL",
		program: Program{s0.socket(tcp4), s0.bind(loopback, anyPort), s0.bind(foreign, anyPort)},
	},
	{
		name:   "source of 127.0.0.2",
		reason: "gVisor answers for all of 127.0.0.0/8 from the address that it was sent to; Linux from 127.0.0.1",
		effect: apart, aspects: []aspect{local, peer, result, events},
		when: func(d *Difference) bool {
			return strings.HasSuffix(d.stack.addr.host, hosts[loopback2].v4) ||
				slices.Contains(connects, d.call.op) && d.host(loopback2)
		},
		program: Program{s0.socket(udp4), s0.connect(loopback2, closedPort)},
	},
	{
		name:   "bind of an IPv6 socket to AF_UNSPEC",
		reason: "not done: inet6_bind looks at the length of the address before its family",
		effect: goesOn, calls: []op{opBind}, aspects: ofAnswer, kernel: "EINVAL", stack: "EAFNOSUPPORT",
		when:    func(d *Difference) bool { return d.host(unspec) && d.kind.family == facade.AF_INET6 },
		program: Program{s0.socket(tcp6), s0.bind(unspec, anyPort)},
	},
	{
		name:   "IPv6 wildcard as the peer of a socket that has an IPv4 address",
		reason: "not done: Linux takes it for the IPv4 loopback",
		effect: apart, aspects: anyAspect,
		when:    func(d *Difference) bool { return d.anyFact&mixed != 0 },
		program: Program{s0.socket(udp6), s0.bind(mapped, anyPort), s0.connect(wildcard, closedPort)},
	},
}
