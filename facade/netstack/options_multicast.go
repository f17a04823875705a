package netstack

import (
	"encoding/binary"
	"math"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// groupsInt is an option that groups keeps as an int.
func groupsInt(get func(*groups) int, set func(e *Endpoint, c *core, g *groups, v int) endpoint.Errno) option {
	return option{
		get: func(e *Endpoint, _ *core, v []byte) (n int, errno endpoint.Errno) {
			e.readGroups(func(g *groups) { n, errno = getInt(v, get(g)) })
			return n, errno
		},
		set: func(e *Endpoint, c *core, v []byte) endpoint.Errno {
			value, errno := setInt(v)
			if errno != 0 {
				return errno
			}
			return e.changeGroups(c, func(g *groups) endpoint.Errno { return set(e, c, g, value) })
		},
	}
}

// allOption is IP_MULTICAST_ALL or IPV6_MULTICAST_ALL: whether the socket receives
// what comes to groups that it has not joined. The former takes 0 and 1 only.
func allOption(only func(*groups) *bool, lowest, highest int) option {
	return groupsInt(
		func(g *groups) int { return boolInt(!*only(g)) },
		func(_ *Endpoint, _ *core, g *groups, v int) endpoint.Errno {
			if v < lowest || v > highest {
				return endpoint.EINVAL
			}
			*only(g) = v == 0
			return 0
		})
}

// loopOption is IP_MULTICAST_LOOP or IPV6_MULTICAST_LOOP: whether what goes to a
// group also comes back.
func loopOption(family, lowest, highest int) option {
	loop := func(g *groups) *bool {
		if family == endpoint.AF_INET {
			return &g.loop4
		}
		return &g.loop6
	}
	return groupsInt(
		func(g *groups) int { return boolInt(*loop(g)) },
		func(e *Endpoint, c *core, g *groups, v int) endpoint.Errno {
			if v < lowest || v > highest {
				return endpoint.EINVAL
			}
			*loop(g) = v != 0
			if e.family == family {
				c.SocketOptions().SetMulticastLoop(v != 0)
			}
			return 0
		})
}

// multicastTTL4 is IP_MULTICAST_TTL, multicastHops6 IPV6_MULTICAST_HOPS. -1 is the
// default, 1.
var (
	multicastTTL4  = multicastTTL(endpoint.AF_INET, func(g *groups) *int { return &g.ttl4 })
	multicastHops6 = multicastTTL(endpoint.AF_INET6, func(g *groups) *int { return &g.hops6 })
)

func multicastTTL(family int, ttl func(*groups) *int) option {
	return groupsInt(
		func(g *groups) int { return *ttl(g) },
		func(e *Endpoint, c *core, g *groups, v int) endpoint.Errno {
			if v == -1 {
				v = 1
			}
			if v < 0 || v > math.MaxUint8 {
				return endpoint.EINVAL
			}
			*ttl(g) = v
			if e.family == family {
				return toErrno(c.SetSockOptInt(tcpip.MulticastTTLOption, v))
			}
			return 0
		})
}

// multicastInterface6 is IPV6_MULTICAST_IF, an interface index; 0 is none.
var multicastInterface6 = option{
	get: func(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
		index, err := c.GetSockOptInt(tcpip.IPv6MulticastInterfaceOption)
		if err != nil {
			return getInt(v, 0)
		}
		return getInt(v, index)
	},
	set: func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		index, errno := setInt(v)
		if errno != 0 {
			return errno
		}
		if index != 0 {
			if _, err := e.p.stack.LinkByIndex(index); err != nil {
				return endpoint.ENODEV
			}
			if bound := int(c.SocketOptions().GetBindToDevice()); bound != 0 && bound != index {
				return endpoint.EINVAL
			}
		}
		return toErrno(c.SetSockOptInt(tcpip.IPv6MulticastInterfaceOption, index))
	},
}

