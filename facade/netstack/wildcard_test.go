package netstack_test

import (
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
)

var (
	wildcard4 = inet4("0.0.0.0:0")
	wildcard6 = inet6("[::]:0", 0)
	wildcardM = inet6("[::ffff:0.0.0.0]:0", 0)
	mapped4   = inet6("[::ffff:127.0.0.1]:0", 0)
)

// wildcards are ways to connect a socket that is bound to a wildcard.
var wildcards = map[string]struct {
	any, peer endpoint.Sockaddr
	// also is an address of the same network that the connection does not have.
	also string
	// options are set ahead of Bind.
	options []int
}{
	"IPv4":                    {any: wildcard4, peer: loopback4, also: "127.0.0.2"},
	"IPv4 with SO_REUSEADDR":  {any: wildcard4, peer: loopback4, also: "127.0.0.2", options: []int{endpoint.SO_REUSEADDR}},
	"IPv4 with SO_REUSEPORT":  {any: wildcard4, peer: loopback4, also: "127.0.0.2", options: []int{endpoint.SO_REUSEPORT}},
	"IPv6 to IPv6":            {any: wildcard6, peer: loopback6},
	"IPv6 to IPv4":            {any: wildcard6, peer: mapped4, also: "127.0.0.2"},
	"mapped wildcard":         {any: wildcardM, peer: mapped4, also: "127.0.0.2"},
	"IPv6 with SO_REUSEADDR":  {any: wildcard6, peer: loopback6, options: []int{endpoint.SO_REUSEADDR}},
	"IPv6 to IPv4, SO_REUSE*": {any: wildcard6, peer: mapped4, options: []int{endpoint.SO_REUSEADDR, endpoint.SO_REUSEPORT}},
}

func withPort(sa endpoint.Sockaddr, port uint16) endpoint.Sockaddr {
	ap, _ := sa.AddrPort()
	if sa.Family() == endpoint.AF_INET {
		return endpoint.SockaddrInet4(ap.Addr(), port)
	}
	return endpoint.SockaddrInet6(ap.Addr(), port, 0, 0)
}

// TestPortOfAWildcardComesBack binds one port to a wildcard, connects and closes,
// again and again. Afterwards everybody can have the port.
func TestPortOfAWildcardComesBack(t *testing.T) {
	const port, rounds = 4711, 1000
	for name, w := range wildcards {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			l := listener(t, p, withPort(w.peer, 0))
			open, closed := local(t, l), closedPort(t, p, endpoint.SOCK_STREAM, withPort(w.peer, 0))
			for i := range rounds {
				e := wildcardSocket(t, p, withPort(w.any, port), w.options)
				if i%2 == 0 {
					want(t, "connect", connect(t, e, closed), endpoint.ECONNREFUSED)
					e.Close()
					continue
				}
				ok(t, "connect", connect(t, e, open))
				c, _ := accept(t, l)
				e.Abort()
				// The next connection has the same ports: nothing of this one may be left.
				eventually(t, "the reset", func() bool { return c.Ready()&endpoint.POLLERR != 0 })
				c.Close()
			}
			for _, sa := range []endpoint.Sockaddr{wildcard6, wildcard4, loopback4, loopback6} {
				bound(t, p, endpoint.SOCK_STREAM, withPort(sa, port)).Close()
			}
		})
	}
}

func wildcardSocket(t *testing.T, p *netstack.Provider, sa endpoint.Sockaddr, options []int) *netstack.Endpoint {
	t.Helper()
	e := open(t, p, sa.Family(), endpoint.SOCK_STREAM)
	for _, o := range options {
		ok(t, "SetSockOpt", setInt(e, endpoint.SOL_SOCKET, o, 1))
	}
	ok(t, "Bind", e.Bind(sa))
	// What it is now is none of the port's business.
	for _, o := range options {
		ok(t, "SetSockOpt", setInt(e, endpoint.SOL_SOCKET, o, 0))
	}
	return e
}

