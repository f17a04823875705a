package stack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/ports"
)

// HoldPort reserves a port for a socket that has it already, on another address.
// It fails if who has that address does not share the port: see the reservation's
// flags.
func (s *Stack) HoldPort(r ports.Reservation) bool { return s.gs.ReserveTuple(r) }

// ReleasePort undoes one HoldPort, or what the Bind of a socket reserved.
func (s *Stack) ReleasePort(r ports.Reservation) { s.gs.ReleasePort(r) }

// Source is the address that a socket of IPv4 or IPv6, bound to none, sends from to
// dst by a link. Link 0 has the routes decide; an unspecified dst is the loopback.
func (s *Stack) Source(link int, network tcpip.NetworkProtocolNumber, dst tcpip.Address) (tcpip.Address, tcpip.Error) {
	if dst.Unspecified() {
		dst = header.IPv6Loopback
		if network == header.IPv4ProtocolNumber {
			dst = header.IPv4Loopback
		}
	}
	route, err := s.gs.FindRoute(tcpip.NICID(link), tcpip.Address{}, dst, network, false)
	if err != nil {
		return tcpip.Address{}, err
	}
	defer route.Release()
	return route.LocalAddress(), nil
}
