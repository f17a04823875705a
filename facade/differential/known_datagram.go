package differential

import (
	"syscall"

	"github.com/usernet-stack/usernet/facade"
)

// knownDatagrams are the known differences of SOCK_DGRAM.
var knownDatagrams = []known{
	{
		name:   "MSG_OOB and MSG_MORE of datagrams",
		reason: "gVisor does not cork datagrams, and the stack refuses MSG_OOB where udpv6_sendmsg does not look",
		effect: apart, calls: sends, aspects: ofAnswer, typ: facade.SOCK_DGRAM, stack: "EOPNOTSUPP",
		program: append(datagrams(udp4, loopback), s0.send(one, sendMore)),
	},
	{
		name:   "port of a datagram socket that was disconnected",
		reason: "the kernel gives back a port that it chose for a bind to port 0; gVisor does only if there was no bind",
		effect: apart, aspects: ofName, typ: facade.SOCK_DGRAM,
		when:    func(d *Difference) bool { return d.has(disconnected) },
		program: Program{s0.socket(udp4), s0.bind(loopback, anyPort), s0.connect(unspec, anyPort)},
	},
	{
		name:   "source of a datagram socket that connects again",
		reason: "Linux keeps the source address of the first connect, even one that cannot reach the new peer; gVisor chooses again",
		effect: apart, aspects: []aspect{result, local}, typ: facade.SOCK_DGRAM,
		when: func(d *Difference) bool {
			return d.has(triedBefore) && d.aspect == local || d.has(triedConnect) && d.kernel.errno == syscall.EAFNOSUPPORT
		},
		program: Program{s0.socket(udp6), s0.bind(wildcard, anyPort), s0.connect(mapped, closedPort), s0.connect(loopback, closedPort)},
	},
	{
		name:   "datagram socket that is connected to port 0",
		reason: "to Linux it has no peer's port, and receives from all of them; gVisor looks sockets up by the whole pair",
		effect: apart, aspects: anyAspect, typ: facade.SOCK_DGRAM,
		when:    func(d *Difference) bool { return d.anyFact&connectedToZero != 0 },
		program: Program{s0.socket(udp4), s0.bind(loopback, anyPort), s0.connect(loopback, anyPort), s0.sendTo(loopback, of(s0), one)},
	},
	{
		name:   "what is sent after another connect has failed",
		reason: "Linux still has the peer of the first connect, and loses what is sent to it",
		effect: apart, aspects: []aspect{events, queue, result}, typ: facade.SOCK_DGRAM,
		when: func(d *Difference) bool { return d.anyFact&reconnectFailed != 0 },
		program: Program{
			s0.socket(udp4), s1.socket(udp4), s1.bind(loopback, anyPort), s0.connect(loopback, of(s1)),
			s0.connect(foreign, closedPort), s0.send(tooMany, plain), s0.send(none, plain),
		},
	},
	{
		name:   "address of a wildcard that a connect narrows",
		reason: "gVisor reserves the port for the wildcard as long as it is bound; Linux for the address that it has now",
		effect: apart, calls: []op{opBind}, aspects: ofAnswer, typ: facade.SOCK_DGRAM, kernel: "ok", stack: "EADDRINUSE",
		program: Program{
			s0.socket(udp4), s0.bind(wildcard, anyPort), s0.connect(loopback, closedPort),
			s1.socket(udp4), s1.bind(loopback2, of(s0)),
		},
	},
	{
		name:   "IPv4 peer after an IPv6 one",
		reason: "Linux sends from an IPv4 address to an IPv4-mapped one, whatever the socket was connected to; gVisor only from the one it has",
		effect: apart, calls: []op{opConnect, opConnectWait, opSendTo}, aspects: ofAnswer, typ: facade.SOCK_DGRAM, stack: "ENETUNREACH",
		when:    func(d *Difference) bool { return d.host(mapped) && d.has(triedConnect) },
		program: Program{s0.socket(udp6), s0.connect(loopback, closedPort), s0.sendTo(mapped, closedPort, one)},
	},
}
