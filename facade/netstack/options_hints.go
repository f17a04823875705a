package netstack

import (
	"math"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// keptSocketOptions are the options of socket(7) that are only kept.
var keptSocketOptions = keptOptions(endpoint.SOL_SOCKET, []kept{
	{name: endpoint.SO_DEBUG, accept: asFlag},
	{name: endpoint.SO_OOBINLINE, accept: asFlag},
	{name: endpoint.SO_PRIORITY, form: ownOption},
	{name: endpoint.SO_BSDCOMPAT, accept: always0(nil)},
	{name: endpoint.SO_BUSY_POLL, accept: within(0, math.MaxInt32)},
	{name: endpoint.SO_PREFER_BUSY_POLL, accept: asFlag},
	{name: endpoint.SO_BUSY_POLL_BUDGET, accept: within(0, math.MaxUint16), form: writeOnly},
	{name: endpoint.SO_INCOMING_CPU, fresh: -1},
	{name: endpoint.SO_CNX_ADVICE, form: writeOnly},
	{name: endpoint.SO_TXREHASH, fresh: 1, accept: transmitRehash, form: onStreams},
})

// keptTCPOptions are the options of tcp(7) that are only kept.
var keptTCPOptions = keptOptions(endpoint.IPPROTO_TCP, []kept{
	{name: endpoint.TCP_WINDOW_CLAMP, accept: windowClamp},
	{name: endpoint.TCP_THIN_LINEAR_TIMEOUTS, accept: within(0, 1)},
	{name: endpoint.TCP_THIN_DUPACK, accept: always0(within(0, 1))},
	{name: endpoint.TCP_FASTOPEN, accept: fastOpen, form: ownOption},
	{name: endpoint.TCP_FASTOPEN_CONNECT, accept: fastOpenConnect},
	{name: endpoint.TCP_FASTOPEN_NO_COOKIE, accept: fastOpenNoCookie},
	{name: endpoint.TCP_NOTSENT_LOWAT},
})

// keptUDPOptions are the options of udp(7) that are only kept.
var keptUDPOptions = keptOptions(endpoint.IPPROTO_UDP, []kept{
	{name: endpoint.UDP_GRO, accept: asFlag},
})

// keptIPOptions are the options of ip(7) that read what was set.
var keptIPOptions = keptOptions(endpoint.IPPROTO_IP, []kept{
	{name: endpoint.IP_MTU_DISCOVER, fresh: endpoint.IP_PMTUDISC_WANT, accept: mtuDiscover, form: emptyIsZero},
	{name: endpoint.IP_BIND_ADDRESS_NO_PORT, accept: asFlag, form: emptyIsZero},
})

// keptIPv6Options are the options of ipv6(7) that read what was set.
var keptIPv6Options = keptOptions(endpoint.IPPROTO_IPV6, []kept{
	{name: endpoint.IPV6_MTU_DISCOVER, fresh: endpoint.IP_PMTUDISC_WANT, accept: mtuDiscover6},
	{name: endpoint.IPV6_DONTFRAG, accept: dontFragment, form: lengthless},
	{name: endpoint.IPV6_AUTOFLOWLABEL, fresh: 1, accept: asFlag, form: lengthless},
})

// transmitRehash takes -1 for the default, which is on.
func transmitRehash(e *Endpoint, c *core, value int) (int, endpoint.Errno) {
	if value == -1 {
		return 1, 0
	}
	return within(0, 1)(e, c, value)
}

// onStreams leaves an option to TCP; others refuse it.
func onStreams(o option) option {
	refused := refuses(endpoint.EOPNOTSUPP)
	get, set := o.get, o.set
	o.get = func(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
		if !e.isStream() {
			return refused.get(e, c, v)
		}
		return get(e, c, v)
	}
	o.set = func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if !e.isStream() {
			return refused.set(e, c, v)
		}
		return set(e, c, v)
	}
	return o
}

// lengthless is an option that takes a value shorter than an int for 0, as
// do_ipv6_setsockopt does with those that have no check of their own.
func lengthless(o option) option {
	set := o.set
	o.set = func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if len(v) < sizeofInt {
			v = make([]byte, sizeofInt)
		}
		return set(e, c, v)
	}
	return o
}

// leastWindow is SOCK_MIN_RCVBUF of the kernel, halved (net/sock.h).
const leastWindow = 2304 / 2

// windowClamp takes away a clamp only before there is a connection.
func windowClamp(_ *Endpoint, c *core, value int) (int, endpoint.Errno) {
	if value != 0 {
		return max(value, leastWindow), 0
	}
	if linuxState(c.state()) != endpoint.TCP_CLOSE {
		return 0, endpoint.EINVAL
	}
	return 0, 0
}

// fastOpen is the queue of TCP_FASTOPEN, at most somaxconn, before a connection.
func fastOpen(_ *Endpoint, c *core, value int) (int, endpoint.Errno) {
	if value < 0 || !unconnected(c) {
		return 0, endpoint.EINVAL
	}
	return min(value, endpoint.SOMAXCONN), 0
}

func fastOpenConnect(_ *Endpoint, c *core, value int) (int, endpoint.Errno) {
	if value < 0 || value > 1 || linuxState(c.state()) != endpoint.TCP_CLOSE {
		return 0, endpoint.EINVAL
	}
	return value, 0
}

func fastOpenNoCookie(_ *Endpoint, c *core, value int) (int, endpoint.Errno) {
	if value < 0 || value > 1 || !unconnected(c) {
		return 0, endpoint.EINVAL
	}
	return value, 0
}

// unconnected tells whether a TCP socket is fresh, bound or listening.
func unconnected(c *core) bool {
	s := linuxState(c.state())
	return s == endpoint.TCP_CLOSE || s == endpoint.TCP_LISTEN
}
