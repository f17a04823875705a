package netstack_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/internal/testenv"
)

const dgram = endpoint.SOCK_DGRAM

// maskPing blanks out the identifier that was picked, and the checksum over it.
func maskPing(b []byte) {
	if len(b) >= 6 {
		clear(b[2:6])
	}
}

var pingScripts = map[string]script{
	"refused sends": func(n *notes) {
		e := n.socket(inet, dgram, 1)
		lo := in4("127.0.0.1", 0)
		n.send(e, echo(8, 0, ""), none, 0)
		n.send(e, []byte{8, 0}, lo, 0)
		n.send(e, nil, lo, 0)
		n.send(e, echo(0, 0, ""), lo, 0)
		n.send(e, echo(3, 0, ""), lo, 0)
		n.send(e, echo(128, 0, ""), lo, 0)
		n.send(e, append([]byte{8, 1}, make([]byte, 6)...), lo, 0)
		n.send(e, echo(42, 0, ""), lo, 0)
		n.send(e, echo(8, 0, ""), lo, endpoint.MSG_OOB)
		n.send(e, echo(8, 0, ""), in4("203.0.113.9", 0), 0)
		n.send(e, echo(8, 0, string(make([]byte, 65508))), lo, 0)
		n.send(e, echo(8, 0, string(make([]byte, 65529))), lo, 0)
		six := n.socket(inet6Family, dgram, 58)
		n.send(six, echo(8, 0, ""), in6("::1", 0), 0)
		n.send(six, echo(128, 0, ""), in6("::ffff:127.0.0.1", 0), 0)
		n.set(e, endpoint.SOL_RAW, endpoint.ICMP_FILTER, []byte{1, 0, 0, 0})
		n.get(e, endpoint.SOL_SOCKET, endpoint.SO_PROTOCOL, 4)
		n.get(e, endpoint.SOL_SOCKET, endpoint.SO_REUSEADDR, 4)
		n.plain(e)
		n.ioctl(e, endpoint.FIONREAD, make([]byte, 4))
		n.ioctl(e, endpoint.SIOCOUTQ, make([]byte, 4))
	},
	"an identifier that was picked": func(n *notes) {
		e := n.socket(inet, dgram, 1)
		n.name(e)
		n.send(e, echo(8, 0xffff, "hello"), in4("127.0.0.1", 77), 0)
		n.recv(e, 100, endpoint.MSG_PEEK, maskPing)
		n.recv(e, 6, 0, maskPing)
		n.nothing(e)
		sa := local(n.t, e)
		n.note("picked one: %v", addrPort(n.t, sa).Port() != 0)
		n.note("bind: %s", e.Bind(in4("127.0.0.1", 5)).Name())
		six := n.socket(inet6Family, dgram, 58)
		n.send(six, echo(128, 0, "hello"), in6("::1", 0), 0)
		n.recv(six, 100, 0, maskPing)
		n.note("connect: %s", n.socket(inet, dgram, 1).Connect(in4("127.0.0.1", 0)).Name())
	},
	"an identifier of one's own": func(n *notes) {
		e := n.socket(inet, dgram, 1)
		n.bind(e, in4("10.9.9.9", 4711))
		n.bind(e, in4("224.0.0.1", 4711))
		n.bind(e, in4("255.255.255.255", 4711))
		n.bind(e, in4("127.0.0.1", 4711))
		n.bind(e, in4("127.0.0.1", 4712))
		other := n.socket(inet, dgram, 1)
		n.set(other, endpoint.SOL_SOCKET, endpoint.SO_REUSEADDR, int32Bytes(0))
		n.bind(other, in4("127.0.0.2", 4711))
		n.bind(other, in4("127.0.0.2", 4713))
		shared := n.socket(inet, dgram, 1)
		n.bind(shared, in4("127.0.0.1", 4711))
		six := n.socket(inet6Family, dgram, 58)
		n.bind(six, in6("::ffff:127.0.0.1", 4711))
		n.bind(six, in6("::1", 4711))
		n.send(e, echo(8, 0, "who gets it"), in4("127.0.0.1", 0), 0)
		n.recv(shared, 100, 0, nil)
		n.nothing(e)
		n.send(six, echo(128, 0, "six"), in6("::1", 0), 0)
		n.recv(six, 100, 0, nil)
	},
	"connected": func(n *notes) {
		e := n.socket(inet, dgram, 1)
		n.bind(e, in4("127.0.0.1", 4720))
		n.connect(e, in4("127.0.0.1", 0))
		n.connect(e, in4("127.0.0.5", 9))
		n.send(e, echo(8, 0, "to the peer"), none, 0)
		n.recv(e, 100, 0, nil)
		n.send(e, echo(8, 0, "to another"), in4("127.0.0.6", 0), 0)
		n.recv(e, 100, 0, nil)
		n.note("shutdown: %s", e.Shutdown(endpoint.SHUT_WR).Name())
		n.send(e, echo(8, 0, "shut"), none, 0)
	},
}

func TestPingSocketsAreTheKernels(t *testing.T) {
	testenv.Root(t)
	for name, run := range pingScripts {
		t.Run(name, func(t *testing.T) { likeTheKernel(t, run) })
	}
}
