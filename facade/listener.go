package facade

import (
	"net"
	"time"
)

// TCPListener is a listening stream as package net shows it.
type TCPListener struct{ c netConn }

var _ net.Listener = (*TCPListener)(nil)

func (l *TCPListener) ok() bool { return l != nil && l.c.ok() }

// Accept implements net.Listener; the connection is a *TCPConn.
func (l *TCPListener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptTCP is Accept with the type that it returns.
func (l *TCPListener) AcceptTCP() (*TCPConn, error) {
	if !l.ok() {
		return nil, invalid
	}
	e, peer, r := l.c.e.accept(connStyle)
	if !r.ok() {
		return nil, opError("accept", l.c.network, nil, l.c.local, "accept", r)
	}
	return newTCPConn(e, l.c.network, peer), nil
}

// Close implements net.Listener: waiting connections are reset.
func (l *TCPListener) Close() error {
	if !l.ok() {
		return invalid
	}
	if !l.c.e.close() {
		return opError("close", l.c.network, nil, l.c.local, "close", result{outcome: closed})
	}
	return nil
}

// Addr implements net.Listener.
func (l *TCPListener) Addr() net.Addr {
	if !l.ok() {
		return nil
	}
	return l.c.local
}

// SetDeadline limits how long Accept waits, by the stack's clock.
func (l *TCPListener) SetDeadline(t time.Time) error {
	if !l.ok() {
		return invalid
	}
	return l.c.setDeadline(t, true, false)
}

// Socket returns the socket face of the same socket; closing either closes both.
func (l *TCPListener) Socket() *Socket {
	if !l.ok() {
		return nil
	}
	return l.c.Socket()
}
