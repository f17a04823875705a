package facade_test

import (
	"io"
	"net"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/usernet-stack/usernet/facade"
)

func modules(t testing.TB) map[string]*facade.Module {
	all := map[string]*facade.Module{
		"stack":  facade.New(facade.Config{}),
		"kernel": facade.New(facade.Config{Kernel: facade.KernelAlways}),
	}
	t.Cleanup(func() {
		for _, m := range all {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return all
}

func TestEcho(t *testing.T) {
	for name, m := range modules(t) {
		t.Run(name, func(t *testing.T) {
			l, err := m.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				c, err := l.Accept()
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(c, c)
				c.Close()
			}()
			c, err := m.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.Write([]byte("hello"))
			b := make([]byte, 5)
			if _, err := io.ReadFull(c, b); err != nil || string(b) != "hello" {
				t.Fatal(err, b)
			}
		})
	}
}

func TestNetConn(t *testing.T) {
	for name, m := range modules(t) {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				l, err := m.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return nil, nil, nil, err
				}
				defer l.Close()
				c1, err = m.Dial("tcp", l.Addr().String())
				if err != nil {
					return nil, nil, nil, err
				}
				c2, err = l.Accept()
				return c1, c2, func() { c1.Close(); c2.Close() }, err
			})
		})
	}
}
