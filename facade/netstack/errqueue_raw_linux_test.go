package netstack_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// blamed are sockets whose packets, sent from the loopback to itself, an ICMP message
// may be about; sent is such a packet.
var blamed = map[string]struct {
	family, typ, proto int
	bound, peer        endpoint.Sockaddr
	sent               []byte
}{
	"raw IPv4": {endpoint.AF_INET, endpoint.SOCK_RAW, 200, none, addr4("127.0.0.1", 0), loopbackPacket4(200, []byte("datagram"))},
	"raw IPv6": {endpoint.AF_INET6, endpoint.SOCK_RAW, 200, none, addr6("::1", 0), loopbackPacket6(200, []byte("datagram"))},
	"ping IPv4": {endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP, addr4("0.0.0.0", 4900), addr4("127.0.0.1", 0),
		loopbackPacket4(1, []byte{8, 0, 0, 0, 4900 >> 8, 4900 & 0xff, 0, 1, 'p'})},
	"ping IPv6": {endpoint.AF_INET6, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMPV6, addr6("::", 4900), addr6("::1", 0),
		loopbackPacket6(58, []byte{128, 0, 0, 0, 4900 >> 8, 4900 & 0xff, 0, 1, 'p'})},
}

func loopbackPacket4(proto byte, payload []byte) []byte {
	b := []byte{0x45, 0, 0, byte(20 + len(payload)), 0, 0, 0, 0, 64, proto, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1}
	binary.BigEndian.PutUint16(b[10:], ^checksum.Checksum(b, 0))
	return append(b, payload...)
}

func loopbackPacket6(proto byte, payload []byte) []byte {
	b := append([]byte{0x60, 0, 0, 0, 0, byte(len(payload)), proto, 64}, make([]byte, 32)...)
	b[23], b[39] = 1, 1
	return append(b, payload...)
}

// icmpMessages are types and codes by family.
var icmpMessages = map[int][][2]byte{
	endpoint.AF_INET:  {{3, 0}, {3, 1}, {3, 3}, {3, 4}, {3, 5}, {3, 11}, {3, 13}, {11, 0}, {11, 1}, {12, 0}},
	endpoint.AF_INET6: {{1, 0}, {1, 1}, {1, 3}, {1, 4}, {1, 5}, {3, 0}, {4, 1}},
}

// blame sends an ICMP error about a packet to the loopback.
func blame(k *talk, family int, kind [2]byte, packet []byte) {
	// The MTU of 65535 is that of the loopback: the kernel remembers a smaller one.
	b := append([]byte{kind[0], kind[1], 0, 0, 7, 0, 255, 255}, packet...)
	to, proto := addr6("::1", 0), endpoint.IPPROTO_ICMPV6
	if family == endpoint.AF_INET {
		to, proto = addr4("127.0.0.1", 0), endpoint.IPPROTO_ICMP
		binary.BigEndian.PutUint16(b[2:], ^checksum.Checksum(b, 0))
	}
	k.send(k.protocol(family, endpoint.SOCK_RAW, proto), string(b), to, nil)
}

// TestICMPErrorsOfRawAndPingSocketsAreTheKernels: what a socket is told, with and
// without a peer, and with and without extended errors.
func TestICMPErrorsOfRawAndPingSocketsAreTheKernels(t *testing.T) {
	testenv.Root(t)
	for name, s := range blamed {
		for _, kind := range icmpMessages[s.family] {
			for mode := range 4 {
				connected, reports := mode&1 != 0, mode&2 != 0
				t.Run(fmt.Sprintf("%s, %v, connected %v, IP_RECVERR %v", name, kind, connected, reports), func(t *testing.T) {
					compare(t, func(k *talk) {
						e := k.protocol(s.family, s.typ, s.proto)
						if !s.bound.IsZero() {
							ok(t, "Bind", e.Bind(s.bound))
						}
						if connected {
							ok(t, "Connect", e.Connect(s.peer))
						}
						if reports {
							askForErrors(k, e, s.family)
							askAllOf(k, e, s.family, s.typ)
						}
						blame(k, s.family, kind, s.sent)
						k.ready(e)
						k.tryRecv(e, endpoint.MSG_ERRQUEUE, 256)
						k.ready(e)
						k.soError(e)
						k.ready(e)
						blame(k, s.family, kind, s.sent)
						blame(k, s.family, kind, s.sent)
						k.tryRecv(e, 0, 256)
						k.tryRecv(e, endpoint.MSG_ERRQUEUE, 256)
						k.soError(e)
						k.tryRecv(e, endpoint.MSG_ERRQUEUE, 20)
						k.soError(e)
					})
				})
			}
		}
	}
}

