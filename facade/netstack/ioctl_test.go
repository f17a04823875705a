package netstack_test

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// keepalive is Windows's struct tcp_keepalive, times in milliseconds.
func keepalive(on, idle, interval uint32) []byte {
	b := binary.NativeEndian.AppendUint32(nil, on)
	b = binary.NativeEndian.AppendUint32(b, idle)
	return binary.NativeEndian.AppendUint32(b, interval)
}

func TestKeepaliveValues(t *testing.T) {
	p := host(t)
	for name, c := range map[string]struct {
		arg                []byte
		want               endpoint.Errno
		on, idle, interval int // seconds
	}{
		"on":             {keepalive(1, 60000, 5000), 0, 1, 60, 5},
		"off":            {keepalive(0, 60000, 5000), 0, 0, 60, 5},
		"off, no times":  {keepalive(0, 0, 0), 0, 0, 7200, 75},
		"milliseconds":   {keepalive(7, 1999, 1001), 0, 1, 1, 1},
		"no idle time":   {keepalive(1, 0, 1000), endpoint.EINVAL, 0, 7200, 75},
		"no interval":    {keepalive(1, 1000, 0), endpoint.EINVAL, 0, 7200, 75},
		"too long":       {keepalive(1, 32768000, 1), endpoint.EINVAL, 0, 7200, 75},
		"short argument": {keepalive(1, 1, 1)[:11], endpoint.EINVAL, 0, 7200, 75},
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
			_, errno := e.Ioctl(endpoint.SIO_KEEPALIVE_VALS, c.arg)
			want(t, "SIO_KEEPALIVE_VALS", errno, c.want)
			got := [3]int{getInt(t, e, endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE),
				getInt(t, e, endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE), getInt(t, e, endpoint.IPPROTO_TCP, endpoint.TCP_KEEPINTVL)}
			if got != [3]int{c.on, c.idle, c.interval} {
				t.Errorf("SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL: %v", got)
			}
		})
	}
}

// TestKeepaliveValuesOutlastARefusal: the socket that may connect again has them.
func TestKeepaliveValuesOutlastARefusal(t *testing.T) {
	p := host(t)
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	_, errno := e.Ioctl(endpoint.SIO_KEEPALIVE_VALS, keepalive(1, 60000, 5000))
	ok(t, "SIO_KEEPALIVE_VALS", errno)
	want(t, "connect", connect(t, e, closedPort(t, p, endpoint.SOCK_STREAM, loopback4)), endpoint.ECONNREFUSED)
	ok(t, "connect", connect(t, e, local(t, listener(t, p, loopback4))))
	if got := getInt(t, e, endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE); got != 60 {
		t.Errorf("TCP_KEEPIDLE is %d", got)
	}
}

// TestKeepaliveValuesEndAConnection whose peer is gone, within milliseconds.
func TestKeepaliveValuesEndAConnection(t *testing.T) {
	testenv.LeakCheck(t)
	ea, eb := link.NewCable(link.CableConfig{})
	a := newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(ea, "10.0.0.1/24")}}))
	b := newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(eb, "10.0.0.2/24")}}))
	l := listener(t, b, inet4("10.0.0.2:0"))
	e := open(t, a, endpoint.AF_INET, endpoint.SOCK_STREAM)
	ok(t, "TCP_KEEPCNT", setInt(e, endpoint.IPPROTO_TCP, endpoint.TCP_KEEPCNT, 2))
	ok(t, "connect", connect(t, e, local(t, l)))
	begin := time.Now()
	_, errno := e.Ioctl(endpoint.SIO_KEEPALIVE_VALS, keepalive(1, 20, 10))
	ok(t, "SIO_KEEPALIVE_VALS", errno)
	eb.SetUp(false)
	m := endpoint.Message{Iov: [][]byte{make([]byte, 1)}}
	errno = wait(t, e, func() endpoint.Errno {
		_, errno := e.Recv(&m)
		return errno
	})
	want(t, "Recv", errno, endpoint.ETIMEDOUT)
	// In whole seconds, the least of TCP_KEEPIDLE and TCP_KEEPINTVL, it were three.
	if took := time.Since(begin); took < 40*time.Millisecond || took >= 3*time.Second {
		t.Errorf("ended after %v", took)
	}
}

