package netstack_test

import (
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// short is an address cut to n bytes.
func short(sa endpoint.Sockaddr, n int) endpoint.Sockaddr {
	s, _ := endpoint.SockaddrFromBytes(sa.Bytes()[:n])
	return s
}

func TestAddressesThatDoNotFit(t *testing.T) {
	p := host(t)
	four, six := inet4("127.0.0.1:9"), inet6("[::1]:9", 0)
	unix, _ := endpoint.SockaddrFromBytes(append([]byte{endpoint.AF_UNIX, 0}, make([]byte, 100)...))
	for name, c := range map[string]struct {
		family int
		addr   endpoint.Sockaddr
		want   endpoint.Errno
	}{
		"none":                     {endpoint.AF_INET, endpoint.Sockaddr{}, endpoint.EINVAL},
		"none for IPv6":            {endpoint.AF_INET6, endpoint.Sockaddr{}, endpoint.EINVAL},
		"IPv6 for IPv4":            {endpoint.AF_INET, six, endpoint.EAFNOSUPPORT},
		"AF_UNIX for IPv4":         {endpoint.AF_INET, unix, endpoint.EAFNOSUPPORT},
		"AF_UNIX for IPv6":         {endpoint.AF_INET6, unix, endpoint.EAFNOSUPPORT},
		"IPv4 of 15 bytes":         {endpoint.AF_INET, short(four, 15), endpoint.EINVAL},
		"IPv4 of 2 bytes":          {endpoint.AF_INET, short(four, 2), endpoint.EINVAL},
		"IPv6 of 23 bytes":         {endpoint.AF_INET6, short(six, 23), endpoint.EINVAL},
		"link-local, no scope":     {endpoint.AF_INET6, inet6("[fe80::1]:9", 0), endpoint.EINVAL},
		"link multicast, no scope": {endpoint.AF_INET6, inet6("[ff02::1]:9", 0), endpoint.EINVAL},
	} {
		t.Run(name, func(t *testing.T) {
			for _, typ := range []int{endpoint.SOCK_STREAM, endpoint.SOCK_DGRAM} {
				e := open(t, p, c.family, typ)
				want(t, "Bind", e.Bind(c.addr), c.want)
				want(t, "Connect", e.Connect(c.addr), c.want)
				if typ == endpoint.SOCK_DGRAM && !c.addr.IsZero() {
					_, errno := e.Send(&endpoint.Message{Addr: c.addr})
					want(t, "Send", errno, c.want)
				}
			}
		})
	}
	t.Run("IPv4 for IPv6", func(t *testing.T) {
		e := open(t, p, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
		want(t, "Bind", e.Bind(four), endpoint.EINVAL) // inet6_bind looks at the length first
		want(t, "Connect", e.Connect(four), endpoint.EAFNOSUPPORT)
		_, errno := e.Send(&endpoint.Message{Addr: short(four, 15)})
		want(t, "Send of 15 bytes", errno, endpoint.EINVAL)
	})
	t.Run("IPv6 without its scope id", func(t *testing.T) {
		e := open(t, p, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
		ok(t, "Bind", e.Bind(short(loopback6, 24)))
	})
	t.Run("port 0 as destination", func(t *testing.T) {
		_, errno := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM).Send(&endpoint.Message{Addr: loopback4})
		want(t, "Send", errno, endpoint.EINVAL)
	})
}

func TestLinkLocalAddressesHaveTheirScope(t *testing.T) {
	a, b := hosts(t)
	const link = 2
	t.Run("stream", func(t *testing.T) {
		l := bound(t, b, endpoint.SOCK_STREAM, inet6("[fe80::2]:0", link))
		ok(t, "Listen", l.Listen(1))
		to := local(t, l)
		if to.ScopeID() != link {
			t.Errorf("the listener's scope is %d", to.ScopeID())
		}
		c := open(t, a, endpoint.AF_INET6, endpoint.SOCK_STREAM)
		ok(t, "connect", connect(t, c, to))
		server, peer := accept(t, l)
		for what, sa := range map[string]endpoint.Sockaddr{"peer": peer, "local": local(t, server), "client": local(t, c)} {
			if sa.ScopeID() != link {
				t.Errorf("%s: scope %d of %v", what, sa.ScopeID(), addrPort(t, sa))
			}
		}
		if peer != local(t, c) {
			t.Errorf("peer %v, client %v", addrPort(t, peer), addrPort(t, local(t, c)))
		}
	})
	t.Run("datagram", func(t *testing.T) {
		to := bound(t, b, endpoint.SOCK_DGRAM, inet6("[fe80::2]:0", link))
		from := bound(t, a, endpoint.SOCK_DGRAM, inet6("[::]:0", 0))
		sendTo(t, from, "hello", local(t, to))
		text, peer := recv(t, to)
		if text != "hello" || peer.ScopeID() != link || addrPort(t, peer).Addr() != netip.MustParseAddr("fe80::1") {
			t.Errorf("%q from %v, scope %d", text, addrPort(t, peer), peer.ScopeID())
		}
		sendTo(t, to, "answer", peer)
		wantData(t, from, "answer")
	})
	t.Run("scope from SO_BINDTODEVICE", func(t *testing.T) {
		e := open(t, a, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
		ok(t, "SO_BINDTODEVICE", e.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_BINDTODEVICE, []byte("eth0")))
		ok(t, "Bind", e.Bind(inet6("[fe80::1]:0", 0)))
	})
	t.Run("global addresses have none", func(t *testing.T) {
		e := bound(t, a, endpoint.SOCK_DGRAM, inet6("[fd00::1]:0", link))
		if sa := local(t, e); sa.ScopeID() != 0 {
			t.Errorf("scope %d", sa.ScopeID())
		}
	})
}

func TestDualStackListener(t *testing.T) {
	for name, v6only := range map[string]bool{"V6ONLY off": false, "V6ONLY on": true} {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			l := open(t, p, endpoint.AF_INET6, endpoint.SOCK_STREAM)
			only := 0
			if v6only {
				only = 1
			}
			ok(t, "IPV6_V6ONLY", setInt(l, endpoint.IPPROTO_IPV6, endpoint.IPV6_V6ONLY, only))
			ok(t, "Bind", l.Bind(inet6("[::]:0", 0)))
			ok(t, "Listen", l.Listen(4))
			want(t, "IPV6_V6ONLY when bound", setInt(l, endpoint.IPPROTO_IPV6, endpoint.IPV6_V6ONLY, 1-only), endpoint.EINVAL)
			port := addrPort(t, local(t, l)).Port()

			six := open(t, p, endpoint.AF_INET6, endpoint.SOCK_STREAM)
			ok(t, "connect by IPv6", connect(t, six, endpoint.SockaddrInet6(netip.IPv6Loopback(), port, 0, 0)))
			if _, peer := accept(t, l); addrPort(t, peer).Addr() != netip.IPv6Loopback() {
				t.Errorf("IPv6 client shows as %v", addrPort(t, peer))
			}

			four := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
			to := endpoint.SockaddrInet4(netip.MustParseAddr("127.0.0.1"), port)
			other := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
			if v6only {
				want(t, "connect by IPv4", connect(t, four, to), endpoint.ECONNREFUSED)
				ok(t, "the port is free for IPv4", other.Bind(to))
				return
			}
			want(t, "the port is taken for IPv4", other.Bind(to), endpoint.EADDRINUSE)
			ok(t, "connect by IPv4", connect(t, four, to))
			server, peer := accept(t, l)
			mapped := netip.MustParseAddr("::ffff:127.0.0.1")
			if addrPort(t, peer).Addr() != mapped || addrPort(t, local(t, server)).Addr() != mapped {
				t.Errorf("IPv4 client shows as %v at %v", addrPort(t, peer), addrPort(t, local(t, server)))
			}
		})
	}
}

