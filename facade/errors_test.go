package facade_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// network is what the facade and package net have in common.
type network struct {
	dial         func(network, address string) (net.Conn, error)
	listen       func(network, address string) (net.Listener, error)
	listenPacket func(network, address string) (net.PacketConn, error)
}

var packageNet = network{net.Dial, net.Listen, net.ListenPacket}

func (n network) pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := n.listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	client, err = n.dial("tcp", l.Addr().String())
	must(t, err)
	server, err = l.Accept()
	must(t, err)
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, server
}

// closedPort is an address that nobody listens on.
func (n network) closedPort(t *testing.T) string {
	t.Helper()
	l, err := n.listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return l.Addr().String()
}

// readError reads until an error.
func readError(c net.Conn) error {
	b := make([]byte, 1024)
	for {
		if _, err := c.Read(b); err != nil {
			return err
		}
	}
}

// errorsOfNet are ways to an error, with what errors.Is must hold for.
var errorsOfNet = []struct {
	name string
	is   error
	make func(*testing.T, network) error
}{
	{"ReadClosed", net.ErrClosed, func(t *testing.T, n network) error {
		c, _ := n.pair(t)
		c.Close()
		_, err := c.Read(make([]byte, 1))
		return err
	}},
	{"WriteClosed", net.ErrClosed, func(t *testing.T, n network) error {
		c, _ := n.pair(t)
		c.Close()
		_, err := c.Write([]byte("x"))
		return err
	}},
	{"WriteNothingClosed", net.ErrClosed, func(t *testing.T, n network) error {
		c, _ := n.pair(t)
		c.Close()
		_, err := c.Write(nil)
		return err
	}},
	{"CloseClosed", net.ErrClosed, func(t *testing.T, n network) error {
		c, _ := n.pair(t)
		c.Close()
		return c.Close()
	}},
	{"DeadlineOfClosed", net.ErrClosed, func(t *testing.T, n network) error {
		c, _ := n.pair(t)
		c.Close()
		return c.SetDeadline(time.Time{})
	}},
	{"AcceptClosed", net.ErrClosed, func(t *testing.T, n network) error {
		l, err := n.listen("tcp", "127.0.0.1:0")
		must(t, err)
		l.Close()
		_, err = l.Accept()
		return err
	}},
	{"CloseWriteClosed", net.ErrClosed, func(t *testing.T, n network) error {
		c, _ := n.pair(t)
		c.Close()
		return c.(interface{ CloseWrite() error }).CloseWrite()
	}},
	{"ReadDeadline", os.ErrDeadlineExceeded, func(t *testing.T, n network) error {
		c, _ := n.pair(t)
		must(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
		return readError(c)
	}},
	{"WriteDeadline", os.ErrDeadlineExceeded, func(t *testing.T, n network) error {
		c, _ := n.pair(t)
		must(t, c.SetWriteDeadline(time.Now().Add(-time.Second)))
		_, err := c.Write([]byte("x"))
		return err
	}},
	{"AcceptDeadline", os.ErrDeadlineExceeded, func(t *testing.T, n network) error {
		l, err := n.listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer l.Close()
		must(t, l.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Now().Add(time.Millisecond)))
		_, err = l.Accept()
		return err
	}},
	{"DialRefused", syscall.ECONNREFUSED, func(t *testing.T, n network) error {
		_, err := n.dial("tcp", n.closedPort(t))
		return err
	}},
	{"DialUnreachable", syscall.ENETUNREACH, func(t *testing.T, n network) error {
		_, err := n.dial("tcp", "198.51.100.1:9")
		return err
	}},
	{"ReadReset", syscall.ECONNRESET, func(t *testing.T, n network) error {
		c, s := n.pair(t)
		must(t, s.(interface{ SetLinger(int) error }).SetLinger(0))
		s.Close()
		return readError(c)
	}},
	{"WriteBrokenPipe", syscall.EPIPE, func(t *testing.T, n network) error {
		c, _ := n.pair(t)
		must(t, c.(interface{ CloseWrite() error }).CloseWrite())
		_, err := c.Write([]byte("x"))
		return err
	}},
	{"ListenInUse", syscall.EADDRINUSE, func(t *testing.T, n network) error {
		l, err := n.listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer l.Close()
		_, err = n.listen("tcp", l.Addr().String())
		return err
	}},
	{"ListenForeignAddress", syscall.EADDRNOTAVAIL, func(t *testing.T, n network) error {
		_, err := n.listen("tcp", "198.51.100.1:0")
		return err
	}},
	{"DatagramTooLong", syscall.EMSGSIZE, func(t *testing.T, n network) error {
		c, err := n.listenPacket("udp", "127.0.0.1:0")
		must(t, err)
		defer c.Close()
		_, err = c.WriteTo(make([]byte, 65508), c.LocalAddr())
		return err
	}},
	{"DatagramRefused", syscall.ECONNREFUSED, func(t *testing.T, n network) error {
		gone, err := n.listenPacket("udp", "127.0.0.1:0")
		must(t, err)
		gone.Close()
		c, err := n.dial("udp", gone.LocalAddr().String())
		must(t, err)
		defer c.Close()
		c.Write([]byte("x"))
		return readError(c)
	}},
	{"DatagramToConnected", net.ErrWriteToConnected, func(t *testing.T, n network) error {
		c, err := n.dial("udp", "127.0.0.1:9")
		must(t, err)
		defer c.Close()
		_, err = c.(net.PacketConn).WriteTo([]byte("x"), c.RemoteAddr())
		return err
	}},
	{"UnknownNetwork", net.UnknownNetworkError("tcp7"), func(t *testing.T, n network) error {
		_, err := n.dial("tcp7", "127.0.0.1:1")
		return err
	}},
	{"UnknownHost", &net.DNSError{}, func(t *testing.T, n network) error {
		_, err := n.dial("tcp", "bad..name:80")
		return err
	}},
	{"UnknownHostToListen", &net.DNSError{}, func(t *testing.T, n network) error {
		_, err := n.listen("tcp", "bad..name:80")
		return err
	}},
	{"UnknownService", &net.DNSError{}, func(t *testing.T, n network) error {
		_, err := n.dial("tcp", "127.0.0.1:no-such-service")
		return err
	}},
	{"UnknownServiceOfUDP", &net.DNSError{}, func(t *testing.T, n network) error {
		_, err := n.listenPacket("udp", "127.0.0.1:no-such-service")
		return err
	}},
	{"InvalidPort", &net.AddrError{Err: "invalid port", Addr: "65536"}, func(t *testing.T, n network) error {
		_, err := n.dial("tcp", "bad..name:65536")
		return err
	}},
	{"NegativePort", &net.AddrError{Err: "invalid port", Addr: "-1"}, func(t *testing.T, n network) error {
		_, err := n.listenPacket("udp", "127.0.0.1:-1")
		return err
	}},
	{"MissingAddress", nil, func(t *testing.T, n network) error {
		_, err := n.dial("tcp", "")
		return err
	}},
	{"OtherVersion", &net.AddrError{Err: "no suitable address found", Addr: "127.0.0.1"}, func(t *testing.T, n network) error {
		_, err := n.dial("tcp6", "127.0.0.1:80")
		return err
	}},
	{"MissingPort", &net.AddrError{Err: "missing port in address", Addr: "127.0.0.1"}, func(t *testing.T, n network) error {
		_, err := n.listen("tcp", "127.0.0.1")
		return err
	}},
}