func TestWindowsRequestsOnOtherSockets(t *testing.T) {
	p := host(t)
	stream, datagram := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM), open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	_, errno := datagram.Ioctl(endpoint.SIO_KEEPALIVE_VALS, keepalive(1, 1, 1))
	want(t, "SIO_KEEPALIVE_VALS", errno, endpoint.EOPNOTSUPP)
	_, errno = stream.Ioctl(endpoint.SIO_LOOPBACK_FAST_PATH, int32Bytes(1))
	want(t, "SIO_LOOPBACK_FAST_PATH", errno, 0)
	_, errno = datagram.Ioctl(endpoint.SIO_LOOPBACK_FAST_PATH, int32Bytes(1))
	want(t, "SIO_LOOPBACK_FAST_PATH", errno, endpoint.EOPNOTSUPP)
	stream.Close()
	_, errno = stream.Ioctl(endpoint.SIO_KEEPALIVE_VALS, keepalive(1, 1, 1))
	want(t, "after Close", errno, endpoint.EBADF)
}

// ifconf is a struct ifconf whose buffer of size bytes follows at once.
func ifconf(size int) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(size))
	b = append(b, 0, 0, 0, 0)
	b = binary.NativeEndian.AppendUint64(b, 16)
	return append(b, make([]byte, size)...)
}

func TestInterfaceConfiguration(t *testing.T) {
	a, _ := hosts(t)
	e := open(t, a, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
	for name, c := range map[string]struct {
		arg   []byte
		want  endpoint.Errno
		used  uint32
		links []string
	}{
		"all":                 {ifconf(400), 0, 80, []string{"lo 127.0.0.1", "eth0 10.0.0.1"}},
		"just enough":         {ifconf(80), 0, 80, []string{"lo 127.0.0.1", "eth0 10.0.0.1"}},
		"one only":            {ifconf(79), 0, 40, []string{"lo 127.0.0.1"}},
		"none":                {ifconf(39), 0, 0, nil},
		"a null pointer":      {make([]byte, 16), 0, 80, nil},
		"a buffer too short":  {ifconf(80)[:90], endpoint.EFAULT, 80, nil},
		"a pointer to itself": {append(int32Bytes(8), 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0), endpoint.EFAULT, 8, nil},
		"short argument":      {make([]byte, 15), endpoint.EINVAL, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, errno := e.Ioctl(endpoint.SIOCGIFCONF, c.arg)
			want(t, "SIOCGIFCONF", errno, c.want)
			if got := binary.NativeEndian.Uint32(c.arg); got != c.used {
				t.Errorf("length %d, want %d", got, c.used)
			}
			for i, l := range c.links {
				entry := c.arg[16+40*i:][:40]
				addr := netip.AddrFrom4([4]byte(entry[20:24]))
				name := string(entry[:len(l)-len(addr.String())-1])
				if name+" "+addr.String() != l || entry[len(name)] != 0 || binary.NativeEndian.Uint16(entry[16:]) != endpoint.AF_INET {
					t.Errorf("entry % x, want %s", entry, l)
				}
			}
		})
	}
}

func TestInterfacesOfACable(t *testing.T) {
	a, _ := hosts(t)
	e := open(t, a, endpoint.AF_INET, endpoint.SOCK_STREAM)
	for name, c := range map[string]struct {
		req  uint
		want string
	}{
		"broadcast": {endpoint.SIOCGIFBRDADDR, "\x02\x00\x00\x00\x0a\x00\x00\xff"},
		"netmask":   {endpoint.SIOCGIFNETMASK, "\x02\x00\x00\x00\xff\xff\xff\x00"},
		"address":   {endpoint.SIOCGIFADDR, "\x02\x00\x00\x00\x0a\x00\x00\x01"},
		"hardware":  {endpoint.SIOCGIFHWADDR, "\xfe\xff\x00\x00\x00\x00\x00\x00"},
		"queue":     {endpoint.SIOCGIFTXQLEN, "\x00\x00\x00\x00"},
	} {
		t.Run(name, func(t *testing.T) {
			arg := append([]byte("eth0"), make([]byte, 36)...)
			_, errno := e.Ioctl(c.req, arg)
			ok(t, "Ioctl", errno)
			if got := string(arg[16:][:len(c.want)]); got != c.want {
				t.Errorf("% x, want % x", got, c.want)
			}
			_, errno = e.Ioctl(c.req, arg[:39])
			want(t, "short argument", errno, endpoint.EINVAL)
		})
	}
	for _, req := range []uint{endpoint.SIOCSIFFLAGS, endpoint.SIOCSIFADDR, endpoint.SIOCSIFMTU, endpoint.SIOCSIFNAME} {
		_, errno := e.Ioctl(req, append([]byte("eth0"), make([]byte, 36)...))
		want(t, "what changes a link", errno, endpoint.EPERM)
	}
}