// TestConnectNarrowsAWildcard has the port held where the connection is, and
// nowhere else, as inet_bhash2_update_saddr of the kernel has it.
func TestConnectNarrowsAWildcard(t *testing.T) {
	const port = 4711
	for name, w := range wildcards {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			l := listener(t, p, withPort(w.peer, 0))
			e := wildcardSocket(t, p, withPort(w.any, port), w.options)
			ok(t, "connect", connect(t, e, local(t, l)))
			want(t, "Bind beside it", open(t, p, w.peer.Family(), endpoint.SOCK_STREAM).Bind(withPort(w.peer, port)), endpoint.EADDRINUSE)
			if w.also != "" {
				bound(t, p, endpoint.SOCK_STREAM, endpoint.SockaddrInet4(netip.MustParseAddr(w.also), port))
			}
			want(t, "no route", wildcardSocket(t, p, withPort(wildcard4, port+1), nil).Connect(inet4("192.0.2.1:9")), endpoint.ENETUNREACH)
			want(t, "Bind of a port that did not connect", open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM).Bind(withPort(wildcard4, port+1)), endpoint.EADDRINUSE)
		})
	}
}

// TestPortOfADatagramWildcardComesBack is the same for UDP.
func TestPortOfADatagramWildcardComesBack(t *testing.T) {
	const port, rounds = 4711, 100
	for name, w := range wildcards {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			for range rounds {
				e := open(t, p, w.any.Family(), endpoint.SOCK_DGRAM)
				ok(t, "Bind", e.Bind(withPort(w.any, port)))
				ok(t, "Connect", e.Connect(withPort(w.peer, 9)))
				e.Close()
			}
			for _, sa := range []endpoint.Sockaddr{wildcard6, wildcard4, loopback4, loopback6} {
				bound(t, p, endpoint.SOCK_DGRAM, withPort(sa, port)).Close()
			}
		})
	}
}