func TestMappedAddresses(t *testing.T) {
	p := host(t)
	t.Run("connect and back", func(t *testing.T) {
		l := listener(t, p, loopback4)
		port := addrPort(t, local(t, l)).Port()
		c := open(t, p, endpoint.AF_INET6, endpoint.SOCK_STREAM)
		to := endpoint.SockaddrInet6(netip.MustParseAddr("127.0.0.1"), port, 0, 0)
		ok(t, "connect", connect(t, c, to))
		_, peer := accept(t, l)
		if peer.Family() != endpoint.AF_INET {
			t.Errorf("family %d", peer.Family())
		}
		if got, errno := c.PeerAddr(); errno != 0 || got != to {
			t.Errorf("peer % x, %s", got.Bytes(), errno.Name())
		}
	})
	t.Run("datagrams by either kind of address", func(t *testing.T) {
		four, six := bound(t, p, endpoint.SOCK_DGRAM, loopback4), bound(t, p, endpoint.SOCK_DGRAM, inet6("[::]:0", 0))
		to := addrPort(t, local(t, four))
		sendTo(t, six, "AF_INET", endpoint.SockaddrInet4(to.Addr(), to.Port()))
		wantData(t, four, "AF_INET")
		sendTo(t, six, "mapped", endpoint.SockaddrInet6(to.Addr(), to.Port(), 0, 0))
		text, from := recv(t, four)
		if text != "mapped" {
			t.Errorf("%q", text)
		}
		sendTo(t, four, "back", from)
		if text, peer := recv(t, six); text != "back" || addrPort(t, peer).Addr() != netip.MustParseAddr("::ffff:127.0.0.1") {
			t.Errorf("%q from %v", text, addrPort(t, peer))
		}
	})
	for _, typ := range []int{endpoint.SOCK_STREAM, endpoint.SOCK_DGRAM} {
		mapped := inet6("[::ffff:127.0.0.1]:9", 0)
		e := open(t, p, endpoint.AF_INET6, typ)
		ok(t, "IPV6_V6ONLY", setInt(e, endpoint.IPPROTO_IPV6, endpoint.IPV6_V6ONLY, 1))
		want(t, "Bind with V6ONLY", e.Bind(mapped), endpoint.EINVAL)
		want(t, "Connect with V6ONLY", e.Connect(mapped), endpoint.ENETUNREACH)
		if typ == endpoint.SOCK_DGRAM {
			_, errno := e.Send(&endpoint.Message{Addr: inet4("127.0.0.1:9")})
			want(t, "Send with V6ONLY", errno, endpoint.ENETUNREACH)
		}
	}
}

