package netstack_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
)

// intOptions are the options that are an int: what they read on a fresh socket,
// what they take and read back then, and what they refuse.
var intOptions = []struct {
	name        string
	family, typ int
	level, opt  int
	fresh       int
	takes       map[int]int
	refuses     []int
	anyLength   bool // one byte is a value as well
	kernelSkips bool // see the comment beside it
}{
	{name: "SO_REUSEADDR", level: endpoint.SOL_SOCKET, opt: endpoint.SO_REUSEADDR, takes: flag},
	{name: "SO_REUSEPORT", level: endpoint.SOL_SOCKET, opt: endpoint.SO_REUSEPORT, takes: flag},
	{name: "SO_BROADCAST", typ: endpoint.SOCK_DGRAM, level: endpoint.SOL_SOCKET, opt: endpoint.SO_BROADCAST, takes: flag},
	{name: "SO_KEEPALIVE", level: endpoint.SOL_SOCKET, opt: endpoint.SO_KEEPALIVE, takes: flag},
	{name: "SO_NO_CHECK", typ: endpoint.SOCK_DGRAM, level: endpoint.SOL_SOCKET, opt: endpoint.SO_NO_CHECK, takes: flag},
	{name: "SO_MARK", level: endpoint.SOL_SOCKET, opt: endpoint.SO_MARK, takes: map[int]int{0: 0, 1: 1, -1: -1, math.MaxInt32: math.MaxInt32},
		kernelSkips: true /* needs a privilege */},
	{name: "TCP_NODELAY", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_NODELAY, takes: flag},
	{name: "TCP_CORK", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_CORK, takes: flag},
	{name: "TCP_QUICKACK", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_QUICKACK, fresh: 1, takes: map[int]int{0: 0, 1: 1},
		kernelSkips: true /* takes flags in the higher bits */},
	{name: "TCP_MAXSEG", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_MAXSEG, fresh: 536,
		takes: map[int]int{88: 88, 1460: 1460, 32767: 32767, 0: 536}, refuses: []int{-1, 1, 87, 32768, math.MaxInt32}},
	{name: "TCP_KEEPCNT", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_KEEPCNT, fresh: 9, takes: same(1, 127), refuses: []int{math.MinInt32, -1, 0, 128}},
	{name: "TCP_KEEPIDLE", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_KEEPIDLE, fresh: 7200, takes: same(1, 32767), refuses: []int{-1, 0, 32768, math.MaxInt32}},
	{name: "TCP_KEEPINTVL", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_KEEPINTVL, fresh: 75, takes: same(1, 32767), refuses: []int{-1, 0, 32768, math.MaxInt32}},
	{name: "TCP_SYNCNT", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_SYNCNT, fresh: 6, takes: same(1, 127), refuses: []int{-1, 0, 128}},
	{name: "TCP_WINDOW_CLAMP", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_WINDOW_CLAMP, takes: map[int]int{0: 0, 65535: 65535, 1: 1152, -1: 1152}},
	{name: "TCP_USER_TIMEOUT", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_USER_TIMEOUT, takes: same(0, 1, math.MaxInt32), refuses: []int{-1, math.MinInt32}},
	{name: "TCP_LINGER2", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_LINGER2, fresh: 60, takes: map[int]int{1: 1, 120: 120, -1: -1, math.MinInt32: -1, 0: 60}},
	{name: "TCP_DEFER_ACCEPT", level: endpoint.IPPROTO_TCP, opt: endpoint.TCP_DEFER_ACCEPT, takes: map[int]int{0: 0, 1: 1, 2: 3, 200: 247, -1: 0}},
	{name: "IP_TOS", level: endpoint.IPPROTO_IP, opt: endpoint.IP_TOS, takes: map[int]int{0: 0, 0x10: 0x10, 0xfc: 0xfc, 0x110: 0x10}, anyLength: true},
	{name: "IP_TOS of datagrams", typ: endpoint.SOCK_DGRAM, level: endpoint.IPPROTO_IP, opt: endpoint.IP_TOS, takes: map[int]int{0: 0, 0xfc: 0xfc}, anyLength: true},
	{name: "IP_TTL", level: endpoint.IPPROTO_IP, opt: endpoint.IP_TTL, fresh: 64, takes: map[int]int{1: 1, 255: 255, -1: 64}, refuses: []int{-2, 0, 256}, anyLength: true},
	{name: "IP_TTL of datagrams", typ: endpoint.SOCK_DGRAM, level: endpoint.IPPROTO_IP, opt: endpoint.IP_TTL, fresh: 64,
		takes: map[int]int{1: 1, 255: 255, -1: 64}, refuses: []int{-2, 0, 256}, anyLength: true},
	{name: "IP_MTU_DISCOVER", level: endpoint.IPPROTO_IP, opt: endpoint.IP_MTU_DISCOVER, fresh: 1, takes: same(0, 1, 2, 3, 4, 5), refuses: []int{-1, 6}, anyLength: true},
	{name: "IP_MTU_DISCOVER of datagrams", typ: endpoint.SOCK_DGRAM, level: endpoint.IPPROTO_IP, opt: endpoint.IP_MTU_DISCOVER, fresh: 1,
		takes: same(0, 1, 2, 3, 4, 5), refuses: []int{-1, 6}, anyLength: true},
	{name: "IPV6_MTU_DISCOVER", family: endpoint.AF_INET6, level: endpoint.IPPROTO_IPV6, opt: endpoint.IPV6_MTU_DISCOVER, fresh: 1,
		takes: same(0, 1, 2, 3, 4, 5), refuses: []int{-1, 6}},
	{name: "IPV6_V6ONLY", family: endpoint.AF_INET6, level: endpoint.IPPROTO_IPV6, opt: endpoint.IPV6_V6ONLY, takes: flag},
	{name: "IPV6_TCLASS", family: endpoint.AF_INET6, level: endpoint.IPPROTO_IPV6, opt: endpoint.IPV6_TCLASS, takes: map[int]int{0: 0, 0xfc: 0xfc, -1: 0}, refuses: []int{-2, 256}},
	{name: "IPV6_UNICAST_HOPS", family: endpoint.AF_INET6, level: endpoint.IPPROTO_IPV6, opt: endpoint.IPV6_UNICAST_HOPS, fresh: 64,
		takes: map[int]int{0: 0, 255: 255, -1: 64}, refuses: []int{-2, 256}},
	{name: "IPV6_UNICAST_HOPS of datagrams", family: endpoint.AF_INET6, typ: endpoint.SOCK_DGRAM, level: endpoint.IPPROTO_IPV6, opt: endpoint.IPV6_UNICAST_HOPS, fresh: 64,
		takes: map[int]int{0: 0, 255: 255, -1: 64}, refuses: []int{-2, 256}},
}