// multicastInterface4 is IP_MULTICAST_IF: struct in_addr, ip_mreq or ip_mreqn in,
// struct in_addr out. The link counts; of its addresses the first is the source.
var multicastInterface4 = option{
	get: func(e *Endpoint, _ *core, v []byte) (n int, errno endpoint.Errno) {
		e.readGroups(func(g *groups) { n = copy(v, g.interface4.AsSlice()) })
		return n, 0
	},
	set: func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if len(v) < sizeofInAddr {
			return endpoint.EINVAL
		}
		r := groupRequest{address: netip.AddrFrom4([4]byte(v))}
		if len(v) >= sizeofMreq {
			r, _ = parseMreq(v)
		}
		index := r.link
		switch {
		case index != 0:
			if _, err := e.p.stack.LinkByIndex(index); err != nil {
				return endpoint.EADDRNOTAVAIL
			}
		case !r.address.IsUnspecified():
			if index = e.p.linkOf(r.address, 0); index == 0 {
				return endpoint.EADDRNOTAVAIL
			}
		}
		if bound := int(c.SocketOptions().GetBindToDevice()); bound != 0 && index != 0 && bound != index {
			return endpoint.EINVAL
		}
		return e.changeGroups(c, func(g *groups) endpoint.Errno {
			if err := c.SetSockOpt(&tcpip.MulticastInterfaceOption{NIC: tcpip.NICID(index)}); err != nil {
				return toErrno(err)
			}
			g.interface4 = r.address
			return 0
		})
	},
}

// Lengths of struct in_addr, ip_mreq, ip_mreqn and ip_mreq_source (ip(7)), of
// struct ipv6_mreq (ipv6(7)), and of those of RFC 3678 up to their list of sources.
const (
	sizeofInAddr         = 4
	sizeofMreq           = 8
	sizeofMreqn          = 12
	sizeofMreqSource     = 12
	sizeofMreq6          = 20
	sizeofMSFilter       = 16
	sizeofGroupReq       = 8 + endpoint.SizeofSockaddrStorage
	sizeofGroupSourceReq = 8 + 2*endpoint.SizeofSockaddrStorage
	sizeofGroupFilter    = 8 + endpoint.SizeofSockaddrStorage + 8
)

// groupRequest is what the structures of all forms say.
type groupRequest struct {
	group   netip.Addr
	link    int
	address netip.Addr // of IPv4: of the link
	source  netip.Addr
}

// parseMreq reads struct ip_mreq, or ip_mreqn where it is long enough.
func parseMreq(v []byte) (r groupRequest, errno endpoint.Errno) {
	if len(v) < sizeofMreq {
		return r, endpoint.EINVAL
	}
	r.group, r.address = netip.AddrFrom4([4]byte(v)), netip.AddrFrom4([4]byte(v[4:]))
	if len(v) >= sizeofMreqn {
		r.link = int(int32(binary.NativeEndian.Uint32(v[8:])))
	}
	return r, 0
}

// storage reads a struct sockaddr_storage of a family.
func storage(v []byte, family int) (netip.Addr, bool) {
	sa, _ := endpoint.SockaddrFromBytes(v[:endpoint.SizeofSockaddrStorage])
	ap, ok := sa.AddrPort()
	return ap.Addr(), ok && sa.Family() == family
}

// memberOption acts on memberships.
func memberOption(set func(e *Endpoint, c *core, v []byte) endpoint.Errno) option {
	return option{once: true, set: set}
}

// notOnStreams is a memberOption that streams refuse with EPROTO, if it has the
// length that is looked at before. The options of RFC 3678 they take.
func notOnStreams(length int, set func(e *Endpoint, c *core, v []byte) endpoint.Errno) option {
	return memberOption(func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if e.isStream() && len(v) >= length {
			return endpoint.EPROTO
		}
		return set(e, c, v)
	})
}

func setMembership4(join bool) func(*Endpoint, *core, []byte) endpoint.Errno {
	return func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		r, errno := parseMreq(v)
		if errno != 0 {
			return errno
		}
		return e.changeMembership(c, r, join)
	}
}

func setMembership6(join bool) func(*Endpoint, *core, []byte) endpoint.Errno {
	return func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if len(v) < sizeofMreq6 {
			return endpoint.EINVAL
		}
		r := groupRequest{group: netip.AddrFrom16([16]byte(v)), link: int(int32(binary.NativeEndian.Uint32(v[16:])))}
		return e.changeMembership(c, r, join)
	}
}

// setGroup is MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP: struct group_req.
func setGroup(family int, join bool) func(*Endpoint, *core, []byte) endpoint.Errno {
	return func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if len(v) < sizeofGroupReq {
			return endpoint.EINVAL
		}
		group, ok := storage(v[8:], family)
		if !ok && family == endpoint.AF_INET6 {
			return endpoint.EADDRNOTAVAIL
		}
		if !ok {
			return endpoint.EINVAL
		}
		r := groupRequest{group: group, link: int(int32(binary.NativeEndian.Uint32(v))), address: netip.IPv4Unspecified()}
		return e.changeMembership(c, r, join)
	}
}

// isGroupAddress tells whether a membership may name addr. A mapped address is
// none: it is no IPv6 multicast address.
func isGroupAddress(addr netip.Addr) bool { return addr.IsMulticast() && !addr.Is4In6() }

