package facade_test

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
)

func TestDefaultTimeout(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		if m.GetDefaultTimeout() != facade.NoTimeout {
			t.Errorf("default timeout at first: %v", m.GetDefaultTimeout())
		}
		must(t, m.SetDefaultTimeout(time.Millisecond))
		var refused *facade.ArgumentError
		if err := m.SetDefaultTimeout(-1); !errors.As(err, &refused) || m.GetDefaultTimeout() != time.Millisecond {
			t.Errorf("negative default timeout: %v, and it is %v", err, m.GetDefaultTimeout())
		}
		l, a := listening(t, m, facade.InetAddr{Host: "127.0.0.1"})
		if l.GetTimeout() != time.Millisecond {
			t.Errorf("timeout of a new socket: %v", l.GetTimeout())
		}
		must(t, l.SetBlocking(true))
		s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM|facade.SOCK_NONBLOCK, 0)
		must(t, err)
		defer s.Close()
		if s.GetTimeout() != 0 || s.Type() != facade.SOCK_STREAM {
			t.Errorf("with SOCK_NONBLOCK: timeout %v, type %v", s.GetTimeout(), s.Type())
		}
		must(t, s.SetTimeout(patience))
		must(t, s.Connect(a))
		c, _, err := l.Accept()
		must(t, err)
		defer c.Close()
		if c.GetTimeout() != time.Millisecond {
			t.Errorf("timeout of an accepted socket: %v", c.GetTimeout())
		}
	})
}

// provider is one that a program brings for a family; it refuses in its own way.
type provider struct{ endpoint.Provider }

func (provider) Socket(int, int, int, endpoint.Cred) (endpoint.Endpoint, endpoint.Errno) {
	return nil, endpoint.EACCES
}

// TestKernelPolicy: what carries a family follows from the policy alone.
func TestKernelPolicy(t *testing.T) {
	const brought facade.Family = 30 // AF_TIPC
	providers := map[facade.Family]endpoint.Provider{brought: provider{}}
	unixErrno := error(nil)
	if runtime.GOOS != "linux" {
		unixErrno = syscall.EAFNOSUPPORT
	}
	for _, c := range []struct {
		policy facade.KernelPolicy
		family facade.Family
		typ    facade.Type
		proto  int
		want   error
	}{
		{facade.KernelOthers, facade.AF_INET, facade.SOCK_STREAM, 0, nil},
		{facade.KernelOthers, facade.AF_UNIX, facade.SOCK_STREAM, 0, unixErrno},
		{facade.KernelOthers, brought, facade.SOCK_STREAM, 0, syscall.EACCES},
		{facade.KernelOthers, facade.AF_INET, facade.SOCK_STREAM, 262, syscall.EPROTONOSUPPORT}, // MPTCP, which the kernel has
		{facade.KernelOthers, facade.AF_INET6, facade.SOCK_DGRAM, 136, syscall.EPROTONOSUPPORT}, // UDP-Lite
		{facade.KernelNever, facade.AF_INET6, facade.SOCK_DGRAM, 0, nil},
		{facade.KernelNever, facade.AF_UNIX, facade.SOCK_STREAM, 0, syscall.EAFNOSUPPORT},
		{facade.KernelNever, brought, facade.SOCK_STREAM, 0, syscall.EACCES},
	} {
		t.Run(fmt.Sprintf("%d/%v/%v/%d", c.policy, c.family, c.typ, c.proto), func(t *testing.T) {
			testenv.LeakCheck(t)
			m := facade.New(facade.Config{Kernel: c.policy, Providers: providers})
			closeAtEnd(t, m)
			s, err := m.Socket(c.family, c.typ, c.proto)
			if !errors.Is(err, c.want) || (err == nil) != (s != nil) {
				t.Errorf("%v, %v, want %v", s, err, c.want)
			}
		})
	}
}

