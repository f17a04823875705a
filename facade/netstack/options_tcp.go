package netstack

import (
	"math"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// The kernel's limits for keepalive times in seconds and probes (net/tcp.h).
const (
	maxKeepaliveSeconds = 32767
	maxKeepaliveProbes  = 127
)

// tcpOptions are the options of tcp(7) that the stack has.
var tcpOptions = map[int]option{
	endpoint.TCP_NODELAY: boolOption(
		func(o *tcpip.SocketOptions) bool { return !o.GetDelayOption() },
		func(o *tcpip.SocketOptions, v bool) { o.SetDelayOption(!v) }),
	endpoint.TCP_CORK:     boolOption((*tcpip.SocketOptions).GetCorkOption, (*tcpip.SocketOptions).SetCorkOption),
	endpoint.TCP_QUICKACK: ownOption(boolOption((*tcpip.SocketOptions).GetQuickAck, (*tcpip.SocketOptions).SetQuickAck)),
	endpoint.TCP_MAXSEG:   {get: getMaxSegment, set: setMaxSegment},
	endpoint.TCP_KEEPCNT:  intOption(tcpip.KeepaliveCountOption, 1, maxKeepaliveProbes),
	endpoint.TCP_SYNCNT:   intOption(tcpip.TCPSynCountOption, 1, 127),

	endpoint.TCP_KEEPIDLE: durationOption(time.Second, 1, maxKeepaliveSeconds,
		func(d time.Duration) tcpip.KeepaliveIdleOption { return tcpip.KeepaliveIdleOption(d) },
		func(o tcpip.KeepaliveIdleOption) time.Duration { return time.Duration(o) }),
	endpoint.TCP_KEEPINTVL: durationOption(time.Second, 1, maxKeepaliveSeconds,
		func(d time.Duration) tcpip.KeepaliveIntervalOption { return tcpip.KeepaliveIntervalOption(d) },
		func(o tcpip.KeepaliveIntervalOption) time.Duration { return time.Duration(o) }),
	endpoint.TCP_USER_TIMEOUT: durationOption(time.Millisecond, 0, math.MaxInt32,
		func(d time.Duration) tcpip.TCPUserTimeoutOption { return tcpip.TCPUserTimeoutOption(d) },
		func(o tcpip.TCPUserTimeoutOption) time.Duration { return time.Duration(o) }),
	endpoint.TCP_LINGER2: durationOption(time.Second, math.MinInt32, math.MaxInt32,
		func(d time.Duration) tcpip.TCPLingerTimeoutOption { return tcpip.TCPLingerTimeoutOption(d) },
		func(o tcpip.TCPLingerTimeoutOption) time.Duration {
			if o < 0 {
				return -time.Second // gVisor keeps no unit with "none"
			}
			return time.Duration(o)
		}),
	endpoint.TCP_DEFER_ACCEPT: ownOption(deferAccept),

	endpoint.TCP_CONGESTION: {get: getCongestion, set: setCongestion, text: true},
	endpoint.TCP_CC_INFO:    {get: getCongestionInfo},
	endpoint.TCP_INFO:       {get: getTCPInfo},
	endpoint.TCP_REPAIR: {
		get: readOnly(func(*Endpoint, *core) int { return 0 }).get,
		set: refuses(endpoint.EPERM).set,
	},
}

// The kernel's retransmission timeouts of a SYN, in seconds (net/tcp.h).
const (
	initialTimeout  = 1   // TCP_TIMEOUT_INIT
	greatestTimeout = 120 // TCP_RTO_MAX
	greatestRetrans = 255
)

// deferAccept is TCP_DEFER_ACCEPT. The kernel counts retransmissions and reads
// back the seconds that they take; gVisor counts at most two minutes.
var deferAccept = kept{
	name: endpoint.TCP_DEFER_ACCEPT,
	accept: func(_ *Endpoint, c *core, value int) (int, endpoint.Errno) {
		seconds := wholeTimeouts(value)
		d := tcpip.TCPDeferAcceptOption(time.Duration(seconds) * time.Second)
		return seconds, toErrno(c.SetSockOpt(&d))
	},
}.option(optionKey{endpoint.IPPROTO_TCP, endpoint.TCP_DEFER_ACCEPT})

// wholeTimeouts rounds seconds up to a number of retransmissions, as
// secs_to_retrans and retrans_to_secs of the kernel do.
func wholeTimeouts(seconds int) int {
	if seconds <= 0 {
		return 0
	}
	period, timeout := initialTimeout, initialTimeout
	for n := 1; seconds > period && n < greatestRetrans; n++ {
		timeout = min(2*timeout, greatestTimeout)
		period += timeout
	}
	return period
}

// The kernel's limits for the segment size (net/tcp.h).
const (
	minSegment = 88    // TCP_MIN_MSS
	maxSegment = 32767 // MAX_TCP_WINDOW
)

// getMaxSegment answers the default of RFC 9293 where nothing was set: gVisor
// does not tell the segment size of a connection.
func getMaxSegment(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	value, err := c.GetSockOptInt(tcpip.MaxSegOption)
	if err != nil {
		return 0, toErrno(err)
	}
	if value == alignedMSS {
		value = header.TCPDefaultMSS
	}
	return getInt(v, value)
}

// setMaxSegment takes 0 for the default, as the kernel does.
func setMaxSegment(e *Endpoint, c *core, v []byte) endpoint.Errno {
	value, errno := setInt(v)
	if errno != 0 {
		return errno
	}
	switch {
	case value == 0:
		value = alignedMSS
	case value < minSegment || value > maxSegment:
		return endpoint.EINVAL
	}
	return toErrno(c.SetSockOptInt(tcpip.MaxSegOption, value))
}

func getCongestion(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	var name tcpip.CongestionControlOption
	if err := c.GetSockOpt(&name); err != nil {
		return 0, toErrno(err)
	}
	var raw [16]byte // TCP_CA_NAME_MAX
	copy(raw[:], name)
	return copy(v, raw[:]), 0
}

func setCongestion(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	if len(v) == 0 {
		return endpoint.EINVAL
	}
	name := tcpip.CongestionControlOption(cString(v))
	return toErrno(c.SetSockOpt(&name))
}

// getCongestionInfo answers TCP_CC_INFO: neither reno nor cubic has any.
func getCongestionInfo(*Endpoint, *core, []byte) (int, endpoint.Errno) { return 0, 0 }
