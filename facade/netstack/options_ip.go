package netstack

import (
	"encoding/binary"
	"math"

	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// ipOptions are the options of ip(7) that the stack has.
var ipOptions = map[int]option{
	endpoint.IP_TOS:          byteOption(intOption(tcpip.IPv4TOSOption, math.MinInt32, math.MaxInt32)),
	endpoint.IP_TTL:          byteOption(ttlOption(tcpip.IPv4TTLOption, 1, tcpip.UseDefaultIPv4TTL)),
	endpoint.IP_MTU_DISCOVER: byteOption(mtuDiscover),
}

// ipv6Options are the options of ipv6(7) that the stack has.
var ipv6Options = map[int]option{
	endpoint.IPV6_V6ONLY:       {get: getV6Only, set: setV6Only},
	endpoint.IPV6_TCLASS:       {get: trafficClass.get, set: setTrafficClass},
	endpoint.IPV6_UNICAST_HOPS: ttlOption(tcpip.IPv6HopLimitOption, 0, tcpip.UseDefaultIPv6HopLimit),
	endpoint.IPV6_MTU_DISCOVER: mtuDiscover,
}

var trafficClass = intOption(tcpip.IPv6TrafficClassOption, 0, math.MaxUint8)

// setTrafficClass takes -1 for the kernel's default, which is 0.
func setTrafficClass(e *Endpoint, c *core, v []byte) endpoint.Errno {
	if value, errno := setInt(v); errno == 0 && value == -1 {
		v = make([]byte, sizeofInt)
	}
	return trafficClass.set(e, c, v)
}

// mtuDiscover is IP_MTU_DISCOVER: gVisor numbers the strategies 0 to 3 as WANT,
// DONT, DO, PROBE, and the kernel as DONT, WANT, DO, PROBE.
var mtuDiscover = option{
	get: func(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
		value, err := c.GetSockOptInt(tcpip.MTUDiscoverOption)
		if err != nil {
			return 0, toErrno(err)
		}
		return getInt(v, swapMTUDiscover(value))
	},
	set: func(_ *Endpoint, c *core, v []byte) endpoint.Errno {
		value, errno := setInt(v)
		if errno != 0 {
			return errno
		}
		if value < 0 || value > int(tcpip.PMTUDiscoveryProbe) {
			return endpoint.EINVAL
		}
		return toErrno(c.SetSockOptInt(tcpip.MTUDiscoverOption, swapMTUDiscover(value)))
	},
}

func swapMTUDiscover(v int) int {
	if v <= 1 {
		return 1 - v
	}
	return v
}

// byteOption lets an option of an int also be set from, and read into, one byte,
// as ip(7) does.
func byteOption(o option) option {
	get, set := o.get, o.set
	o.get = func(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
		if len(v) == 0 || len(v) >= sizeofInt {
			return get(e, c, v)
		}
		var raw [sizeofInt]byte
		if _, errno := get(e, c, raw[:]); errno != 0 {
			return 0, errno
		}
		v[0] = byte(binary.NativeEndian.Uint32(raw[:]))
		return 1, 0
	}
	o.set = func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if len(v) == 0 || len(v) >= sizeofInt {
			return set(e, c, v)
		}
		var raw [sizeofInt]byte
		binary.NativeEndian.PutUint32(raw[:], uint32(v[0]))
		return set(e, c, raw[:])
	}
	return o
}

// defaultTTL is the stack's TTL and hop limit for unicast (RFC 1700), which is
// what a socket that has none of its own reads.
const defaultTTL = 64

// ttlOption is a TTL or hop limit from lowest to 255, where -1 is the stack's
// default, which gVisor calls inherit.
func ttlOption(name tcpip.SockOptInt, lowest, inherit int) option {
	return option{
		get: func(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
			value, err := c.GetSockOptInt(name)
			if err != nil {
				return 0, toErrno(err)
			}
			if value == inherit {
				value = defaultTTL
			}
			return getInt(v, value)
		},
		set: func(_ *Endpoint, c *core, v []byte) endpoint.Errno {
			value, errno := setInt(v)
			if errno != 0 {
				return errno
			}
			if value == -1 {
				value = inherit
			} else if value < lowest || value > math.MaxUint8 {
				return endpoint.EINVAL
			}
			return toErrno(c.SetSockOptInt(name, value))
		},
	}
}

func getV6Only(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	return getInt(v, boolInt(c.SocketOptions().GetV6Only()))
}

// setV6Only refuses a socket that has a port: it is registered for its families.
func setV6Only(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	value, errno := setInt(v)
	if errno != 0 {
		return errno
	}
	local, err := c.GetLocalAddress()
	if err == nil && local.Port != 0 {
		return endpoint.EINVAL
	}
	c.SocketOptions().SetV6Only(value != 0)
	return 0
}
