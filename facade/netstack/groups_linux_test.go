package netstack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// TestGroupsOnTheLoopbackAreTheKernels sends to groups on lo, and
// TestLoopedGroupsAreTheKernels on a link whose copies come back.
func TestGroupsOnTheLoopbackAreTheKernels(t *testing.T) { groups4(t, "127.0.0.1") }
func TestLoopedGroupsAreTheKernels(t *testing.T)        { groups4(t, local4) }

func groups4(t *testing.T, source string) {
	const other = "198.51.100.1"
	elsewhere := local4
	if source == local4 {
		elsewhere = "127.0.0.1"
	}
	for name, steps := range map[string][]step{
		"not joined":                           nil,
		"not joined, without IP_MULTICAST_ALL": {{ip, endpoint.IP_MULTICAST_ALL, int32Bytes(0)}},
		"joined":                               {{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, source)}},
		"joined on another link":               {{ip, endpoint.IP_MULTICAST_ALL, int32Bytes(0)}, {ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, elsewhere)}},
		"joined, without IP_MULTICAST_ALL":     {{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, source)}, {ip, endpoint.IP_MULTICAST_ALL, int32Bytes(0)}},
		"the source":                           {{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource(g1, source, source)}},
		"another source":                       {{ip, endpoint.IP_ADD_SOURCE_MEMBERSHIP, mreqSource(g1, source, other)}},
		"blocked":                              {{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, source)}, {ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, source, source)}},
		"another blocked":                      {{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, source)}, {ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, source, other)}},
		"unblocked": {{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, source)}, {ip, endpoint.IP_BLOCK_SOURCE, mreqSource(g1, source, source)},
			{ip, endpoint.IP_UNBLOCK_SOURCE, mreqSource(g1, source, source)}},
		"left, without IP_MULTICAST_ALL": {{ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, source)}, {ip, endpoint.IP_MULTICAST_ALL, int32Bytes(0)},
			{ip, endpoint.IP_DROP_MEMBERSHIP, mreq(g1, source)}},
	} {
		for _, loop := range []int{1, 0} {
			t.Run(name, func(t *testing.T) {
				compare(t, func(k *talk) {
					// Another socket is a member, so that the host listens.
					member := k.bound(addr4(any4, 5002))
					ok(t, "IP_ADD_MEMBERSHIP", member.SetSockOpt(ip, endpoint.IP_ADD_MEMBERSHIP, mreq(g1, source)))
					e, from := k.bound(addr4(any4, 5000)), k.bound(addr4(source, 5001))
					for _, s := range steps {
						k.set(e, s.level, s.opt, s.value)
					}
					askAll(k, e, endpoint.AF_INET)
					k.set(from, ip, endpoint.IP_MULTICAST_IF, four(source))
					k.set(from, ip, endpoint.IP_MULTICAST_TTL, int32Bytes(7))
					k.set(from, ip, endpoint.IP_MULTICAST_LOOP, int32Bytes(loop))
					k.send(from, "to the group", addr4(g1, 5000), nil)
					k.recvUntilLast(e, from, addr4(source, 5000), endpoint.MSG_PEEK)
					k.send(from, "to the group", addr4(g1, 5000), nil)
					k.recvUntilLast(e, from, addr4(source, 5000), 0)
					k.mustHaveReceived(name == "joined" && loop == 1)
				})
			})
		}
	}
}

func TestLoopedIPv6GroupsAreTheKernels(t *testing.T) {
	const source, other = local6, "2001:db8::9"
	for name, steps := range map[string][]step{
		"not joined":                             nil,
		"not joined, without IPV6_MULTICAST_ALL": {{ipv6, endpoint.IPV6_MULTICAST_ALL, int32Bytes(0)}},
		"joined":                                 {{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, silentIndex)}},
		"joined on another link":                 {{ipv6, endpoint.IPV6_MULTICAST_ALL, int32Bytes(0)}, {ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, 1)}},
		"the source":                             {{ipv6, endpoint.MCAST_JOIN_SOURCE_GROUP, groupSourceReq(silentIndex, h1, source)}},
		"another source":                         {{ipv6, endpoint.MCAST_JOIN_SOURCE_GROUP, groupSourceReq(silentIndex, h1, other)}},
		"blocked":                                {{ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, silentIndex)}, {ipv6, endpoint.MCAST_BLOCK_SOURCE, groupSourceReq(silentIndex, h1, source)}},
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, func(k *talk) {
				member := k.bound(addr6("::", 5002))
				ok(t, "IPV6_JOIN_GROUP", member.SetSockOpt(ipv6, endpoint.IPV6_JOIN_GROUP, mreq6(h1, silentIndex)))
				e, from := k.bound(addr6("::", 5000)), k.bound(addr6(source, 5001))
				for _, s := range steps {
					k.set(e, s.level, s.opt, s.value)
				}
				askAll(k, e, endpoint.AF_INET6)
				k.set(from, ipv6, endpoint.IPV6_MULTICAST_IF, int32Bytes(silentIndex))
				k.set(from, ipv6, endpoint.IPV6_MULTICAST_HOPS, int32Bytes(7))
				k.send(from, "to the group", addr6(h1, 5000), nil)
				k.recvUntilLast(e, from, addr6(source, 5000), endpoint.MSG_PEEK)
				k.send(from, "to the group", addr6(h1, 5000), nil)
				k.recvUntilLast(e, from, addr6(source, 5000), 0)
				k.mustHaveReceived(name == "joined")
			})
		})
	}
}

// mustHaveReceived sees to it that a comparison is not one of silence.
func (k *talk) mustHaveReceived(must bool) {
	k.t.Helper()
	if must && !strings.Contains(strings.Join(k.lines, "\n"), `recv "to the group"`) {
		k.t.Error("nothing came to the group")
	}
}

// recvUntilLast sends a last datagram on the same way and receives until it is
// there, with flags first: the kernel may deliver after a send has returned.
func (k *talk) recvUntilLast(e, from endpoint.Endpoint, to endpoint.Sockaddr, flags int) {
	k.t.Helper()
	k.send(from, "the last", to, nil)
	if flags != 0 {
		k.recv(e, flags, 256)
	}
	for start := len(k.lines); !slices.ContainsFunc(k.lines[start:], func(line string) bool {
		return strings.HasPrefix(line, `recv "the last"`)
	}); {
		if k.t.Failed() {
			return
		}
		k.recv(e, 0, 256)
	}
	k.ready(e)
}
