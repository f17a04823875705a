package netstack

import (
	"math"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// The options of control data, extended errors and groups. Streams keep those that
// only ask for something, without effect; of groups they have none.
var (
	controlSocketOptions = map[int]option{
		endpoint.SO_TIMESTAMP:       timestampOption(wantTimestamp, wantTimestamp),
		endpoint.SO_TIMESTAMPNS:     timestampOption(wantTimestampNS, wantTimestampNS),
		endpoint.SO_TIMESTAMP_NEW:   timestampOption(wantTimestampNew, wantTimestampNew|wantTimestampNSNew),
		endpoint.SO_TIMESTAMPNS_NEW: timestampOption(wantTimestampNSNew, wantTimestampNSNew),
	}
	controlIPOptions = map[int]option{
		endpoint.IP_PKTINFO:                emptyIsZero(wantOption(wantPacketInfo4)),
		endpoint.IP_RECVTTL:                emptyIsZero(wantOption(wantTTL)),
		endpoint.IP_RECVTOS:                emptyIsZero(wantOption(wantTOS)),
		endpoint.IP_RECVORIGDSTADDR:        emptyIsZero(wantOption(wantOriginalDst4)),
		endpoint.IP_RECVERR:                emptyIsZero(errorOption(func(q *errorQueue) *atomic.Bool { return &q.enabled4 })),
		endpoint.IP_MULTICAST_ALL:          byteOption(allOption(func(g *groups) *bool { return &g.only4 }, 0, 1)),
		endpoint.IP_MULTICAST_TTL:          byteOption(datagramOnly(endpoint.EINVAL, multicastTTL4)),
		endpoint.IP_MULTICAST_LOOP:         betweenSends(byteOption(loopOption(endpoint.AF_INET, math.MinInt32, math.MaxInt32))),
		endpoint.IP_MULTICAST_IF:           datagramOnly(endpoint.EINVAL, multicastInterface4),
		endpoint.IP_ADD_MEMBERSHIP:         notOnStreams(0, setMembership4(true)),
		endpoint.IP_DROP_MEMBERSHIP:        notOnStreams(0, setMembership4(false)),
		endpoint.MCAST_JOIN_GROUP:          memberOption(setGroup(endpoint.AF_INET, true)),
		endpoint.MCAST_LEAVE_GROUP:         memberOption(setGroup(endpoint.AF_INET, false)),
		endpoint.IP_ADD_SOURCE_MEMBERSHIP:  memberOption(setSource4(joinSource)),
		endpoint.IP_DROP_SOURCE_MEMBERSHIP: memberOption(setSource4(leaveSource)),
		endpoint.IP_BLOCK_SOURCE:           memberOption(setSource4(blockSource)),
		endpoint.IP_UNBLOCK_SOURCE:         memberOption(setSource4(unblockSource)),
		endpoint.MCAST_JOIN_SOURCE_GROUP:   memberOption(setGroupSource(endpoint.AF_INET, joinSource)),
		endpoint.MCAST_LEAVE_SOURCE_GROUP:  memberOption(setGroupSource(endpoint.AF_INET, leaveSource)),
		endpoint.MCAST_BLOCK_SOURCE:        memberOption(setGroupSource(endpoint.AF_INET, blockSource)),
		endpoint.MCAST_UNBLOCK_SOURCE:      memberOption(setGroupSource(endpoint.AF_INET, unblockSource)),
		endpoint.IP_MSFILTER:               {get: getFilter4, set: memberOption(setFilter4).set, once: true},
		endpoint.MCAST_MSFILTER:            {get: getGroupFilter(endpoint.AF_INET), set: memberOption(setGroupFilter(endpoint.AF_INET)).set, once: true},
	}
	controlIPv6Options = map[int]option{
		endpoint.IPV6_RECVPKTINFO:         wantOption(wantPacketInfo6),
		endpoint.IPV6_RECVHOPLIMIT:        wantOption(wantHopLimit),
		endpoint.IPV6_RECVTCLASS:          wantOption(wantTrafficClass),
		endpoint.IPV6_RECVORIGDSTADDR:     wantOption(wantOriginalDst6),
		endpoint.IPV6_RECVERR:             errorOption(func(q *errorQueue) *atomic.Bool { return &q.enabled6 }),
		endpoint.IPV6_MULTICAST_ALL:       allOption(func(g *groups) *bool { return &g.only6 }, math.MinInt32, math.MaxInt32),
		endpoint.IPV6_MULTICAST_HOPS:      datagramOnly(endpoint.ENOPROTOOPT, multicastHops6),
		endpoint.IPV6_MULTICAST_LOOP:      betweenSends(loopOption(endpoint.AF_INET6, 0, 1)),
		endpoint.IPV6_MULTICAST_IF:        datagramOnly(endpoint.ENOPROTOOPT, multicastInterface6),
		endpoint.IPV6_JOIN_GROUP:          notOnStreams(sizeofMreq6, setMembership6(true)),
		endpoint.IPV6_LEAVE_GROUP:         notOnStreams(sizeofMreq6, setMembership6(false)),
		endpoint.MCAST_JOIN_GROUP:         memberOption(setGroup(endpoint.AF_INET6, true)),
		endpoint.MCAST_LEAVE_GROUP:        memberOption(setGroup(endpoint.AF_INET6, false)),
		endpoint.MCAST_JOIN_SOURCE_GROUP:  memberOption(setGroupSource(endpoint.AF_INET6, joinSource)),
		endpoint.MCAST_LEAVE_SOURCE_GROUP: memberOption(setGroupSource(endpoint.AF_INET6, leaveSource)),
		endpoint.MCAST_BLOCK_SOURCE:       memberOption(setGroupSource(endpoint.AF_INET6, blockSource)),
		endpoint.MCAST_UNBLOCK_SOURCE:     memberOption(setGroupSource(endpoint.AF_INET6, unblockSource)),
		endpoint.MCAST_MSFILTER:           {get: getGroupFilter(endpoint.AF_INET6), set: memberOption(setGroupFilter(endpoint.AF_INET6)).set, once: true},
	}
)

// wantOption is a flag that asks for a kind of control data.
func wantOption(bit uint32) option {
	return option{
		get: func(e *Endpoint, _ *core, v []byte) (int, endpoint.Errno) {
			return getInt(v, boolInt(e.wants.Load()&bit != 0))
		},
		set: func(e *Endpoint, c *core, v []byte) endpoint.Errno {
			value, errno := setInt(v)
			if errno == 0 {
				e.want(c, bit, value != 0)
			}
			return errno
		},
	}
}

// timestampOption is one of four forms, of which a socket has one at a time
// (sock_set_timestamp): setting one clears the others, clearing one clears all. It
// reads 1 if the socket has one of the forms in reads.
func timestampOption(form, reads uint32) option {
	set := wantOption(form).set
	return option{
		get: wantOption(reads).get,
		set: func(e *Endpoint, c *core, v []byte) endpoint.Errno {
			if _, errno := setInt(v); errno != 0 {
				return errno
			}
			e.want(c, wantTimestamps, false)
			return set(e, c, v)
		},
	}
}

// errorOption is IP_RECVERR or IPV6_RECVERR. Clearing it empties the queue.
func errorOption(flag func(*errorQueue) *atomic.Bool) option {
	return option{
		get: func(e *Endpoint, _ *core, v []byte) (int, endpoint.Errno) {
			return getInt(v, boolInt(flag(&e.errors).Load()))
		},
		set: func(e *Endpoint, c *core, v []byte) endpoint.Errno {
			value, errno := setInt(v)
			if errno != 0 {
				return errno
			}
			if c.Readiness(waiter.EventErr) != 0 {
				e.errors.alone.Store(true)
			}
			flag(&e.errors).Store(value != 0)
			if s := rawOrPing(c); s != nil && value != 0 {
				return toErrno(s.reportErrors())
			}
			if value == 0 {
				c.takeErrors()
				e.errors.purge()
			}
			return 0
		},
	}
}

// betweenSends has an option set and read while no datagram goes out with a value of
// its own: see writeAs.
func betweenSends(o option) option {
	get, set := o.get, o.set
	o.get = func(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
		e.writing.RLock()
		defer e.writing.RUnlock()
		return get(e, c, v)
	}
	o.set = func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		e.writing.Lock()
		defer e.writing.Unlock()
		return set(e, c, v)
	}
	return o
}

// datagramOnly has streams refuse to set an option.
func datagramOnly(refusal endpoint.Errno, o option) option {
	set := o.set
	o.set = func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if e.isStream() {
			return refusal
		}
		return set(e, c, v)
	}
	return o
}