// flag is what an option takes that is on or off.
var flag = map[int]int{1: 1, 0: 0, 2: 1, -1: 1, math.MinInt32: 1}

func same(values ...int) map[int]int {
	m := make(map[int]int)
	for _, v := range values {
		m[v] = v
	}
	return m
}

// kind fills in IPv4 and streams where a table says nothing.
func kind(family, typ int) (int, int) {
	if family == 0 {
		family = endpoint.AF_INET
	}
	if typ == 0 {
		typ = endpoint.SOCK_STREAM
	}
	return family, typ
}

func TestIntOptions(t *testing.T) {
	p := host(t)
	for _, o := range intOptions {
		t.Run(o.name, func(t *testing.T) {
			family, typ := kind(o.family, o.typ)
			e := open(t, p, family, typ)
			defer e.Close()
			if v := getInt(t, e, o.level, o.opt); v != o.fresh {
				t.Errorf("fresh: %d, want %d", v, o.fresh)
			}
			for set, read := range o.takes {
				ok(t, fmt.Sprint("set ", set), setInt(e, o.level, o.opt, set))
				if v := getInt(t, e, o.level, o.opt); v != read {
					t.Errorf("set %d: reads %d, want %d", set, v, read)
				}
			}
			before := getInt(t, e, o.level, o.opt)
			for _, v := range o.refuses {
				want(t, fmt.Sprint("set ", v), setInt(e, o.level, o.opt, v), endpoint.EINVAL)
			}
			if !o.anyLength {
				for _, n := range []int{0, 1, 3} {
					want(t, fmt.Sprint(n, " bytes"), e.SetSockOpt(o.level, o.opt, make([]byte, n)), endpoint.EINVAL)
				}
			}
			if v := getInt(t, e, o.level, o.opt); v != before {
				t.Errorf("a refused value changed it from %d to %d", before, v)
			}
		})
	}
}

func TestIPOptionsTakeOneByte(t *testing.T) {
	p := host(t)
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	for name, opt := range map[string]int{"IP_TOS": endpoint.IP_TOS, "IP_TTL": endpoint.IP_TTL} {
		t.Run(name, func(t *testing.T) {
			ok(t, "one byte", e.SetSockOpt(endpoint.IPPROTO_IP, opt, []byte{0x20}))
			var v [1]byte
			n, errno := e.GetSockOpt(endpoint.IPPROTO_IP, opt, v[:])
			if n != 1 || errno != 0 || v[0] != 0x20 {
				t.Errorf("%d bytes, %s, %#x", n, errno.Name(), v[0])
			}
		})
	}
}

