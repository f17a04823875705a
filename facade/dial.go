package facade

import (
	"context"
	"net"
	"net/netip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Dial is DialContext without a context.
func (m *Module) Dial(network, address string) (net.Conn, error) {
	return m.DialContext(context.Background(), network, address)
}

// DialContext connects to "host:service" on "tcp", "udp" and their "4" and "6"
// forms; it returns a *TCPConn or a *UDPConn. The host is numeric, with a zone if
// need be, or a name for the module's resolver; an empty one is the loopback. The
// service is a port number, or a name of the resolver's services. It fits
// http.Transport and the like.
//
// A stream to a name is Happy Eyeballs (RFC 8305). The addresses are tried in the
// resolver's order, the families taking turns, the first one's beginning. An attempt
// that neither succeeds nor fails within 250 ms is joined by the next one, and one
// that fails makes room at once, with at most 32 under way; the first to succeed
// wins, and the others are closed. Attempts begin as soon as the IPv6 addresses are
// known, or when those of IPv4 have been for 50 ms. A datagram socket takes the
// first address, in order, that it can connect to.
//
// ctx ends all of it. Its deadline and the delays count by the stack's clock; the
// deadline by the system's as well.
//
// Errors are package net's: *net.OpError, around a *net.DNSError for a name. When
// every attempt failed, it is the error of the first one; when ctx ended, that of the
// first attempt under way. The DNSError wraps what the resolver had to say, a
// *GAIError, or the context's error.
func (m *Module) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	t, err := m.target(network, address)
	switch {
	case err != nil:
		return nil, argumentError("dial", network, nil, err)
	case t.name != "" && (m == nil || m.over.Load()):
		return nil, opError("dial", t.network, nil, nil, "socket", result{errno: endpoint.EBADF})
	case t.name != "" && t.stream:
		return m.race(ctx, t)
	case t.name != "":
		return m.dialInOrder(ctx, t)
	case !t.ap.Addr().IsValid():
		t.ap = netip.AddrPortFrom(loopback(t.version), t.ap.Port())
	}
	return m.dialAddr(ctx, t, t.ap)
}

// dialInOrder tries the addresses of t's name one after the other. The first error
// counts, as in package net.
func (m *Module) dialInOrder(ctx context.Context, t target) (net.Conn, error) {
	ctx, cancel := m.onClock(ctx)
	defer cancel()
	found, err := m.lookup(ctx, t, nil)
	if err != nil {
		return nil, argumentError("dial", t.network, nil, err)
	}
	var first error
	for _, ap := range found {
		c, err := m.dialAddr(ctx, t, ap)
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// dialAddr is one attempt.
func (m *Module) dialAddr(ctx context.Context, t target, ap netip.AddrPort) (net.Conn, error) {
	addr := goAddr(t.stream, ap)
	family, ok := familyFor(t.version, ap.Addr())
	if !ok {
		return nil, argumentError("dial", t.network, nil, noSuitableAddress(ap))
	}
	e, errno := m.open(family, typeOf(t.stream), 0)
	if errno != 0 {
		return nil, opError("dial", t.network, nil, addr, "socket", result{errno: errno})
	}
	to, _ := m.sockaddrOf(family, ap)
	if r := e.dial(ctx, to); !r.ok() {
		e.close()
		return nil, opError("dial", t.network, nil, addr, "connect", r)
	}
	return t.conn(e, to), nil
}

// conn is the face of a socket that is connected.
func (t target) conn(e *engine, to endpoint.Sockaddr) net.Conn {
	peer := e.peer() // of a wildcard, the loopback
	if peer.IsZero() {
		peer = to
	}
	if t.stream {
		return newTCPConn(e, t.network, peer)
	}
	return &UDPConn{newNetConn(e, t.network, peer)}
}

// dial connects as long as ctx lets it. Its deadline counts by the stack's
// clock as well, and a deadline that has passed is a timeout.
func (e *engine) dial(ctx context.Context, to endpoint.Sockaddr) result {
	w := patience{timeout: NoTimeout, ctx: ctx}
	if end, ok := ctx.Deadline(); ok {
		if w.timeout = end.Sub(e.exec.Now()); w.timeout <= 0 {
			return result{outcome: timedOut}
		}
	}
	return e.connect(to, w)
}

func loopback(version int) netip.Addr {
	if version == 6 {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

func typeOf(stream bool) int {
	if stream {
		return endpoint.SOCK_STREAM
	}
	return endpoint.SOCK_DGRAM
}

func goAddr(stream bool, ap netip.AddrPort) net.Addr {
	if stream {
		return net.TCPAddrFromAddrPort(ap)
	}
	return net.UDPAddrFromAddrPort(ap)
}

func noSuitableAddress(ap netip.AddrPort) error {
	return &net.AddrError{Err: "no suitable address found", Addr: ap.Addr().String()}
}
