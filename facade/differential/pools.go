package differential

import (
	"math"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
)

// slot names a socket of a program.
type slot uint8

const (
	s0 slot = iota
	s1
	s2
	s3
	s4
	s5
	s6
	s7
)

// pool is the names of what an argument chooses from.
type pool []string

func names[T any](all []T, name func(T) string) pool {
	var p pool
	for _, v := range all {
		p = append(p, name(v))
	}
	return p
}

var slotNames = pool{"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"}

// The kinds of sockets: triples of socket(2).
const (
	tcp4 = iota
	udp4
	tcp6
	udp6
	unusual // that cannot be made
)

const (
	streamOfUDP = unusual + iota
	datagramOfTCP
	streamOfUnknown
	seqpacket
	unknownType
	unknownFamily
)

type kind struct {
	name   string
	family facade.Family
	typ    facade.Type
	proto  int
}

var kinds = []kind{
	tcp4:            {"tcp4", facade.AF_INET, facade.SOCK_STREAM, 0},
	udp4:            {"udp4", facade.AF_INET, facade.SOCK_DGRAM, 0},
	tcp6:            {"tcp6", facade.AF_INET6, facade.SOCK_STREAM, 0},
	udp6:            {"udp6", facade.AF_INET6, facade.SOCK_DGRAM, 0},
	streamOfUDP:     {"streamOfUDP", facade.AF_INET, facade.SOCK_STREAM, facade.IPPROTO_UDP},
	datagramOfTCP:   {"datagramOfTCP", facade.AF_INET6, facade.SOCK_DGRAM, facade.IPPROTO_TCP},
	streamOfUnknown: {"streamOfUnknown", facade.AF_INET, facade.SOCK_STREAM, 253}, // RFC 3692
	seqpacket:       {"seqpacket", facade.AF_INET6, facade.SOCK_SEQPACKET, 0},
	unknownType:     {"unknownType", facade.AF_INET, 9, 0},
	unknownFamily:   {"unknownFamily", 99, facade.SOCK_STREAM, 0},
}

// The hosts that addresses name, in the family of the socket.
const (
	loopback = iota
	wildcard
	mapped      // IPv4-mapped loopback; on an IPv4 socket the loopback
	loopback2   // 127.0.0.2; on an IPv6 socket the loopback
	foreign     // not local, and without a route
	wrongFamily // of the other family
	unspec      // the AF_UNSPEC address, without a port
	hostCount
)

type host struct{ name, v4, v6 string }

var hosts = []host{
	loopback:    {"loopback", "127.0.0.1", "::1"},
	wildcard:    {"wildcard", "0.0.0.0", "::"},
	mapped:      {"mapped", "127.0.0.1", "::ffff:127.0.0.1"},
	loopback2:   {"loopback2", "127.0.0.2", "::1"},
	foreign:     {"foreign", "198.51.100.1", "2001:db8:ffff::1"}, // RFC 5737, RFC 3849
	wrongFamily: {"wrongFamily", "127.0.0.1", "::1"},
	unspec:      {name: "unspec"},
}

// Ports that addresses name: that of a slot's socket, or one of these.
const (
	anyPort    = slots     // 0
	closedPort = slots + 1 // nobody has it
)

// closedPortNumber is tcpmux (RFC 1078), which nobody serves any more.
const closedPortNumber = 1

var portNames = append(names(slotNames, func(s string) string { return "of(" + s + ")" }), "anyPort", "closedPort")

// of is the port of a slot's socket.
func of(s slot) uint8 { return uint8(s) }

// The sizes of what is sent and of buffers to receive into, in bytes. A stream
// sends no more than many, so that no buffer fills up: where that happens is each
// path's own affair.
const (
	none = iota
	one
	few
	some
	many
	tooMany // for an IPv4 datagram
	tooMany6
)

type size struct {
	name string
	n    int
}

var sizes = []size{
	none:     {"none", 0},
	one:      {"one", 1},
	few:      {"few", 5},
	some:     {"some", 100},
	many:     {"many", 1400},
	tooMany:  {"tooMany", math.MaxUint16 - 20 - 8 + 1},
	tooMany6: {"tooMany6", math.MaxUint16 - 8 + 1},
}

type flag struct {
	name  string
	value int
}

// The flags of a receive.
const (
	plain = iota
	peek
	trunc
	peekTrunc
	dontWait
	waitAll
	oob
	errQueue
)

var recvFlags = []flag{
	plain:     {"plain", 0},
	peek:      {"peek", facade.MSG_PEEK},
	trunc:     {"trunc", facade.MSG_TRUNC},
	peekTrunc: {"peekTrunc", facade.MSG_PEEK | facade.MSG_TRUNC},
	dontWait:  {"dontWait", facade.MSG_DONTWAIT},
	waitAll:   {"waitAll", facade.MSG_WAITALL},
	oob:       {"oob", facade.MSG_OOB},
	errQueue:  {"errQueue", endpoint.MSG_ERRQUEUE},
}

// The flags of a send that plain is followed by.
const (
	sendOOB = iota + 1
	sendMore
	sendDontWait
	sendEOR
	sendDontRoute
)

var sendFlags = []flag{
	plain:         {"plain", 0},
	sendOOB:       {"sendOOB", facade.MSG_OOB},
	sendMore:      {"sendMore", facade.MSG_MORE},
	sendDontWait:  {"sendDontWait", facade.MSG_DONTWAIT},
	sendEOR:       {"sendEOR", facade.MSG_EOR},
	sendDontRoute: {"sendDontRoute", endpoint.MSG_DONTROUTE},
}

// The directions of a shutdown.
const (
	reading = iota
	writing
	both
	neither // unknown to shutdown(2)
)

var directions = []flag{
	reading: {"reading", facade.SHUT_RD},
	writing: {"writing", facade.SHUT_WR},
	both:    {"both", facade.SHUT_RDWR},
	neither: {"neither", 7},
}

// The backlogs of a listener.
const (
	backlog0 = iota
	backlog1
	backlogNegative
	backlog128
)

var backlogs = []flag{
	backlog0:        {"backlog0", 0},
	backlog1:        {"backlog1", 1},
	backlogNegative: {"backlogNegative", -1},
	backlog128:      {"backlog128", 128},
}

// The values that options are set to.
const (
	value0 = iota
	value1
	valueMinus1
	value2
	value64
	value255
	value256
	valueBig
)

var values = []flag{
	value0:      {"value0", 0},
	value1:      {"value1", 1},
	valueMinus1: {"valueMinus1", -1},
	value2:      {"value2", 2},
	value64:     {"value64", 64},
	value255:    {"value255", 255},
	value256:    {"value256", 256},
	valueBig:    {"valueBig", 1 << 20},
}

// The lengths of options in bytes.
const (
	asInt = iota
	asByte
	asThree
	asNothing
	asLong
)

var lengths = []size{
	asInt:     {"asInt", 4},
	asByte:    {"asByte", 1},
	asThree:   {"asThree", 3},
	asNothing: {"asNothing", 0},
	asLong:    {"asLong", 8},
}

func flagName(f flag) string { return f.name }
func sizeName(s size) string { return s.name }
