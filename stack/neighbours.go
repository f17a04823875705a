package stack

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Neighbour is an entry of the neighbour table of a link.
type Neighbour struct {
	Link         int
	Address      netip.Addr
	HardwareAddr net.HardwareAddr // nil while it is being resolved
	State        NeighbourState
}

// NeighbourState is the state of a neighbour (RFC 4861 section 7.3.2).
type NeighbourState int

const (
	NeighbourUnknown NeighbourState = iota
	NeighbourIncomplete
	NeighbourReachable
	NeighbourStale
	NeighbourDelay
	NeighbourProbe
	// NeighbourStatic was added by AddNeighbour; Linux calls it permanent.
	NeighbourStatic
	NeighbourUnreachable
)

var neighbourStates = map[gstack.NeighborState]NeighbourState{
	gstack.Unknown:     NeighbourUnknown,
	gstack.Incomplete:  NeighbourIncomplete,
	gstack.Reachable:   NeighbourReachable,
	gstack.Stale:       NeighbourStale,
	gstack.Delay:       NeighbourDelay,
	gstack.Probe:       NeighbourProbe,
	gstack.Static:      NeighbourStatic,
	gstack.Unreachable: NeighbourUnreachable,
}

func newNeighbour(id tcpip.NICID, e gstack.NeighborEntry) Neighbour {
	n := Neighbour{Link: int(id), Address: fromAddress(e.Addr), State: neighbourStates[e.State]}
	if e.LinkAddr != "" {
		n.HardwareAddr = net.HardwareAddr(e.LinkAddr)
	}
	return n
}

// neighbourEvents receives gVisor's neighbour events, under gVisor's locks.
type neighbourEvents struct{ p *publisher }

var _ gstack.NUDDispatcher = neighbourEvents{}

func (d neighbourEvents) OnNeighborAdded(id tcpip.NICID, e gstack.NeighborEntry) {
	d.p.queueNeighbour(Event{Kind: NeighbourAdded, Neighbour: newNeighbour(id, e)})
}

func (d neighbourEvents) OnNeighborChanged(id tcpip.NICID, e gstack.NeighborEntry) {
	d.p.queueNeighbour(Event{Kind: NeighbourChanged, Neighbour: newNeighbour(id, e)})
}

func (d neighbourEvents) OnNeighborRemoved(id tcpip.NICID, e gstack.NeighborEntry) {
	d.p.queueNeighbour(Event{Kind: NeighbourRemoved, Neighbour: newNeighbour(id, e)})
}

// AddNeighbour adds a static entry, or replaces the entry of the same address.
// ErrNoNeighbours on a link that does not resolve addresses. A link that is
// taken down forgets its entries, static ones too, as on Linux.
func (s *Stack) AddNeighbour(index int, a netip.Addr, hw net.HardwareAddr) error {
	if !a.IsValid() || a.Is4In6() || a.IsMulticast() || a.IsUnspecified() {
		return fmt.Errorf("stack: neighbour: %v is not a unicast address", a)
	}
	if len(hw) != header.EthernetAddressSize {
		return fmt.Errorf("stack: neighbour: hardware address of %d bytes, want %d", len(hw), header.EthernetAddressSize)
	}
	return s.changeNeighbour(index, a, func(n *nic) tcpip.Error {
		return s.gs.AddStaticNeighbor(n.id(), protocolOf(a), toAddress(a.WithZone("")), tcpip.LinkAddress(hw))
	})
}

// RemoveNeighbour removes an entry, static or dynamic.
func (s *Stack) RemoveNeighbour(index int, a netip.Addr) error {
	if !a.IsValid() {
		return fmt.Errorf("stack: neighbour: not a valid address")
	}
	return s.changeNeighbour(index, a, func(n *nic) tcpip.Error {
		return s.gs.RemoveNeighbor(n.id(), protocolOf(a), toAddress(a.WithZone("")))
	})
}

func (s *Stack) changeNeighbour(index int, a netip.Addr, fn func(*nic) tcpip.Error) error {
	return s.change(func() error {
		n, err := s.link(index)
		if err != nil {
			return err
		}
		switch err := fn(n).(type) {
		case nil:
			return nil
		case *tcpip.ErrNotSupported:
			return fmt.Errorf("stack: link %s: %w", n.name, ErrNoNeighbours)
		case *tcpip.ErrBadAddress:
			return fmt.Errorf("stack: link %s: neighbour %v: %w", n.name, a, ErrNotFound)
		default:
			return netstackError("link "+n.name, err)
		}
	})
}

// Neighbours of all links that resolve addresses, by link and address. Nil
// after Close.
func (s *Stack) Neighbours() []Neighbour {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var neighbours []Neighbour
	for _, n := range s.sortedLinks() {
		first := len(neighbours)
		for _, proto := range networkProtocols {
			entries, err := s.gs.Neighbors(n.id(), proto)
			if err != nil {
				continue // *tcpip.ErrNotSupported: the link has none
			}
			for _, e := range entries {
				neighbours = append(neighbours, newNeighbour(n.id(), e))
			}
		}
		slices.SortFunc(neighbours[first:], func(a, b Neighbour) int { return a.Address.Compare(b.Address) })
	}
	return neighbours
}
