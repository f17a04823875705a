package stack

import (
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// TCPConfig is the settings of TCP. A field of zero means its default.
type TCPConfig struct {
	// SendBuffer and ReceiveBuffer sizes. Defaults 4 KiB, 1 MiB, 4 MiB. One
	// stream over the loopback measured the same with 1, 4 and 8 MiB, and was
	// slower with 512 KiB or less. A peer that does not read, or does not let
	// the socket read, can make it hold Max of each.
	SendBuffer, ReceiveBuffer BufferRange
	// DisableReceiveAutoTuning keeps the receive buffer at its default size
	// instead of growing it, up to Max, with what the application reads.
	// (A send buffer grows until SO_SNDBUF is set; gVisor has no switch.)
	DisableReceiveAutoTuning bool
	// DisableSACK turns selective acknowledgements off (RFC 2018).
	DisableSACK bool
	// RACK detects losses by time (RFC 8985) instead of by counting duplicate
	// acknowledgements. Default off: where nothing is lost no difference was
	// measured, but over a cable whose queue of 16 to 256 packets overflowed,
	// 16 MiB took up to 9.9 s with gVisor's RACK, and never more than 0.3 s
	// without.
	RACK bool
	// CongestionControl of new sockets, "cubic" or "reno". Default "cubic",
	// as on Linux; over the loopback they measured the same.
	CongestionControl string
	// DisableNagle makes TCP_NODELAY the default of new sockets. Default
	// off, as on Linux.
	DisableNagle bool
	// KeepAlive times of new sockets that turn SO_KEEPALIVE on. gVisor has
	// no setting for the stack: the sockets apply them.
	KeepAlive KeepAlive
	// TimeWait is how long a connection stays in TIME-WAIT. Default 60 s.
	TimeWait time.Duration
	// TimeWaitReuse says whether a port in TIME-WAIT may be connected from
	// again.
	TimeWaitReuse TimeWaitReuse
	// FINWait2 is how long an orphaned connection waits in FIN-WAIT-2.
	// Default 60 s, at most 120 s.
	FINWait2 time.Duration
	// SYNRetries is the number of times a SYN is sent again, 1 to 255.
	// Default 6: a connect gives up after about 127 s.
	SYNRetries int
	// MaxRetries is the number of times a segment is sent again before the
	// connection is given up. Default 15.
	MaxRetries int
	// MinRTO and MaxRTO bound the retransmission timeout. Defaults 200 ms
	// and 120 s, as on Linux.
	MinRTO, MaxRTO time.Duration
}

// KeepAlive is the times of keep-alive probes. A field of zero means its
// default.
type KeepAlive struct {
	Idle     time.Duration // before the first probe; default 2 h
	Interval time.Duration // between probes; default 75 s
	Count    int           // of unanswered probes; default 9
}

// TimeWaitReuse says which ports in TIME-WAIT may be connected from again.
type TimeWaitReuse int

const (
	TimeWaitReuseLoopback TimeWaitReuse = iota // connections between loopback addresses, as on Linux; the default
	TimeWaitReuseNever
	TimeWaitReuseAlways
)

var timeWaitReuse = map[TimeWaitReuse]tcpip.TCPTimeWaitReuseOption{
	TimeWaitReuseLoopback: tcpip.TCPTimeWaitReuseLoopbackOnly,
	TimeWaitReuseNever:    tcpip.TCPTimeWaitReuseDisabled,
	TimeWaitReuseAlways:   tcpip.TCPTimeWaitReuseGlobal,
}

const (
	congestionCubic = "cubic"
	congestionReno  = "reno"
)

func (c TCPConfig) withDefaults() TCPConfig {
	c.SendBuffer = c.SendBuffer.withDefaults(tcp.MinBufferSize, tcp.DefaultSendBufferSize, tcp.MaxBufferSize)
	c.ReceiveBuffer = c.ReceiveBuffer.withDefaults(tcp.MinBufferSize, tcp.DefaultReceiveBufferSize, tcp.MaxBufferSize)
	setDefault(&c.CongestionControl, congestionCubic)
	setDefault(&c.KeepAlive.Idle, tcp.DefaultKeepaliveIdle)
	setDefault(&c.KeepAlive.Interval, tcp.DefaultKeepaliveInterval)
	setDefault(&c.KeepAlive.Count, tcp.DefaultKeepaliveCount)
	setDefault(&c.TimeWait, tcp.DefaultTCPTimeWaitTimeout)
	setDefault(&c.FINWait2, tcp.DefaultTCPLingerTimeout)
	setDefault(&c.SYNRetries, tcp.DefaultSynRetries)
	setDefault(&c.MaxRetries, tcp.MaxRetries)
	setDefault(&c.MinRTO, tcp.MinRTO)
	setDefault(&c.MaxRTO, tcp.MaxRTO)
	return c
}

// options in the order in which gVisor can take them: it checks MinRTO and
// MaxRTO against each other's present value.
func (c TCPConfig) options() []tcpip.SettableTransportProtocolOption {
	return []tcpip.SettableTransportProtocolOption{
		&tcpip.TCPSendBufferSizeRangeOption{Min: c.SendBuffer.Min, Default: c.SendBuffer.Default, Max: c.SendBuffer.Max},
		&tcpip.TCPReceiveBufferSizeRangeOption{Min: c.ReceiveBuffer.Min, Default: c.ReceiveBuffer.Default, Max: c.ReceiveBuffer.Max},
		option(tcpip.TCPModerateReceiveBufferOption(!c.DisableReceiveAutoTuning)),
		option(tcpip.TCPSACKEnabled(!c.DisableSACK)),
		option(recovery(c.RACK)),
		option(tcpip.CongestionControlOption(c.CongestionControl)),
		option(tcpip.TCPDelayEnabled(!c.DisableNagle)),
		option(tcpip.TCPTimeWaitTimeoutOption(c.TimeWait)),
		option(timeWaitReuse[c.TimeWaitReuse]),
		option(tcpip.TCPLingerTimeoutOption(c.FINWait2)),
		option(tcpip.TCPSynRetriesOption(c.SYNRetries)),
		option(tcpip.TCPMaxRetriesOption(c.MaxRetries)),
		option(tcpip.TCPMinRTOOption(0)),
		option(tcpip.TCPMaxRTOOption(c.MaxRTO)),
		option(tcpip.TCPMinRTOOption(c.MinRTO)),
	}
}

func option[T any](v T) *T { return &v }

func recovery(rack bool) tcpip.TCPRecovery {
	if rack {
		return tcpip.TCPRACKLossDetection
	}
	return 0
}

func (c TCPConfig) apply(gs *gstack.Stack) error {
	for _, o := range c.options() {
		if err := gs.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return netstackError("TCP setting", err)
		}
	}
	return nil
}
