package netstack_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// TestReceiveLowWater: a stream that holds less than SO_RCVLOWAT is not readable,
// but its end is, and what it holds can be received.
func TestReceiveLowWater(t *testing.T) {
	a, b := tcpPair(t, host(t), loopback4)
	const idle = endpoint.POLLOUT
	ok(t, "SO_RCVLOWAT", setInt(b, endpoint.SOL_SOCKET, endpoint.SO_RCVLOWAT, 10))
	send(t, a, "12345")
	eventually(t, "five bytes", func() bool { return queued(t, b) == 5 })
	becomes(t, "half of it", b, idle)
	send(t, a, "67890")
	becomes(t, "all of it", b, idle|endpoint.POLLIN)
	wantData(t, b, "1234567890")
	becomes(t, "read", b, idle)

	send(t, a, "x")
	eventually(t, "one byte", func() bool { return queued(t, b) == 1 })
	becomes(t, "one byte", b, idle)
	ok(t, "lower", setInt(b, endpoint.SOL_SOCKET, endpoint.SO_RCVLOWAT, 1))
	becomes(t, "lowered", b, idle|endpoint.POLLIN)
	ok(t, "higher", setInt(b, endpoint.SOL_SOCKET, endpoint.SO_RCVLOWAT, 10))
	wantData(t, b, "x")
	ok(t, "shutdown", a.Shutdown(endpoint.SHUT_WR))
	becomes(t, "end", b, idle|endpoint.POLLIN|endpoint.POLLRDHUP)
}

// TestReceiveLowWaterBeyondTheBuffer: a mark that the receive buffer could never
// reach does not stop the stream.
func TestReceiveLowWaterBeyondTheBuffer(t *testing.T) {
	p := host(t)
	l := bound(t, p, endpoint.SOCK_STREAM, loopback4)
	ok(t, "SO_RCVBUF", setInt(l, endpoint.SOL_SOCKET, endpoint.SO_RCVBUF, 8192))
	ok(t, "Listen", l.Listen(1))
	a := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	ok(t, "connect", connect(t, a, local(t, l)))
	b, _ := accept(t, l)
	ok(t, "SO_RCVLOWAT", setInt(b, endpoint.SOL_SOCKET, endpoint.SO_RCVLOWAT, 1<<20))
	m := endpoint.Message{Iov: [][]byte{make([]byte, 64<<10)}}
	if _, errno := a.Send(&m); errno != 0 {
		t.Fatal(errno.Name())
	}
	becomesReadable := func() endpoint.Errno {
		if b.Ready()&endpoint.POLLIN == 0 {
			return endpoint.EAGAIN
		}
		return 0
	}
	ok(t, "readable", wait(t, b, becomesReadable))
}

func queued(t *testing.T, e endpoint.Endpoint) int {
	t.Helper()
	var v [4]byte
	_, errno := e.Ioctl(endpoint.FIONREAD, v[:])
	ok(t, "FIONREAD", errno)
	return int(binary.NativeEndian.Uint32(v[:]))
}

// TestKeptOptionsFollow: an accepted socket, and a stream that begins afresh, have
// what was set before.
func TestKeptOptionsFollow(t *testing.T) {
	p := host(t)
	l := listener(t, p, loopback4)
	ok(t, "listener", setInt(l, endpoint.SOL_SOCKET, endpoint.SO_BUSY_POLL, 4))
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	ok(t, "client", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_BUSY_POLL, 5))
	want(t, "refused", connect(t, e, closedPort(t, p, endpoint.SOCK_STREAM, loopback4)), endpoint.ECONNREFUSED)
	ok(t, "connect again", connect(t, e, local(t, l)))
	accepted, _ := accept(t, l)
	for name, c := range map[string]struct {
		e    endpoint.Endpoint
		want int
	}{"accepted": {accepted, 4}, "connected again": {e, 5}} {
		if v := getInt(t, c.e, endpoint.SOL_SOCKET, endpoint.SO_BUSY_POLL); v != c.want {
			t.Errorf("%s: SO_BUSY_POLL %d, want %d", name, v, c.want)
		}
	}
}

func TestPeerNameOption(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			a, b := tcpPair(t, host(t), addr)
			peer := local(t, b)
			size := len(peer.Bytes())
			if got := get(t, a, endpoint.SOL_SOCKET, endpoint.SO_PEERNAME, size); string(got) != string(peer.Bytes()) {
				t.Errorf("% x, want % x", got, peer.Bytes())
			}
			if got := get(t, a, endpoint.SOL_SOCKET, endpoint.SO_PEERNAME, 4); string(got) != string(peer.Bytes()[:4]) {
				t.Errorf("% x", got)
			}
			_, errno := a.GetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_PEERNAME, make([]byte, size+1))
			want(t, "longer", errno, endpoint.EINVAL)
		})
	}
}

