package optiontable

// States is a set of states of sockets.
type States uint

// The states of sockets.
const (
	FreshSocket States = 1 << iota
	Bound
	Listening
	Connected
)

// Aspect is what of an option differs from Linux.
type Aspect string

// The aspects.
const (
	ValueRead   Aspect = "the value" // what getsockopt answers before anything was set
	ReadLength  Aspect = "lengths read"
	SampleSet   Aspect = "samples" // what the row says that it takes and refuses
	WriteErrno  Aspect = "values refused"
	WriteLength Aspect = "lengths set"
	ReadBack    Aspect = "values read after a set"
)

// Difference is where the stack answers otherwise than Linux 6.18. The comparison
// with the kernel holds it to be there.
type Difference struct {
	Name   string
	Kinds  Kinds  // zero: any
	States States // zero: any
	Aspect Aspect
	Why    string
}

const (
	ownBuffers = "each has its own defaults"
	ownFloor   = "the least is 4096 bytes; Linux has 4608 for SO_SNDBUF and 2304 for SO_RCVBUF, and its greatest is a setting of the machine"
	anyIndex   = "an index of no link is ENODEV; Linux takes every index"
	noRepairs  = "Linux lets a process with CAP_NET_ADMIN repair"
	noSegment  = "gVisor does not tell the segment size of a connection"
)

// Differences returns what is known to differ in supported options and in those
// without effect.
func Differences() []Difference {
	return []Difference{
		{Name: "SO_SNDBUF", Aspect: ValueRead, Why: ownBuffers},
		{Name: "SO_SNDBUF", Aspect: ReadBack, Why: ownFloor},
		{Name: "SO_RCVBUF", Aspect: ValueRead, Why: ownBuffers},
		{Name: "SO_RCVBUF", Aspect: ReadBack, Why: ownFloor},
		{Name: "SO_RCVLOWAT", Kinds: Streams, Aspect: ReadBack, Why: "the greatest is half of what the receive buffer may be, which each has its own"},
		{Name: "SO_BINDTOIFINDEX", Aspect: WriteErrno, Why: anyIndex},
		{Name: "SO_BINDTOIFINDEX", Aspect: ReadBack, Why: anyIndex},
		{Name: "SO_INCOMING_CPU", States: Connected, Aspect: ValueRead, Why: "Linux tells the CPU of a connection; the stack -1"},
		{Name: "IP_MULTICAST_ALL", Kinds: IPv6, Aspect: ValueRead, Why: "on IPv6 sockets Linux begins with 0: what comes to IPv4 groups is only for those that joined"},
		{Name: "TCP_MAXSEG", States: Connected, Aspect: ValueRead, Why: noSegment},
		{Name: "TCP_MAXSEG", States: Connected, Aspect: SampleSet, Why: noSegment},
		{Name: "TCP_MAXSEG", States: Connected, Aspect: ReadBack, Why: noSegment},
		{Name: "TCP_MAXSEG", States: Connected, Aspect: WriteLength, Why: noSegment},
		{Name: "TCP_WINDOW_CLAMP", States: Connected, Aspect: ValueRead, Why: "Linux tells the window of a connection"},
		{Name: "TCP_CONGESTION", Aspect: ValueRead, Why: "the default is the stack's (cubic); Linux has a setting of the machine"},
		{Name: "TCP_REPAIR", Aspect: SampleSet, Why: noRepairs},
		{Name: "TCP_REPAIR", Aspect: WriteErrno, Why: noRepairs},
		{Name: "TCP_REPAIR", Aspect: ReadBack, Why: noRepairs},
		{Name: "TCP_REPAIR", Aspect: WriteLength, Why: noRepairs},
	}
}
