package netstack_test

import (
	"encoding/binary"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
)

func info(e endpoint.Endpoint) endpoint.Info {
	i := endpoint.Info{Backlog: 99, Algorithm: "left over"}
	e.Info(&i)
	return i
}

func TestInfo(t *testing.T) {
	p := host(t)
	cred := endpoint.Cred{PID: 7, UID: 8, GID: 9}
	const connected = endpoint.InfoState | endpoint.InfoRecvQueue | endpoint.InfoRTT | endpoint.InfoRTO | endpoint.InfoCongestion
	for name, c := range map[string]struct {
		typ            int
		prepare        func(t *testing.T, e *netstack.Endpoint)
		state          int
		exact, derived endpoint.Field
		recvQueue      int
		backlog        int
		peer           bool
	}{
		"fresh stream": {typ: endpoint.SOCK_STREAM, prepare: func(*testing.T, *netstack.Endpoint) {},
			state: endpoint.TCP_CLOSE, exact: connected},
		"listener": {typ: endpoint.SOCK_STREAM, prepare: func(t *testing.T, e *netstack.Endpoint) {
			ok(t, "Listen", e.Listen(5))
		}, state: endpoint.TCP_LISTEN, exact: endpoint.InfoState | endpoint.InfoBacklog, backlog: 5},
		"connection with data": {typ: endpoint.SOCK_STREAM, prepare: func(t *testing.T, e *netstack.Endpoint) {
			l := listener(t, p, loopback4)
			ok(t, "connect", connect(t, e, local(t, l)))
			other, _ := accept(t, l)
			send(t, other, "hello")
			becomes(t, "data", e, in|out)
		}, state: endpoint.TCP_ESTABLISHED, exact: connected, recvQueue: 5, peer: true},
		"half-closed by the peer": {typ: endpoint.SOCK_STREAM, prepare: func(t *testing.T, e *netstack.Endpoint) {
			l := listener(t, p, loopback4)
			ok(t, "connect", connect(t, e, local(t, l)))
			other, _ := accept(t, l)
			ok(t, "Shutdown", other.Shutdown(endpoint.SHUT_WR))
			becomes(t, "end", e, in|out|rdhup)
		}, state: endpoint.TCP_CLOSE_WAIT, exact: connected, peer: true},
		"datagram with data": {typ: endpoint.SOCK_DGRAM, prepare: func(t *testing.T, e *netstack.Endpoint) {
			ok(t, "Bind", e.Bind(loopback4))
			sendTo(t, e, "hello", local(t, e))
			becomes(t, "data", e, in|out)
		}, state: endpoint.TCP_CLOSE, exact: endpoint.InfoRecvQueue, derived: endpoint.InfoState, recvQueue: 5},
		"connected datagram": {typ: endpoint.SOCK_DGRAM, prepare: func(t *testing.T, e *netstack.Endpoint) {
			ok(t, "Connect", e.Connect(inet4("127.0.0.1:9")))
		}, state: endpoint.TCP_ESTABLISHED, exact: endpoint.InfoRecvQueue, derived: endpoint.InfoState, peer: true},
	} {
		t.Run(name, func(t *testing.T) {
			made, errno := p.Socket(endpoint.AF_INET, c.typ, 0, cred)
			ok(t, "Socket", errno)
			e := made.(*netstack.Endpoint)
			c.prepare(t, e)
			i := info(e)
			if i.State != c.state || i.Exact != c.exact || i.Derived != c.derived {
				t.Errorf("state %d, exact %#x, derived %#x; want %d, %#x, %#x", i.State, i.Exact, i.Derived, c.state, c.exact, c.derived)
			}
			if i.RecvQueue != c.recvQueue || i.Backlog != c.backlog || i.SendQueue != 0 {
				t.Errorf("queues: receive %d, send %d, backlog %d", i.RecvQueue, i.SendQueue, i.Backlog)
			}
			if i.Cookie != e.Cookie() || i.Family != endpoint.AF_INET || i.Type != c.typ || i.Cred != cred {
				t.Errorf("identity: %+v", i)
			}
			if i.Local != local(t, e) || i.Peer.IsZero() == c.peer {
				t.Errorf("local % x, peer % x", i.Local.Bytes(), i.Peer.Bytes())
			}
			congestion := i.Exact&endpoint.InfoCongestion != 0
			if congestion != (i.Algorithm == "cubic") {
				t.Errorf("algorithm %q", i.Algorithm)
			}
		})
	}
}

func TestInodesAndCookiesAgree(t *testing.T) {
	p := host(t)
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	entry, found := p.Table().Get(e.Cookie())
	if !found || entry.Endpoint != endpoint.Endpoint(e) || entry.Inode != uint32(e.Cookie()) {
		t.Errorf("%+v, %v", entry, found)
	}
}

func TestIoctl(t *testing.T) {
	p := host(t)
	a, b := tcpPair(t, p, loopback4)
	send(t, a, "hello")
	becomes(t, "data", b, in|out)
	d := bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	sendTo(t, d, "one", local(t, d))
	sendTo(t, d, "two more", local(t, d))
	becomes(t, "datagrams", d, in|out)
	idle := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	for name, c := range map[string]struct {
		e    endpoint.Endpoint
		req  uint
		size int
		want endpoint.Errno
		n    uint32
	}{
		"bytes of a stream":           {e: b, req: endpoint.FIONREAD, size: 4, n: 5},
		"bytes of the next datagram":  {e: d, req: endpoint.FIONREAD, size: 8, n: 3},
		"nothing there":               {e: idle, req: endpoint.FIONREAD, size: 4},
		"short argument":              {e: b, req: endpoint.FIONREAD, size: 3, want: endpoint.EINVAL},
		"no argument":                 {e: d, req: endpoint.FIONREAD, size: 0, want: endpoint.EINVAL},
		"unknown request":             {e: b, req: 0x5401, size: 64, want: endpoint.ENOTTY},
		"unknown, without argument":   {e: d, req: 0, size: 0, want: endpoint.ENOTTY},
		"send queue, which is absent": {e: b, req: endpoint.SIOCOUTQ, size: 4, want: endpoint.ENOTTY},
	} {
		t.Run(name, func(t *testing.T) {
			arg := make([]byte, c.size)
			_, errno := c.e.Ioctl(c.req, arg)
			want(t, "Ioctl", errno, c.want)
			if errno == 0 && binary.NativeEndian.Uint32(arg) != c.n {
				t.Errorf("% x, want %d", arg, c.n)
			}
		})
	}
	t.Run("a listener", func(t *testing.T) {
		_, errno := listener(t, p, loopback4).Ioctl(endpoint.FIONREAD, make([]byte, 4))
		want(t, "Ioctl", errno, endpoint.EINVAL)
	})
}
