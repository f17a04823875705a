package stack

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// connectedMetric6 is IP6_RT_PRIO_ADDRCONF of Linux's net/ip6_route.h.
const connectedMetric6 = 256

// Route is an entry of the forwarding table.
type Route struct {
	// Destination prefix, without bits beyond its length. 0.0.0.0/0 and ::/0
	// are the default routes.
	Destination netip.Prefix
	// Gateway is the next hop; the zero Addr for what is on the link.
	Gateway netip.Addr
	// Link is the index of the link. AddRoute finds it by Gateway if it is 0.
	Link int
	// Metric of routes to the same Destination: the lowest is taken.
	Metric uint32
	// Source address to prefer for packets of sockets that are not bound; it
	// must be an address of the host. gVisor ignores it for IPv6.
	Source netip.Addr
	// Connected says that the route came with an address. AddRoute ignores it.
	Connected bool
}

// sameKey reports whether o could not be told from r when packets are routed.
func (r Route) sameKey(o Route) bool {
	return r.Destination == o.Destination && r.Gateway == o.Gateway && r.Link == o.Link && r.Metric == o.Metric
}

// compare orders routes as they are tried.
func (r Route) compare(o Route) int {
	return cmp.Or(cmp.Compare(o.Destination.Bits(), r.Destination.Bits()), cmp.Compare(r.Metric, o.Metric))
}

func (r Route) compile() tcpip.Route {
	return tcpip.Route{
		Destination: toSubnet(r.Destination),
		Gateway:     toAddress(r.Gateway),
		NIC:         tcpip.NICID(r.Link),
		SourceHint:  toAddress(r.Source),
	}
}

func connectedRoute(link int, p netip.Prefix) (Route, bool) {
	r := Route{Destination: p.Masked(), Link: link, Connected: true}
	if p.Addr().Is6() {
		r.Metric = connectedMetric6
	}
	return r, !p.IsSingleIP()
}

// AddRoute adds a route. Of the routes that match a destination and lead
// through a link that is up, the one with the longest prefix is taken, then
// the lowest metric, then the oldest. A socket that is bound to an address of
// another link does not match: without Config.Forwarding gVisor is a strong
// host (RFC 1122 section 3.3.4.2).
func (s *Stack) AddRoute(r Route) error {
	r.Connected = false
	if err := r.validate(); err != nil {
		return fmt.Errorf("stack: route: %w", err)
	}
	return s.change(func() error {
		if r.Link == 0 {
			link, err := s.linkToward(r.Gateway)
			if err != nil {
				return err
			}
			r.Link = link
		}
		if _, err := s.link(r.Link); err != nil {
			return err
		}
		if r.Source.IsValid() && !s.isLocal(r.Source) {
			return fmt.Errorf("stack: route: Source %v: %w", r.Source, ErrNotFound)
		}
		if slices.ContainsFunc(s.routes, r.sameKey) {
			return fmt.Errorf("stack: route to %v: %w", r.Destination, ErrExists)
		}
		s.addRouteLocked(r)
		return nil
	})
}

func (s *Stack) addRouteLocked(r Route) {
	i := len(s.routes)
	for i > 0 && s.routes[i-1].compare(r) > 0 {
		i--
	}
	s.routes = slices.Insert(s.routes, i, r)
	if i+1 < len(s.routes) && s.routes[i+1].Destination.Bits() == r.Destination.Bits() {
		s.compileRoutes()
	} else {
		s.gs.AddRoute(r.compile()) // puts it behind those of its length
	}
	s.events.queueEvent(Event{Kind: RouteAdded, Route: r})
}

// compileRoutes replaces gVisor's table at once. gVisor keeps the order of
// routes whose prefixes have the same length.
func (s *Stack) compileRoutes() {
	table := make([]tcpip.Route, len(s.routes))
	for i, r := range s.routes {
		table[i] = r.compile()
	}
	s.gs.SetRouteTable(table)
}

// RemoveRoute removes the first route to r.Destination that has r's Gateway,
// Link and Metric; those that are zero match any.
func (s *Stack) RemoveRoute(r Route) error {
	return s.change(func() error {
		done := false
		s.removeRoutesLocked(func(o Route) bool {
			match := !done && o.Destination == r.Destination &&
				(!r.Gateway.IsValid() || o.Gateway == r.Gateway) &&
				(r.Link == 0 || o.Link == r.Link) &&
				(r.Metric == 0 || o.Metric == r.Metric)
			done = done || match
			return match
		})
		if !done {
			return fmt.Errorf("stack: route to %v: %w", r.Destination, ErrNotFound)
		}
		return nil
	})
}

func (s *Stack) removeRoutesLocked(match func(Route) bool) {
	var removed []Route
	s.routes = slices.DeleteFunc(s.routes, func(r Route) bool {
		if !match(r) {
			return false
		}
		removed = append(removed, r)
		return true
	})
	if len(removed) == 0 {
		return
	}
	s.compileRoutes()
	for _, r := range removed {
		s.events.queueEvent(Event{Kind: RouteRemoved, Route: r})
	}
}

// Routes in the order in which they are tried. Nil after Close.
func (s *Stack) Routes() []Route {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.routes)
}

// linkToward finds the link of a gateway: that of the first route without a
// gateway of its own that leads there.
func (s *Stack) linkToward(gateway netip.Addr) (int, error) {
	for _, r := range s.routes {
		if n := s.links[r.Link]; !r.Gateway.IsValid() && n.up && r.Destination.Contains(gateway) {
			return r.Link, nil
		}
	}
	return 0, fmt.Errorf("stack: gateway %v: %w", gateway, ErrUnreachable)
}

func (s *Stack) isLocal(a netip.Addr) bool {
	for _, n := range s.links {
		if n.hasAddress(a) {
			return true
		}
	}
	return false
}

// SourceFor returns the address that a socket which is not bound would send
// from to dst, or ErrUnreachable. The zone of dst is the name or the index of
// a link.
func (s *Stack) SourceFor(dst netip.Addr) (netip.Addr, error) {
	if !dst.IsValid() {
		return netip.Addr{}, fmt.Errorf("stack: source: not a valid address")
	}
	dst = dst.Unmap()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return netip.Addr{}, ErrClosed
	}
	id, err := s.zoneLink(dst.Zone())
	if err != nil {
		return netip.Addr{}, err
	}
	r, terr := s.gs.FindRoute(id, tcpip.Address{}, toAddress(dst.WithZone("")), protocolOf(dst), false)
	if terr != nil {
		return netip.Addr{}, fmt.Errorf("stack: source for %v: %w", dst, ErrUnreachable)
	}
	defer r.Release()
	src := fromAddress(r.LocalAddress())
	if src.IsLinkLocalUnicast() && src.Is6() {
		src = src.WithZone(dst.Zone())
	}
	return src, nil
}

func (s *Stack) zoneLink(zone string) (tcpip.NICID, error) {
	if zone == "" {
		return 0, nil
	}
	if n := s.linkByName(zone); n != nil {
		return n.id(), nil
	}
	if index, err := strconv.Atoi(zone); err == nil && s.links[index] != nil {
		return tcpip.NICID(index), nil
	}
	return 0, fmt.Errorf("%w: %s", ErrNoLink, zone)
}
