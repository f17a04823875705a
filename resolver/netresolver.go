package resolver

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync"
	"time"
)

// NetResolver returns a net.Resolver that the Switch answers, for code that takes one.
// Package net still looks into the machine's /etc/hosts first, and appends the domains
// of the machine's search list to names without a dot at their end.
func (s *Switch) NetResolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: s.Dial}
}

// Dial is for net.Resolver.Dial: the other end of the connection is a name server that
// answers as Respond does, whatever the network and the address. It does not wait; the
// connection's Read does, until its deadline, which is in the machine's time.
func (s *Switch) Dial(_ context.Context, _, _ string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(context.Background())
	return &serverConn{s: s, ctx: ctx, cancel: cancel}, nil
}

// serverConn is a stream of DNS messages (RFC 1035 section 4.2.2) to a Switch. A
// question is answered by the Read that wants its answer.
type serverConn struct {
	s      *Switch
	ctx    context.Context
	cancel context.CancelFunc

	reading sync.Mutex // one Read at a time

	mu       sync.Mutex
	asked    []byte
	answers  []byte
	deadline time.Time
}

// maxAsked is how much of questions waits for a Read, in bytes.
const maxAsked = 2 * (2 + math.MaxUint16)

var errTooMuchAsked = errors.New("too many questions without a read")

// Write implements net.Conn. It does not wait.
func (c *serverConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ctx.Err() != nil:
		return 0, net.ErrClosed
	case len(c.asked)+len(b) > maxAsked:
		return 0, errTooMuchAsked
	}
	c.asked = append(c.asked, b...)
	return len(b), nil
}

// Read implements net.Conn. Where nothing is asked it is at the end.
func (c *serverConn) Read(b []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.ctx.Err() != nil {
		return 0, net.ErrClosed
	}
	for {
		c.mu.Lock()
		n := copy(b, c.answers)
		c.answers = c.answers[n:]
		query, ok := c.next()
		deadline := c.deadline
		if n == 0 && ok {
			c.asked = c.asked[2+len(query):]
		}
		c.mu.Unlock()
		switch {
		case n > 0 || len(b) == 0:
			return n, nil
		case !ok:
			return 0, io.EOF
		}
		if err := c.answer(query, deadline); err != nil {
			return 0, err
		}
	}
}

// next is the first question, if it is whole.
func (c *serverConn) next() ([]byte, bool) {
	if len(c.asked) < 2 {
		return nil, false
	}
	n := 2 + int(binary.BigEndian.Uint16(c.asked))
	if len(c.asked) < n {
		return nil, false
	}
	return c.asked[2:n], true
}

// answer has the Switch answer a question before the deadline.
func (c *serverConn) answer(query []byte, deadline time.Time) error {
	ctx := c.ctx
	if !deadline.IsZero() {
		limited, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		ctx = limited
	}
	response := c.s.Respond(ctx, query)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return os.ErrDeadlineExceeded
	case ctx.Err() != nil:
		return net.ErrClosed
	case response == nil:
		return io.EOF // as a server that hangs up
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = binary.BigEndian.AppendUint16(c.answers, uint16(len(response)))
	c.answers = append(c.answers, response...)
	return nil
}

// Close implements net.Conn. It ends a Read that waits.
func (c *serverConn) Close() error {
	c.cancel()
	return nil
}

// SetDeadline implements net.Conn. It counts for calls from then on.
func (c *serverConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return nil
}

// SetReadDeadline implements net.Conn.
func (c *serverConn) SetReadDeadline(t time.Time) error { return c.SetDeadline(t) }

// SetWriteDeadline implements net.Conn. Write never waits.
func (c *serverConn) SetWriteDeadline(time.Time) error { return nil }

// LocalAddr implements net.Conn.
func (c *serverConn) LocalAddr() net.Addr { return serverAddr{} }

// RemoteAddr implements net.Conn.
func (c *serverConn) RemoteAddr() net.Addr { return serverAddr{} }

// serverAddr is the address of both ends.
type serverAddr struct{}

func (serverAddr) Network() string { return "resolver" }
func (serverAddr) String() string  { return "resolver" }
