package netstack_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// get returns an option's bytes.
func get(t *testing.T, e endpoint.Endpoint, level, opt, size int) []byte {
	t.Helper()
	v := make([]byte, size)
	n, errno := e.GetSockOpt(level, opt, v)
	ok(t, "GetSockOpt", errno)
	return v[:n]
}

func TestBufferSizes(t *testing.T) {
	p := host(t)
	const highest = 4 << 20
	for name, typ := range map[string]int{"stream": endpoint.SOCK_STREAM, "datagram": endpoint.SOCK_DGRAM} {
		for _, opt := range []int{endpoint.SO_SNDBUF, endpoint.SO_RCVBUF} {
			t.Run(name, func(t *testing.T) {
				e := open(t, p, endpoint.AF_INET, typ)
				for _, c := range []struct{ set, read int }{
					{100000, 200000}, {0, 4096}, {1, 4096}, {highest, 2 * highest}, {math.MaxInt32, 2 * highest}, {-1, 2 * highest},
				} {
					ok(t, "set", setInt(e, endpoint.SOL_SOCKET, opt, c.set))
					if v := getInt(t, e, endpoint.SOL_SOCKET, opt); v != c.read {
						t.Errorf("option %d set to %d reads %d, want %d", opt, c.set, v, c.read)
					}
				}
			})
		}
	}
}

func TestLinger(t *testing.T) {
	e := open(t, host(t), endpoint.AF_INET, endpoint.SOCK_STREAM)
	linger := func(onoff, seconds int) []byte { return append(int32Bytes(onoff), int32Bytes(seconds)...) }
	for _, c := range []struct{ set, read []byte }{
		{linger(1, 0), linger(1, 0)},
		{linger(1, 30), linger(1, 30)},
		{linger(7, math.MaxInt32), linger(1, math.MaxInt32)},
		{linger(0, 30), linger(0, math.MaxInt32)}, // off leaves the time alone
	} {
		ok(t, "set", e.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_LINGER, c.set))
		got := get(t, e, endpoint.SOL_SOCKET, endpoint.SO_LINGER, 8)
		if string(got) != string(c.read) {
			t.Errorf("% x reads % x, want % x", c.set, got, c.read)
		}
	}
	for n := range 8 {
		want(t, "short value", e.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_LINGER, linger(1, 5)[:n]), endpoint.EINVAL)
	}
	if got := get(t, e, endpoint.SOL_SOCKET, endpoint.SO_LINGER, 8); string(got) != string(linger(0, math.MaxInt32)) {
		t.Errorf("a refused value changed it to % x", got)
	}
}

func TestBindToDevice(t *testing.T) {
	p, _ := hosts(t)
	for name, typ := range map[string]int{"stream": endpoint.SOCK_STREAM, "datagram": endpoint.SOCK_DGRAM} {
		t.Run(name, func(t *testing.T) {
			e := open(t, p, endpoint.AF_INET, typ)
			set := func(v string) endpoint.Errno {
				return e.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_BINDTODEVICE, []byte(v))
			}
			read := func() string { return string(get(t, e, endpoint.SOL_SOCKET, endpoint.SO_BINDTODEVICE, 16)) }
			if v := read(); v != "" {
				t.Errorf("fresh: %q", v)
			}
			ok(t, "with NUL", set("eth0\x00and what follows"))
			ok(t, "without NUL", set("eth0"))
			want(t, "unknown", set("nowhere"), endpoint.ENODEV)
			if v := read(); v != "eth0\x00" {
				t.Errorf("reads %q", v)
			}
			_, errno := e.GetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_BINDTODEVICE, make([]byte, 15))
			want(t, "short buffer", errno, endpoint.EINVAL)
			ok(t, "empty", set("\x00"))
			if v := read(); v != "" {
				t.Errorf("unbound: %q", v)
			}
			ok(t, "bind again", set("lo"))
			ok(t, "no bytes at all", set(""))
			if v := read(); v != "" {
				t.Errorf("unbound: %q", v)
			}
		})
	}
}

func TestCookie(t *testing.T) {
	p := host(t)
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	got := get(t, e, endpoint.SOL_SOCKET, endpoint.SO_COOKIE, 16)
	if len(got) != 8 || binary.NativeEndian.Uint64(got) != e.Cookie() || e.Cookie() == 0 {
		t.Errorf("% x, want %d", got, e.Cookie())
	}
	_, errno := e.GetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_COOKIE, make([]byte, 7))
	want(t, "short buffer", errno, endpoint.EINVAL)
}

func TestCongestion(t *testing.T) {
	e := open(t, host(t), endpoint.AF_INET, endpoint.SOCK_STREAM)
	set := func(v string) endpoint.Errno {
		return e.SetSockOpt(endpoint.IPPROTO_TCP, endpoint.TCP_CONGESTION, []byte(v))
	}
	ok(t, "reno", set("reno"))
	ok(t, "cubic with NUL", set("cubic\x00\x00"))
	want(t, "unknown", set("nonesuch"), endpoint.ENOENT)
	want(t, "empty name", set("\x00"), endpoint.ENOENT)
	want(t, "no bytes", set(""), endpoint.EINVAL)
	if got := get(t, e, endpoint.IPPROTO_TCP, endpoint.TCP_CONGESTION, 64); string(got) != "cubic\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" {
		t.Errorf("%q", got)
	}
	if got := get(t, e, endpoint.IPPROTO_TCP, endpoint.TCP_CONGESTION, 3); string(got) != "cub" {
		t.Errorf("%q", got)
	}
}

func TestTCPInfo(t *testing.T) {
	p := host(t)
	a, _ := tcpPair(t, p, loopback4)
	got := get(t, a, endpoint.IPPROTO_TCP, endpoint.TCP_INFO, 512)
	if len(got) != 280 || got[0] != endpoint.TCP_ESTABLISHED {
		t.Fatalf("%d bytes, state %d", len(got), got[0])
	}
	rto, cwnd := binary.NativeEndian.Uint32(got[8:]), binary.NativeEndian.Uint32(got[80:])
	if rto < 200000 || cwnd == 0 {
		t.Errorf("rto %d µs, cwnd %d", rto, cwnd)
	}
	if got := get(t, a, endpoint.IPPROTO_TCP, endpoint.TCP_INFO, 1); len(got) != 1 {
		t.Errorf("%d bytes into one", len(got))
	}
	fresh := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	if got := get(t, fresh, endpoint.IPPROTO_TCP, endpoint.TCP_INFO, 104); got[0] != endpoint.TCP_CLOSE {
		t.Errorf("fresh: state %d", got[0])
	}
}

// TestMaxSegmentOnceConnected shows where gVisor differs from Linux, which tells the
// segment size in use.
func TestMaxSegmentOnceConnected(t *testing.T) {
	p := host(t)
	l := listener(t, p, loopback4)
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	ok(t, "TCP_MAXSEG", setInt(e, endpoint.IPPROTO_TCP, endpoint.TCP_MAXSEG, 1000))
	ok(t, "connect", connect(t, e, local(t, l)))
	if v := getInt(t, e, endpoint.IPPROTO_TCP, endpoint.TCP_MAXSEG); v != 536 {
		t.Errorf("TCP_MAXSEG %d: gVisor has learnt to tell, and so should we", v)
	}
}
