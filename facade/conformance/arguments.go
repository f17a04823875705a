package conformance

import (
	"errors"
	"math"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

var argumentTests = []test{
	{"Arguments/NilAndZeroSockets", nilSockets},
	{"Arguments/BadAddresses", badAddresses},
	{"Arguments/UnknownHosts", unknownHosts},
	{"Arguments/BadSizesAndTimeouts", badSizes},
	{"Arguments/UnknownSockets", unknownSockets},
}

// nilSockets calls every method on sockets that never were.
func nilSockets(t *testing.T, env Env) {
	for _, s := range []*facade.Socket{nil, {}} {
		a := env.addr(env.Host, 1)
		for name, call := range map[string]func() error{
			"bind":          func() error { return s.Bind(a) },
			"listen":        func() error { return s.Listen(1) },
			"accept":        func() error { _, _, err := s.Accept(); return err },
			"connect":       func() error { return s.Connect(a) },
			"connect_ex":    func() error { _, err := s.ConnectEx(a); return err },
			"send":          func() error { _, err := s.Send(nil); return err },
			"sendall":       func() error { return s.SendAll(nil) },
			"sendto":        func() error { _, err := s.SendTo(nil, a); return err },
			"recv":          func() error { _, err := s.Recv(1); return err },
			"recv_into":     func() error { _, err := s.RecvInto(nil); return err },
			"recvfrom":      func() error { _, _, err := s.RecvFrom(1); return err },
			"recvfrom_into": func() error { _, _, err := s.RecvFromInto(nil); return err },
			"shutdown":      func() error { return s.Shutdown(facade.SHUT_RD) },
			"getsockname":   func() error { _, err := s.GetSockName(); return err },
			"getpeername":   func() error { _, err := s.GetPeerName(); return err },
			"fileno":        func() error { _, err := s.Fileno(); return err },
			"settimeout":    func() error { return s.SetTimeout(1) },
			"setblocking":   func() error { return s.SetBlocking(true) },
			"getsockopt":    func() error { _, err := s.GetSockOpt(facade.SOL_SOCKET, facade.SO_TYPE); return err },
			"setsockopt":    func() error { return s.SetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEADDR, 1) },
			"conn":          func() error { _, err := s.Conn(); return err },
			"listener":      func() error { _, err := s.Listener(); return err },
			"packetconn":    func() error { _, err := s.PacketConn(); return err },
		} {
			wantErrno(t, name, call(), syscall.EBADF)
		}
		must(t, s.Close())
		if s.Family() != 0 || s.Type() != 0 || s.Proto() != 0 || s.GetTimeout() != 0 {
			t.Error("a socket that never was has attributes")
		}
		if got := s.String(); got != "<socket [closed] fd=-1, family=AF_UNSPEC, type=0, proto=0>" {
			t.Errorf("a socket that never was is %s", got)
		}
	}
}

// wantArgumentError fails unless a call was refused before any I/O.
func wantArgumentError(t *testing.T, what string, err error) {
	t.Helper()
	var refused *facade.ArgumentError
	if !errors.As(err, &refused) {
		t.Errorf("%s: %v, want an ArgumentError", what, err)
	}
}

func badAddresses(t *testing.T, env Env) {
	other := facade.Addr(facade.Inet6Addr{Host: "::1", Port: 1})
	if env.Family == facade.AF_INET6 {
		other = facade.InetAddr{Host: "127.0.0.1", Port: 1}
	}
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	d := env.socket(t, env.Client, facade.SOCK_DGRAM)
	for name, a := range map[string]facade.Addr{
		"nil": nil, "nil pointer": (*facade.InetAddr)(nil), "another family": other, "port below 0": env.addr(env.Host, -1),
		"port above 65535": env.addr(env.Host, 65536), "address of no family": facade.RawAddr{},
	} {
		wantArgumentError(t, "bind to "+name, s.Bind(a))
		wantArgumentError(t, "connect to "+name, s.Connect(a))
		_, err := s.ConnectEx(a)
		wantArgumentError(t, "connect_ex to "+name, err)
		_, err = d.SendTo([]byte("x"), a)
		wantArgumentError(t, "sendto "+name, err)
	}
	must(t, s.Bind(env.addr("", 0))) // nothing was changed
}

// unknownHosts: a name that nobody knows is a gaierror wherever a host is taken, of
// connect_ex too.
func unknownHosts(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	d := env.socket(t, env.Client, facade.SOCK_DGRAM)
	for _, host := range []string{"no-such-host.invalid", "1.2.3.4.5", "300.1.1.1", ":::", "1.2.3.4%eth9", "fe80::1%no-such-link"} {
		a := env.addr(host, 1)
		for op, call := range map[string]func() error{
			"bind":       func() error { return s.Bind(a) },
			"connect":    func() error { return s.Connect(a) },
			"connect_ex": func() error { _, err := s.ConnectEx(a); return err },
			"sendto":     func() error { _, err := d.SendTo([]byte("x"), a); return err },
		} {
			var unknown *facade.GAIError
			if err := call(); !errors.As(err, &unknown) || unknown.Op != op {
				t.Errorf("%s to %s: %v, want a GAIError", op, host, err)
			}
		}
	}
	must(t, s.Bind(env.addr("", 0))) // nothing was changed
}

func badSizes(t *testing.T, env Env) {
	s, _ := env.bound(t, facade.SOCK_DGRAM)
	_, err := s.Recv(-1)
	wantArgumentError(t, "recv(-1)", err)
	_, _, err = s.RecvFrom(-1)
	wantArgumentError(t, "recvfrom(-1)", err)
	_, err = s.Recv(math.MaxInt)
	wantArgumentError(t, "recv of too much", err)
	wantArgumentError(t, "negative timeout", s.SetTimeout(-time.Second))
	if s.GetTimeout() != patience {
		t.Errorf("the refused timeout changed it to %v", s.GetTimeout())
	}
	for _, size := range []int{-1, 0, 1025} {
		_, err = s.GetSockOptBytes(facade.SOL_SOCKET, facade.SO_TYPE, size)
		wantArgumentError(t, "getsockopt with a bad length", err)
	}
	wantErrno(t, "shutdown", s.Shutdown(3), syscall.EINVAL)
}

func unknownSockets(t *testing.T, env Env) {
	for _, c := range []struct {
		family facade.Family
		typ    facade.Type
		proto  int
		errno  syscall.Errno
	}{
		{9999, facade.SOCK_STREAM, 0, syscall.EAFNOSUPPORT},
		{-1, facade.SOCK_STREAM, 0, syscall.EAFNOSUPPORT},
		{env.Family, facade.SOCK_STREAM, facade.IPPROTO_UDP, syscall.EPROTONOSUPPORT},
		{env.Family, facade.SOCK_STREAM, 200, syscall.EPROTONOSUPPORT},
	} {
		if s, err := env.Client.Socket(c.family, c.typ, c.proto); !errors.Is(err, c.errno) || s != nil {
			t.Errorf("socket(%v, %v, %d): %v, %v, want %v", c.family, c.typ, c.proto, s, err, c.errno)
		}
	}
	if s, err := env.Client.Socket(env.Family, 99, 0); err == nil || s != nil {
		t.Errorf("socket of an unknown type: %v, %v", s, err)
	}
}
