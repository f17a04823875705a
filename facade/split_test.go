package facade_test

import (
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// stackAddress is one that only the stack has.
const stackAddress = "10.99.0.1"

// splitModule sends 127.0.0.0/8 and ::1 to the kernel; its stack has stackAddress.
func splitModule(t *testing.T, policy facade.KernelPolicy) *facade.Module {
	t.Helper()
	silent, _ := link.NewCable(link.CableConfig{})
	s, err := stack.New(stack.Config{Links: []stack.LinkConfig{
		{Name: "eth0", Endpoint: silent, Addresses: []netip.Prefix{netip.MustParsePrefix(stackAddress + "/24")}},
	}})
	must(t, err)
	m := facade.New(facade.Config{Stack: s, Kernel: policy, KernelPrefixes: []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"),
	}})
	t.Cleanup(func() {
		must(t, m.Close())
		must(t, s.Close())
	})
	return m
}

// serveEcho accepts one connection on m and echoes until its end.
func serveEcho(t *testing.T, m *facade.Module, host string) facade.Addr {
	t.Helper()
	l, a := listening(t, m, facade.InetAddr{Host: host})
	go func() {
		c, _, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for {
			b, err := c.Recv(1024)
			if err != nil || len(b) == 0 || c.SendAll(b) != nil {
				return
			}
		}
	}()
	return a
}

// TestSplitTunnel reaches a server of the kernel and one of the stack through one
// module, with options and mode that were set before the path was known.
func TestSplitTunnel(t *testing.T) {
	testenv.LeakCheck(t)
	m := splitModule(t, facade.KernelOthers)
	kernel := facade.New(facade.Config{Kernel: facade.KernelAlways})
	defer kernel.Close()
	for _, c := range []struct {
		name   string
		server *facade.Module
		host   string
	}{{"kernel", kernel, "127.0.0.1"}, {"stack", m, stackAddress}} {
		t.Run(c.name, func(t *testing.T) {
			to := serveEcho(t, c.server, c.host)
			s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
			must(t, err)
			defer s.Close()
			must(t, s.SetSockOpt(facade.IPPROTO_TCP, facade.TCP_NODELAY, 1))
			must(t, s.SetSockOpt(facade.IPPROTO_IP, facade.IP_TTL, 33))
			must(t, s.SetTimeout(patience))
			must(t, s.Connect(to))
			for level, name := range map[int]int{facade.IPPROTO_TCP: facade.TCP_NODELAY, facade.IPPROTO_IP: facade.IP_TTL} {
				want := map[int]int{facade.IPPROTO_TCP: 1, facade.IPPROTO_IP: 33}[level]
				if v, err := s.GetSockOpt(level, name); err != nil || v != want {
					t.Errorf("option %d of level %d after the connect: %d, %v, want %d", name, level, v, err, want)
				}
			}
			if s.GetTimeout() != patience {
				t.Errorf("timeout %v", s.GetTimeout())
			}
			must(t, s.SendAll([]byte("hello")))
			if b, err := s.Recv(10); err != nil || string(b) != "hello" {
				t.Fatalf("recv: %q, %v", b, err)
			}
			local, err := s.GetSockName()
			must(t, err)
			if host := local.(facade.InetAddr).Host; host != c.host {
				t.Errorf("the connection is from %s, want %s", host, c.host)
			}
		})
	}
}

// TestSplitDatagrams: the first destination of a datagram socket chooses.
func TestSplitDatagrams(t *testing.T) {
	m := splitModule(t, facade.KernelOthers)
	for _, host := range []string{"127.0.0.1", stackAddress} {
		r, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		defer r.Close()
		must(t, r.Bind(facade.InetAddr{Host: host}))
		must(t, r.SetTimeout(patience))
		to, err := r.GetSockName()
		must(t, err)
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		defer s.Close()
		_, err = s.SendTo([]byte(host), to)
		must(t, err)
		b, from, err := r.RecvFrom(100)
		if err != nil || string(b) != host || from.(facade.InetAddr).Host != host {
			t.Errorf("recvfrom: %q, %v, %v", b, from, err)
		}
	}
}

// TestSplitUnblocksReaders: a call that waited on the stack goes on waiting on
// the kernel.
func TestSplitUnblocksReaders(t *testing.T) {
	m := splitModule(t, facade.KernelOthers)
	s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
	must(t, err)
	defer s.Close()
	must(t, s.SetTimeout(patience))
	type received struct {
		b   []byte
		err error
	}
	got := make(chan received, 1)
	go func() {
		b, err := s.Recv(100)
		got <- received{b, err}
	}()
	must(t, s.Bind(facade.InetAddr{Host: "127.0.0.1"}))
	to, err := s.GetSockName()
	must(t, err)
	_, err = s.SendTo([]byte("to itself"), to)
	must(t, err)
	if r := <-got; r.err != nil || string(r.b) != "to itself" {
		t.Errorf("recv: %q, %v", r.b, r.err)
	}
}

// TestSplitNever: with KernelNever nothing goes to the kernel, prefixes or not.
func TestSplitNever(t *testing.T) {
	m := splitModule(t, facade.KernelNever)
	kernel := facade.New(facade.Config{Kernel: facade.KernelAlways})
	defer kernel.Close()
	s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
	defer s.Close()
	wantErrno(t, "connect", s.Connect(serveEcho(t, kernel, "127.0.0.1")), syscall.ECONNREFUSED)
}

