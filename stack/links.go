package stack

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack/link"
)

const (
	loopbackIndex  = 1
	loopbackName   = "lo"
	firstLinkIndex = 2
)

var loopbackAddresses = []netip.Prefix{
	netip.PrefixFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 8),
	netip.PrefixFrom(netip.IPv6Loopback(), 128),
}

func defaultLinkName(index int) string { return fmt.Sprintf("eth%d", index-firstLinkIndex) }

// Link is a network interface as it was at one moment.
type Link struct {
	// Index is the interface index, and gVisor's NICID. lo has 1; an index is
	// never used again.
	Index int
	Name  string
	MTU   int // bytes, from the network header on
	Up    bool
	// Loopback says that what is sent comes back.
	Loopback bool
	// HardwareAddr is nil on links that have none.
	HardwareAddr net.HardwareAddr
	Flags        net.Flags
}

// nic is a link with what the Stack knows of it. Guarded by Stack.mu.
type nic struct {
	index     int
	name      string
	ep        gstack.LinkEndpoint
	up        bool
	addresses []netip.Prefix
}

func (n *nic) id() tcpip.NICID { return tcpip.NICID(n.index) }

func (n *nic) loopback() bool { return n.ep.Capabilities()&gstack.CapabilityLoopback != 0 }

func (n *nic) link() Link {
	l := Link{Index: n.index, Name: n.name, MTU: int(n.ep.MTU()), Up: n.up, Loopback: n.loopback(), Flags: net.FlagMulticast}
	if hw := n.ep.LinkAddress(); hw != "" {
		l.HardwareAddr = net.HardwareAddr(hw)
	}
	if n.up {
		l.Flags |= net.FlagUp | net.FlagRunning
	}
	switch n.ep.ARPHardwareType() {
	case header.ARPHardwareLoopback:
		l.Flags = l.Flags&^net.FlagMulticast | net.FlagLoopback
	case header.ARPHardwareEther:
		l.Flags |= net.FlagBroadcast
	default:
		l.Flags |= net.FlagPointToPoint
	}
	return l
}

// AddLink adds a link with its addresses and returns its index. When it
// returns an error the endpoint is not attached, but may have been closed.
func (s *Stack) AddLink(cfg LinkConfig) (index int, err error) {
	err = s.change(func() error {
		index = s.nextIndex
		if cfg.Name == "" {
			cfg.Name = defaultLinkName(index)
		}
		if err := s.addLinkLocked(index, cfg); err != nil {
			return err
		}
		s.nextIndex++
		return nil
	})
	if err != nil {
		return 0, err
	}
	return index, nil
}

func (s *Stack) addLink(index int, cfg LinkConfig) error {
	return s.change(func() error { return s.addLinkLocked(index, cfg) })
}

func (s *Stack) addLinkLocked(index int, cfg LinkConfig) error {
	if err := cfg.validate(); err != nil {
		return fmt.Errorf("stack: link: %w", err)
	}
	if s.linkByName(cfg.Name) != nil {
		return fmt.Errorf("stack: link %q: %w", cfg.Name, ErrExists)
	}
	n := &nic{index: index, name: cfg.Name, ep: cfg.Endpoint, up: !cfg.Down}
	if err := s.gs.CreateNICWithOptions(n.id(), n.ep, gstack.NICOptions{
		Name:               cfg.Name,
		Disabled:           cfg.Down,
		DeliverLinkPackets: true,
	}); err != nil {
		s.gs.RemoveNIC(n.id())
		return netstackError("link "+cfg.Name, err)
	}
	n.ep.SetOnCloseAction(func() { s.RemoveLink(index) })
	s.links[index] = n
	s.tapLocked(n)
	s.room.watch(n.ep)
	s.events.queueEvent(Event{Kind: LinkAdded, Link: n.link()})
	for _, p := range cfg.Addresses {
		if err := s.addAddressLocked(n, p); err != nil {
			s.removeLinkLocked(n)
			return err
		}
	}
	return nil
}

