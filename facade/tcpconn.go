package facade

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// TCPConn is a stream as package net shows it, with what users of *net.TCPConn
// look for.
type TCPConn struct{ netConn }

var (
	_ net.Conn      = (*TCPConn)(nil)
	_ io.ReaderFrom = (*TCPConn)(nil)
	_ io.WriterTo   = (*TCPConn)(nil)
)

// CloseRead shuts the reading half down.
func (c *TCPConn) CloseRead() error { return c.closeHalf(endpoint.SHUT_RD) }

// CloseWrite shuts the writing half down: the peer reads to the end.
func (c *TCPConn) CloseWrite() error { return c.closeHalf(endpoint.SHUT_WR) }

func (c *TCPConn) closeHalf(how int) error {
	if !c.okTCP() {
		return invalid
	}
	return opError("close", c.network, c.local, c.remote, "shutdown", c.e.shutdown(how))
}

func (c *TCPConn) okTCP() bool { return c.common().ok() }

// SetNoDelay sets TCP_NODELAY, which is on at first, as in package net.
func (c *TCPConn) SetNoDelay(noDelay bool) error {
	return c.setTCP(endpoint.IPPROTO_TCP, endpoint.TCP_NODELAY, boolInt(noDelay))
}

// SetLinger sets SO_LINGER: negative is off, 0 resets on Close. A stream on the
// stack does not wait in Close, whatever the seconds.
func (c *TCPConn) SetLinger(seconds int) error {
	if !c.okTCP() {
		return invalid
	}
	var v [8]byte
	if seconds >= 0 {
		binary.NativeEndian.PutUint32(v[0:], 1)
		binary.NativeEndian.PutUint32(v[4:], uint32(seconds))
	}
	return c.setOption(endpoint.SOL_SOCKET, endpoint.SO_LINGER, v[:])
}

// SetKeepAlive sets SO_KEEPALIVE.
func (c *TCPConn) SetKeepAlive(keepAlive bool) error {
	return c.setTCP(endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE, boolInt(keepAlive))
}

// SetKeepAlivePeriod sets the time before and between keepalive probes.
func (c *TCPConn) SetKeepAlivePeriod(d time.Duration) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: d, Interval: d, Count: -1})
}

// Package net's defaults for keepalive.
const (
	keepAlivePeriod = 15 * time.Second
	keepAliveCount  = 9
)

// SetKeepAliveConfig sets what net.KeepAliveConfig describes: zero is package
// net's default and negative leaves a value alone.
func (c *TCPConn) SetKeepAliveConfig(config net.KeepAliveConfig) error {
	if !config.Enable {
		return c.SetKeepAlive(false)
	}
	for _, s := range [...]struct{ name, value, preset int }{
		{endpoint.TCP_KEEPIDLE, wholeSeconds(config.Idle), int(keepAlivePeriod / time.Second)},
		{endpoint.TCP_KEEPINTVL, wholeSeconds(config.Interval), int(keepAlivePeriod / time.Second)},
		{endpoint.TCP_KEEPCNT, config.Count, keepAliveCount},
	} {
		if s.value < 0 {
			continue
		}
		if s.value == 0 {
			s.value = s.preset
		}
		if err := c.setTCP(endpoint.IPPROTO_TCP, s.name, s.value); err != nil {
			return err
		}
	}
	return c.SetKeepAlive(true)
}

// wholeSeconds rounds up, and keeps negative durations negative.
func wholeSeconds(d time.Duration) int {
	if d < 0 {
		return -1
	}
	return int((d + time.Second - 1) / time.Second)
}

func (c *TCPConn) setTCP(level, name, value int) error {
	if !c.okTCP() {
		return invalid
	}
	return c.setInt(level, name, value)
}

// copyBuffer is the size of the buffers that ReadFrom and WriteTo use.
const copyBuffer = 64 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// justWriter and justReader hide ReadFrom and WriteTo from io.CopyBuffer.
type (
	justWriter struct{ io.Writer }
	justReader struct{ io.Reader }
)

// ReadFrom implements io.ReaderFrom.
func (c *TCPConn) ReadFrom(r io.Reader) (int64, error) {
	if !c.okTCP() {
		return 0, invalid
	}
	b := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(b)
	return io.CopyBuffer(justWriter{c}, justReader{r}, b[:])
}

// WriteTo implements io.WriterTo.
func (c *TCPConn) WriteTo(w io.Writer) (int64, error) {
	if !c.okTCP() {
		return 0, invalid
	}
	b := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(b)
	return io.CopyBuffer(justWriter{w}, justReader{c}, b[:])
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// connDefaults is what package net sets on each connection: no Nagle algorithm,
// and keepalive. The values are made once, as there is a call for each.
var connDefaults = []struct {
	level, name int
	value       []byte
}{
	{endpoint.IPPROTO_TCP, endpoint.TCP_NODELAY, intBytes(1)},
	{endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE, intBytes(int(keepAlivePeriod / time.Second))},
	{endpoint.IPPROTO_TCP, endpoint.TCP_KEEPINTVL, intBytes(int(keepAlivePeriod / time.Second))},
	{endpoint.IPPROTO_TCP, endpoint.TCP_KEEPCNT, intBytes(keepAliveCount)},
	{endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE, intBytes(1)},
}

func intBytes(v int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(v)) }

func intOf(v []byte) int { return int(int32(binary.NativeEndian.Uint32(v))) }

// newTCPConn applies connDefaults. What a path refuses of them stays as it is, as
// in package net.
func newTCPConn(e *engine, network string, peer endpoint.Sockaddr) *TCPConn {
	for _, o := range connDefaults {
		e.setOption(o.level, o.name, o.value)
	}
	return &TCPConn{newNetConn(e, network, peer)}
}
