package netstack

import (
	"encoding/binary"
	"math"

	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// ipOptions are the options of ip(7) that the stack has.
var ipOptions = map[int]option{
	endpoint.IP_TOS: betweenSends(emptyIsZero(intOption(tcpip.IPv4TOSOption, math.MinInt32, math.MaxInt32))),
	endpoint.IP_TTL: byteOption(ttlOption(tcpip.IPv4TTLOption, 1, tcpip.UseDefaultIPv4TTL)),
	endpoint.IP_MTU: byteOption(option{get: getMTU}),
	// Raw sockets have their own.
	endpoint.IP_HDRINCL: byteOption(readOnly(func(*Endpoint, *core) int { return 0 })),
}

// ipv6Options are the options of ipv6(7) that the stack has.
var ipv6Options = map[int]option{
	endpoint.IPV6_V6ONLY:       {get: getV6Only, set: setV6Only},
	endpoint.IPV6_TCLASS:       betweenSends(option{get: trafficClass.get, set: setTrafficClass}),
	endpoint.IPV6_UNICAST_HOPS: ttlOption(tcpip.IPv6HopLimitOption, 0, tcpip.UseDefaultIPv6HopLimit),
	endpoint.IPV6_MTU:          {get: getMTU, set: setFragmentSize},
}

var trafficClass = intOption(tcpip.IPv6TrafficClassOption, 0, math.MaxUint8)

// setTrafficClass takes -1 for the kernel's default, which is 0.
func setTrafficClass(e *Endpoint, c *core, v []byte) endpoint.Errno {
	if value, errno := setInt(v); errno == 0 && value == -1 {
		v = make([]byte, sizeofInt)
	}
	return trafficClass.set(e, c, v)
}

// byteOption lets an option of an int also be set from one byte, and be read into
// less than an int where its value is a byte, as do_ip_setsockopt and
// do_ip_getsockopt do.
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
		if value := binary.NativeEndian.Uint32(raw[:]); value <= math.MaxUint8 {
			v[0] = byte(value)
			return 1, 0
		}
		return copy(v, raw[:]), 0
	}
	if set == nil {
		return o
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

// emptyIsZero is a byteOption that takes no bytes at all for 0: some of the
// options of ip(7) do, others refuse.
func emptyIsZero(o option) option {
	o = byteOption(o)
	set := o.set
	o.set = func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if len(v) == 0 {
			v = make([]byte, sizeofInt)
		}
		return set(e, c, v)
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

func getV6Only(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return getInt(v, boolInt(e.onlyIPv6(c)))
}

// onlyIPv6 tells whether a socket is for IPv6 alone. One that is bound to an address
// of IPv6's own always is, as __inet6_bind has it; a raw one, which never takes IPv4,
// does not say so (rawv6_bind). The caller holds e.mu.
func (e *Endpoint) onlyIPv6(c *core) bool {
	if e.isRaw6() {
		return false
	}
	bound, ok := e.bound.AddrPort()
	own := ok && bound.Addr().Is6() && !bound.Addr().Is4In6() && !bound.Addr().IsUnspecified()
	return own || c.SocketOptions().GetV6Only()
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
