package kernel_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"golang.org/x/sys/unix"
)

func TestOptions(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	e := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	ok(t, "SetSockOpt", e.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE, int32Bytes(1)))
	if v := intOption(t, e, endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE); v != 1 {
		t.Errorf("SO_KEEPALIVE is %d", v)
	}
	for n := range 4 {
		v := make([]byte, n)
		if got, errno := e.GetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_TYPE, v); errno != 0 || got != n {
			t.Errorf("%d bytes: %d, %v", n, got, errno)
		}
		want(t, "SetSockOpt, short", e.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_KEEPALIVE, v), endpoint.EINVAL)
	}
	if n, errno := e.GetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_TYPE, make([]byte, 64)); errno != 0 || n != 4 {
		t.Errorf("long buffer: %d, %v", n, errno)
	}
	name := make([]byte, 3)
	if n, errno := e.GetSockOpt(endpoint.IPPROTO_TCP, endpoint.TCP_CONGESTION, name); errno != 0 || n > len(name) {
		t.Errorf("TCP_CONGESTION in 3 bytes: %d, %v", n, errno)
	}
	for _, opt := range [][2]int{{endpoint.SOL_SOCKET, 9999}, {1 << 40, 1}, {1, 1 << 40}} {
		_, errno := e.GetSockOpt(opt[0], opt[1], make([]byte, 4))
		want(t, "GetSockOpt", errno, endpoint.ENOPROTOOPT)
		want(t, "SetSockOpt", e.SetSockOpt(opt[0], opt[1], make([]byte, 4)), endpoint.ENOPROTOOPT)
	}
}

func TestIoctl(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	a, b := udpPair(t, p)
	_, errno := send(t, a, []byte("12345"))
	ok(t, "Send", errno)
	var n [4]byte
	ok(t, "wait", wait(t, b, endpoint.Readable, func() endpoint.Errno {
		if b.Ready()&endpoint.POLLIN == 0 {
			return endpoint.EAGAIN
		}
		return 0
	}))
	_, errno = b.Ioctl(endpoint.FIONREAD, n[:])
	if ok(t, "FIONREAD", errno); n[0] != 5 {
		t.Errorf("FIONREAD tells %v, want 5", n)
	}
	ifreq := make([]byte, 40)
	copy(ifreq, "lo")
	_, errno = b.Ioctl(unix.SIOCGIFINDEX, ifreq)
	ok(t, "SIOCGIFINDEX", errno)

	var blocking [4]byte
	for _, c := range []struct {
		what string
		req  uint
		arg  []byte
		want endpoint.Errno
	}{
		{"FIONREAD without argument", endpoint.FIONREAD, nil, endpoint.EINVAL},
		{"FIONREAD into 3 bytes", endpoint.FIONREAD, n[:3], endpoint.EINVAL},
		{"SIOCOUTQ into 3 bytes", endpoint.SIOCOUTQ, n[:3], endpoint.EINVAL},
		{"SIOCGIFINDEX into 39 bytes", unix.SIOCGIFINDEX, ifreq[:39], endpoint.EINVAL},
		{"SIOCGIFINDEX without argument", unix.SIOCGIFINDEX, nil, endpoint.EFAULT},
		{"SIOCGARP, which writes 68 bytes, into 40", unix.SIOCGARP, ifreq, endpoint.EINVAL},
		{"a private request into 40 bytes", 0x89e1, ifreq, endpoint.EINVAL},
		{"FIONBIO", 0x5421, blocking[:], endpoint.ENOTTY},
		{"a request of 33 bits", 1<<32 | endpoint.FIONREAD, n[:], endpoint.ENOTTY},
	} {
		_, errno := b.Ioctl(c.req, c.arg)
		want(t, c.what, errno, c.want)
	}
	_, errno = a.Recv(&endpoint.Message{Iov: [][]byte{n[:]}})
	want(t, "Recv: still non-blocking", errno, endpoint.EAGAIN)
}