// nesting spells an error's types from the outside in, with what tells them
// apart, but not the addresses.
func nesting(err error) string {
	var all []string
	for ; err != nil; err = errors.Unwrap(err) {
		switch e := err.(type) {
		case *net.OpError:
			all = append(all, fmt.Sprintf("OpError{%s %s source %T addr %T timeout %v}", e.Op, e.Net, e.Source, e.Addr, e.Timeout()))
		case *os.SyscallError:
			all = append(all, "SyscallError{"+e.Syscall+"}")
		case *net.DNSError:
			all = append(all, fmt.Sprintf("DNSError{%v timeout %v temporary %v not found %v}", e, e.IsTimeout, e.IsTemporary, e.IsNotFound))
			return strings.Join(all, " > ") // what is below is the resolver's own
		default:
			all = append(all, fmt.Sprintf("%T{%v}", err, err))
		}
	}
	return strings.Join(all, " > ")
}

// TestErrorsNestAsInPackageNet makes every error on the stack, on the kernel
// path and with package net itself, and compares.
func TestErrorsNestAsInPackageNet(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		ours := network{m.Dial, m.Listen, m.ListenPacket}
		for _, c := range errorsOfNet {
			t.Run(c.name, func(t *testing.T) {
				if c.name == "DialUnreachable" && !testenv.InNetns() {
					testenv.Skip(t, "this machine's routes may lead anywhere: a network namespace is needed, and so root")
				}
				got, want := c.make(t, ours), c.make(t, packageNet)
				if g, w := nesting(got), nesting(want); g != w {
					t.Errorf("ours:        %s\npackage net: %s", g, w)
				}
				if !errors.Is(got, c.is) && got.Error() != want.Error() {
					t.Errorf("%v is not %v", got, c.is)
				}
			})
		}
	})
}

