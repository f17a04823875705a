package netstack

import (
	"net/netip"
	"slices"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Bounds of the kernel: igmp_max_msf and mld_max_msf, sources of one membership.
const (
	maxSources4 = 10
	maxSources6 = 64
)

// membership is a group that a socket joined on a link. gVisor knows groups
// without sources only: the socket receives what comes from any, and drops what
// the filter refuses.
type membership struct {
	group netip.Addr
	link  int
	// address is imr_address of an IPv4 membership: a drop may name it.
	address netip.Addr
	mode    int // MCAST_EXCLUDE or MCAST_INCLUDE
	// sources are nil until there was one: from then on the mode stays, even when
	// the last has gone (pmc->sflist of the kernel).
	sources []netip.Addr
}

// allows tells whether a source passes the filter (ip_mc_sf_allow, inet6_mc_check).
func (m *membership) allows(source netip.Addr) bool {
	return slices.Contains(m.sources, source) == (m.mode == endpoint.MCAST_INCLUDE)
}

// groups is what a socket has of multicast: memberships, filters, and options for
// which gVisor has one place for both families.
type groups struct {
	mu   sync.Mutex
	list []membership
	// only4 and only6 say that IP_MULTICAST_ALL and IPV6_MULTICAST_ALL are off.
	only4, only6 bool
	ttl4, hops6  int
	loop4, loop6 bool
	// interface4 is the address that IP_MULTICAST_IF reads back.
	interface4 netip.Addr
}

// defaultGroups are the kernel's defaults.
func defaultGroups() *groups {
	return &groups{ttl4: 1, hops6: 1, loop4: true, loop6: true, interface4: netip.IPv4Unspecified()}
}

// readGroups runs f on what the socket has of multicast.
func (e *Endpoint) readGroups(f func(*groups)) {
	g := e.groups.Load()
	if g == nil {
		f(defaultGroups())
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	f(g)
}

// changeGroups runs f, which may change what the socket has of multicast. The
// caller holds e.mu.
func (e *Endpoint) changeGroups(c *core, f func(*groups) endpoint.Errno) endpoint.Errno {
	g := e.groups.Load()
	if g == nil {
		g = defaultGroups()
		e.groups.Store(g)
	}
	g.mu.Lock()
	errno := f(g)
	filters := g.filters()
	g.mu.Unlock()
	if filters != e.filtering.Load() {
		// A receive that does not filter must not be under way when one that
		// does looks at the queue.
		e.reading.Lock()
		e.filtering.Store(filters)
		e.noteControl(c)
		e.reading.Unlock()
	}
	return errno
}

// filters tells whether anything that gVisor delivers may be refused.
func (g *groups) filters() bool {
	return g.only4 || g.only6 || slices.ContainsFunc(g.list, func(m membership) bool {
		return m.mode == endpoint.MCAST_INCLUDE || len(m.sources) > 0
	})
}

// allows tells whether a datagram to a group is for the socket. IPv4 memberships
// count on their link only (ip_mc_sf_allow), those of IPv6 on all (inet6_mc_check).
func (g *groups) allows(group, source netip.Addr, link int) bool {
	if !group.IsMulticast() {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.IndexFunc(g.list, func(m membership) bool {
		return m.group == group && (m.link == link || group.Is6())
	})
	if i >= 0 {
		return g.list[i].allows(source)
	}
	if group.Is4() {
		return !g.only4
	}
	return !g.only6
}

// find returns the membership of a group on a link, or nil; link 0 is any.
func (g *groups) find(group netip.Addr, link int) *membership {
	for i := range g.list {
		if m := &g.list[i]; m.group == group && (link == 0 || m.link == link) {
			return m
		}
	}
	return nil
}

// groupDefaults adds to a send to a group what gVisor does not keep for its
// family: it has one TTL and one loop, which on an IPv6 socket are IPv6's.
func (e *Endpoint) groupDefaults(s *sendControl, dst tcpip.Address) {
	mapped := unmapped(tcpip.FullAddress{Addr: dst}).Addr
	if e.family != endpoint.AF_INET6 || !header.IsV4MulticastAddress(mapped) {
		return
	}
	e.readGroups(func(g *groups) {
		if !s.HasTTL {
			s.HasTTL, s.TTL = true, uint8(g.ttl4)
		}
		s.hasLoop, s.loop = g.loop4 != g.loop6, g.loop4
	})
}

// join enters a group. Its errors are those of ip_mc_join_group and
// __ipv6_sock_mc_join.
func (g *groups) join(c *core, m membership) endpoint.Errno {
	if g.find(m.group, m.link) != nil {
		return endpoint.EADDRINUSE
	}
	if m.group.Is4() && g.count4() >= endpoint.IP_MAX_MEMBERSHIPS {
		return endpoint.ENOBUFS
	}
	if err := c.setMembership(&tcpip.AddMembershipOption{NIC: tcpip.NICID(m.link), MulticastAddr: toAddress(m.group)}); err != nil {
		return toErrno(err)
	}
	g.list = append(g.list, m)
	return 0
}

// setMembership has gVisor enter or leave a group, but for a stream: that receives
// from no group, and gVisor has none for it.
func (c *core) setMembership(o tcpip.SettableSocketOption) tcpip.Error {
	if c.owner.isStream() {
		return nil
	}
	return c.SetSockOpt(o)
}

func (g *groups) count4() int {
	n := 0
	for i := range g.list {
		if g.list[i].group.Is4() {
			n++
		}
	}
	return n
}

// leave leaves the first group that matches.
func (g *groups) leave(c *core, matches func(*membership) bool) endpoint.Errno {
	for i := range g.list {
		m := &g.list[i]
		if !matches(m) {
			continue
		}
		// That fails where the link has gone, and the group with it.
		c.setMembership(&tcpip.RemoveMembershipOption{NIC: tcpip.NICID(m.link), MulticastAddr: toAddress(m.group)})
		g.list = slices.Delete(g.list, i, i+1)
		return 0
	}
	return endpoint.EADDRNOTAVAIL
}

// changeSource adds a source to a filter or takes one out: ip_mc_source and
// ip6_mc_source. It tells whether the group is to be left, because a filter that
// includes nothing is no membership.
func (m *membership) changeSource(add bool, mode int, source netip.Addr) (leave bool, errno endpoint.Errno) {
	if m.mode != mode {
		if m.sources != nil {
			return false, endpoint.EINVAL
		}
		m.mode = mode
	}
	i := slices.Index(m.sources, source)
	switch {
	case add && len(m.sources) >= m.maxSources():
		return false, endpoint.ENOBUFS
	case add == (i >= 0):
		return false, endpoint.EADDRNOTAVAIL
	case add:
		m.sources = append(m.sources, source)
	case len(m.sources) == 1 && mode == endpoint.MCAST_INCLUDE:
		return true, 0
	default:
		m.sources = slices.Delete(m.sources, i, i+1)
	}
	return false, 0
}

func (m *membership) maxSources() int { return maxSources(m.group.Is4()) }

func maxSources(ipv4 bool) int {
	if ipv4 {
		return maxSources4
	}
	return maxSources6
}

// readDatagram reads the next datagram that the socket wants.
func (e *Endpoint) readDatagram(c *core, s *sink, opts tcpip.ReadOptions) (tcpip.ReadResult, tcpip.Error) {
	e.reading.RLock()
	if !e.filtering.Load() {
		defer e.reading.RUnlock()
		return c.Read(s, opts)
	}
	e.reading.RUnlock()
	e.reading.Lock()
	defer e.reading.Unlock()
	if err := e.discard(c); err != nil {
		return tcpip.ReadResult{}, err
	}
	return c.Read(s, opts)
}

// wanted tells whether there is anything to receive, after it has dropped what the
// socket does not want.
func (e *Endpoint) wanted(c *core) bool {
	if !e.filtering.Load() || e.isStream() {
		return true
	}
	e.reading.Lock()
	defer e.reading.Unlock()
	switch err := e.discard(c).(type) {
	case nil, *tcpip.ErrClosedForReceive:
		return true
	case *tcpip.ErrWouldBlock:
		return false
	default:
		c.putBack(err) // looking has taken it
		return true
	}
}

// discard drops datagrams up to the first that the socket wants. The error is what
// a read would get instead. The caller holds e.reading.
func (e *Endpoint) discard(c *core) tcpip.Error {
	s := sinks.Get().(*sink)
	defer s.release()
	s.swallow = true
	for {
		head, err := c.Read(s, tcpip.ReadOptions{Peek: true, NeedRemoteAddr: true})
		if err != nil || e.allows(&head) {
			return err
		}
		if _, err := c.Read(s, tcpip.ReadOptions{}); err != nil {
			return err
		}
		e.filtered.Add(1)
	}
}

// allows tells whether the socket wants a datagram. What gVisor queued before it
// was told to note destinations passes.
func (e *Endpoint) allows(r *tcpip.ReadResult) bool {
	g := e.groups.Load()
	cm := &r.ControlMessages
	dst, nic := cm.IPv6PacketInfo.Addr, cm.IPv6PacketInfo.NIC
	if cm.HasIPPacketInfo {
		dst, nic = cm.PacketInfo.DestinationAddr, cm.PacketInfo.NIC
	}
	if g == nil || dst.BitLen() == 0 {
		return true
	}
	return g.allows(fromAddress(dst), fromAddress(r.RemoteAddr.Addr), int(nic))
}

func toAddress(a netip.Addr) tcpip.Address { return tcpip.AddrFromSlice(a.AsSlice()) }

func fromAddress(a tcpip.Address) netip.Addr {
	addr, _ := netip.AddrFromSlice(a.AsSlice())
	return addr
}

// linkForGroup finds the link of an IPv4 membership, as ip_mc_find_dev does: by
// index, by an address, or by the route to the group. 0 is none.
func (p *Provider) linkForGroup(group netip.Addr, index int, address netip.Addr) int {
	switch {
	case index != 0:
		if _, err := p.stack.LinkByIndex(index); err != nil {
			return 0
		}
		return index
	case group.Is4() && !address.IsUnspecified():
		return p.linkOf(address, 0)
	}
	if from, err := p.stack.SourceFor(group); err == nil {
		return p.linkOf(from, 0)
	}
	if group.Is4() {
		return 0
	}
	// The kernel has a route for ff00::/8 on each link but the loopback.
	for _, l := range p.stack.Links() {
		if l.Up && !l.Loopback {
			return l.Index
		}
	}
	return 0
}