// TestSamePort: the stack's ports are not the kernel's.
func TestSamePort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	m := facade.New(facade.Config{})
	closeAtEnd(t, m)
	ours, err := m.Listen("tcp", l.Addr().String())
	must(t, err)
	ours.Close()
}

// TestModuleClose ends what waits, and later calls; the caller's stack stays.
func TestModuleClose(t *testing.T) {
	testenv.LeakCheck(t)
	s, err := stack.New(stack.Config{})
	must(t, err)
	closeAtEnd(t, s)
	m := facade.New(facade.Config{Stack: s})
	l, err := m.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	accepted := make(chan error)
	go func() { _, err := l.Accept(); accepted <- err }()
	must(t, m.Close())
	must(t, m.Close())
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the Accept that waited: %v", err)
	}
	if _, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0); !errors.Is(err, net.ErrClosed) {
		t.Errorf("socket of a closed module: %v", err)
	}
	again := facade.New(facade.Config{Stack: s})
	closeAtEnd(t, again)
	_, err = again.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
}

// TestStackClosed: sockets of a stack that is gone answer with errors.
func TestStackClosed(t *testing.T) {
	testenv.LeakCheck(t)
	s, err := stack.New(stack.Config{})
	must(t, err)
	m := facade.New(facade.Config{Stack: s})
	closeAtEnd(t, m)
	client, _ := connPair(t, m)
	must(t, s.Close())
	if _, err := client.Write([]byte("x")); err == nil {
		_, err = client.Read(make([]byte, 1))
		if err == nil {
			t.Error("a connection outlived its stack")
		}
	}
	if _, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0); err == nil {
		t.Error("a closed stack made a socket")
	}
}

// TestStackClosedEndsDatagramSockets: those that were never bound too.
func TestStackClosedEndsDatagramSockets(t *testing.T) {
	testenv.LeakCheck(t)
	s, err := stack.New(stack.Config{})
	must(t, err)
	m := facade.New(facade.Config{Stack: s})
	closeAtEnd(t, m)
	unbound, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
	must(t, err)
	bound, err := m.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan error)
	go func() { _, err := unbound.Recv(1); ended <- err }()
	go func() { _, _, err := bound.ReadFrom(make([]byte, 1)); ended <- err }()
	must(t, s.Close())
	for range 2 {
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the receive that waited: %v", err)
		}
	}
	if _, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0); !errors.Is(err, net.ErrClosed) {
		t.Errorf("socket on a closed stack: %v", err)
	}
}

// TestModuleCloseRacesWithSockets: none is left, whoever comes first.
func TestModuleCloseRacesWithSockets(t *testing.T) {
	testenv.LeakCheck(t)
	s, err := stack.New(stack.Config{})
	must(t, err)
	closeAtEnd(t, s)
	for range 200 {
		m := facade.New(facade.Config{Stack: s})
		_, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		table := facade.TableOf(m)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					if _, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0); err != nil {
						return
					}
				}
			})
		}
		must(t, m.Close())
		wg.Wait()
		if n := table.Len(); n != 0 {
			t.Fatalf("%d sockets are left", n)
		}
	}
}

// TestBacklogCap: a listener's backlog is cut to the stack's.
func TestBacklogCap(t *testing.T) {
	testenv.LeakCheck(t)
	s, err := stack.New(stack.Config{Caps: stack.Caps{Backlog: 2}})
	must(t, err)
	closeAtEnd(t, s)
	m := facade.New(facade.Config{Stack: s})
	closeAtEnd(t, m)
	_, a := listening(t, m, facade.InetAddr{Host: "127.0.0.1"})
	const most = 20
	connected := 0
	for ; connected < most; connected++ {
		c, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
		must(t, err)
		must(t, c.SetTimeout(50*time.Millisecond))
		if err := c.Connect(a); err != nil {
			break
		}
	}
	if connected < 3 || connected == most {
		t.Errorf("%d connections wait for a listener with a cap of 2", connected)
	}
}