// TestDialEnds tells apart the ways in which a context ends a dial.
func TestDialEnds(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := m.DialContext(cancelled, "tcp", "127.0.0.1:9")
		var op *net.OpError
		if !errors.As(err, &op) || !errors.Is(err, context.Canceled) || op.Timeout() || op.Op != "dial" {
			t.Errorf("cancelled: %v", err)
		}
		late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err = m.DialContext(late, "tcp", "127.0.0.1:9")
		if !errors.As(err, &op) || !errors.Is(err, context.DeadlineExceeded) || !op.Timeout() || !strings.HasSuffix(err.Error(), "i/o timeout") {
			t.Errorf("late: %v", err)
		}
	})
}

// TestSocketErrors asserts what a Socket's errors are and unwrap to.
func TestSocketErrors(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		must(t, s.Bind(facade.InetAddr{Host: "127.0.0.1"}))
		must(t, s.SetTimeout(time.Millisecond))
		_, err = s.Recv(1)
		wantError(t, err, facade.Error{Op: "recv"}, "recv: timed out", true, os.ErrDeadlineExceeded)

		must(t, s.SetBlocking(false))
		_, err = s.Recv(1)
		wantError(t, err, facade.Error{Op: "recv", Errno: syscall.EAGAIN}, "recv: EAGAIN: resource temporarily unavailable", false, syscall.EAGAIN)

		far := facade.InetAddr{Host: "127.0.0.1", Port: 9}
		_, err = s.SendTo(make([]byte, 65508), far)
		wantError(t, err, facade.Error{Op: "sendto", Addr: far, Errno: syscall.EMSGSIZE}, "sendto 127.0.0.1:9: EMSGSIZE: message too long", false, syscall.EMSGSIZE)

		must(t, s.Close())
		_, err = s.RecvInto(make([]byte, 1))
		wantError(t, err, facade.Error{Op: "recv_into", Errno: syscall.EBADF}, "recv_into: EBADF: bad file descriptor", false, syscall.EBADF, net.ErrClosed)

		_, err = m.Socket(facade.AF_INET, facade.SOCK_STREAM, 200)
		wantError(t, err, facade.Error{Op: "socket", Errno: syscall.EPROTONOSUPPORT}, "socket: EPROTONOSUPPORT: protocol not supported", false, syscall.EPROTONOSUPPORT)
	})
}

func wantError(t *testing.T, err error, want facade.Error, text string, timeout bool, is ...error) {
	t.Helper()
	var got *facade.Error
	if !errors.As(err, &got) {
		t.Fatalf("%v is no *facade.Error", err)
	}
	if got.Op != want.Op || got.Addr != want.Addr || got.Errno != want.Errno || got.Error() != text || got.Timeout() != timeout {
		t.Errorf("%#v (%v), want %#v (%s)", got, got, want, text)
	}
	for _, target := range is {
		if !errors.Is(err, target) {
			t.Errorf("%v is not %v", err, target)
		}
	}
}

// TestFacesOfNothing: nil and zero connections answer EINVAL.
func TestFacesOfNothing(t *testing.T) {
	t.Run("nil", func(t *testing.T) { facesOfNothing(t, nil, nil, nil) })
	t.Run("zero", func(t *testing.T) {
		facesOfNothing(t, &facade.TCPConn{}, &facade.UDPConn{}, &facade.TCPListener{})
	})
}

func facesOfNothing(t *testing.T, c *facade.TCPConn, u *facade.UDPConn, l *facade.TCPListener) {
	t.Helper()
	for name, call := range map[string]func() error{
		"read":       func() error { _, err := c.Read(nil); return err },
		"write":      func() error { _, err := c.Write(nil); return err },
		"close":      c.Close,
		"closeread":  c.CloseRead,
		"closewrite": c.CloseWrite,
		"deadline":   func() error { return c.SetDeadline(time.Time{}) },
		"nodelay":    func() error { return c.SetNoDelay(true) },
		"linger":     func() error { return c.SetLinger(0) },
		"keepalive":  func() error { return c.SetKeepAlive(true) },
		"readfrom":   func() error { _, err := c.ReadFrom(nil); return err },
		"writeto":    func() error { _, err := c.WriteTo(nil); return err },
		"udp close":  u.Close,
		"udp buffer": func() error { return u.SetReadBuffer(1) },
		"udp read":   func() error { _, _, err := u.ReadFrom(nil); return err },
		"udp write":  func() error { _, err := u.WriteTo(nil, &net.UDPAddr{}); return err },
		"udp msg":    func() error { _, _, _, _, err := u.ReadMsgUDPAddrPort(nil, nil); return err },
		"udp port":   func() error { _, err := u.WriteToUDPAddrPort(nil, netip.AddrPort{}); return err },
		"accept":     func() error { _, err := l.Accept(); return err },
		"l close":    l.Close,
		"l deadline": func() error { return l.SetDeadline(time.Time{}) },
	} {
		if err := call(); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c.LocalAddr() != nil || c.RemoteAddr() != nil || l.Addr() != nil || c.Socket() != nil || l.Socket() != nil {
		t.Error("nothing has addresses or sockets")
	}
}
