package netstack_test

import (
	"fmt"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// ipSockets are raw and ping sockets, where they send to, and what.
var ipSockets = map[string]struct {
	family, typ, proto int
	bound, to          endpoint.Sockaddr
	data               string
}{
	"raw IPv4":         {endpoint.AF_INET, endpoint.SOCK_RAW, 200, addr4("0.0.0.0", 0), addr4("127.0.0.1", 0), "datagram"},
	"raw IPv4, a link": {endpoint.AF_INET, endpoint.SOCK_RAW, 200, addr4("0.0.0.0", 0), addr4(local4, 0), "datagram"},
	"raw IPv6":         {endpoint.AF_INET6, endpoint.SOCK_RAW, 200, addr6("::", 0), addr6("::1", 0), "datagram"},
	"ping IPv4":        {endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP, addr4("0.0.0.0", 4800), addr4("127.0.0.1", 0), string(echo(8, 0, "ping"))},
	"ping IPv6":        {endpoint.AF_INET6, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMPV6, addr6("::", 4800), addr6("::1", 0), string(echo(128, 0, "ping"))},
}

// askAllOf is askAll for what a kind of socket has.
func askAllOf(k *talk, e endpoint.Endpoint, family, typ int) {
	for _, option := range []string{"IP_PKTINFO", "IP_RECVTTL", "IP_RECVTOS", "IP_RECVORIGDSTADDR",
		"IPV6_RECVPKTINFO", "IPV6_RECVHOPLIMIT", "IPV6_RECVTCLASS", "IPV6_RECVORIGDSTADDR"} {
		o := recvOptions[option]
		if o.level == endpoint.SOL_IP && (family == endpoint.AF_INET || typ == endpoint.SOCK_DGRAM) || o.level == endpoint.SOL_IPV6 && family == endpoint.AF_INET6 {
			ok(k.t, option, setInt(e, o.level, o.opt, 1))
		}
	}
}

// TestControlOfRawAndPingSocketsIsTheKernels sends with control data, and receives
// with all that there is. A ping socket gets the answer, of a raw one another gets
// the packet.
func TestControlOfRawAndPingSocketsIsTheKernels(t *testing.T) {
	testenv.Root(t)
	for name, s := range ipSockets {
		for what, control := range sendCases {
			if name == "raw IPv4, a link" && what != "nothing" {
				continue // sources and links of others: see the limits
			}
			for _, connected := range []bool{false, true} {
				if connected && s.typ != endpoint.SOCK_RAW {
					continue
				}
				t.Run(fmt.Sprintf("%s, %s, connected %v", name, what, connected), func(t *testing.T) {
					compare(t, func(k *talk) {
						if s.typ == endpoint.SOCK_RAW && s.family == endpoint.AF_INET {
							k.mask = maskIP
						}
						e := k.protocol(s.family, s.typ, s.proto)
						ok(t, "Bind", e.Bind(s.bound))
						sender, to := e, s.to
						if s.typ == endpoint.SOCK_RAW {
							sender = k.protocol(s.family, s.typ, s.proto)
						}
						if connected {
							ok(t, "Connect", sender.Connect(to))
							to = none
						}
						askAllOf(k, e, s.family, s.typ)
						if k.send(sender, s.data, to, control) {
							k.recv(e, 0, 512)
						}
						k.send(sender, s.data, to, nil)
						k.recv(e, 0, 512)
						k.tryRecv(e, 0, 512)
					})
				})
			}
		}
	}
}