func askForErrors(k *talk, e endpoint.Endpoint, family int) {
	level, opt := endpoint.SOL_IP, endpoint.IP_RECVERR
	if family == endpoint.AF_INET6 {
		level, opt = endpoint.SOL_IPV6, endpoint.IPV6_RECVERR
	}
	ok(k.t, "RECVERR", setInt(e, level, opt, 1))
}

// TestTooLongForTheLinkIsTheKernels: a datagram that must stay whole and does not fit
// the link is an extended error as well.
func TestTooLongForTheLinkIsTheKernels(t *testing.T) {
	testenv.Root(t)
	for name, s := range map[string]struct {
		family, typ, proto int
		to                 endpoint.Sockaddr
		data               []byte
	}{
		"UDP over IPv4": {endpoint.AF_INET, endpoint.SOCK_DGRAM, 0, addr4("192.0.2.2", 9), make([]byte, 1473)},
		"UDP over IPv6": {endpoint.AF_INET6, endpoint.SOCK_DGRAM, 0, addr6("2001:db8::2", 9), make([]byte, 1453)},
		"UDP, mapped":   {endpoint.AF_INET6, endpoint.SOCK_DGRAM, 0, addr6("::ffff:192.0.2.2", 9), make([]byte, 1473)},
		"UDP to itself": {endpoint.AF_INET, endpoint.SOCK_DGRAM, 0, addr4(local4, 9), make([]byte, 1473)},
		"raw IPv4":      {endpoint.AF_INET, endpoint.SOCK_RAW, 200, addr4("192.0.2.2", 0), make([]byte, 1481)},
		"raw IPv6":      {endpoint.AF_INET6, endpoint.SOCK_RAW, 200, addr6("2001:db8::2", 0), make([]byte, 1461)},
		"ping IPv4":     {endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP, addr4("192.0.2.2", 0), echo(8, 0, string(make([]byte, 1473)))},
		// Of ping over IPv6 the kernel tells the type of the message for a port.
	} {
		for _, connected := range []bool{false, true} {
			if name == "UDP to itself" && !connected {
				continue // gVisor does not tell it that the port is closed
			}
			t.Run(fmt.Sprintf("%s, connected %v", name, connected), func(t *testing.T) {
				compare(t, func(k *talk) {
					e := k.protocol(s.family, s.typ, s.proto)
					if s.family == endpoint.AF_INET || name == "UDP, mapped" {
						ok(t, "IP_MTU_DISCOVER", setInt(e, endpoint.SOL_IP, endpoint.IP_MTU_DISCOVER, endpoint.IP_PMTUDISC_DO))
						ok(t, "IP_RECVERR", setInt(e, endpoint.SOL_IP, endpoint.IP_RECVERR, 1))
					}
					if s.family == endpoint.AF_INET6 {
						ok(t, "IPV6_MTU_DISCOVER", setInt(e, endpoint.SOL_IPV6, endpoint.IPV6_MTU_DISCOVER, endpoint.IP_PMTUDISC_DO))
						ok(t, "IPV6_RECVERR", setInt(e, endpoint.SOL_IPV6, endpoint.IPV6_RECVERR, 1))
					}
					to := s.to
					if connected {
						ok(t, "Connect", e.Connect(to))
						to = none
					}
					k.send(e, string(s.data), to, nil)
					k.ready(e)
					k.tryRecv(e, endpoint.MSG_ERRQUEUE, 128)
					k.soError(e)
					k.ready(e)
				})
			})
		}
	}
}
