package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"github.com/usernet-stack/usernet/stack"
)

// gvisorKeepAlive is what a new endpoint of gVisor starts with.
var gvisorKeepAlive = stack.KeepAlive{
	Idle:     tcp.DefaultKeepaliveIdle,
	Interval: tcp.DefaultKeepaliveInterval,
	Count:    tcp.DefaultKeepaliveCount,
}

// alignedMSS makes a full segment carry a multiple of 128 bytes, the unit of the
// windows that go with 4 MiB buffers; gVisor reserves 40 bytes for options. It
// only counts on links with an MTU of nearly 64 KiB, such as the loopback.
//
// gVisor takes back up to a unit of the window that it has advertised, by
// rounding, and then drops what was under way, which costs the sender a
// retransmission timeout. Segments in whole units leave nothing to round.
const alignedMSS = 511*128 + 40

// applyDefaults gives a new gVisor endpoint the defaults that gVisor has no
// setting for.
func (e *Endpoint) applyDefaults(ep tcpip.Endpoint) {
	if !e.isStream() {
		// Without this gVisor hides ErrNoBufferSpace, as Linux does; the
		// facade needs it to wait for room. Of the errors that it then queues
		// the socket keeps those that it asked for: see takeErrors.
		ep.SocketOptions().SetIPv4RecvError(true)
		ep.SocketOptions().SetIPv6RecvError(true)
		return
	}
	ep.SetSockOptInt(tcpip.MaxSegOption, alignedMSS)
	if k := e.p.stack.TCP().KeepAlive; k != gvisorKeepAlive {
		idle, interval := tcpip.KeepaliveIdleOption(k.Idle), tcpip.KeepaliveIntervalOption(k.Interval)
		ep.SetSockOpt(&idle)
		ep.SetSockOpt(&interval)
		ep.SetSockOptInt(tcpip.KeepaliveCountOption, k.Count)
	}
}
