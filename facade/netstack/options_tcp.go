package netstack

import (
	"encoding/binary"
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
	endpoint.TCP_CORK:         boolOption((*tcpip.SocketOptions).GetCorkOption, (*tcpip.SocketOptions).SetCorkOption),
	endpoint.TCP_QUICKACK:     boolOption((*tcpip.SocketOptions).GetQuickAck, (*tcpip.SocketOptions).SetQuickAck),
	endpoint.TCP_MAXSEG:       {get: getMaxSegment, set: setMaxSegment},
	endpoint.TCP_KEEPCNT:      intOption(tcpip.KeepaliveCountOption, 1, maxKeepaliveProbes),
	endpoint.TCP_SYNCNT:       intOption(tcpip.TCPSynCountOption, 1, 127),
	endpoint.TCP_WINDOW_CLAMP: intOption(tcpip.TCPWindowClampOption, math.MinInt32, math.MaxInt32),

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
	endpoint.TCP_DEFER_ACCEPT: durationOption(time.Second, math.MinInt32, math.MaxInt32,
		func(d time.Duration) tcpip.TCPDeferAcceptOption { return tcpip.TCPDeferAcceptOption(max(d, 0)) },
		func(o tcpip.TCPDeferAcceptOption) time.Duration { return time.Duration(o) }),

	endpoint.TCP_CONGESTION: {get: getCongestion, set: setCongestion},
	endpoint.TCP_INFO:       {get: getTCPInfo},
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

// sizeofTCPInfo is that of struct tcp_info up to tcpi_total_retrans
// (linux/tcp.h): what every kernel has.
const sizeofTCPInfo = 104

// getTCPInfo fills tcpi_state, ca_state, rto, snd_ssthresh, snd_cwnd, rtt and
// rttvar. gVisor tells nothing of the rest, which is zero.
func getTCPInfo(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	var info tcpip.TCPInfoOption
	if err := c.GetSockOpt(&info); err != nil {
		return 0, toErrno(err)
	}
	var raw [sizeofTCPInfo]byte
	put := binary.NativeEndian.PutUint32
	raw[0] = byte(linuxState(c.state()))
	raw[1] = byte(info.CcState)
	put(raw[8:], uint32(info.RTO/time.Microsecond))
	put(raw[68:], uint32(info.RTT/time.Microsecond))
	put(raw[72:], uint32(info.RTTVar/time.Microsecond))
	put(raw[76:], info.SndSsthresh)
	put(raw[80:], info.SndCwnd)
	return copy(v, raw[:]), 0
}
