package netstack_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// recvOptions ask for control data.
var recvOptions = map[string]struct{ level, opt int }{
	"IP_PKTINFO":           {endpoint.SOL_IP, endpoint.IP_PKTINFO},
	"IP_RECVTTL":           {endpoint.SOL_IP, endpoint.IP_RECVTTL},
	"IP_RECVTOS":           {endpoint.SOL_IP, endpoint.IP_RECVTOS},
	"IP_RECVORIGDSTADDR":   {endpoint.SOL_IP, endpoint.IP_RECVORIGDSTADDR},
	"IP_RECVERR":           {endpoint.SOL_IP, endpoint.IP_RECVERR},
	"IP_MULTICAST_ALL":     {endpoint.SOL_IP, endpoint.IP_MULTICAST_ALL},
	"IP_MULTICAST_LOOP":    {endpoint.SOL_IP, endpoint.IP_MULTICAST_LOOP},
	"IP_MULTICAST_TTL":     {endpoint.SOL_IP, endpoint.IP_MULTICAST_TTL},
	"IPV6_RECVPKTINFO":     {endpoint.SOL_IPV6, endpoint.IPV6_RECVPKTINFO},
	"IPV6_RECVHOPLIMIT":    {endpoint.SOL_IPV6, endpoint.IPV6_RECVHOPLIMIT},
	"IPV6_RECVTCLASS":      {endpoint.SOL_IPV6, endpoint.IPV6_RECVTCLASS},
	"IPV6_RECVORIGDSTADDR": {endpoint.SOL_IPV6, endpoint.IPV6_RECVORIGDSTADDR},
	"IPV6_RECVERR":         {endpoint.SOL_IPV6, endpoint.IPV6_RECVERR},
	"IPV6_MULTICAST_ALL":   {endpoint.SOL_IPV6, endpoint.IPV6_MULTICAST_ALL},
	"IPV6_MULTICAST_LOOP":  {endpoint.SOL_IPV6, endpoint.IPV6_MULTICAST_LOOP},
	"IPV6_MULTICAST_HOPS":  {endpoint.SOL_IPV6, endpoint.IPV6_MULTICAST_HOPS},
	"SO_TIMESTAMP":         {endpoint.SOL_SOCKET, endpoint.SO_TIMESTAMP},
	"SO_TIMESTAMPNS":       {endpoint.SOL_SOCKET, endpoint.SO_TIMESTAMPNS},
}

// TestControlOptionsAreTheKernels sets each option to values of all lengths.
func TestControlOptionsAreTheKernels(t *testing.T) {
	for option, o := range recvOptions {
		for kind, s := range map[string]struct{ family, typ int }{
			"IPv4 datagrams": {endpoint.AF_INET, endpoint.SOCK_DGRAM}, "IPv6 datagrams": {endpoint.AF_INET6, endpoint.SOCK_DGRAM},
			"IPv6 streams": {endpoint.AF_INET6, endpoint.SOCK_STREAM},
		} {
			if o.level == endpoint.SOL_IPV6 && s.family == endpoint.AF_INET {
				continue // ENOPROTOOPT here, and EOPNOTSUPP on the kernel
			}
			t.Run(option+" of "+kind, func(t *testing.T) {
				compare(t, func(k *talk) {
					e := k.socket(s.family, s.typ)
					if option != "IP_MULTICAST_ALL" || s.family == endpoint.AF_INET {
						// On IPv6 sockets the kernel begins with 0 there: see the limits.
						k.get(e, o.level, o.opt, make([]byte, 4))
					}
					for _, v := range [][]byte{
						int32Bytes(1), int32Bytes(0), int32Bytes(1), int32Bytes(-1), int32Bytes(7), int32Bytes(255), int32Bytes(256), {1}, {0}, {1, 0},
						nil, append(int32Bytes(1), 1, 2), {200},
					} {
						k.set(e, o.level, o.opt, v)
						k.get(e, o.level, o.opt, make([]byte, 4))
						k.get(e, o.level, o.opt, make([]byte, 1))
					}
				})
			})
		}
	}
}

func TestTimestampFormsAreTheKernels(t *testing.T) {
	compare(t, func(k *talk) {
		e := k.socket(endpoint.AF_INET, endpoint.SOCK_DGRAM)
		for _, step := range []struct{ opt, value int }{
			{endpoint.SO_TIMESTAMP, 1}, {endpoint.SO_TIMESTAMPNS, 1}, {endpoint.SO_TIMESTAMP, 1},
			{endpoint.SO_TIMESTAMPNS, 0}, {endpoint.SO_TIMESTAMPNS, 1}, {endpoint.SO_TIMESTAMP, 0},
		} {
			k.set(e, endpoint.SOL_SOCKET, step.opt, int32Bytes(step.value))
			k.get(e, endpoint.SOL_SOCKET, endpoint.SO_TIMESTAMP, make([]byte, 4))
			k.get(e, endpoint.SOL_SOCKET, endpoint.SO_TIMESTAMPNS, make([]byte, 4))
		}
	})
}

