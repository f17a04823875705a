package differential

import (
	"slices"
	"time"
)

// Known is a row of the table of known differences.
type Known struct {
	Name, Reason string
	Program      Program
	// Isolated says that the program sends to foreign addresses.
	Isolated bool
}

// KnownDifferences are the rows of the table.
func KnownDifferences() []Known {
	var all []Known
	for _, k := range knownDifferences {
		isolated := slices.ContainsFunc(k.program, func(c call) bool { return !new(world).reaches(c) })
		all = append(all, Known{k.name, k.reason, k.program, isolated})
	}
	return all
}

// KnowingNothing is a configuration in which every difference is reported.
func KnowingNothing() Config { return Config{known: []known{}, Patience: 100 * time.Millisecond} }

// NoisyProgram has a known difference, which Essence shows, among calls that have
// nothing to do with it.
func NoisyProgram() (noisy, essence Program) {
	noisy = append(streams(tcp6, loopback),
		s1.send(few, plain), s2.recv(some, plain), s3.socket(udp4), s3.getOption(soType, asInt),
		s3.sendAll(many, sendMore), s2.shutdown(writing), s1.close())
	return noisy, Program{s3.socket(udp4), s3.sendAll(none, sendMore)}
}

// Agreed are programs that once showed a difference, and must not again, by what
// was wrong.
func Agreed() map[string]Program {
	return map[string]Program{
		"shutdown of a listener for reading": {
			s0.socket(tcp4), s0.setOption(reuseAddr, value1, asInt), s0.bind(loopback, anyPort),
			s1.socket(tcp4), s1.setOption(reuseAddr, value1, asInt), s1.bind(loopback, of(s0)), s1.listen(backlog1),
			s2.socket(tcp4), s2.connectWait(loopback, of(s1)), s1.shutdown(reading), s1.accept(s3),
			s1.getOption(acceptConn, asInt), s1.listen(backlog0), s1.getOption(acceptConn, asInt),
		},
		"connect of a connection, to another family": append(streams(tcp4, loopback)[:5],
			s1.connectWait(loopback, of(s0)), s1.connect(wildcard, closedPort), s1.getOption(soError, asInt)),
		"connect of an IPv6 socket's IPv4 connection": {
			s0.socket(tcp6), s0.listen(backlog0), s1.socket(tcp4), s1.connectWait(loopback, of(s0)), s0.accept(s2),
			s2.connect(loopback, of(s0)), s2.connect(mapped, of(s0)),
		},
		"bind to AF_UNSPEC":                  {s0.socket(udp4), s0.bind(unspec, anyPort), s1.socket(tcp4), s1.bind(unspec, anyPort)},
		"MSG_OOB of a datagram receive":      append(datagrams(udp4, loopback), s0.recv(one, oob), s1.send(few, plain), s0.recv(some, oob)),
		"getpeername in TIME-WAIT":           append(streams(tcp4, loopback), s1.shutdown(writing), s2.close()),
		"second datagram after an empty one": append(datagrams(udp6, mapped), s0.send(none, plain), s0.send(few, plain), s1.recvFrom(one, plain), s1.recvFrom(some, trunc)),
		"the port of a wildcard that connects": {
			s0.socket(udp4), s0.bind(loopback, anyPort), // for a port that the stream then asks for
			s1.socket(tcp4), s1.bind(wildcard, of(s0)), s1.connectWait(loopback, closedPort), s1.connectWait(loopback, closedPort),
			s2.socket(tcp4), s2.listen(backlog1), s1.connectWait(loopback, of(s2)), s3.socket(tcp4), s3.bind(loopback2, of(s0)),
		},
		"MSG_OOB of a listener":                                            Program{s0.socket(tcp4), s0.listen(backlog0), s0.recv(one, oob)},
		"datagram socket that is shut for reading, and waits":              append(datagrams(udp4, loopback), s0.shutdown(reading), s0.recvWait(one, plain), s1.send(few, plain), s0.recvWait(few, plain), s0.recvWait(few, plain)),
		"datagram socket that is shut for reading":                         append(datagrams(udp4, loopback), s0.shutdown(reading), s0.recv(one, plain)),
		"shutdown of a datagram socket that is not connected":              Program{s0.socket(udp4), s0.shutdown(writing), s0.sendTo(loopback, closedPort, one)},
		"what is wrong with a datagram comes before EPIPE":                 append(datagrams(udp4, loopback), s0.shutdown(writing), s0.send(tooMany, plain)),
		"shutdown of a stream that is not connected":                       Program{s0.socket(tcp4), s0.shutdown(reading)},
		"connect of a connection that was shut down before it was noticed": {s0.socket(tcp4), s0.listen(backlog0), s1.socket(tcp4), s1.connect(loopback, of(s0)), s1.shutdown(reading), s1.connect(loopback, of(s0))},
		"an empty send while connecting":                                   append(connecting(), s2.send(none, plain)),
		"second bind to a foreign address":                                 Program{s0.socket(tcp4), s0.bind(loopback, anyPort), s0.bind(foreign, anyPort)},
		"bind of an IPv6 socket to AF_UNSPEC":                              Program{s0.socket(tcp6), s0.bind(unspec, anyPort)},
		"IPv6 wildcard as the peer of a socket that has an IPv4 address":   Program{s0.socket(udp6), s0.bind(mapped, anyPort), s0.connect(wildcard, closedPort)},
		"port of a datagram call that failed":                              Program{s0.socket(udp4), s0.send(one, sendOOB)},
		"a datagram socket has its port although the call failed":          Program{s0.socket(udp4), s0.send(one, sendOOB), s0.bind(loopback, anyPort)},
		"IPv6 address on a socket that is bound to an IPv4 one":            Program{s0.socket(udp6), s0.bind(mapped, anyPort), s0.connect(loopback, closedPort)},
		"datagrams to AF_UNSPEC":                                           Program{s0.socket(udp4), s0.sendTo(unspec, anyPort, one)},
		"a reset after the end of input":                                   append(streams(tcp4, loopback), s1.close(), s2.send(one, plain), s1.getOption(soError, asInt), s1.getOption(soError, asInt)),
		"what is wrong with a datagram comes before ECONNREFUSED": {
			s0.socket(udp4), s0.connect(loopback, closedPort), s0.send(one, plain), s0.send(tooMany, plain),
			s0.sendTo(foreign, closedPort, one), s0.send(one, plain),
		},
		"a stream that is shut for sending, and then connects": {
			s0.socket(tcp4), s0.listen(backlog0), s1.socket(tcp4), s1.shutdown(writing), s1.connectWait(loopback, of(s0)),
			s1.send(one, plain), s0.acceptWait(s2), s2.send(few, plain), s1.recv(few, plain),
		},
		"a listener that was shut for reading before": {
			s0.socket(tcp4), s0.shutdown(reading), s0.listen(backlog1), s1.socket(tcp4), s1.connectWait(loopback, of(s0)),
		},
	}
}