func (e *Endpoint) changeMembership(c *core, r groupRequest, join bool) endpoint.Errno {
	if !isGroupAddress(r.group) && (join || r.group.Is6()) {
		return endpoint.EINVAL
	}
	return e.changeGroups(c, func(g *groups) endpoint.Errno {
		if join {
			return e.join(c, g, &r, endpoint.MCAST_EXCLUDE)
		}
		return e.leave(c, g, &r)
	})
}

// join finds the link, notes it in r, and joins.
func (e *Endpoint) join(c *core, g *groups, r *groupRequest, mode int) endpoint.Errno {
	if r.group.Is6() && g.find(r.group, r.link) != nil {
		return endpoint.EADDRINUSE // before the link is looked at
	}
	link := e.p.linkForGroup(r.group, r.link, r.address)
	if link == 0 {
		return endpoint.ENODEV
	}
	r.link = link
	return g.join(c, membership{group: r.group, link: link, address: r.address, mode: mode})
}

// leave is ip_mc_leave_group and ipv6_sock_mc_drop: an IPv4 request names a link
// by its index or by the address that the join named.
func (e *Endpoint) leave(c *core, g *groups, r *groupRequest) endpoint.Errno {
	byAddress := r.group.Is4() && !r.address.IsUnspecified()
	link := r.link
	if r.group.Is4() {
		link = e.p.linkForGroup(r.group, r.link, r.address)
		if link == 0 && r.link == 0 && !byAddress {
			return endpoint.ENODEV
		}
		if link == 0 {
			link = r.link
		}
	}
	return g.leave(c, func(m *membership) bool {
		return m.group == r.group && (link == 0 || m.link == link) && (link != 0 || !byAddress || m.address == r.address)
	})
}

// sourceChange is one of the four options that change a filter by one source.
type sourceChange struct {
	add, join bool
	mode      int
}

var (
	joinSource    = sourceChange{add: true, join: true, mode: endpoint.MCAST_INCLUDE}
	leaveSource   = sourceChange{add: false, mode: endpoint.MCAST_INCLUDE}
	blockSource   = sourceChange{add: true, mode: endpoint.MCAST_EXCLUDE}
	unblockSource = sourceChange{add: false, mode: endpoint.MCAST_EXCLUDE}
)

// setSource4 takes struct ip_mreq_source: group, address of the link, source.
func setSource4(change sourceChange) func(*Endpoint, *core, []byte) endpoint.Errno {
	return func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if len(v) != sizeofMreqSource {
			return endpoint.EINVAL
		}
		return e.changeSource(c, change, groupRequest{
			group:   netip.AddrFrom4([4]byte(v)),
			address: netip.AddrFrom4([4]byte(v[4:])),
			source:  netip.AddrFrom4([4]byte(v[8:])),
		})
	}
}

// setGroupSource takes struct group_source_req.
func setGroupSource(family int, change sourceChange) func(*Endpoint, *core, []byte) endpoint.Errno {
	return func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		// do_ip_setsockopt takes this length only, do_ipv6_setsockopt more as well.
		if len(v) < sizeofGroupSourceReq || len(v) > sizeofGroupSourceReq && family == endpoint.AF_INET {
			return endpoint.EINVAL
		}
		group, isGroup := storage(v[8:], family)
		source, isSource := storage(v[8+endpoint.SizeofSockaddrStorage:], family)
		if !isGroup || !isSource {
			return endpoint.EADDRNOTAVAIL
		}
		return e.changeSource(c, change, groupRequest{
			group: group, source: source,
			link: int(int32(binary.NativeEndian.Uint32(v))), address: netip.IPv4Unspecified(),
		})
	}
}

func (e *Endpoint) changeSource(c *core, change sourceChange, r groupRequest) endpoint.Errno {
	if !isGroupAddress(r.group) {
		return endpoint.EINVAL
	}
	return e.changeGroups(c, func(g *groups) endpoint.Errno {
		if change.join {
			if errno := e.join(c, g, &r, endpoint.MCAST_INCLUDE); errno != 0 && errno != endpoint.EADDRINUSE {
				return errno
			}
		}
		link := e.p.linkForGroup(r.group, r.link, r.address)
		if link == 0 {
			return endpoint.ENODEV
		}
		if r.group.Is6() {
			link = r.link // 0 is any that the socket has joined
		}
		m := g.find(r.group, link)
		if m == nil {
			return endpoint.EINVAL
		}
		leave, errno := m.changeSource(change.add, change.mode, r.source)
		if leave {
			return e.leave(c, g, &r)
		}
		return errno
	})
}
