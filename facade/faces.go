package facade

import (
	"net"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Conn returns package net's face of a stream: a *TCPConn on the same socket, or
// a *UDPConn of a datagram socket. Closing either closes both. The Socket's
// timeout does not count there, nor the Conn's deadlines here.
func (s *Socket) Conn() (net.Conn, error) {
	e, err := s.faceable("conn")
	if err != nil {
		return nil, err
	}
	if e.isStream() {
		return &TCPConn{newNetConn(e, "tcp", e.peer())}, nil
	}
	return &UDPConn{newNetConn(e, "udp", e.peer())}, nil
}

// Listener returns package net's face of a listening stream: a *TCPListener on
// the same socket.
func (s *Socket) Listener() (net.Listener, error) {
	const op = "listener"
	e, err := s.faceable(op)
	if err != nil {
		return nil, err
	}
	if !e.isStream() {
		return nil, badArgument(op, "socket is not a stream")
	}
	return &TCPListener{newNetConn(e, "tcp", noAddr)}, nil
}

// PacketConn returns package net's face of a datagram socket: a *UDPConn on the
// same socket.
func (s *Socket) PacketConn() (net.PacketConn, error) {
	const op = "packetconn"
	e, err := s.faceable(op)
	if err != nil {
		return nil, err
	}
	if e.isStream() {
		return nil, badArgument(op, "socket is a stream")
	}
	return &UDPConn{newNetConn(e, "udp", e.peer())}, nil
}

// faceable returns the engine of an open socket that package net's face has
// addresses for.
func (s *Socket) faceable(op string) (*engine, error) {
	e, err := s.engineFor(op)
	if err != nil {
		return nil, err
	}
	if e.family != endpoint.AF_INET && e.family != endpoint.AF_INET6 {
		return nil, badArgument(op, "socket is of neither AF_INET nor AF_INET6")
	}
	return e, nil
}

// peer is the address that the socket is connected to, if any.
func (e *engine) peer() endpoint.Sockaddr {
	peer, errno := e.ep.PeerAddr()
	if errno != 0 {
		return noAddr
	}
	return peer
}
