package optiontable

import (
	"math"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

const (
	noFilters       = "the stack runs no BPF programs"
	noCPU           = "the stack is not bound to CPUs or hardware queues: this is about speed only"
	otherGroup      = "for other families: EOPNOTSUPP"
	noHardwareTimes = "links have no clocks, and nothing tells when a datagram has left; SO_TIMESTAMPNS tells when one came"
	obsolete        = "Linux defines the name and nothing else: ENOPROTOOPT"
)

// socketRows are the options of socket(7).
var socketRows = []Row{
	{Number: 1, Name: "SO_DEBUG", Status: NoEffect, Form: Flag, Fresh: ints(0), Takes: flags(),
		Why: "Linux only marks packets for tracing, which no program sees"},
	{Number: 2, Name: "SO_REUSEADDR", Form: Flag, Takes: flags(), Why: "0 on a new socket, 1 on raw and ping sockets"},
	{Number: 3, Name: "SO_TYPE", Form: Int, Access: ReadOnly},
	{Number: 4, Name: "SO_ERROR", Form: Int, Access: ReadOnly, Fresh: ints(0), Why: "reading it clears it"},
	{Number: 5, Name: "SO_DONTROUTE", Status: Unsupported, Form: Flag,
		Why: "gVisor always uses gateways; to take it without effect would send packets where they must not go"},
	{Number: 6, Name: "SO_BROADCAST", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 7, Name: "SO_SNDBUF", Form: Int, Takes: []Sample{reads(100000, 200000), reads(50000, 100000)},
		Why: "doubled, as socket(7) says, and kept within the stack's limits"},
	{Number: 8, Name: "SO_RCVBUF", Form: Int, Takes: []Sample{reads(100000, 200000), reads(50000, 100000)},
		Why: "doubled, as socket(7) says, and kept within the stack's limits"},
	{Number: 9, Name: "SO_KEEPALIVE", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 10, Name: "SO_OOBINLINE", Status: NoEffect, Form: Flag, Fresh: ints(0), Takes: flags(),
		Why: "the stack has no urgent data: what a peer marks as urgent is always in line"},
	{Number: 11, Name: "SO_NO_CHECK", Form: Flag, Fresh: ints(0), Takes: flags(), Why: "counts for UDP over IPv4"},
	{Number: 12, Name: "SO_PRIORITY", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: same(0, 6, 7, -1),
		Why: "links have no queues of several priorities"},
	{Number: 13, Name: "SO_LINGER", Form: "struct linger", Fresh: ints(0, 0),
		Takes:   []Sample{{ints(1, 0), ints(1, 0)}, {ints(7, 30), ints(1, 30)}, {ints(0, 5), ints(0, 30)}},
		Refuses: []Refusal{{ints(1), endpoint.EINVAL}},
		Why:     "0 seconds reset at Close; with more, Close returns at once and the data is delivered in the background"},
	{Number: 14, Name: "SO_BSDCOMPAT", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: []Sample{reads(1, 0)}, Why: "nor on Linux"},
	{Number: 15, Name: "SO_REUSEPORT", On: Internet, Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 16, Name: "SO_PASSCRED", Status: Refused, Form: Flag, Why: otherGroup},
	{Number: 17, Name: "SO_PEERCRED", Form: "struct ucred", Access: ReadOnly, Fresh: ints(0, -1, -1), Why: "process 0, user and group -1, as on Linux"},
	{Number: 18, Name: "SO_RCVLOWAT", Form: Int, Fresh: ints(1), Takes: append(same(1, 5, 4096), reads(0, 1)),
		Why: "poll and select wait for that many bytes, or a quarter of SO_RCVBUF; a blocking receive does not"},
	{Number: 19, Name: "SO_SNDLOWAT", Form: Int, Access: ReadOnly, Fresh: ints(1)},
	{Number: 20, Name: "SO_RCVTIMEO", Aliases: []string{"SO_RCVTIMEO_OLD"}, Form: "struct timeval", Fresh: timeval(0, 0),
		Takes: timevals(), Refuses: timevalRefusals(), Why: "counts in blocking mode"},
	{Number: 21, Name: "SO_SNDTIMEO", Aliases: []string{"SO_SNDTIMEO_OLD"}, Form: "struct timeval", Fresh: timeval(0, 0),
		Takes: timevals(), Refuses: timevalRefusals(), Why: "counts in blocking mode"},
	{Number: 22, Name: "SO_SECURITY_AUTHENTICATION", Status: Refused, Form: Int, Why: obsolete},
	{Number: 23, Name: "SO_SECURITY_ENCRYPTION_TRANSPORT", Status: Refused, Form: Int, Why: obsolete},
	{Number: 24, Name: "SO_SECURITY_ENCRYPTION_NETWORK", Status: Refused, Form: Int, Why: obsolete},
	{Number: 25, Name: "SO_BINDTODEVICE", Form: Text, Fresh: []byte{},
		Takes:   []Sample{{[]byte("lo\x00"), []byte("lo\x00")}, {[]byte("lo"), []byte("lo\x00")}, {[]byte{}, []byte{}}},
		Refuses: []Refusal{{[]byte("nowhere9"), endpoint.ENODEV}}},
	{Number: 26, Name: "SO_ATTACH_FILTER", Aliases: []string{"SO_GET_FILTER"}, Status: Unsupported, Form: "struct sock_fprog", Why: noFilters},
	{Number: 27, Name: "SO_DETACH_FILTER", Aliases: []string{"SO_DETACH_BPF"}, Status: Unsupported, Form: Int, Why: noFilters},
	{Number: 28, Name: "SO_PEERNAME", Form: "sockaddr", Access: ReadOnly, Volatile: true, Why: "getpeername(2) by another name; ENOTCONN on a new socket"},
	{Number: 29, Name: "SO_TIMESTAMP", Aliases: []string{"SO_TIMESTAMP_OLD"}, Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 30, Name: "SO_ACCEPTCONN", Form: Int, Access: ReadOnly, Fresh: ints(0)},
	{Number: 31, Name: "SO_PEERSEC", Status: Refused, Form: Text, Why: "there is no security module: ENOPROTOOPT"},
	{Number: 32, Name: "SO_SNDBUFFORCE", Form: Int, Access: WriteOnly, Takes: writes(ints(100000)),
		Why: "as SO_SNDBUF: the limits belong to whoever made the stack"},
	{Number: 33, Name: "SO_RCVBUFFORCE", Form: Int, Access: WriteOnly, Takes: writes(ints(100000)),
		Why: "as SO_RCVBUF: the limits belong to whoever made the stack"},
	{Number: 34, Name: "SO_PASSSEC", Status: Refused, Form: Flag, Why: otherGroup},
	{Number: 35, Name: "SO_TIMESTAMPNS", Aliases: []string{"SO_TIMESTAMPNS_OLD"}, Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 36, Name: "SO_MARK", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: same(0, 1, -1, math.MaxInt32),
		Why: "nothing in the stack acts on marks"},
	{Number: 37, Name: "SO_TIMESTAMPING", Aliases: []string{"SO_TIMESTAMPING_OLD"}, Status: Unsupported, Form: "struct so_timestamping", Why: noHardwareTimes},
	{Number: 38, Name: "SO_PROTOCOL", Form: Int, Access: ReadOnly},
	{Number: 39, Name: "SO_DOMAIN", Form: Int, Access: ReadOnly},
	{Number: 40, Name: "SO_RXQ_OVFL", Status: Unsupported, Form: Flag, Why: "messages do not carry the count of drops; SO_MEMINFO has it"},
	{Number: 41, Name: "SO_WIFI_STATUS", Status: Unsupported, Form: Flag, Why: "there are no wireless links"},
	{Number: 42, Name: "SO_PEEK_OFF", Status: Unsupported, Form: Int, Why: "gVisor peeks from the start"},
	{Number: 43, Name: "SO_NOFCS", Status: Unsupported, Form: Flag, Why: "links have no frame checksums"},
	{Number: 44, Name: "SO_LOCK_FILTER", Status: Unsupported, Form: Flag, Why: noFilters},
	{Number: 45, Name: "SO_SELECT_ERR_QUEUE", Status: Unsupported, Form: Flag, Why: "an error in the queue is POLLERR, never POLLPRI"},
	{Number: 46, Name: "SO_BUSY_POLL", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: same(0, 50, math.MaxInt32), Refuses: invalid(-1), Why: noCPU},
	{Number: 47, Name: "SO_MAX_PACING_RATE", Status: Unsupported, Form: Int, Why: "gVisor does not pace: a rate that is not kept to would be a lie"},
	{Number: 48, Name: "SO_BPF_EXTENSIONS", Status: Unsupported, Form: Int, Why: noFilters},
	{Number: 49, Name: "SO_INCOMING_CPU", Status: NoEffect, Form: Int, Fresh: ints(-1), Takes: same(0, 1, -1), Why: noCPU},
	{Number: 50, Name: "SO_ATTACH_BPF", Status: Unsupported, Form: Int, Why: noFilters},
	{Number: 51, Name: "SO_ATTACH_REUSEPORT_CBPF", Status: Unsupported, Form: "struct sock_fprog", Why: noFilters},
	{Number: 52, Name: "SO_ATTACH_REUSEPORT_EBPF", Status: Unsupported, Form: Int, Why: noFilters},
	{Number: 53, Name: "SO_CNX_ADVICE", Status: NoEffect, Form: Int, Access: WriteOnly, Takes: writes(ints(1)),
		Why: "asks for another route where there are several; routes here are what the stack was given"},
	{Number: 55, Name: "SO_MEMINFO", Form: "u32[9]", Access: ReadOnly, Volatile: true,
		Why: "receive queue (of UDP its first datagram), buffer sizes and drops of UDP; what gVisor does not tell is 0"},
	{Number: 56, Name: "SO_INCOMING_NAPI_ID", Form: Int, Access: ReadOnly, Fresh: ints(0), Why: "0, as for every packet that no hardware queue brought"},
	{Number: 57, Name: "SO_COOKIE", Form: "u64", Access: ReadOnly, Volatile: true},
	{Number: 59, Name: "SO_PEERGROUPS", Status: Refused, Form: "gid_t[]", Access: ReadOnly, Why: "for other families: ENODATA"},
	{Number: 60, Name: "SO_ZEROCOPY", Status: Unsupported, Form: Flag, Why: "sends copy, and nothing would tell of their completion"},
	{Number: 61, Name: "SO_TXTIME", Status: Unsupported, Form: "struct sock_txtime", Why: "links have no queue that sends at a given time"},
	{Number: 62, Name: "SO_BINDTOIFINDEX", Form: Int, Fresh: ints(0), Takes: same(1, 0), Refuses: invalid(-1)},
	{Number: 63, Name: "SO_TIMESTAMP_NEW", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 64, Name: "SO_TIMESTAMPNS_NEW", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 65, Name: "SO_TIMESTAMPING_NEW", Status: Unsupported, Form: "struct so_timestamping", Why: noHardwareTimes},
	{Number: 66, Name: "SO_RCVTIMEO_NEW", Form: "struct timeval", Fresh: timeval(0, 0), Takes: timevals(), Refuses: timevalRefusals(), Why: "as SO_RCVTIMEO"},
	{Number: 67, Name: "SO_SNDTIMEO_NEW", Form: "struct timeval", Fresh: timeval(0, 0), Takes: timevals(), Refuses: timevalRefusals(), Why: "as SO_SNDTIMEO"},
	{Number: 68, Name: "SO_DETACH_REUSEPORT_BPF", Status: Unsupported, Form: Int, Why: noFilters},
	{Number: 69, Name: "SO_PREFER_BUSY_POLL", Status: NoEffect, Form: Flag, Fresh: ints(0), Takes: flags(), Why: noCPU},
	{Number: 70, Name: "SO_BUSY_POLL_BUDGET", Status: NoEffect, Form: Int, Access: WriteOnly, Takes: writes(ints(0), ints(65535)),
		Refuses: invalid(-1, 65536), Why: noCPU},
	{Number: 71, Name: "SO_NETNS_COOKIE", Status: Unsupported, Form: "u64", Why: "a stack is no network namespace"},
	{Number: 72, Name: "SO_BUF_LOCK", Status: Unsupported, Form: Int, Why: "gVisor does not tell whether it tunes a buffer, and cannot be told to again"},
	{Number: 73, Name: "SO_RESERVE_MEM", Status: Unsupported, Form: Int, Why: "the stack's memory is the process's"},
	{Number: 74, Name: "SO_TXREHASH", On: Streams, Status: NoEffect, Form: Int, Fresh: ints(1),
		Takes: []Sample{reads(0, 0), reads(1, 1), reads(-1, 1)}, Refuses: invalid(-2, 2), Why: "the stack does not choose among several paths"},
	{Number: 75, Name: "SO_RCVMARK", Status: Unsupported, Form: Flag, Why: "packets that arrive have no mark"},
}

// timeval is a struct timeval: two 64-bit integers.
func timeval(seconds, micros int64) []byte {
	return ints(int(int32(seconds)), int(seconds>>32), int(int32(micros)), int(micros>>32))
}

func timevals() []Sample {
	// The kernel counts in its ticks: whole 20 ms are whole at every rate.
	return []Sample{{timeval(0, 20000), timeval(0, 20000)}, {timeval(3, 500000), timeval(3, 500000)}, {timeval(0, 0), timeval(0, 0)}}
}

func timevalRefusals() []Refusal {
	return []Refusal{{timeval(0, -1), endpoint.EDOM}, {timeval(0, 1000000), endpoint.EDOM}, {timeval(1, 0)[:15], endpoint.EINVAL}}
}