// TestSplitClose: a socket that was closed before its path was chosen is closed.
func TestSplitClose(t *testing.T) {
	testenv.LeakCheck(t)
	m := splitModule(t, facade.KernelOthers)
	s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
	must(t, s.Close())
	wantErrno(t, "connect", s.Connect(facade.InetAddr{Host: "127.0.0.1", Port: 1}), syscall.EBADF)
	d, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
	must(t, err)
	must(t, d.Bind(facade.InetAddr{Host: "127.0.0.1"}))
	must(t, d.Close())
	if n := facade.TableOf(m).Len(); n != 0 {
		t.Errorf("%d sockets are left on the stack", n)
	}
}

// TestSplitReplaysOptions: memberships are replayed in order, of others the last
// value, and what SIO_KEEPALIVE_VALS set as well.
func TestSplitReplaysOptions(t *testing.T) {
	m := splitModule(t, facade.KernelOthers)
	kernel := facade.New(facade.Config{Kernel: facade.KernelAlways})
	defer kernel.Close()
	d, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
	must(t, err)
	defer d.Close()
	loopbackGroup := []byte{224, 1, 2, 3, 127, 0, 0, 1}
	for _, name := range []int{facade.IP_ADD_MEMBERSHIP, facade.IP_DROP_MEMBERSHIP, facade.IP_ADD_MEMBERSHIP} {
		must(t, d.SetSockOptBytes(facade.IPPROTO_IP, name, loopbackGroup))
	}
	for size := range 3000 {
		must(t, d.SetSockOpt(facade.SOL_SOCKET, facade.SO_RCVBUF, 10000+size))
	}
	_, err = d.SendTo([]byte("x"), facade.InetAddr{Host: "127.0.0.1", Port: 9})
	must(t, err)
	wantErrno(t, "joining twice", d.SetSockOptBytes(facade.IPPROTO_IP, facade.IP_ADD_MEMBERSHIP, loopbackGroup), syscall.EADDRINUSE)
	if v, err := d.GetSockOpt(facade.SOL_SOCKET, facade.SO_RCVBUF); v != 2*12999 || err != nil {
		t.Errorf("SO_RCVBUF: %d, %v", v, err)
	}

	s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
	defer s.Close()
	must(t, s.SetKeepAliveValues(facade.KeepAliveValues{On: true, Idle: 7 * time.Second, Interval: time.Second}))
	must(t, s.Connect(serveEcho(t, kernel, "127.0.0.1")))
	if v, err := s.GetSockOpt(facade.IPPROTO_TCP, facade.TCP_KEEPIDLE); v != 7 || err != nil {
		t.Errorf("TCP_KEEPIDLE: %d, %v", v, err)
	}
	if v, err := s.GetSockOpt(facade.SOL_SOCKET, facade.SO_KEEPALIVE); v != 1 || err != nil {
		t.Errorf("SO_KEEPALIVE: %d, %v", v, err)
	}
}

// TestSplitRemembersBoundedly: memberships without end are refused at some point.
func TestSplitRemembersBoundedly(t *testing.T) {
	m := splitModule(t, facade.KernelOthers)
	d, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
	must(t, err)
	defer d.Close()
	loopbackGroup := []byte{224, 1, 2, 3, 127, 0, 0, 1}
	for range 2000 {
		if err = d.SetSockOptBytes(facade.IPPROTO_IP, facade.IP_ADD_MEMBERSHIP, loopbackGroup); err != nil {
			break
		}
		if err = d.SetSockOptBytes(facade.IPPROTO_IP, facade.IP_DROP_MEMBERSHIP, loopbackGroup); err != nil {
			break
		}
	}
	wantErrno(t, "setsockopt", err, syscall.ENOBUFS)
}

// TestSplitListens: a listener is the stack's for good.
func TestSplitListens(t *testing.T) {
	m := splitModule(t, facade.KernelOthers)
	kernel := facade.New(facade.Config{Kernel: facade.KernelAlways})
	defer kernel.Close()
	to := serveEcho(t, kernel, "127.0.0.1")
	l, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
	defer l.Close()
	must(t, l.Listen(1))
	wantErrno(t, "connect of a listener", l.Connect(to), syscall.EISCONN)
}

// TestSplitMappedPrefix: a prefix of IPv4-mapped addresses is one of IPv4.
func TestSplitMappedPrefix(t *testing.T) {
	m := facade.New(facade.Config{KernelPrefixes: []netip.Prefix{netip.MustParsePrefix("::ffff:127.0.0.0/104")}})
	defer m.Close()
	kernel := facade.New(facade.Config{Kernel: facade.KernelAlways})
	defer kernel.Close()
	to := serveEcho(t, kernel, "127.0.0.1").(facade.InetAddr)
	s, err := m.Socket(facade.AF_INET6, facade.SOCK_STREAM, 0)
	must(t, err)
	defer s.Close()
	must(t, s.SetTimeout(patience))
	must(t, s.Connect(facade.Inet6Addr{Host: "::ffff:127.0.0.1", Port: to.Port}))
	must(t, s.SendAll([]byte("hello")))
	if b, err := s.Recv(10); err != nil || string(b) != "hello" {
		t.Errorf("recv: %q, %v", b, err)
	}
}

// TestSplitChoiceUnderWay: no call meets the socket that the choice closed.
func TestSplitChoiceUnderWay(t *testing.T) {
	m := splitModule(t, facade.KernelOthers)
	for range 300 {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		chosen := make(chan error, 1)
		go func() {
			_, err := s.SendTo([]byte("x"), facade.InetAddr{Host: "127.0.0.1", Port: 9})
			chosen <- err
		}()
		for choosing := true; choosing; {
			select {
			case err := <-chosen:
				must(t, err)
				choosing = false
			default:
			}
			if _, err := s.GetSockName(); err != nil {
				t.Fatal(err)
			}
		}
		must(t, s.Close())
	}
}
