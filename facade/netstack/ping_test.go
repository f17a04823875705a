package netstack_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// pingCases are a ping socket of each family and where it pings over the cable.
var pingCases = map[string]struct {
	family, proto  int
	request, reply byte
	to             endpoint.Sockaddr
}{
	"IPv4":       {endpoint.AF_INET, endpoint.IPPROTO_ICMP, 8, 0, inet4("10.0.0.2:0")},
	"IPv6":       {endpoint.AF_INET6, endpoint.IPPROTO_ICMPV6, 128, 129, inet6("[fd00::2]:0", 0)},
	"link-local": {endpoint.AF_INET6, endpoint.IPPROTO_ICMPV6, 128, 129, inet6("[fe80::2]:0", 2)},
}

func TestPingOverACable(t *testing.T) {
	for name, c := range pingCases {
		t.Run(name, func(t *testing.T) {
			a, _ := hosts(t)
			other := protocolSocket(t, a, c.family, endpoint.SOCK_DGRAM, c.proto)
			sendTo(t, other, string(echo(c.request, 0, "other")), c.to)
			e := protocolSocket(t, a, c.family, endpoint.SOCK_DGRAM, c.proto)
			sendTo(t, e, string(echo(c.request, 0xffff, "hello")), c.to)
			got, from := recv(t, e)
			ident := addrPort(t, local(t, e)).Port()
			if got[0] != c.reply || got[8:] != "hello" || got[4] != byte(ident>>8) || got[5] != byte(ident) || from != c.to {
				t.Errorf("received % x from % x", got, from.Bytes())
			}
			_, errno := atOnce(e)
			want(t, "another's reply", errno, endpoint.EAGAIN)
			if got, _ := recv(t, other); got[8:] != "other" {
				t.Errorf("the other received %q", got)
			}
		})
	}
}

func TestPingToNowhere(t *testing.T) {
	a, _ := hosts(t)
	e := protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP)
	m := endpoint.Message{Iov: [][]byte{echo(8, 0, "")}, Addr: inet4("203.0.113.1:0")}
	_, errno := e.Send(&m)
	want(t, "no route", errno, endpoint.ENETUNREACH)
}

// TestPingHearsOfRefusals has the other side say that the host is isolated, as a
// router might.
func TestPingHearsOfRefusals(t *testing.T) {
	a, b := hosts(t)
	for name, c := range map[string]struct {
		connect bool
		code    byte
		want    endpoint.Errno
	}{
		"connected":     {true, 13, endpoint.EHOSTUNREACH},
		"a passing one": {true, 1, 0},
		"not connected": {false, 13, 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP)
			spy := protocolSocket(t, b, endpoint.AF_INET, endpoint.SOCK_RAW, endpoint.IPPROTO_ICMP)
			if c.connect {
				ok(t, "connect", e.Connect(inet4("10.0.0.2:0")))
			}
			sendTo(t, e, string(echo(8, 0, "hello")), inet4("10.0.0.2:0"))
			request, _ := recv(t, spy)
			recv(t, e) // the reply
			refusal := append([]byte{3, c.code, 0, 0, 0, 0, 0, 0}, request...)
			sendTo(t, spy, string(withChecksum(refusal)), inet4("10.0.0.1:0"))
			// What follows the refusal shows that it has been dealt with.
			reply := echo(0, addrPort(t, local(t, e)).Port(), "after")
			sendTo(t, spy, string(withChecksum(reply)), inet4("10.0.0.1:0"))
			if c.want != 0 {
				becomes(t, "error and reply", e, endpoint.POLLIN|endpoint.POLLOUT|endpoint.POLLERR)
			} else {
				becomes(t, "reply", e, endpoint.POLLIN|endpoint.POLLOUT)
			}
			want(t, "SO_ERROR", endpoint.Errno(getInt(t, e, endpoint.SOL_SOCKET, endpoint.SO_ERROR)), c.want)
			if got, _ := recv(t, e); got[8:] != "after" {
				t.Errorf("received %q", got)
			}
		})
	}
}

func TestCorruptRepliesAreDropped(t *testing.T) {
	a, b := hosts(t)
	e := protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP)
	ok(t, "Bind", e.Bind(inet4("10.0.0.1:4711")))
	tx := protocolSocket(t, b, endpoint.AF_INET, endpoint.SOCK_RAW, endpoint.IPPROTO_ICMP)
	corrupt := withChecksum(echo(0, 4711, "corrupt"))
	corrupt[3]++
	sendTo(t, tx, string(corrupt), inet4("10.0.0.1:0"))
	sendTo(t, tx, string(withChecksum(echo(0, 4712, "for another"))), inet4("10.0.0.1:0"))
	sendTo(t, tx, string(withChecksum(echo(0, 4711, "intact"))), inet4("10.0.0.1:0"))
	if got, _ := recv(t, e); got[8:] != "intact" {
		t.Errorf("received %q", got)
	}
}

// TestIdentifiersComeBack opens more ping sockets than there are identifiers, one
// after the other.
func TestIdentifiersComeBack(t *testing.T) {
	p := host(t)
	seen := map[uint16]bool{}
	for range 70000 {
		e := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP)
		ok(t, "Bind", e.Bind(loopback4))
		seen[addrPort(t, local(t, e)).Port()] = true
		e.Close()
	}
	if len(seen) != 65535 || seen[0] {
		t.Errorf("%d identifiers", len(seen))
	}
}

// withChecksum fills in the checksum of an ICMP message: RFC 1071.
func withChecksum(b []byte) []byte {
	b[2], b[3] = 0, 0
	var sum uint32
	for i, c := range b {
		sum += uint32(c) << (8 * (1 - i%2))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	b[2], b[3] = byte(^sum>>8), byte(^sum)
	return b
}