// askAll turns every kind of control data on.
func askAll(k *talk, e endpoint.Endpoint, family int) {
	for _, option := range []string{"IP_PKTINFO", "IP_RECVTTL", "IP_RECVTOS", "IP_RECVORIGDSTADDR",
		"IPV6_RECVPKTINFO", "IPV6_RECVHOPLIMIT", "IPV6_RECVTCLASS", "IPV6_RECVORIGDSTADDR"} {
		if o := recvOptions[option]; o.level == endpoint.SOL_IP || family == endpoint.AF_INET6 {
			ok(k.t, option, setInt(e, o.level, o.opt, 1))
		}
	}
}

// paths are destinations on the host itself, what the receiver is bound to, and
// the family of the sender.
var paths = map[string]struct{ at, to, from endpoint.Sockaddr }{
	"IPv4":                   {addr4("0.0.0.0", 5000), addr4("127.0.0.1", 5000), addr4("127.0.0.1", 5001)},
	"IPv4 of another link":   {addr4("0.0.0.0", 5000), addr4(local4, 5000), addr4(local4, 5001)},
	"IPv6":                   {addr6("::", 5000), addr6("::1", 5000), addr6("::1", 5001)},
	"IPv6 of another link":   {addr6("::", 5000), addr6(local6, 5000), addr6(local6, 5001)},
	"IPv4 to an IPv6 socket": {addr6("::", 5000), addr4("127.0.0.1", 5000), addr4("127.0.0.1", 5001)},
	"mapped":                 {addr6("::ffff:127.0.0.1", 5000), addr6("::ffff:127.0.0.1", 5000), addr6("::ffff:127.0.0.1", 5001)},
}

func TestReceivedControlIsTheKernels(t *testing.T) {
	for path, c := range paths {
		for _, room := range []int{512, 0, 8, 16, 20, 24, 28, 29, 48, 50, 64, 76, 100} {
			t.Run(fmt.Sprint(path, " into ", room), func(t *testing.T) {
				compare(t, func(k *talk) {
					e, peer := k.bound(c.at), k.bound(c.from)
					askAll(k, e, c.at.Family())
					k.send(peer, "hello", c.to, nil)
					k.recv(e, endpoint.MSG_PEEK, room)
					k.recv(e, 0, room)
				})
			})
		}
	}
}

func TestReceivedTimestampsAreTheKernels(t *testing.T) {
	for _, opt := range []int{endpoint.SO_TIMESTAMP, endpoint.SO_TIMESTAMPNS} {
		compare(t, func(k *talk) {
			e := k.bound(addr4("127.0.0.1", 5000))
			ok(t, "IP_RECVTTL", setInt(e, endpoint.SOL_IP, endpoint.IP_RECVTTL, 1))
			ok(t, "timestamps", setInt(e, endpoint.SOL_SOCKET, opt, 1))
			k.send(e, "hello", addr4("127.0.0.1", 5000), nil)
			k.recv(e, 0, 128)
		})
	}
}

func cmsg(level, typ int, data ...byte) []byte { return endpoint.AppendCmsg(nil, level, typ, data) }

func cmsgInt(level, typ, v int) []byte { return endpoint.AppendCmsg(nil, level, typ, int32Bytes(v)) }

func packetInfo4(index int, source string) []byte {
	s := netip.MustParseAddr(source).As4()
	return append(append(int32Bytes(index), s[:]...), 0, 0, 0, 0)
}

func packetInfo6(source string, index int) []byte {
	s := netip.MustParseAddr(source).As16()
	return append(s[:], int32Bytes(index)...)
}