// RemoveLink removes a link with its addresses, routes and neighbours, closes
// its endpoint and waits for the endpoint's goroutines.
func (s *Stack) RemoveLink(index int) error {
	var n *nic
	err := s.change(func() (err error) {
		if n, err = s.link(index); err == nil {
			s.removeLinkLocked(n)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.waitLink(n)
}

func (s *Stack) removeLinkLocked(n *nic) {
	for _, p := range slices.Clone(n.addresses) {
		s.removeAddressLocked(n, p.Addr())
	}
	s.removeRoutesLocked(func(r Route) bool { return r.Link == n.index })
	delete(s.links, n.index)
	s.loopbacks.Delete(n.id())
	s.gs.RemoveNIC(n.id())
	s.events.queueEvent(Event{Kind: LinkRemoved, Link: n.link()})
}

// waitLink ends what is left of a link that was removed. Called without locks.
func (s *Stack) waitLink(n *nic) error {
	n.ep.Wait()
	s.room.forget(n.ep)
	if c, ok := n.ep.(link.Counted); ok {
		s.mu.Lock()
		s.gone = s.gone.Add(c.Counters())
		s.mu.Unlock()
	}
	if e, ok := n.ep.(interface{ Err() error }); ok {
		return e.Err()
	}
	return nil
}

func (s *Stack) removeAllLinks() error {
	s.mu.Lock()
	nics := s.sortedLinks()
	for _, n := range nics {
		s.removeLinkLocked(n)
	}
	s.mu.Unlock()
	s.events.deliver()
	var errs []error
	for _, n := range nics {
		errs = append(errs, s.waitLink(n))
	}
	return errors.Join(errs...)
}

func (s *Stack) link(index int) (*nic, error) {
	n := s.links[index]
	if n == nil {
		return nil, fmt.Errorf("%w: %d", ErrNoLink, index)
	}
	return n, nil
}

func (s *Stack) linkByName(name string) *nic {
	for _, n := range s.links {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (s *Stack) sortedLinks() []*nic {
	nics := make([]*nic, 0, len(s.links))
	for _, n := range s.links {
		nics = append(nics, n)
	}
	slices.SortFunc(nics, func(a, b *nic) int { return cmp.Compare(a.index, b.index) })
	return nics
}

// Links by index. Nil after Close.
func (s *Stack) Links() []Link {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var links []Link
	for _, n := range s.sortedLinks() {
		links = append(links, n.link())
	}
	return links
}

// LinkByIndex returns the link with an index, or ErrNoLink.
func (s *Stack) LinkByIndex(index int) (Link, error) {
	return s.findLink(func() *nic { return s.links[index] }, index)
}

// LinkByName returns the link with a name, or ErrNoLink.
func (s *Stack) LinkByName(name string) (Link, error) {
	return s.findLink(func() *nic { return s.linkByName(name) }, name)
}

func (s *Stack) findLink(find func() *nic, what any) (Link, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return Link{}, ErrClosed
	}
	if n := find(); n != nil {
		return n.link(), nil
	}
	return Link{}, fmt.Errorf("%w: %v", ErrNoLink, what)
}

// SetLinkUp takes a link up or down. A link that is down carries nothing, and
// routes through it do not match; its addresses and routes stay.
func (s *Stack) SetLinkUp(index int, up bool) error {
	return s.change(func() error {
		n, err := s.link(index)
		if err != nil || n.up == up {
			return err
		}
		set := s.gs.DisableNIC
		if up {
			set = s.gs.EnableNIC
		}
		if err := set(n.id()); err != nil {
			return netstackError("link "+n.name, err)
		}
		n.up = up
		s.events.queueEvent(Event{Kind: LinkChanged, Link: n.link()})
		return nil
	})
}

// SetLinkMTU sets the MTU of a link, 68 to 65,536 bytes from the network header
// on; 1280 at least if it has IPv6 addresses.
func (s *Stack) SetLinkMTU(index, mtu int) error {
	return s.change(func() error {
		n, err := s.link(index)
		if err != nil {
			return err
		}
		if mtu < minMTU || mtu > maxMTU {
			return fmt.Errorf("stack: link %s: MTU %d is not between %d and %d", n.name, mtu, minMTU, maxMTU)
		}
		for _, p := range n.addresses {
			if err := validateAddress(p, uint32(mtu)); err != nil {
				return fmt.Errorf("stack: link %s: %w", n.name, err)
			}
		}
		if n.ep.MTU() == uint32(mtu) {
			return nil
		}
		if err := s.gs.SetNICMTU(n.id(), uint32(mtu)); err != nil {
			return netstackError("link "+n.name, err)
		}
		s.events.queueEvent(Event{Kind: LinkChanged, Link: n.link()})
		return nil
	})
}
