package kernel_test

import (
	"os"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"golang.org/x/sys/unix"
)

func TestAdopt(t *testing.T) {
	p := newProvider(t, kernel.Config{MaxSockets: 2})
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0) // blocking and inherited
	if err != nil {
		t.Fatal(err)
	}
	a, errno := p.Adopt(fds[0])
	ok(t, "Adopt", errno)
	if flags, _ := unix.FcntlInt(uintptr(fds[0]), unix.F_GETFL, 0); flags&unix.O_NONBLOCK == 0 {
		t.Error("the descriptor is blocking")
	}
	if flags, _ := unix.FcntlInt(uintptr(fds[0]), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
		t.Error("the descriptor would be inherited")
	}
	entry, _ := p.Table().Get(a.(*kernel.Endpoint).Cookie())
	if entry.Family != endpoint.AF_UNIX || entry.Type != endpoint.SOCK_STREAM || entry.Endpoint != a {
		t.Errorf("entry %+v", entry)
	}

	_, errno = p.Adopt(fds[0])
	want(t, "Adopt twice", errno, endpoint.EEXIST)
	if p.Table().Len() != 1 {
		t.Errorf("%d sockets in the table, want 1", p.Table().Len())
	}
	b, errno := p.Adopt(fds[1])
	ok(t, "Adopt", errno)
	exchange(t, b, a) // the first registration has survived the second

	third, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(third)
	_, errno = p.Adopt(third)
	want(t, "Adopt into a full table", errno, endpoint.ENFILE)
	if flags, err := unix.FcntlInt(uintptr(third), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
		t.Error("a descriptor that was not adopted has been changed")
	}
}

func TestAdoptErrors(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		what string
		fd   int
		want endpoint.Errno
	}{
		{"a file", int(file.Fd()), endpoint.ENOTSOCK},
		{"-1", -1, endpoint.EBADF},
		{"a number that is not open", 1 << 20, endpoint.EBADF},
		{"a number cut to 32 bits", 1<<32 + int(file.Fd()), endpoint.EBADF},
	} {
		_, errno := p.Adopt(c.fd)
		want(t, "Adopt of "+c.what, errno, c.want)
	}
}
