package netstack

import (
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/ports"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// udpPort is the reservation of a UDP core's port. gVisor reserves it once, but
// notes anew under which networks and device it is when the core connects or
// disconnects (udp.endpoint.registerWithStack), and gives that back in the end.
type udpPort struct {
	// taken is what was reserved; it has no networks if there is no port yet.
	taken ports.Reservation
	// freed is what gVisor will give back.
	freed ports.Reservation
	// byConnect says that a Connect took it: a disconnect gives it back.
	byConnect bool
}

// notePort notes the port that a core has got, bound to the address that Bind was
// given; the empty one is that of a port that a send chose. The options must still be
// as they were. The caller holds e.mu.
func (e *Endpoint) notePort(c *core, bound tcpip.Address) {
	info, ok := c.udpInfo()
	if !ok || c.udp.taken.Networks != nil {
		return
	}
	r := e.reservation(c, e.networksOf(c, bound), info.ID.LocalPort)
	r.Addr = info.ID.LocalAddress
	c.udp = udpPort{taken: r, freed: r}
}

// udpInfo is that of a UDP core that has a port.
func (c *core) udpInfo() (*gstack.TransportEndpointInfo, bool) {
	if !c.owner.isUDP() {
		return nil, false
	}
	info, ok := c.Info().(*gstack.TransportEndpointInfo)
	return info, ok && info.ID.LocalPort != 0
}

// bindToDevice sets the device of a core, 0 for none. No send may choose a port
// meanwhile: it is reserved under the device of then. The caller holds e.mu.
func (e *Endpoint) bindToDevice(c *core, index int) tcpip.Error {
	e.writing.Lock()
	defer e.writing.Unlock()
	e.notePort(c, tcpip.Address{})
	return c.SocketOptions().SetBindToDevice(int32(index))
}

// connectDatagrams connects a core that is no stream.
func (e *Endpoint) connectDatagrams(c *core, peer tcpip.FullAddress) tcpip.Error {
	e.notePort(c, tcpip.Address{})
	if err := c.Connect(peer); err != nil {
		return err
	}
	info, ok := c.udpInfo()
	if !ok {
		return nil
	}
	networks := []tcpip.NetworkProtocolNumber{ipv4}
	if !isIPv4(peer.Addr) {
		networks = e.networksOf(c, tcpip.Address{})
	}
	now := e.reservation(c, networks, info.ID.LocalPort)
	now.Addr = info.ID.LocalAddress
	if c.udp.taken.Networks == nil {
		c.udp = udpPort{taken: now, byConnect: true}
	}
	c.udp.freed = now
	return nil
}

// disconnectDatagrams wraps tcpip.Endpoint.Disconnect.
func (e *Endpoint) disconnectDatagrams(c *core) (err tcpip.Error) {
	if c.udp.byConnect {
		c.freePort(func() { err = c.Disconnect() })
		return err
	}
	e.notePort(c, tcpip.Address{})
	connected := c.peer().Addr.BitLen() != 0
	err = c.Disconnect()
	if err == nil && connected {
		c.udp.freed.BindToDevice = tcpip.NICID(c.SocketOptions().GetBindToDevice())
	}
	return err
}

// freePort has gVisor give the port of a UDP core back, by end, and makes up for what
// it gives back wrongly. What was never taken may be somebody else's: they keep it.
func (c *core) freePort(end func()) {
	s, port := c.owner.p.stack, c.udp
	if port.taken.Networks == nil {
		end()
		return
	}
	c.udp = udpPort{}
	var theirs []ports.Reservation
	excess := without(port.freed, port.taken)
	for _, network := range excess.Networks {
		one := excess
		one.Networks = []tcpip.NetworkProtocolNumber{network}
		if !s.HoldPort(one) {
			theirs = append(theirs, one)
		}
	}
	end()
	for _, one := range theirs {
		s.HoldPort(one)
	}
	s.ReleasePort(without(port.taken, port.freed))
}

// without is the part of r that other does not have, of the same port.
func without(r, other ports.Reservation) ports.Reservation {
	if r.BindToDevice == other.BindToDevice {
		r.Networks = slices.DeleteFunc(slices.Clone(r.Networks), func(n tcpip.NetworkProtocolNumber) bool {
			return slices.Contains(other.Networks, n)
		})
	}
	return r
}
