package differential

import (
	"syscall"

	"github.com/usernet-stack/usernet/facade"
)

// knownStreams are the known differences of SOCK_STREAM.
var knownStreams = []known{
	{
		name:   "urgent data is not sent",
		reason: "gVisor has no urgent data: MSG_OOB is EOPNOTSUPP",
		effect: apart, calls: sends, aspects: ofAnswer, typ: facade.SOCK_STREAM, stack: "EOPNOTSUPP",
		when:    func(d *Difference) bool { return d.flag(sendOOB) },
		program: append(streams(tcp4, loopback), s1.send(one, sendOOB)),
	},
	{
		name:   "MSG_MORE is sent at once",
		reason: "gVisor has no MSG_MORE; the kernel holds the data back for up to 200 ms",
		effect: apart, aspects: []aspect{events, queue, result}, typ: facade.SOCK_STREAM,
		when:    func(d *Difference) bool { return d.anyFact&sentMore != 0 },
		program: append(streams(tcp4, loopback), s1.send(one, sendMore)),
	},
	{
		name:   "POLLERR stays",
		reason: "gVisor does not tell whether SO_ERROR, or a call that tells the error, has been read",
		effect: goesOn, aspects: ofEvents, typ: facade.SOCK_STREAM,
		when: func(d *Difference) bool { return moreEvents(d.stackEvents, d.kernelEvents, facade.POLLERR) },
		program: Program{
			s0.socket(tcp4), s0.connect(loopback, closedPort), s0.recvFrom(none, plain),
		},
	},
	{
		name:   "a connection that is disconnected has no error",
		reason: "tcp_disconnect leaves ECONNRESET for the next call, though it was asked for; the stack begins afresh",
		effect: apart, calls: connects, aspects: ofEvents, typ: facade.SOCK_STREAM,
		when: func(d *Difference) bool {
			return d.host(unspec) && moreEvents(d.kernelEvents, d.stackEvents, facade.POLLERR)
		},
		program: append(streams(tcp4, loopback), s1.connect(unspec, anyPort)),
	},
	{
		name:   "port of a socket that was disconnected",
		reason: "the kernel gives back the port that it chose itself, and goes on showing it; the stack binds again, with another one",
		effect: apart, aspects: []aspect{local, result}, typ: facade.SOCK_STREAM,
		when:    func(d *Difference) bool { return d.has(disconnected) || d.has(listened) && d.has(shutReading) },
		program: Program{s0.socket(tcp4), s0.bind(loopback, anyPort), s0.connect(unspec, anyPort)},
	},
	{
		name:   "port of a connect that failed",
		reason: "the kernel goes on showing the port that the attempt had, which it has given back; the stack shows none",
		effect: goesOn, aspects: ofName, typ: facade.SOCK_STREAM,
		when: func(d *Difference) bool {
			return d.has(triedConnect) && d.kernel.addr.port.known && d.kernel.addr.host == d.stack.addr.host
		},
		program: Program{s0.socket(tcp4), s0.connectWait(loopback, closedPort)},
	},
	{
		name:   "a connection that was reset connects again",
		reason: "gVisor's error state does not tell a reset from a refusal; Linux answers EISCONN",
		effect: apart, calls: connects, aspects: ofAnswer, typ: facade.SOCK_STREAM, kernel: "EISCONN",
		when:    func(d *Difference) bool { return d.before.events&facade.POLLHUP != 0 },
		program: Program{s0.socket(tcp4), s0.listen(backlog0), s1.socket(tcp4), s1.connectWait(loopback, of(s0)), s0.close(), s1.connect(loopback, closedPort)},
	},
	{
		name:   "a stream whose connection has failed still has its port",
		reason: "gVisor has the port until the error is told, which begins the socket afresh; Linux gives it back at once",
		effect: apart, calls: []op{opBind, opSetOption}, aspects: ofAnswer, typ: facade.SOCK_STREAM, stack: "EINVAL",
		when:    func(d *Difference) bool { return d.before.events&facade.POLLHUP != 0 },
		program: Program{s0.socket(tcp4), s0.connect(loopback, closedPort), s0.bind(loopback, anyPort)},
	},
	{
		name:   "an error is told twice",
		reason: "gVisor keeps the error that a send or receive has told: connect and SO_ERROR tell it again",
		effect: apart, calls: []op{opConnect, opConnectWait, opGetOption}, aspects: ofAnswer, typ: facade.SOCK_STREAM,
		when: func(d *Difference) bool {
			again := d.stack.errno == syscall.ECONNREFUSED || d.stack.errno == syscall.ECONNABORTED
			return again || d.call.op == opGetOption && d.host(soError) && d.before.events&facade.POLLHUP != 0
		},
		program: Program{s0.socket(tcp4), s0.connect(loopback, closedPort), s0.recvFrom(none, plain), s0.connect(loopback, closedPort)},
	},
	{
		name:   "address of a bind that failed",
		reason: "gVisor keeps the address of a bind whose port is in use, and shows it with port 0",
		effect: goesOn, aspects: ofName, typ: facade.SOCK_STREAM,
		when:    func(d *Difference) bool { return !d.kernel.addr.port.known && !d.stack.addr.port.known },
		program: Program{s0.socket(tcp4), s0.bind(loopback, anyPort), s1.socket(tcp4), s1.bind(loopback, of(s0))},
	},
	{
		name:   "shutdown of both directions with data unread",
		reason: "gVisor resets the connection; Linux only when it is closed",
		effect: apart, aspects: anyAspect, typ: facade.SOCK_STREAM,
		when:    func(d *Difference) bool { return d.anyFact&shutUnread != 0 },
		program: append(streams(tcp4, loopback), s2.send(one, plain), s1.shutdown(both)),
	},
	{
		name:   "data after a shutdown of both directions",
		reason: "the reset that answers it is ECONNRESET on Linux, and in gVisor ECONNABORTED, as its other resets of its own",
		effect: apart, aspects: ofAnswer, typ: facade.SOCK_STREAM, kernel: "ECONNRESET", stack: "ECONNABORTED",
		when:    func(d *Difference) bool { return d.has(shutReading) && d.has(shutWriting) },
		program: append(streams(tcp4, loopback), s1.shutdown(both), s2.send(one, plain), s1.recv(one, plain)),
	},
	{
		name:   "a connection that broke before it was noticed connects again",
		reason: "gVisor's closed state does not tell whether a connect has said that there was a connection; Linux then tells its error",
		effect: apart, calls: connects, aspects: ofAnswer, typ: facade.SOCK_STREAM, stack: "EISCONN",
		when:    func(d *Difference) bool { return d.before.events&facade.POLLHUP != 0 },
		program: Program{s0.socket(tcp4), s0.listen(backlog0), s1.socket(tcp4), s1.connect(loopback, of(s0)), s0.acceptWait(s2), s2.close(), s1.send(one, plain), s1.connect(loopback, of(s0))},
	},
	{
		name:   "backlog below what waits",
		reason: "gVisor refuses to make a backlog smaller than its queue",
		effect: apart, calls: []op{opListen}, aspects: ofAnswer, typ: facade.SOCK_STREAM, kernel: "ok", stack: "EINVAL",
		when: func(d *Difference) bool { return d.before.events&facade.POLLIN != 0 },
		program: Program{
			s0.socket(tcp4), s0.listen(backlog128), s1.socket(tcp4), s1.connectWait(loopback, of(s0)),
			s2.socket(tcp4), s2.connect(loopback, of(s0)), s3.socket(tcp4), s3.connect(loopback, of(s0)),
			s4.socket(tcp4), s4.connect(loopback, of(s0)), s0.listen(backlog0),
		},
	},
	{
		name:   "IPv6 stream that connects again after an IPv4 address",
		reason: "Linux sends the SYN from the IPv4 address of before, and hears no answer",
		effect: apart, aspects: []aspect{events, result, local}, typ: facade.SOCK_STREAM,
		when:    func(d *Difference) bool { return d.has(triedMapped) && d.has(triedBefore) },
		program: Program{s0.socket(tcp6), s0.connectWait(mapped, closedPort), s0.connect(loopback, closedPort)},
	},
	{
		name:   "options of a connection that waits",
		reason: "gVisor does not tell when a connection came: an accepted socket has its listener's options of now, in Linux those of then",
		effect: goesOn, calls: []op{opGetOption}, aspects: ofAnswer, typ: facade.SOCK_STREAM, kernel: "ok", stack: "ok",
		when: func(d *Difference) bool { return d.has(accepted) },
		program: Program{
			s0.socket(tcp4), s0.listen(backlog0), s1.socket(tcp4), s1.connectWait(loopback, of(s0)),
			s0.setOption(reuseAddr, value1, asInt), s0.accept(s2), s2.getOption(reuseAddr, asInt),
		},
	},
	{
		name:   "connection of a stream with itself that was shut down before",
		reason: "Linux sends a FIN at the end of a simultaneous open if the socket is shut for sending (tcp_rcv_state_process); gVisor does not know that it is",
		effect: apart, calls: connects, aspects: anyAspect, typ: facade.SOCK_STREAM,
		when:    func(d *Difference) bool { return d.has(shutWriting) && d.has(shutUnconnected) },
		program: Program{s0.socket(tcp4), s0.shutdown(writing), s0.bind(loopback, anyPort), s0.connect(loopback, of(s0))},
	},
	{
		name:   "shutdown while connecting",
		reason: "gVisor takes it for a failure of the connection, Linux for an end of the attempt",
		effect: apart, aspects: anyAspect, typ: facade.SOCK_STREAM,
		when:    func(d *Difference) bool { return d.anyFact&shutConnecting != 0 },
		program: append(connecting(), s2.shutdown(reading)),
	},
	{
		name:   "IPv4 wildcard beside an IPv6 connection",
		reason: "gVisor keeps the ports of connections apart by family",
		effect: apart, calls: []op{opBind}, aspects: ofAnswer, typ: facade.SOCK_STREAM, kernel: "EADDRINUSE", stack: "ok",
		program: append(streams(tcp6, loopback), s0.close(), s0.socket(tcp4), s0.bind(wildcard, of(s1))),
	},
}

// connecting has s2 wait for a listener whose queue is full.
func connecting() Program {
	return Program{
		s0.socket(tcp4), s0.listen(backlog0), s1.socket(tcp4), s1.connectWait(loopback, of(s0)),
		s2.socket(tcp4), s2.connect(loopback, of(s0)),
	}
}
