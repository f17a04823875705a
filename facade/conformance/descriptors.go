package conformance

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var descriptorTests = []test{
	{"Descriptors/CloseAfterCloseElsewhere", closeElsewhere},
	{"Descriptors/CloseFDEndsSocket", closeFDEnds},
	{"Descriptors/SetTimeoutAfterCloseElsewhere", setTimeoutElsewhere},
	{"Descriptors/FamilyAndTypeAreFound", kindIsFound},
	{"Descriptors/NegativeNumberIsRefused", negativeFileno},
	{"Descriptors/UnusedNumberIsEBADF", unusedFileno},
	{"Descriptors/FileIsENOTSOCK", fileFileno},
}

// linuxOnly skips what other systems do not have here: descriptors, and families
// that the kernel carries.
func (env Env) linuxOnly(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		env.Skip(t, "the kernel's sockets and descriptors are Linux's")
	}
}

func (env Env) fileno(t testing.TB, s *facade.Socket) int {
	t.Helper()
	env.linuxOnly(t)
	fd, err := s.Fileno()
	must(t, err)
	if fd < 0 {
		t.Fatalf("fileno: %d", fd)
	}
	return fd
}

// closedElsewhere is a socket whose descriptor was closed behind its back.
func (env Env) closedElsewhere(t testing.TB) *facade.Socket {
	t.Helper()
	s := env.socket(t, env.Server, facade.SOCK_STREAM)
	must(t, env.Server.CloseFD(env.fileno(t, s)))
	return s
}

func closeElsewhere(t *testing.T, env Env) {
	s := env.closedElsewhere(t)
	wantErrno(t, "close", s.Close(), syscall.EBADF)
	must(t, s.Close()) // told once
}

func closeFDEnds(t *testing.T, env Env) {
	s := env.closedElsewhere(t)
	wantErrno(t, "listen", s.Listen(1), syscall.EBADF)
	wantErrno(t, "close", s.Close(), syscall.EBADF)
	wantErrno(t, "close(-1)", env.Server.CloseFD(-1), syscall.EBADF)
}

func setTimeoutElsewhere(t *testing.T, env Env) {
	s := env.closedElsewhere(t)
	wantErrno(t, "setblocking", s.SetBlocking(false), syscall.EBADF)
	wantErrno(t, "settimeout", s.SetTimeout(short), syscall.EBADF)
}

// kindIsFound makes sockets again from their descriptors.
func kindIsFound(t *testing.T, env Env) {
	env.linuxOnly(t)
	path := facade.UnixAddr{Path: filepath.Join(shortDir(t), "s")}
	for _, c := range []struct {
		typ facade.Type
		at  facade.Addr
	}{
		{facade.SOCK_STREAM, facade.InetAddr{Host: "127.0.0.1"}},
		{facade.SOCK_DGRAM, facade.InetAddr{Host: "127.0.0.1"}},
		{facade.SOCK_STREAM, facade.Inet6Addr{Host: "::1"}},
		{facade.SOCK_STREAM, path},
	} {
		s, err := env.Server.Socket(c.at.Family(), c.typ, 0)
		must(t, err)
		must(t, s.Bind(c.at))
		want, err := s.GetSockName()
		must(t, err)
		fd, err := s.Detach()
		must(t, err)
		again, err := env.Server.SocketFromFileno(fd)
		must(t, err)
		name, err := again.GetSockName()
		if err != nil || again.Family() != c.at.Family() || again.Type() != c.typ || name != want {
			t.Errorf("%v %v is found as %v %v, %v, %v", c.at.Family(), c.typ, again.Family(), again.Type(), name, err)
		}
		if n, err := again.Fileno(); n != fd {
			t.Errorf("fileno: %d, %v, want %d", n, err, fd)
		}
		must(t, again.Close())
	}
}

func negativeFileno(t *testing.T, env Env) {
	for _, fd := range []int{-1, -42} {
		s, err := env.Server.SocketFromFileno(fd)
		wantArgumentError(t, "socket with a negative fileno", err)
		if s != nil {
			t.Errorf("it made %v", s)
		}
	}
}

func unusedFileno(t *testing.T, env Env) {
	env.linuxOnly(t)
	const unused = 1 << 30 // over what fs.nr_open of proc(5) allows
	_, err := env.Server.SocketFromFileno(unused)
	wantErrno(t, "socket", err, syscall.EBADF)
	_, err = env.Server.FromFD(unused, env.Family, facade.SOCK_STREAM, 0)
	wantErrno(t, "fromfd", err, syscall.EBADF)
}

func fileFileno(t *testing.T, env Env) {
	env.linuxOnly(t)
	f, err := os.CreateTemp(t.TempDir(), "")
	must(t, err)
	defer f.Close()
	_, err = env.Server.SocketFromFileno(int(f.Fd()))
	if !errors.Is(err, syscall.ENOTSOCK) {
		t.Errorf("socket of a file: %v", err)
	}
	_, err = f.WriteString("still the caller's")
	must(t, err)
}