// TestEveryOptionAtEveryLength reads and writes each option of the tables with
// buffers of all lengths, in each state that matters.
func TestEveryOptionAtEveryLength(t *testing.T) {
	p := host(t)
	for _, family := range []int{endpoint.AF_INET, endpoint.AF_INET6} {
		addr := map[int]endpoint.Sockaddr{endpoint.AF_INET: loopback4, endpoint.AF_INET6: loopback6}[family]
		connected, _ := tcpPair(t, p, addr)
		for name, e := range map[string]endpoint.Endpoint{
			"stream": open(t, p, family, endpoint.SOCK_STREAM), "datagram": open(t, p, family, endpoint.SOCK_DGRAM),
			"listener": listener(t, p, addr), "connection": connected,
		} {
			for _, o := range netstack.Options() {
				for _, size := range []int{0, 1, 3, 4, 8, 15, 16, 104, 256} {
					guarded := bytes.Repeat([]byte{0xa5}, size+8)
					n, errno := e.GetSockOpt(o.Level, o.Name, guarded[:size])
					if n < 0 || n > size || errno != 0 && n != 0 {
						t.Errorf("%s: option %d/%d into %d bytes: %d, %s", name, o.Level, o.Name, size, n, errno.Name())
					}
					if !bytes.Equal(guarded[size:], bytes.Repeat([]byte{0xa5}, 8)) {
						t.Errorf("%s: option %d/%d wrote beyond %d bytes", name, o.Level, o.Name, size)
					}
				}
				e.SetSockOpt(o.Level, o.Name, nil)
				errno := e.SetSockOpt(o.Level, o.Name, make([]byte, 4))
				if !o.Settable && errno != endpoint.ENOPROTOOPT {
					t.Errorf("%s: option %d/%d is read-only: %s", name, o.Level, o.Name, errno.Name())
				}
				e.GetSockOpt(o.Level, o.Name, nil)
			}
		}
	}
}

func TestOptionsThatAreNotThere(t *testing.T) {
	p := host(t)
	stream, datagram := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM), open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	stream6 := open(t, p, endpoint.AF_INET6, endpoint.SOCK_STREAM)
	for name, c := range map[string]struct {
		e           endpoint.Endpoint
		level, name int
		get         endpoint.Errno
	}{
		"unknown name":              {stream, endpoint.SOL_SOCKET, 9999, endpoint.ENOPROTOOPT},
		"unknown level":             {stream, 9999, 1, endpoint.EOPNOTSUPP},
		"unknown level over IPv6":   {stream6, 9999, 1, endpoint.ENOPROTOOPT},
		"negative":                  {stream, -1, -1, endpoint.EOPNOTSUPP},
		"TCP's on a datagram":       {datagram, endpoint.IPPROTO_TCP, endpoint.TCP_NODELAY, endpoint.EOPNOTSUPP},
		"UDP's on a stream":         {stream, endpoint.IPPROTO_UDP, endpoint.UDP_GRO, endpoint.EOPNOTSUPP},
		"UDP's on a stream of IPv6": {stream6, endpoint.IPPROTO_UDP, endpoint.UDP_GRO, endpoint.ENOPROTOOPT},
		"IPv6's on an IPv4 socket":  {stream, endpoint.IPPROTO_IPV6, endpoint.IPV6_V6ONLY, endpoint.EOPNOTSUPP},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, "set", setInt(c.e, c.level, c.name, 1), endpoint.ENOPROTOOPT)
			_, errno := c.e.GetSockOpt(c.level, c.name, make([]byte, 4))
			want(t, "get", errno, c.get)
		})
	}
}

func TestReadOnlyOptions(t *testing.T) {
	p := host(t)
	stream, datagram := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM), open(t, p, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
	l := listener(t, p, loopback4)
	for name, c := range map[string]struct {
		e          endpoint.Endpoint
		opt, value int
	}{
		"SO_TYPE of a stream":         {stream, endpoint.SO_TYPE, endpoint.SOCK_STREAM},
		"SO_TYPE of a datagram":       {datagram, endpoint.SO_TYPE, endpoint.SOCK_DGRAM},
		"SO_DOMAIN of IPv4":           {stream, endpoint.SO_DOMAIN, endpoint.AF_INET},
		"SO_DOMAIN of IPv6":           {datagram, endpoint.SO_DOMAIN, endpoint.AF_INET6},
		"SO_PROTOCOL of TCP":          {stream, endpoint.SO_PROTOCOL, endpoint.IPPROTO_TCP},
		"SO_PROTOCOL of UDP":          {datagram, endpoint.SO_PROTOCOL, endpoint.IPPROTO_UDP},
		"SO_ACCEPTCONN":               {stream, endpoint.SO_ACCEPTCONN, 0},
		"SO_ACCEPTCONN of a listener": {l, endpoint.SO_ACCEPTCONN, 1},
		"SO_ERROR":                    {stream, endpoint.SO_ERROR, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if v := getInt(t, c.e, endpoint.SOL_SOCKET, c.opt); v != c.value {
				t.Errorf("%d, want %d", v, c.value)
			}
			want(t, "set", setInt(c.e, endpoint.SOL_SOCKET, c.opt, 1), endpoint.ENOPROTOOPT)
		})
	}
}
