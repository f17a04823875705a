package facade

import (
	"net"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Conn returns package net's face of a stream: a *TCPConn on the same socket.
// Closing either closes both. The Socket's timeout does not count there, nor the
// Conn's deadlines here.
func (s *Socket) Conn() (net.Conn, error) {
	const op = "conn"
	e, err := s.engineFor(op)
	if err != nil {
		return nil, err
	}
	if err := faceable(op, e); err != nil {
		return nil, err
	}
	if !e.isStream() {
		return &UDPConn{newNetConn(e, e.networkName(), e.peer())}, nil
	}
	return &TCPConn{newNetConn(e, e.networkName(), e.peer())}, nil
}

// Listener returns package net's face of a listening stream: a *TCPListener on
// the same socket.
func (s *Socket) Listener() (net.Listener, error) {
	const op = "listener"
	e, err := s.engineFor(op)
	if err != nil {
		return nil, err
	}
	if err := faceable(op, e); err != nil {
		return nil, err
	}
	if !e.isStream() {
		return nil, badArgument(op, "socket is not a stream")
	}
	return &TCPListener{newNetConn(e, e.networkName(), e.peer())}, nil
}

// PacketConn returns package net's face of a datagram socket: a *UDPConn on the
// same socket.
func (s *Socket) PacketConn() (net.PacketConn, error) {
	const op = "packetconn"
	e, err := s.engineFor(op)
	if err != nil {
		return nil, err
	}
	if err := faceable(op, e); err != nil {
		return nil, err
	}
	if e.isStream() {
		return nil, badArgument(op, "socket is a stream")
	}
	return &UDPConn{newNetConn(e, e.networkName(), e.peer())}, nil
}

// faceable refuses families that package net's face has no addresses for.
func faceable(op string, e *engine) error {
	if e.family != endpoint.AF_INET && e.family != endpoint.AF_INET6 {
		return badArgument(op, "socket is of neither AF_INET nor AF_INET6")
	}
	return nil
}

func (e *engine) networkName() string {
	if e.isStream() {
		return "tcp"
	}
	return "udp"
}

// peer is the address that the socket is connected to, if any.
func (e *engine) peer() endpoint.Sockaddr {
	peer, errno := e.ep.PeerAddr()
	if errno != 0 {
		return noAddr
	}
	return peer
}