// sendCases are control data to send, for IPv4, mapped IPv4 and IPv6.
var sendCases = map[string][]byte{
	"nothing":               nil,
	"short of a header":     make([]byte, 15),
	"zero length":           make([]byte, 16),
	"beyond the end":        binary.NativeEndian.AppendUint64(nil, 100),
	"data is cut":           cmsgInt(endpoint.SOL_IP, endpoint.IP_TTL, 7)[:19],
	"IP_TTL":                cmsgInt(endpoint.SOL_IP, endpoint.IP_TTL, 7),
	"IP_TTL 0":              cmsgInt(endpoint.SOL_IP, endpoint.IP_TTL, 0),
	"IP_TTL 256":            cmsgInt(endpoint.SOL_IP, endpoint.IP_TTL, 256),
	"IP_TTL -1":             cmsgInt(endpoint.SOL_IP, endpoint.IP_TTL, -1),
	"IP_TTL, a byte":        cmsg(endpoint.SOL_IP, endpoint.IP_TTL, 7),
	"IP_TOS":                cmsgInt(endpoint.SOL_IP, endpoint.IP_TOS, 0x20),
	"IP_TOS, a byte":        cmsg(endpoint.SOL_IP, endpoint.IP_TOS, 0x20),
	"IP_TOS 256":            cmsgInt(endpoint.SOL_IP, endpoint.IP_TOS, 256),
	"IP_TOS, two bytes":     cmsg(endpoint.SOL_IP, endpoint.IP_TOS, 1, 2),
	"unknown of IP":         cmsgInt(endpoint.SOL_IP, 200, 1),
	"unknown of IPv6":       cmsgInt(endpoint.SOL_IPV6, 200, 1),
	"unknown of the socket": cmsgInt(endpoint.SOL_SOCKET, 200, 1),
	"unknown level":         cmsgInt(200, 1, 1),
	"unknown of UDP":        cmsgInt(endpoint.SOL_UDP, 200, 1),
	"SCM_RIGHTS":            cmsg(endpoint.SOL_SOCKET, endpoint.SCM_RIGHTS),
	"TTL and TOS":           append(cmsgInt(endpoint.SOL_IP, endpoint.IP_TTL, 9), cmsgInt(endpoint.SOL_IP, endpoint.IP_TOS, 8)...),
	"TTL and rubbish":       append(cmsgInt(endpoint.SOL_IP, endpoint.IP_TTL, 9), make([]byte, 16)...),

	"IP_PKTINFO of nothing":          cmsg(endpoint.SOL_IP, endpoint.IP_PKTINFO, packetInfo4(0, "0.0.0.0")...),
	"IP_PKTINFO with lo":             cmsg(endpoint.SOL_IP, endpoint.IP_PKTINFO, packetInfo4(1, "0.0.0.0")...),
	"IP_PKTINFO from 127.0.0.1":      cmsg(endpoint.SOL_IP, endpoint.IP_PKTINFO, packetInfo4(0, "127.0.0.1")...),
	"IP_PKTINFO from 127.0.0.9":      cmsg(endpoint.SOL_IP, endpoint.IP_PKTINFO, packetInfo4(0, "127.0.0.9")...),
	"IP_PKTINFO from elsewhere":      cmsg(endpoint.SOL_IP, endpoint.IP_PKTINFO, packetInfo4(0, "198.51.100.1")...),
	"IP_PKTINFO with no such link":   cmsg(endpoint.SOL_IP, endpoint.IP_PKTINFO, packetInfo4(99, "0.0.0.0")...),
	"IP_PKTINFO, short":              cmsg(endpoint.SOL_IP, endpoint.IP_PKTINFO, packetInfo4(0, "0.0.0.0")[:8]...),
	"IPV6_PKTINFO of IPv4":           cmsg(endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, packetInfo6("::ffff:127.0.0.9", 0)...),
	"IPV6_HOPLIMIT":                  cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_HOPLIMIT, 7),
	"IPV6_HOPLIMIT 0":                cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_HOPLIMIT, 0),
	"IPV6_HOPLIMIT -1":               cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_HOPLIMIT, -1),
	"IPV6_HOPLIMIT -2":               cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_HOPLIMIT, -2),
	"IPV6_HOPLIMIT 256":              cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_HOPLIMIT, 256),
	"IPV6_TCLASS":                    cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_TCLASS, 0x20),
	"IPV6_TCLASS -2":                 cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_TCLASS, -2),
	"IPV6_TCLASS 256":                cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_TCLASS, 256),
	"IPV6_TCLASS, a byte":            cmsg(endpoint.SOL_IPV6, endpoint.IPV6_TCLASS, 1),
	"IPV6_PKTINFO of nothing":        cmsg(endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, packetInfo6("::", 0)...),
	"IPV6_PKTINFO with lo":           cmsg(endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, packetInfo6("::", 1)...),
	"IPV6_PKTINFO from ::1":          cmsg(endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, packetInfo6("::1", 0)...),
	"IPV6_PKTINFO from elsewhere":    cmsg(endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, packetInfo6("2001:db8:1::1", 0)...),
	"IPV6_PKTINFO from a link-local": cmsg(endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, packetInfo6("fe80::1", 0)...),
	"IPV6_PKTINFO with no such link": cmsg(endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, packetInfo6("::", 99)...),
	"IPV6_PKTINFO, short":            cmsg(endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, packetInfo6("::", 0)[:16]...),
}

