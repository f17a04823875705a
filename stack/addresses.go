package stack

import (
	"fmt"
	"net/netip"
	"slices"

	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Address is an address of a link with the length of its on-link prefix.
type Address struct {
	Link   int
	Prefix netip.Prefix
}

// AddAddress gives a link an address, and adds the route to its prefix as
// Linux does: metric 0 for IPv4 and 256 for IPv6, none for a prefix of one
// address. The address can be used at once: there is no duplicate address
// detection.
func (s *Stack) AddAddress(index int, p netip.Prefix) error {
	return s.change(func() error {
		n, err := s.link(index)
		if err != nil {
			return err
		}
		return s.addAddressLocked(n, p)
	})
}

func (s *Stack) addAddressLocked(n *nic, p netip.Prefix) error {
	if err := validateAddress(p, n.ep.MTU()); err != nil {
		return fmt.Errorf("stack: link %s: %w", n.name, err)
	}
	if n.hasAddress(p.Addr()) {
		return fmt.Errorf("stack: link %s: %v: %w", n.name, p, ErrExists)
	}
	if err := s.gs.AddProtocolAddress(n.id(), toProtocolAddress(p), gstack.AddressProperties{}); err != nil {
		return netstackError(fmt.Sprintf("link %s: %v", n.name, p), err)
	}
	n.addresses = append(n.addresses, p)
	s.events.queueEvent(Event{Kind: AddressAdded, Address: Address{n.index, p}})
	if r, ok := connectedRoute(n.index, p); ok && !slices.ContainsFunc(s.routes, r.sameKey) {
		s.addRouteLocked(r)
	}
	return nil
}

// RemoveAddress takes an address from a link, with the route to its prefix
// unless another address of the link has the same, and with the routes that
// name it as their source.
func (s *Stack) RemoveAddress(index int, a netip.Addr) error {
	return s.change(func() error {
		n, err := s.link(index)
		if err != nil {
			return err
		}
		if !n.hasAddress(a) {
			return fmt.Errorf("stack: link %s: %v: %w", n.name, a, ErrNotFound)
		}
		s.removeAddressLocked(n, a)
		return nil
	})
}

func (s *Stack) removeAddressLocked(n *nic, a netip.Addr) {
	i := slices.IndexFunc(n.addresses, func(p netip.Prefix) bool { return p.Addr() == a })
	p := n.addresses[i]
	n.addresses = slices.Delete(n.addresses, i, i+1)
	s.gs.RemoveAddress(n.id(), toAddress(a))
	s.events.queueEvent(Event{Kind: AddressRemoved, Address: Address{n.index, p}})

	shared := slices.ContainsFunc(n.addresses, func(o netip.Prefix) bool { return o.Masked() == p.Masked() })
	elsewhere := false
	for _, o := range s.links {
		elsewhere = elsewhere || o.hasAddress(a)
	}
	connected, _ := connectedRoute(n.index, p)
	s.removeRoutesLocked(func(r Route) bool {
		if r.Connected {
			return !shared && r.sameKey(connected)
		}
		return !elsewhere && r.Source == a
	})
}

func (n *nic) hasAddress(a netip.Addr) bool {
	return slices.ContainsFunc(n.addresses, func(p netip.Prefix) bool { return p.Addr() == a })
}

// Addresses by link index, and for each link in the order in which they were
// added. Nil after Close.
func (s *Stack) Addresses() []Address {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var addresses []Address
	for _, n := range s.sortedLinks() {
		for _, p := range n.addresses {
			addresses = append(addresses, Address{n.index, p})
		}
	}
	return addresses
}