func TestBroadcast(t *testing.T) {
	for name, to := range map[string]string{"limited": "255.255.255.255", "of the subnet": "10.0.0.255"} {
		t.Run(name, func(t *testing.T) {
			a, b := hosts(t)
			receiver := bound(t, b, endpoint.SOCK_DGRAM, inet4("0.0.0.0:0"))
			dst := endpoint.SockaddrInet4(netip.MustParseAddr(to), addrPort(t, local(t, receiver)).Port())
			from := bound(t, a, endpoint.SOCK_DGRAM, inet4("10.0.0.1:0"))
			_, errno := from.Send(&endpoint.Message{Iov: [][]byte{{1}}, Addr: dst})
			want(t, "Send without SO_BROADCAST", errno, endpoint.EACCES)
			ok(t, "SO_BROADCAST", setInt(from, endpoint.SOL_SOCKET, endpoint.SO_BROADCAST, 1))
			sendTo(t, from, "to all", dst)
			text, peer := recv(t, receiver)
			if text != "to all" || peer != local(t, from) {
				t.Errorf("%q from %v", text, addrPort(t, peer))
			}
			ok(t, "Connect", from.Connect(dst))
			send(t, from, "connected")
			wantData(t, receiver, "connected")
		})
	}
}

func TestConnectToBroadcastIsForbidden(t *testing.T) {
	a, _ := hosts(t)
	from := bound(t, a, endpoint.SOCK_DGRAM, inet4("10.0.0.1:0"))
	want(t, "Connect without SO_BROADCAST", from.Connect(inet4("255.255.255.255:9")), endpoint.EACCES)
}
