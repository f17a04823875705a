package facade_test

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// poll waits with poll(2) until the descriptor shows want, and fails when it does
// not. Without want it tells what is there now.
func poll(t *testing.T, fd int, want int16) {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLOUT}}
		_, err := unix.Poll(p, 1)
		if err != nil && err != unix.EINTR {
			t.Fatal(err)
		}
		if p[0].Revents&(unix.POLLIN|unix.POLLOUT) == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("poll(2) shows %#x, want %#x", p[0].Revents, want)
		}
	}
}

// fill sends until the socket is not writable any more. What the peer still takes
// in makes room again, until its buffer is full too.
func fill(t *testing.T, s *facade.Socket, fd int) {
	t.Helper()
	chunk := make([]byte, 64<<10)
	for {
		_, err := s.Send(chunk)
		if err == nil {
			continue
		}
		if !errors.Is(err, unix.EAGAIN) {
			t.Fatal(err)
		}
		const milliseconds = 100
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, milliseconds)
		if n == 0 && err == nil {
			return
		}
	}
}

// TestFileno has poll(2) follow a socket through its life.
func TestFileno(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		l, a := listening(t, m, facade.InetAddr{Host: "127.0.0.1"})
		listenFD, err := l.Fileno()
		must(t, err)
		poll(t, listenFD, 0)
		s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
		must(t, err)
		defer s.Close()
		must(t, s.Connect(a))
		poll(t, listenFD, unix.POLLIN)
		c, _, err := l.Accept()
		must(t, err)
		defer c.Close()
		poll(t, listenFD, 0)

		fd, err := s.Fileno()
		must(t, err)
		if again, err := s.Fileno(); err != nil || again != fd {
			t.Errorf("a second fileno: %d, %v", again, err)
		}
		poll(t, fd, unix.POLLOUT)
		must(t, c.SendAll([]byte("data")))
		poll(t, fd, unix.POLLIN|unix.POLLOUT)
		_, err = s.Recv(100)
		must(t, err)
		poll(t, fd, unix.POLLOUT)

		must(t, s.SetBlocking(false))
		fill(t, s, fd)
		poll(t, fd, 0)
		go func() {
			for {
				if b, err := c.Recv(1 << 20); err != nil || len(b) == 0 {
					return
				}
			}
		}()
		poll(t, fd, unix.POLLOUT)
		must(t, s.Close())
		if _, err := s.Fileno(); err == nil {
			t.Error("a closed socket has a descriptor")
		}
	})
}

// TestFilenoIsClosedWithModule: the descriptor of a socket that nobody closed goes
// with its module.
func TestFilenoIsClosedWithModule(t *testing.T) {
	testenv.LeakCheck(t)
	m := facade.New(facade.Config{})
	s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
	must(t, err)
	fd, err := s.Fileno()
	must(t, err)
	must(t, m.Close())
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("the descriptor after the module's Close: %v", err)
	}
	if _, err := s.Fileno(); err == nil {
		t.Error("a closed module made a descriptor")
	}
}
