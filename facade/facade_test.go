package facade_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver"
)

func TestMain(m *testing.M) {
	if port := os.Getenv(dialerPort); port != "" {
		os.Exit(runDialer(port))
	}
	os.Exit(testenv.RunInNetns(m))
}

// patience is how long something may take that ought to happen at once.
const patience = 30 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErrno fails unless err is of errno.
func wantErrno(t testing.TB, what string, err error, errno syscall.Errno) {
	t.Helper()
	if !errors.Is(err, errno) {
		t.Errorf("%s: %v, want %v", what, err, errno)
	}
}

func closeAtEnd(t testing.TB, c interface{ Close() error }) {
	t.Helper()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// onPaths runs a test on the stack and on the kernel.
func onPaths(t *testing.T, run func(*testing.T, *facade.Module)) {
	for _, path := range []struct {
		name   string
		config facade.Config
	}{
		{"stack", facade.Config{}},
		{"kernel", facade.Config{Kernel: facade.KernelAlways, Names: &resolver.Config{}}},
	} {
		t.Run(path.name, func(t *testing.T) {
			testenv.LeakCheck(t)
			m := facade.New(path.config)
			closeAtEnd(t, m)
			run(t, m)
		})
	}
}

// connPair connects two *facade.TCPConn.
func connPair(t testing.TB, m *facade.Module) (client, server *facade.TCPConn) {
	t.Helper()
	l, err := m.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	c, err := m.Dial("tcp", l.Addr().String())
	must(t, err)
	s, err := l.Accept()
	must(t, err)
	t.Cleanup(func() {
		c.Close()
		s.Close()
	})
	return c.(*facade.TCPConn), s.(*facade.TCPConn)
}

// TestConn is golang.org/x/net's test of the contract of net.Conn.
func TestConn(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
			l, err := m.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, nil, nil, err
			}
			defer l.Close()
			if c1, err = m.Dial("tcp", l.Addr().String()); err != nil {
				return nil, nil, nil, err
			}
			c2, err = l.Accept()
			return c1, c2, func() { c1.Close(); c2.Close() }, err
		})
	})
}
