package optiontable

import (
	"encoding/binary"
	"slices"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Levels of setsockopt(2) that package endpoint has no need for.
const (
	ipprotoUDPLite = 136
	solPacket      = 263
)

// Status is what the stack makes of an option.
type Status int

// The statuses.
const (
	// Supported options do what they do on Linux, but for what Why says.
	Supported Status = iota
	// NoEffect options are checked, kept and read back, and that is all. Why says
	// what a program misses, or why it misses nothing.
	NoEffect
	// Unsupported options are ENOPROTOOPT. Why says what is missing.
	Unsupported
	// Refused options get the answer that Linux gives on these sockets, which is
	// some error. Why says which.
	Refused
)

// String returns the status in words.
func (s Status) String() string {
	return [...]string{"supported", "no effect", "ENOPROTOOPT", "refused, as on Linux"}[s]
}

// Kinds is a set of kinds of sockets.
type Kinds uint

// The kinds of sockets.
const (
	TCP4 Kinds = 1 << iota
	UDP4
	TCP6
	UDP6
	Raw4
	Raw6
	Ping4
	Ping6
	Packet
)

// Groups of kinds.
const (
	Streams    = TCP4 | TCP6
	UDP        = UDP4 | UDP6
	Raw        = Raw4 | Raw6
	Ping       = Ping4 | Ping6
	Datagrams6 = UDP6 | Raw6 | Ping6
	Datagrams  = UDP | Raw | Ping
	IPv6       = TCP6 | Datagrams6
	Internet   = Streams | Datagrams
	// IPLevel have the options of IPv4: IPv6 sockets as well, but for raw ones
	// (ipv6_setsockopt of the kernel).
	IPLevel = Internet &^ Raw6
)

// Access says in which directions an option goes.
type Access int

// The directions.
const (
	ReadWrite Access = iota
	ReadOnly         // set is ENOPROTOOPT
	WriteOnly        // get is ENOPROTOOPT
)

// String returns the direction in words, nothing for both.
func (a Access) String() string { return [...]string{"", "read only", "write only"}[a] }

// Form is what the bytes of a value are.
type Form string

// The forms. Others are the names of structures.
const (
	Int  Form = "int"
	Flag Form = "flag" // an int: every value but 0 is 1
	Text Form = "text"
)

// Sample is a value that a fresh socket takes, and what it then reads. Read is nil
// where the option can't be read.
type Sample struct{ Set, Read []byte }

// Refusal is a value that a socket refuses in any state.
type Refusal struct {
	Value []byte
	Errno endpoint.Errno
}

// Row is one option.
type Row struct {
	Level   int
	Number  int
	Name    string
	Aliases []string
	// On are the kinds of sockets that have it. Zero: those that have its level.
	On     Kinds
	Status Status
	Why    string
	Form   Form
	Access Access
	// Fresh is what a new socket reads; nil where it differs from one socket to
	// another.
	Fresh   []byte
	Takes   []Sample
	Refuses []Refusal
	// Volatile says that what is read differs from one moment to another.
	Volatile bool
}

// Sockets are the kinds of sockets that the option is for.
func (r *Row) Sockets() Kinds {
	if r.On != 0 {
		return r.On
	}
	return levels[r.Level].kinds
}

// level is a level of setsockopt(2).
type level struct {
	name, page string
	kinds      Kinds
}

var levels = map[int]level{
	endpoint.SOL_SOCKET:   {"SOL_SOCKET", "socket(7)", Internet | Packet},
	endpoint.IPPROTO_TCP:  {"IPPROTO_TCP", "tcp(7)", Streams},
	endpoint.IPPROTO_UDP:  {"IPPROTO_UDP", "udp(7)", UDP},
	ipprotoUDPLite:        {"IPPROTO_UDPLITE", "udplite(7)", 0},
	endpoint.IPPROTO_IP:   {"IPPROTO_IP", "ip(7)", IPLevel},
	endpoint.IPPROTO_IPV6: {"IPPROTO_IPV6", "ipv6(7)", IPv6},
	solPacket:             {"SOL_PACKET", "packet(7)", Packet},
}

// Rows returns the table, by level and number.
func Rows() []Row {
	return slices.Concat(
		at(endpoint.SOL_SOCKET, socketRows),
		at(endpoint.IPPROTO_TCP, tcpRows),
		at(endpoint.IPPROTO_UDP, udpRows),
		at(ipprotoUDPLite, udpLiteRows),
		at(endpoint.IPPROTO_IP, ipRows),
		at(endpoint.IPPROTO_IPV6, ipv6Rows),
		at(solPacket, packetRows),
	)
}

// at fills in a level.
func at(level int, rows []Row) []Row {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Level = level
	}
	return rows
}

// ints are values in the kernel's layout.
func ints(values ...int) []byte {
	var b []byte
	for _, v := range values {
		b = binary.NativeEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// flags are the samples of an option that is on or off.
func flags() []Sample {
	return []Sample{reads(1, 1), reads(0, 0), reads(2, 1), reads(-1, 1)}
}

// reads is a sample of an int.
func reads(set, read int) Sample { return Sample{ints(set), ints(read)} }

// same are ints that are read as they were set.
func same(values ...int) []Sample {
	var all []Sample
	for _, v := range values {
		all = append(all, reads(v, v))
	}
	return all
}

// writes are samples that cannot be read.
func writes(values ...[]byte) []Sample {
	var all []Sample
	for _, v := range values {
		all = append(all, Sample{Set: v})
	}
	return all
}

// invalid are ints that are EINVAL.
func invalid(values ...int) []Refusal {
	var all []Refusal
	for _, v := range values {
		all = append(all, Refusal{ints(v), endpoint.EINVAL})
	}
	return all
}