// TestZeroModule: the zero Module is one with the zero Config, and a nil one has
// no sockets.
func TestZeroModule(t *testing.T) {
	testenv.LeakCheck(t)
	m := new(facade.Module)
	closeAtEnd(t, m)
	s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
	if s.GetTimeout() != facade.NoTimeout {
		t.Errorf("timeout %v", s.GetTimeout())
	}
	m = nil
	for name, call := range map[string]func() error{
		"socket":            func() error { _, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0); return err },
		"dial":              func() error { _, err := m.Dial("tcp", "127.0.0.1:1"); return err },
		"listen":            func() error { _, err := m.Listen("tcp", "127.0.0.1:1"); return err },
		"listenpacket":      func() error { _, err := m.ListenPacket("udp", "127.0.0.1:1"); return err },
		"setdefaulttimeout": func() error { return m.SetDefaultTimeout(1) },
	} {
		if err := call(); !errors.Is(err, syscall.EBADF) {
			t.Errorf("%s of a nil module: %v", name, err)
		}
	}
	if m.Close() != nil || m.GetDefaultTimeout() != facade.NoTimeout {
		t.Error("a nil module does something")
	}
}

// TestDeadlinesFollowTheStacksClock: no real time passes.
func TestDeadlinesFollowTheStacksClock(t *testing.T) {
	testenv.LeakCheck(t)
	clock := newManualClock()
	s, err := stack.New(stack.Config{Clock: clock})
	must(t, err)
	closeAtEnd(t, s)
	m := facade.New(facade.Config{Stack: s})
	closeAtEnd(t, m)
	client, _ := connPair(t, m)
	must(t, client.SetReadDeadline(clock.Now().Add(time.Hour)))
	read := make(chan error)
	go func() { _, err := client.Read(make([]byte, 1)); read <- err }()
	select {
	case err := <-read:
		t.Fatalf("read before its deadline: %v", err)
	default:
	}
	clock.Advance(time.Hour)
	var timeout net.Error
	if err := <-read; !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("read: %v", err)
	}
}

// TestPairWithoutUnix: the default family of a pair is AF_INET where there is no
// AF_UNIX.
func TestPairWithoutUnix(t *testing.T) {
	m := facade.New(facade.Config{Kernel: facade.KernelNever})
	closeAtEnd(t, m)
	pair, err := m.SocketPair(facade.AF_UNSPEC, facade.SOCK_STREAM, 0)
	must(t, err)
	defer pair[0].Close()
	defer pair[1].Close()
	if f := pair[0].Family(); f != facade.AF_INET {
		t.Errorf("a pair of %v", f)
	}
	must(t, pair[0].SendAll([]byte("x")))
	if b, err := pair[1].Recv(1); string(b) != "x" || err != nil {
		t.Errorf("recv: %q, %v", b, err)
	}
	_, err = m.SocketPair(facade.AF_UNIX, facade.SOCK_STREAM, 0)
	wantErrno(t, "a pair of AF_UNIX", err, syscall.EAFNOSUPPORT)
}

// TestSocketsEndWithModule: to poll and select, and to every call, a socket of a
// closed module is closed.
func TestSocketsEndWithModule(t *testing.T) {
	for name, c := range map[string]facade.Config{"stack": {}, "kernel": {Kernel: facade.KernelAlways}} {
		m := facade.New(c)
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		waiting := make(chan facade.Events, 1)
		go func() {
			fds := []facade.PollFD{{Socket: s, Events: facade.POLLIN}}
			facade.Poll(fds, facade.NoTimeout)
			waiting <- fds[0].Revents
		}()
		must(t, m.Close())
		if shows := <-waiting; shows != facade.POLLNVAL {
			t.Errorf("%s: poll shows %#x", name, shows)
		}
		_, _, _, err = facade.Select([]*facade.Socket{s}, nil, nil, 0)
		wantErrno(t, name+": select", err, syscall.EBADF)
		_, err = s.GetSockName()
		wantErrno(t, name+": getsockname", err, syscall.EBADF)
	}
}