// TestMemInfo fills a receive buffer until a datagram is dropped.
func TestMemInfo(t *testing.T) {
	p := host(t)
	b := bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	ok(t, "SO_RCVBUF", setInt(b, endpoint.SOL_SOCKET, endpoint.SO_RCVBUF, 4096))
	a := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	ok(t, "SO_SNDBUF", setInt(a, endpoint.SOL_SOCKET, endpoint.SO_SNDBUF, 50000))
	ok(t, "connect", a.Connect(local(t, b)))
	field := func(e endpoint.Endpoint, n int) int {
		return int(binary.NativeEndian.Uint32(get(t, e, endpoint.SOL_SOCKET, endpoint.SO_MEMINFO, 64)[4*n:]))
	}
	for range 20 {
		send(t, a, strings.Repeat("x", 1000))
	}
	eventually(t, "drops", func() bool { return field(b, 8) > 0 })
	if n := field(b, 0); n != 1000 {
		t.Errorf("receive queue %d", n)
	}
	if n := field(b, 1); n != 8192 {
		t.Errorf("receive buffer %d", n)
	}
	if n := field(a, 3); n != 100000 {
		t.Errorf("send buffer %d", n)
	}
}

// TestMTUOfThePeer: IP_MTU and IPV6_MTU are those of the link, the latter as well
// after another one was set.
func TestMTUOfThePeer(t *testing.T) {
	p, _ := hosts(t)
	for name, c := range map[string]struct {
		to         endpoint.Sockaddr
		level, opt int
		mtu        int
	}{
		"cable, IPv4":      {inet4("10.0.0.2:9"), endpoint.IPPROTO_IP, endpoint.IP_MTU, 1500},
		"cable, IPv6":      {inet6("[fd00::2]:9", 0), endpoint.IPPROTO_IPV6, endpoint.IPV6_MTU, 1500},
		"cable, own scope": {inet6("[fe80::2]:9", 2), endpoint.IPPROTO_IPV6, endpoint.IPV6_MTU, 1500},
		"loopback":         {inet4("127.0.0.1:9"), endpoint.IPPROTO_IP, endpoint.IP_MTU, 65535},
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, p, c.to.Family(), endpoint.SOCK_DGRAM)
			_, errno := e.GetSockOpt(c.level, c.opt, make([]byte, 4))
			want(t, "unconnected", errno, endpoint.ENOTCONN)
			ok(t, "connect", e.Connect(c.to))
			if c.level == endpoint.IPPROTO_IPV6 {
				ok(t, "set", setInt(e, c.level, c.opt, 1280))
			}
			if mtu := getInt(t, e, c.level, c.opt); mtu != c.mtu {
				t.Errorf("%d, want %d", mtu, c.mtu)
			}
		})
	}
}

// TestOptionsDoNotAllocate: asking costs no memory, whatever the table has grown to.
func TestOptionsDoNotAllocate(t *testing.T) {
	e := open(t, host(t), endpoint.AF_INET, endpoint.SOCK_STREAM)
	var v [4]byte
	for name, c := range map[string]struct{ level, name int }{
		"SO_REUSEADDR": {endpoint.SOL_SOCKET, endpoint.SO_REUSEADDR},
		"SO_PRIORITY":  {endpoint.SOL_SOCKET, endpoint.SO_PRIORITY},
		"TCP_NODELAY":  {endpoint.IPPROTO_TCP, endpoint.TCP_NODELAY},
		"IP_TTL":       {endpoint.IPPROTO_IP, endpoint.IP_TTL},
	} {
		if n := testing.AllocsPerRun(100, func() { e.GetSockOpt(c.level, c.name, v[:]) }); n > 1 {
			t.Errorf("getsockopt of %s: %v allocations", name, n)
		}
		if n := testing.AllocsPerRun(100, func() { e.SetSockOpt(c.level, c.name, v[:]) }); n > 1 {
			t.Errorf("setsockopt of %s: %v allocations", name, n)
		}
	}
}

// FuzzSockOpt sets and reads options with any bytes: nothing panics, and nothing is
// written beyond the buffer.
func FuzzSockOpt(f *testing.F) {
	f.Add(endpoint.SOL_SOCKET, endpoint.SO_LINGER, []byte{1, 0, 0, 0, 5, 0, 0, 0})
	f.Add(endpoint.SOL_SOCKET, endpoint.SO_BINDTODEVICE, []byte("lo"))
	f.Add(endpoint.IPPROTO_TCP, endpoint.TCP_CONGESTION, []byte("reno"))
	f.Add(endpoint.IPPROTO_TCP, endpoint.TCP_DEFER_ACCEPT, []byte{255, 255, 255, 127})
	f.Add(endpoint.IPPROTO_IP, endpoint.IP_MTU_DISCOVER, []byte{5})
	f.Add(endpoint.IPPROTO_IPV6, endpoint.IPV6_MTU, []byte{0, 5, 0, 0})
	f.Fuzz(func(t *testing.T, level, name int, v []byte) {
		p := host(t)
		for _, typ := range []int{endpoint.SOCK_STREAM, endpoint.SOCK_DGRAM} {
			e := open(t, p, endpoint.AF_INET6, typ)
			e.SetSockOpt(level, name, v)
			if n, errno := e.GetSockOpt(level, name, v); n < 0 || n > len(v) || errno != 0 && n != 0 {
				t.Errorf("%d bytes into %d, %s", n, len(v), errno.Name())
			}
			e.Ready()
		}
	})
}
