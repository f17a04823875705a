package differential

import (
	"slices"
	"strings"
)

// knownDifferences are all that are not reported.
var knownDifferences = append(append(knownCommon, knownStreams...), knownDatagrams...)

// knownCommon are the known differences of every type.
var knownCommon = []known{
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
}
