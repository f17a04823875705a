package facade

import (
	"net"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// The methods that a TCPConn and a UDPConn have in common. They are spelled out,
// not promoted, so that those of a nil connection answer EINVAL.

func (c *TCPConn) common() *netConn {
	if c == nil {
		return nil
	}
	return &c.netConn
}

// Read implements net.Conn: io.EOF at the end of a stream. An empty b returns at
// once and consumes nothing.
func (c *TCPConn) Read(b []byte) (int, error) { return c.common().Read(b) }

// Write implements net.Conn. On a stream it returns when all of b is in the send
// buffer.
func (c *TCPConn) Write(b []byte) (int, error) { return c.common().Write(b) }

// Close implements net.Conn: calls that wait end with net.ErrClosed, as does a
// second Close.
func (c *TCPConn) Close() error { return c.common().Close() }

// LocalAddr implements net.Conn.
func (c *TCPConn) LocalAddr() net.Addr { return c.common().LocalAddr() }

// RemoteAddr implements net.Conn; it is nil for a socket that is not connected.
func (c *TCPConn) RemoteAddr() net.Addr { return c.common().RemoteAddr() }

// SetDeadline implements net.Conn, by the stack's clock.
func (c *TCPConn) SetDeadline(t time.Time) error { return c.common().setDeadline(t, true, true) }

// SetReadDeadline implements net.Conn.
func (c *TCPConn) SetReadDeadline(t time.Time) error { return c.common().setDeadline(t, true, false) }

// SetWriteDeadline implements net.Conn.
func (c *TCPConn) SetWriteDeadline(t time.Time) error { return c.common().setDeadline(t, false, true) }

// SetReadBuffer sets SO_RCVBUF, in bytes.
func (c *TCPConn) SetReadBuffer(bytes int) error {
	return c.common().setInt(endpoint.SOL_SOCKET, endpoint.SO_RCVBUF, bytes)
}

// SetWriteBuffer sets SO_SNDBUF, in bytes.
func (c *TCPConn) SetWriteBuffer(bytes int) error {
	return c.common().setInt(endpoint.SOL_SOCKET, endpoint.SO_SNDBUF, bytes)
}

// Socket returns the socket face of the same socket; closing either closes both.
func (c *TCPConn) Socket() *Socket { return c.common().Socket() }

func (c *UDPConn) common() *netConn {
	if c == nil {
		return nil
	}
	return &c.netConn
}

// Read implements net.Conn: io.EOF at the end of a stream. An empty b returns at
// once and consumes nothing.
func (c *UDPConn) Read(b []byte) (int, error) { return c.common().Read(b) }

// Write implements net.Conn. On a stream it returns when all of b is in the send
// buffer.
func (c *UDPConn) Write(b []byte) (int, error) { return c.common().Write(b) }

// Close implements net.Conn: calls that wait end with net.ErrClosed, as does a
// second Close.
func (c *UDPConn) Close() error { return c.common().Close() }

// LocalAddr implements net.Conn.
func (c *UDPConn) LocalAddr() net.Addr { return c.common().LocalAddr() }

// RemoteAddr implements net.Conn; it is nil for a socket that is not connected.
func (c *UDPConn) RemoteAddr() net.Addr { return c.common().RemoteAddr() }

// SetDeadline implements net.Conn, by the stack's clock.
func (c *UDPConn) SetDeadline(t time.Time) error { return c.common().setDeadline(t, true, true) }

// SetReadDeadline implements net.Conn.
func (c *UDPConn) SetReadDeadline(t time.Time) error { return c.common().setDeadline(t, true, false) }

// SetWriteDeadline implements net.Conn.
func (c *UDPConn) SetWriteDeadline(t time.Time) error { return c.common().setDeadline(t, false, true) }

// SetReadBuffer sets SO_RCVBUF, in bytes.
func (c *UDPConn) SetReadBuffer(bytes int) error {
	return c.common().setInt(endpoint.SOL_SOCKET, endpoint.SO_RCVBUF, bytes)
}

// SetWriteBuffer sets SO_SNDBUF, in bytes.
func (c *UDPConn) SetWriteBuffer(bytes int) error {
	return c.common().setInt(endpoint.SOL_SOCKET, endpoint.SO_SNDBUF, bytes)
}

// Socket returns the socket face of the same socket; closing either closes both.
func (c *UDPConn) Socket() *Socket { return c.common().Socket() }
