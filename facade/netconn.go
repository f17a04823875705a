package facade

import (
	"io"
	"net"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// netConn is what the connections of package net's face share.
type netConn struct {
	e             *engine
	network       string
	local, remote net.Addr
}

// newNetConn makes the face of a socket that is connected to peer, or to nobody.
// The caller knows the peer better than the socket: a reset takes it away.
func newNetConn(e *engine, network string, peer endpoint.Sockaddr) netConn {
	local, _ := e.ep.LocalAddr()
	return netConn{
		e: e, network: network,
		local: e.m.netAddr(e.isStream(), local), remote: e.m.netAddr(e.isStream(), peer),
	}
}

func (c *netConn) ok() bool { return c != nil && c.e != nil }

// Read implements net.Conn: io.EOF at the end of a stream. An empty b returns at
// once and consumes nothing.
func (c *netConn) Read(b []byte) (int, error) {
	if !c.ok() {
		return 0, invalid
	}
	if len(b) == 0 {
		return 0, opError("read", c.network, c.local, c.remote, "read", c.e.closedResult())
	}
	n, r := c.e.recv(b, 0, nil, connStyle)
	if r.ok() {
		if n == 0 && c.e.isStream() {
			return 0, io.EOF
		}
		return n, nil
	}
	return 0, opError("read", c.network, c.local, c.remote, "read", r)
}

// Write implements net.Conn. On a stream it returns when all of b is in the send
// buffer.
func (c *netConn) Write(b []byte) (int, error) {
	if !c.ok() {
		return 0, invalid
	}
	var n int
	var r result
	if c.e.isStream() {
		n, r = c.e.sendAll(b, 0, connStyle)
	} else {
		n, r = c.e.send(b, 0, noAddr, connStyle)
	}
	return n, opError("write", c.network, c.local, c.remote, "write", r)
}

// Close implements net.Conn: calls that wait end with net.ErrClosed, as does a
// second Close.
func (c *netConn) Close() error {
	if !c.ok() {
		return invalid
	}
	if !c.e.close() {
		return opError("close", c.network, c.local, c.remote, "close", result{outcome: closed})
	}
	return nil
}

// LocalAddr implements net.Conn.
func (c *netConn) LocalAddr() net.Addr {
	if !c.ok() {
		return nil
	}
	return c.local
}

// RemoteAddr implements net.Conn; it is nil for a socket that is not connected.
func (c *netConn) RemoteAddr() net.Addr {
	if !c.ok() {
		return nil
	}
	return c.remote
}

func (c *netConn) setDeadline(t time.Time, read, write bool) error {
	if !c.ok() {
		return invalid
	}
	if c.e.over() {
		return opError("set", c.network, nil, c.local, "", result{outcome: closed})
	}
	if read {
		c.e.rd.setDeadline(t)
	}
	if write {
		c.e.wr.setDeadline(t)
	}
	return nil
}

func (c *netConn) setInt(level, name, value int) error {
	return c.setOption(level, name, intBytes(value))
}

func (c *netConn) setOption(level, name int, v []byte) error {
	if !c.ok() {
		return invalid
	}
	if c.e.over() {
		return syscallError("set", c, "setsockopt", endpoint.EBADF)
	}
	if errno := c.e.setOption(level, name, v); errno != 0 {
		return syscallError("set", c, "setsockopt", errno)
	}
	return nil
}

// Socket returns the socket face of the same socket; closing either closes both.
func (c *netConn) Socket() *Socket {
	if !c.ok() {
		return nil
	}
	return &Socket{e: c.e}
}