func TestPortThatASendChoseComesBack(t *testing.T) {
	p := host(t)
	e := open(t, p, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
	sendTo(t, e, "anything", withPort(loopback6, 9))
	port := addrPort(t, local(t, e)).Port()
	for _, peer := range []endpoint.Sockaddr{mapped4, loopback6, mapped4} {
		ok(t, "Connect", e.Connect(withPort(peer, 9)))
	}
	e.Close()
	bound(t, p, endpoint.SOCK_DGRAM, withPort(wildcard6, port))
}

// deviceSteps are calls after which a UDP socket gives its port back although the
// device that it was reserved under is another by then.
var deviceSteps = map[string]struct {
	before, after int
	// peers are connected to one after the other; AF_UNSPEC disconnects.
	peers4, peers6 []endpoint.Sockaddr
}{
	"set, then connect":     {after: 1, peers4: []endpoint.Sockaddr{loopback4}, peers6: []endpoint.Sockaddr{loopback6}},
	"cleared, then connect": {before: 1, peers4: []endpoint.Sockaddr{loopback4}, peers6: []endpoint.Sockaddr{loopback6}},
	"set, both networks": {after: 1, peers4: []endpoint.Sockaddr{loopback4, loopback4},
		peers6: []endpoint.Sockaddr{mapped4, loopback6, mapped4}},
	"cleared, to IPv4": {before: 1, peers4: []endpoint.Sockaddr{loopback4}, peers6: []endpoint.Sockaddr{mapped4}},
	"set, to IPv4":     {after: 1, peers4: []endpoint.Sockaddr{loopback4}, peers6: []endpoint.Sockaddr{mapped4}},
	"set, disconnected": {after: 1, peers4: []endpoint.Sockaddr{loopback4, endpoint.SockaddrUnspec()},
		peers6: []endpoint.Sockaddr{mapped4, endpoint.SockaddrUnspec()}},
	"set, disconnected, connected": {after: 1, peers4: []endpoint.Sockaddr{loopback4, endpoint.SockaddrUnspec(), loopback4},
		peers6: []endpoint.Sockaddr{mapped4, endpoint.SockaddrUnspec(), loopback6}},
	"set, not connected": {after: 1},
}

// takePort are the ways in which a UDP socket gets a port.
var takePort = map[string]func(t *testing.T, e *netstack.Endpoint, any, peer endpoint.Sockaddr){
	"Bind to the wildcard": func(t *testing.T, e *netstack.Endpoint, any, _ endpoint.Sockaddr) { ok(t, "Bind", e.Bind(any)) },
	"Bind to an address":   func(t *testing.T, e *netstack.Endpoint, _, peer endpoint.Sockaddr) { ok(t, "Bind", e.Bind(peer)) },
	"Send": func(t *testing.T, e *netstack.Endpoint, _, peer endpoint.Sockaddr) {
		sendTo(t, e, "anything", withPort(peer, 9))
	},
	"Connect": func(t *testing.T, e *netstack.Endpoint, _, peer endpoint.Sockaddr) {
		ok(t, "Connect", e.Connect(withPort(peer, 9)))
	},
}

func TestPortComesBackWhateverTheDevice(t *testing.T) {
	for name, steps := range deviceSteps {
		for how, take := range takePort {
			for _, any := range []endpoint.Sockaddr{wildcard4, wildcard6} {
				t.Run(name+", "+how+", "+addrPort(t, any).String(), func(t *testing.T) {
					p := host(t)
					peer, peers := loopback4, steps.peers4
					if any.Family() == endpoint.AF_INET6 {
						peer, peers = loopback6, steps.peers6
					}
					e := open(t, p, any.Family(), endpoint.SOCK_DGRAM)
					ok(t, "device", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_BINDTOIFINDEX, steps.before))
					take(t, e, any, peer)
					port := addrPort(t, local(t, e)).Port()
					ok(t, "device", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_BINDTOIFINDEX, steps.after))
					for _, to := range peers {
						if to.Family() != endpoint.AF_UNSPEC {
							to = withPort(to, 9)
						}
						e.Connect(to) // an address of IPv6's own has no way to IPv4
					}
					e.Close()
					for _, sa := range []endpoint.Sockaddr{wildcard6, wildcard4, loopback4, loopback6} {
						bound(t, p, endpoint.SOCK_DGRAM, withPort(sa, port)).Close()
					}
				})
			}
		}
	}
}

// TestPortOfOthersStays closes a socket whose device has become that of another with
// the same port, or that never had the network of another: who stays keeps the port.
func TestPortOfOthersStays(t *testing.T) {
	const port = 4711
	shared := func(t *testing.T, p *netstack.Provider, sa endpoint.Sockaddr, device int) *netstack.Endpoint {
		e := open(t, p, sa.Family(), endpoint.SOCK_DGRAM)
		ok(t, "SO_REUSEPORT", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_REUSEPORT, 1))
		ok(t, "device", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_BINDTOIFINDEX, device))
		ok(t, "V6ONLY", func() endpoint.Errno {
			if sa == wildcard6 {
				return setInt(e, endpoint.SOL_IPV6, endpoint.IPV6_V6ONLY, 1)
			}
			return 0
		}())
		ok(t, "Bind", e.Bind(withPort(sa, port)))
		return e
	}
	t.Run("device", func(t *testing.T) {
		p := host(t)
		e := shared(t, p, wildcard4, 0)
		shared(t, p, wildcard4, 1)
		ok(t, "device", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_BINDTOIFINDEX, 1))
		ok(t, "Connect", e.Connect(withPort(loopback4, 9)))
		e.Close()
		want(t, "Bind", open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM).Bind(withPort(wildcard4, port)), endpoint.EADDRINUSE)
	})
	t.Run("network", func(t *testing.T) {
		p := host(t)
		e := shared(t, p, wildcardM, 0)
		shared(t, p, wildcard6, 0)
		ok(t, "Connect", e.Connect(withPort(mapped4, 9)))
		e.Close()
		want(t, "Bind", open(t, p, endpoint.AF_INET6, endpoint.SOCK_DGRAM).Bind(withPort(wildcard6, port)), endpoint.EADDRINUSE)
	})
}