// TestSentControlIsTheKernels sends, and receives with all that the receiver can
// tell of the packet; a second send tells that nothing stuck.
func TestSentControlIsTheKernels(t *testing.T) {
	for _, path := range []string{"IPv4", "IPv6", "mapped"} {
		c := paths[path]
		for what, control := range sendCases {
			for _, connected := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, connected %v", path, what, connected), func(t *testing.T) {
					compare(t, func(k *talk) { sendTwice(k, c.at, c.from, c.to, control, connected) })
				})
			}
		}
	}
}

func sendTwice(k *talk, at, from, to endpoint.Sockaddr, control []byte, connected bool) {
	e := k.bound(at)
	peer := k.bound(wildcard(from.Family(), 5001))
	askAll(k, e, at.Family())
	if connected {
		ok(k.t, "Connect", peer.Connect(to))
		to = endpoint.Sockaddr{}
	}
	if k.send(peer, "hello", to, control) {
		k.recv(e, 0, 512)
	}
	k.send(peer, "again", to, nil)
	k.recv(e, 0, 512)
}

func TestControlAfterShutdownIsTheKernels(t *testing.T) {
	for what, control := range map[string][]byte{
		"nothing": nil, "IP_TTL": sendCases["IP_TTL"], "a source": sendCases["IP_PKTINFO from 127.0.0.9"],
	} {
		for _, connected := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, connected %v", what, connected), func(t *testing.T) {
				compare(t, func(k *talk) {
					e, to := k.bound(addr4("0.0.0.0", 5001)), addr4("127.0.0.1", 5000)
					if connected {
						ok(t, "Connect", e.Connect(to))
					}
					k.note("shutdown: %s", name(e.Shutdown(endpoint.SHUT_WR)))
					k.send(e, "hello", to, control)
				})
			})
		}
	}
}

// TestUnboundControlIsTheKernels: a send gives the socket a port.
func TestUnboundControlIsTheKernels(t *testing.T) {
	for what, control := range sendCases {
		t.Run(what, func(t *testing.T) {
			compare(t, func(k *talk) {
				e, from := k.bound(addr4("0.0.0.0", 5000)), k.socket(endpoint.AF_INET, endpoint.SOCK_DGRAM)
				k.send(from, "hello", endpoint.Sockaddr{}, control)
				k.send(from, "hello", addr4("127.0.0.1", 0), control)
				k.send(from, "hello", addr4("127.0.0.1", 5000), control)
				if k.lines[len(k.lines)-1] == `send "hello": 5, ok` {
					_, sender := recv(t, e)
					k.note("from %v", addrPort(t, sender).Addr())
					k.note("its port is the socket's: %v", addrPort(t, sender).Port() == addrPort(t, local(t, from)).Port())
				}
			})
		})
	}
}

func TestStreamControlIsTheKernels(t *testing.T) {
	for what, control := range sendCases {
		t.Run(what, func(t *testing.T) {
			compare(t, func(k *talk) {
				l := k.socket(endpoint.AF_INET, endpoint.SOCK_STREAM)
				ok(t, "Bind", l.Bind(addr4("127.0.0.1", 0)))
				ok(t, "Listen", l.Listen(1))
				c := k.socket(endpoint.AF_INET, endpoint.SOCK_STREAM)
				ok(t, "connect", connect(t, c, local(t, l)))
				k.send(c, "hello", endpoint.Sockaddr{}, control)
				k.tryRecv(c, endpoint.MSG_ERRQUEUE, 128)
			})
		})
	}
}

// TestTrafficClassOfMinusOneIsTheSockets is RFC 3542, section 6.5. Linux 6.18 sends
// 255 instead.
func TestTrafficClassOfMinusOneIsTheSockets(t *testing.T) {
	p := host(t)
	e := bound(t, p, endpoint.SOCK_DGRAM, loopback6)
	ok(t, "IPV6_RECVTCLASS", setInt(e, endpoint.SOL_IPV6, endpoint.IPV6_RECVTCLASS, 1))
	ok(t, "IPV6_TCLASS", setInt(e, endpoint.SOL_IPV6, endpoint.IPV6_TCLASS, 0x28))
	m := endpoint.Message{
		Iov: [][]byte{[]byte("hello")}, Addr: local(t, e),
		Control: cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_TCLASS, -1),
	}
	_, errno := e.Send(&m)
	ok(t, "Send", errno)
	m = endpoint.Message{Iov: [][]byte{make([]byte, 8)}, Control: make([]byte, 64)}
	ok(t, "Recv", wait(t, e, func() endpoint.Errno { _, errno := e.Recv(&m); return errno }))
	if want := cmsgInt(endpoint.SOL_IPV6, endpoint.IPV6_TCLASS, 0x28); string(m.Control) != string(want) {
		t.Errorf("% x, want % x", m.Control, want)
	}
}
