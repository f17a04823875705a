package netstack_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

const (
	inet, inet6Family = endpoint.AF_INET, endpoint.AF_INET6
	rawType           = endpoint.SOCK_RAW
	experiment        = 253 // RFC 3692: a protocol for experiments
	unassigned        = 200 // gVisor takes 253 for an extension header of IPv6
)

var none endpoint.Sockaddr

var rawScripts = map[string]script{
	"what socket refuses": func(n *notes) {
		for _, c := range [][3]int{
			{inet6Family, rawType, 0}, {inet, rawType, -1}, {inet, endpoint.SOCK_STREAM, 1},
			{inet, endpoint.SOCK_DGRAM, 58}, {inet6Family, endpoint.SOCK_DGRAM, 1}, {inet, endpoint.SOCK_SEQPACKET, 0},
			{inet, rawType, 1}, {inet, rawType, 255}, {inet, rawType, 6}, {inet6Family, rawType, 58}, {inet6Family, rawType, 1},
		} {
			n.refused(c[0], c[1], c[2])
		}
	},
	"names": func(n *notes) {
		e := n.socket(inet, rawType, 1)
		n.name(e)
		n.plain(e)
		n.get(e, endpoint.SOL_SOCKET, endpoint.SO_PROTOCOL, 4)
		n.get(e, endpoint.SOL_SOCKET, endpoint.SO_TYPE, 4)
		n.bind(e, in4("127.0.0.1", 77))
		n.bind(e, in4("10.99.0.1", 0))
		n.bind(e, in4("0.0.0.0", 0))
		n.connect(e, in4("127.0.0.1", 0))
		n.connect(e, in4("127.0.0.1", 7))
		n.bind(e, in4("127.0.0.2", 0))
		n.note("shutdown: %s", e.Shutdown(endpoint.SHUT_WR).Name())
		n.send(e, []byte("12345678"), none, 0)
	},
	"names of IPv6": func(n *notes) {
		e := n.socket(inet6Family, rawType, unassigned)
		n.name(e)
		n.bind(e, in6("::1", 99))
		n.bind(e, in6("2001:db8::77", 0))
		n.bind(n.socket(inet6Family, rawType, unassigned), in6("::ffff:127.0.0.1", 0))
		n.connect(e, in6("::1", 0))
		n.connect(e, in6("::1", 5))
		n.send(n.socket(inet6Family, rawType, unassigned), []byte("1234"), in6("::ffff:127.0.0.1", 0), 0)
	},
	"refused sends": func(n *notes) {
		e := n.socket(inet, rawType, 1)
		lo := in4("127.0.0.1", 0)
		n.send(e, []byte("12345678"), none, 0)
		n.send(e, nil, lo, 0)
		n.send(e, []byte("1"), lo, 0)
		n.send(e, make([]byte, 65516), lo, 0)
		n.send(e, make([]byte, 65536), lo, 0)
		n.send(e, []byte("12345678"), lo, endpoint.MSG_OOB)
		n.send(e, []byte("12345678"), in4("255.255.255.255", 0), 0)
		n.send(e, []byte("12345678"), in4("203.0.113.9", 0), 0)
		n.send(e, make([]byte, 5000), in4("192.0.2.2", 0), 0) // in fragments
		n.set(e, endpoint.IPPROTO_IP, endpoint.IP_MTU_DISCOVER, int32Bytes(2))
		n.send(e, make([]byte, 1480), in4("192.0.2.2", 0), 0)
		n.send(e, make([]byte, 1481), in4("192.0.2.2", 0), 0)
		six := n.socket(inet6Family, rawType, unassigned)
		n.send(six, []byte("1234"), in6("::1", 9), 0)
		n.send(six, []byte("1234"), in6("::1", unassigned), 0)
		n.send(n.socket(inet6Family, rawType, 58), []byte("123"), in6("::1", 0), 0)
	},
	"IPv4 packets with their header": func(n *notes) {
		rx := n.socket(inet, rawType, experiment)
		tx := n.socket(inet, rawType, experiment)
		n.bind(tx, in4("127.0.0.3", 0))
		n.bind(rx, in4("127.0.0.1", 0))
		n.set(tx, endpoint.IPPROTO_IP, endpoint.IP_TTL, int32Bytes(9))
		n.set(tx, endpoint.IPPROTO_IP, endpoint.IP_TOS, int32Bytes(0x20))
		n.send(tx, []byte("elsewhere"), in4("127.0.0.2", 0), 0)
		n.send(tx, []byte("payload"), in4("127.0.0.1", 1234), 0)
		n.recv(rx, 100, endpoint.MSG_PEEK, maskIP)
		n.recv(rx, 30, endpoint.MSG_PEEK|endpoint.MSG_TRUNC, maskIP)
		n.ioctl(rx, endpoint.FIONREAD, make([]byte, 4))
		n.recv(rx, 24, 0, maskIP)
		n.nothing(rx)
		n.connect(rx, in4("127.0.0.4", 0))
		n.send(tx, []byte("not from the peer"), in4("127.0.0.1", 0), 0)
		n.connect(rx, in4("127.0.0.3", 0))
		n.send(tx, []byte("from the peer"), in4("127.0.0.1", 0), 0)
		n.recv(rx, 100, 0, maskIP)
		n.send(rx, []byte("to the peer"), none, 0)
		n.recv(tx, 100, 0, maskIP)
	},
	"IP_HDRINCL": func(n *notes) {
		e := n.socket(inet, rawType, experiment)
		n.get(e, endpoint.IPPROTO_IP, endpoint.IP_HDRINCL, 4)
		e = n.socket(inet, rawType, endpoint.IPPROTO_RAW)
		n.get(e, endpoint.IPPROTO_IP, endpoint.IP_HDRINCL, 4)
		rx := n.socket(inet, rawType, experiment)
		to := in4("127.0.0.1", 0)
		for _, b := range [][]byte{
			ipv4Header(5, 4, "0.0.0.0", "127.0.0.1", 8),
			ipv4Header(5, 4, "0.0.0.0", "127.0.0.9", 8),
			ipv4Header(5, 4, "127.1.2.3", "127.0.0.1", 0),
		} {
			n.send(e, b, to, 0)
			n.recv(rx, 100, 0, maskIP)
		}
		b := ipv4Header(5, 4, "0.0.0.0", "127.0.0.1", 8)
		copy(b[2:], []byte{0x11, 0x11, 0x12, 0x34})
		n.send(e, b, to, 0)
		n.recv(rx, 100, 0, nil)
		for _, b := range [][]byte{
			nil,
			[]byte("E shorter than 20"),
			ipv4Header(4, 4, "0.0.0.0", "127.0.0.1", 8),
			ipv4Header(0, 4, "0.0.0.0", "127.0.0.1", 8),
			ipv4Header(15, 4, "0.0.0.0", "127.0.0.1", 8),
		} {
			n.send(e, b, to, 0)
		}
		n.send(e, ipv4Header(5, 4, "0.0.0.0", "127.0.0.1", 65516), to, 0)
		n.send(e, ipv4Header(5, 4, "0.0.0.0", "127.0.0.1", 65515), to, 0)
		n.recv(rx, 65535, 0, func(b []byte) { maskIP(b); clear(b[100:]) })
		n.send(e, ipv4Header(5, 4, "0.0.0.0", "192.0.2.2", 1480), in4("192.0.2.2", 0), 0)
		n.send(e, ipv4Header(5, 4, "0.0.0.0", "192.0.2.2", 1481), in4("192.0.2.2", 0), 0)
	},
	"errors of a connected socket": func(n *notes) {
		e, bystander := n.socket(inet, rawType, 17), n.socket(inet, rawType, 17)
		n.connect(e, in4("127.0.0.1", 0))
		datagram := []byte("\x00\x09\x00\x09\x00\x08\x00\x00") // to where nobody listens
		n.send(e, datagram, none, 0)
		n.recv(e, 100, 0, maskIP)
		n.recv(e, 100, 0, maskIP)
		n.recv(bystander, 100, 0, maskIP)
		n.send(e, datagram, none, 0)
		n.get(e, endpoint.SOL_SOCKET, endpoint.SO_ERROR, 4)
		n.get(e, endpoint.SOL_SOCKET, endpoint.SO_ERROR, 4)
		n.send(e, datagram, none, 0)
		n.send(e, datagram, none, 0)
		n.get(bystander, endpoint.SOL_SOCKET, endpoint.SO_ERROR, 4)
	},
	"ICMP": func(n *notes) {
		e := n.socket(inet, rawType, 1)
		n.send(e, withChecksum(echo(8, 0x1234, "hello")), in4("127.0.0.1", 0), 0)
		n.recv(e, 100, 0, maskReply)
		n.recv(e, 100, 0, maskReply)
		n.get(e, endpoint.SOL_RAW, endpoint.ICMP_FILTER, 8)
		n.set(e, endpoint.SOL_RAW, endpoint.ICMP_FILTER, []byte{0, 1})
		n.get(e, endpoint.SOL_RAW, endpoint.ICMP_FILTER, 2)
		n.send(e, withChecksum(echo(8, 0x1235, "filtered")), in4("127.0.0.1", 0), 0)
		n.recv(e, 100, 0, maskReply)
		n.set(e, endpoint.SOL_RAW, 2, []byte{0, 0, 0, 0})
		n.set(e, endpoint.SOL_ICMPV6, endpoint.ICMP6_FILTER, make([]byte, 32))
		other := n.socket(inet, rawType, experiment)
		n.set(other, endpoint.SOL_RAW, endpoint.ICMP_FILTER, []byte{0, 0, 0, 0})
		n.get(other, endpoint.SOL_RAW, endpoint.ICMP_FILTER, 4)
	},
	"ICMPv6": func(n *notes) {
		e := n.socket(inet6Family, rawType, 58)
		n.send(e, echo(128, 0x1234, "hello"), in6("::1", 0), 0)
		n.recv(e, 100, 0, nil)
		n.recv(e, 100, 0, nil)
		n.get(e, endpoint.SOL_ICMPV6, endpoint.ICMP6_FILTER, 64)
		deny := make([]byte, 32)
		deny[16] = 1 // type 128
		n.set(e, endpoint.SOL_ICMPV6, endpoint.ICMP6_FILTER, deny)
		n.get(e, endpoint.SOL_ICMPV6, endpoint.ICMP6_FILTER, 32)
		n.set(e, endpoint.SOL_ICMPV6, endpoint.ICMP6_FILTER, []byte{0xff, 0})
		n.get(e, endpoint.SOL_ICMPV6, endpoint.ICMP6_FILTER, 32)
		n.send(e, echo(128, 0x1235, "filtered"), in6("::1", 0), 0)
		n.recv(e, 100, 0, nil)
		n.get(e, endpoint.IPPROTO_IPV6, endpoint.IPV6_CHECKSUM, 4)
		n.set(e, endpoint.IPPROTO_IPV6, endpoint.IPV6_CHECKSUM, int32Bytes(2))
		n.set(n.socket(inet6Family, rawType, unassigned), endpoint.SOL_ICMPV6, endpoint.ICMP6_FILTER, make([]byte, 32))
	},
	"IPv6 without a header": func(n *notes) {
		e := n.socket(inet6Family, rawType, unassigned)
		n.get(e, endpoint.IPPROTO_IPV6, endpoint.IPV6_CHECKSUM, 4)
		n.send(e, []byte("plain"), in6("::1", 0), 0)
		n.recv(e, 100, 0, nil)
		for _, offset := range []int{3, -5, 2} {
			n.set(e, endpoint.IPPROTO_IPV6, endpoint.IPV6_CHECKSUM, int32Bytes(offset))
			n.get(e, endpoint.SOL_RAW, endpoint.IPV6_CHECKSUM, 4)
		}
		n.send(e, []byte("x"), in6("::1", 0), 0)
		n.send(e, []byte("xxxx"), in6("::1", 0), 0)
		n.recv(e, 100, 0, nil)
		plain := n.socket(inet6Family, rawType, unassigned)
		n.send(plain, []byte("wrong checksum"), in6("::1", 0), 0)
		n.recv(plain, 100, 0, nil)
		n.nothing(e)
	},
	"IPV6_HDRINCL": func(n *notes) {
		e := n.socket(inet6Family, rawType, endpoint.IPPROTO_RAW)
		n.get(e, endpoint.IPPROTO_IPV6, endpoint.IPV6_HDRINCL, 4)
		n.send(e, []byte("too short"), in6("::1", 0), 0)
		rx := n.socket(inet6Family, rawType, unassigned)
		n.get(rx, endpoint.IPPROTO_IPV6, endpoint.IPV6_HDRINCL, 4)
		b := make([]byte, 48)
		b[0], b[5], b[6], b[7] = 0x60, 8, unassigned, 64
		b[23], b[39] = 1, 1
		copy(b[40:], "abcdefgh")
		n.send(e, b, in6("::1", 0), 0)
		n.recv(rx, 100, 0, nil)
	},
}

// maskReply also blanks out DF, which gVisor sets in echo replies.
func maskReply(b []byte) {
	maskIP(b)
	clear(b[6:8])
}

func TestRawSocketsAreTheKernels(t *testing.T) {
	for name, run := range rawScripts {
		t.Run(name, func(t *testing.T) { likeTheKernel(t, run) })
	}
}
