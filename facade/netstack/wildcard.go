package netstack

import (
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/ports"

	"github.com/usernet-stack/usernet/stack"
)

// wildcardPort is what Bind reserved for a TCP core on the wildcard address; it has
// no networks if there is no such reservation.
//
// gVisor gives a port back under the address that the core has by then
// (tcp.Endpoint.cleanupLocked). A connect gives it one, so that the wildcard would
// keep the port for good, and somebody else might lose theirs.
type wildcardPort struct{ ports.Reservation }

// reservedBy is what a successful Bind of a TCP core to an address reserved.
func (e *Endpoint) reservedBy(c *core, bound tcpip.FullAddress) wildcardPort {
	to := unmapped(bound)
	local, err := c.GetLocalAddress()
	if !to.Addr.Unspecified() || err != nil {
		return wildcardPort{}
	}
	return wildcardPort{e.reservation(c, e.networksOf(c, to.Addr), local.Port)}
}

// reservation is that of a port of the wildcard by the options that c has now.
func (e *Endpoint) reservation(c *core, networks []tcpip.NetworkProtocolNumber, port uint16) ports.Reservation {
	ops := c.SocketOptions()
	reuse := ops.GetReuseAddress()
	return ports.Reservation{
		Networks:     networks,
		Transport:    e.transport,
		Port:         port,
		Flags:        ports.Flags{TupleOnly: reuse && e.isStream(), MostRecent: reuse && e.isUDP(), LoadBalanced: ops.GetReusePort()},
		BindToDevice: tcpip.NICID(ops.GetBindToDevice()),
	}
}

// networksOf are the networks that a Bind to addr takes: the empty address is the
// wildcard of the socket, IPv6's with IPv4's unless IPV6_V6ONLY is set.
func (e *Endpoint) networksOf(c *core, addr tcpip.Address) []tcpip.NetworkProtocolNumber {
	switch {
	case isIPv4(addr):
		return []tcpip.NetworkProtocolNumber{ipv4}
	case addr.BitLen() != 0:
		return []tcpip.NetworkProtocolNumber{ipv6}
	case e.network == ipv6 && !c.SocketOptions().GetV6Only():
		return []tcpip.NetworkProtocolNumber{ipv6, ipv4}
	}
	return []tcpip.NetworkProtocolNumber{e.network}
}

// connect connects a TCP core. A port of the wildcard becomes one of the address
// that the connection has, before gVisor can give it back.
func (c *core) connect(s *stack.Stack, peer tcpip.FullAddress) tcpip.Error {
	if c.wildcard.Networks == nil {
		return c.Connect(peer)
	}
	hold, err := c.wildcard.narrow(s, peer)
	if err != nil {
		return err
	}
	err = c.Connect(peer)
	if local, e := c.GetLocalAddress(); e == nil && local.Addr != hold.Addr {
		s.ReleasePort(hold) // it has not come to a connection
		return err
	}
	_, started := err.(*tcpip.ErrConnectStarted)
	c.wildcard.release(s, started)
	c.wildcard = wildcardPort{}
	return err
}

// narrow holds the port for the address that leads to the peer.
func (w *wildcardPort) narrow(s *stack.Stack, peer tcpip.FullAddress) (ports.Reservation, tcpip.Error) {
	peer, network := unmapped(peer), w.Networks[0]
	if isIPv4(peer.Addr) {
		network = ipv4
	}
	hold := w.Reservation
	hold.Networks = []tcpip.NetworkProtocolNumber{network}
	var err tcpip.Error
	if hold.Addr, err = s.Source(int(peer.NIC), network, peer.Addr); err != nil {
		return hold, err
	}
	if !s.HoldPort(hold) {
		return hold, &tcpip.ErrBadLocalAddress{}
	}
	return hold, nil
}

// release gives the wildcard's port back. When the connect of a socket of both
// networks starts, gVisor does so for IPv4, as long as it is not bound to a link.
func (w *wildcardPort) release(s *stack.Stack, started bool) {
	r := w.Reservation
	if started && len(r.Networks) > 1 && r.BindToDevice == 0 {
		r.Networks = slices.DeleteFunc(r.Networks, func(n tcpip.NetworkProtocolNumber) bool { return n == ipv4 })
	}
	s.ReleasePort(r)
}
