package netstack_test

import (
	"fmt"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// kernelSocket is a socket of the machine that the test runs on.
func kernelSocket(t *testing.T, family, typ int) int {
	t.Helper()
	fd, err := unix.Socket(family, typ|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func kernelSet(t *testing.T, fd, level, opt int, v []byte) endpoint.Errno {
	t.Helper()
	err := unix.SetsockoptString(fd, level, opt, string(v))
	if err == nil {
		return 0
	}
	errno, ok := err.(syscall.Errno)
	if !ok {
		t.Fatal(err)
	}
	return endpoint.Errno(errno)
}

// TestIntOptionsAreTheKernels sets each value here and on a socket of the
// kernel, and compares errors and what is read back.
func TestIntOptionsAreTheKernels(t *testing.T) {
	p := host(t)
	for _, o := range intOptions {
		if o.kernelSkips {
			continue
		}
		t.Run(o.name, func(t *testing.T) {
			family, typ := kind(o.family, o.typ)
			e, fd := open(t, p, family, typ), kernelSocket(t, family, typ)
			var values [][]byte
			for v := range o.takes {
				values = append(values, int32Bytes(v))
			}
			for _, v := range o.refuses {
				values = append(values, int32Bytes(v))
			}
			values = append(values, []byte{1}, []byte{0, 0, 0}, append(int32Bytes(1), 0, 0))
			slices.SortFunc(values, slices.Compare)
			for _, v := range values {
				theirs := kernelSet(t, fd, o.level, o.opt, v)
				want(t, fmt.Sprintf("set % x", v), e.SetSockOpt(o.level, o.opt, v), theirs)
				if theirs != 0 {
					continue
				}
				read, err := unix.GetsockoptInt(fd, o.level, o.opt)
				if err != nil {
					t.Fatal(err)
				}
				if ours := getInt(t, e, o.level, o.opt); ours != read {
					t.Errorf("set % x: reads %d, and %d on the kernel", v, ours, read)
				}
			}
		})
	}
}

func TestRefusalsAreTheKernels(t *testing.T) {
	p := host(t)
	for name, c := range map[string]struct {
		typ, level, opt int
		value           string
	}{
		"SO_TYPE":                      {endpoint.SOCK_STREAM, endpoint.SOL_SOCKET, endpoint.SO_TYPE, "\x01\x00\x00\x00"},
		"SO_ERROR":                     {endpoint.SOCK_STREAM, endpoint.SOL_SOCKET, endpoint.SO_ERROR, "\x01\x00\x00\x00"},
		"SO_ACCEPTCONN":                {endpoint.SOCK_STREAM, endpoint.SOL_SOCKET, endpoint.SO_ACCEPTCONN, "\x01\x00\x00\x00"},
		"SO_DOMAIN":                    {endpoint.SOCK_DGRAM, endpoint.SOL_SOCKET, endpoint.SO_DOMAIN, "\x01\x00\x00\x00"},
		"SO_PROTOCOL":                  {endpoint.SOCK_DGRAM, endpoint.SOL_SOCKET, endpoint.SO_PROTOCOL, "\x01\x00\x00\x00"},
		"SO_COOKIE":                    {endpoint.SOCK_DGRAM, endpoint.SOL_SOCKET, endpoint.SO_COOKIE, "\x01\x00\x00\x00\x00\x00\x00\x00"},
		"TCP_INFO":                     {endpoint.SOCK_STREAM, endpoint.IPPROTO_TCP, endpoint.TCP_INFO, "\x01\x00\x00\x00"},
		"unknown option":               {endpoint.SOCK_STREAM, endpoint.SOL_SOCKET, 9999, "\x01\x00\x00\x00"},
		"SO_LINGER, short":             {endpoint.SOCK_STREAM, endpoint.SOL_SOCKET, endpoint.SO_LINGER, "\x01\x00\x00\x00"},
		"SO_BINDTODEVICE, unknown":     {endpoint.SOCK_DGRAM, endpoint.SOL_SOCKET, endpoint.SO_BINDTODEVICE, "nowhere9"},
		"SO_BINDTODEVICE, lo":          {endpoint.SOCK_DGRAM, endpoint.SOL_SOCKET, endpoint.SO_BINDTODEVICE, "lo"},
		"TCP_CONGESTION, unknown":      {endpoint.SOCK_STREAM, endpoint.IPPROTO_TCP, endpoint.TCP_CONGESTION, "nonesuch"},
		"TCP_CONGESTION, empty name":   {endpoint.SOCK_STREAM, endpoint.IPPROTO_TCP, endpoint.TCP_CONGESTION, "\x00"},
		"TCP_CONGESTION, without name": {endpoint.SOCK_STREAM, endpoint.IPPROTO_TCP, endpoint.TCP_CONGESTION, ""},
		"TCP_CONGESTION, reno":         {endpoint.SOCK_STREAM, endpoint.IPPROTO_TCP, endpoint.TCP_CONGESTION, "reno"},
	} {
		t.Run(name, func(t *testing.T) {
			theirs := kernelSet(t, kernelSocket(t, endpoint.AF_INET, c.typ), c.level, c.opt, []byte(c.value))
			want(t, "set", open(t, p, endpoint.AF_INET, c.typ).SetSockOpt(c.level, c.opt, []byte(c.value)), theirs)
		})
	}
}
