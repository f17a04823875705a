package facade_test

import (
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade"
)

// What a descriptor shows follows every call that changes it, whichever duplicate
// made it.

func TestFilenoFollowsDuplicates(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := streamPair(t, m, facade.AF_INET)
		fd, err := pair[1].Fileno()
		must(t, err)
		dup, err := m.FromFD(fd, facade.AF_INET, facade.SOCK_STREAM, 0)
		must(t, err)
		closeAtEnd(t, dup)
		must(t, pair[0].SendAll([]byte("x")))
		poll(t, fd, unix.POLLIN|unix.POLLOUT)
		_, err = dup.Recv(10)
		must(t, err)
		poll(t, fd, unix.POLLOUT)
	})
}

func TestFilenoFollowsListen(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
		must(t, err)
		closeAtEnd(t, s)
		fd, err := s.Fileno()
		must(t, err)
		must(t, s.Bind(facade.InetAddr{Host: "127.0.0.1"}))
		must(t, s.Listen(1))
		poll(t, fd, 0)
	})
}

func TestFilenoFollowsSOError(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		closeAtEnd(t, s)
		must(t, s.Connect(facade.InetAddr{Host: "127.0.0.1", Port: 9}))
		fd, err := s.Fileno()
		must(t, err)
		_, err = s.Send([]byte("x"))
		must(t, err)
		if n, err := facade.Poll([]facade.PollFD{{Socket: s}}, patience); n != 1 || err != nil {
			t.Fatalf("poll for an error: %d, %v", n, err)
		}
		if v, err := s.GetSockOpt(facade.SOL_SOCKET, facade.SO_ERROR); v != int(unix.ECONNREFUSED) || err != nil {
			t.Errorf("SO_ERROR: %d, %v", v, err)
		}
		poll(t, fd, unix.POLLOUT)
	})
}

// TestDuplicatesShare: time limits are the connection's, and a duplicate has the
// protocol that its socket was made with.
func TestDuplicatesShare(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		closeAtEnd(t, s)
		d, err := s.Dup()
		must(t, err)
		closeAtEnd(t, d)
		fiveSeconds := make([]byte, 16)
		fiveSeconds[0] = 5
		must(t, s.SetSockOptBytes(facade.SOL_SOCKET, facade.SO_RCVTIMEO, fiveSeconds))
		if v, err := d.GetSockOptBytes(facade.SOL_SOCKET, facade.SO_RCVTIMEO, 16); string(v) != string(fiveSeconds) || err != nil {
			t.Errorf("SO_RCVTIMEO of the duplicate: %v, %v", v, err)
		}
		if d.Proto() != s.Proto() || d.Type() != s.Type() || d.Family() != s.Family() {
			t.Errorf("the duplicate of %v is %v", s, d)
		}
	})
}

// TestDetachAgainstCloseFD: whoever wins, the descriptor is gone in the end, and
// nothing is left of the socket.
func TestDetachAgainstCloseFD(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		for range 500 {
			s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
			must(t, err)
			fd, err := s.Fileno()
			must(t, err)
			var both sync.WaitGroup
			both.Go(func() { s.Detach() })
			both.Go(func() { m.CloseFD(fd) })
			both.Wait()
			s.Close()
			m.CloseFD(fd)
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
				t.Fatalf("the descriptor is still there: %v", err)
			}
		}
		if n := facade.TableOf(m).Len(); n != 0 {
			t.Errorf("%d sockets are left", n)
		}
	})
}

// TestDupAgainstClose: a duplicate is of its socket, or of none, even when the
// number of the descriptor stands for another socket meanwhile.
func TestDupAgainstClose(t *testing.T) {
	m := facade.New(facade.Config{Kernel: facade.KernelAlways})
	closeAtEnd(t, m)
	for range 20000 {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
		must(t, err)
		var dup, other *facade.Socket
		var both sync.WaitGroup
		both.Go(func() { dup, _ = s.Dup() })
		both.Go(func() {
			s.Close()
			other, _ = m.Socket(facade.AF_INET6, facade.SOCK_STREAM, 0)
		})
		both.Wait()
		if dup != nil && dup.Family() != facade.AF_INET {
			t.Fatalf("the duplicate of an AF_INET socket is %v", dup)
		}
		must(t, dup.Close())
		must(t, other.Close())
	}
}

// TestCloseFDOfOthers: what is no socket, and in a module without a kernel path what
// is not its own, is not closed.
func TestCloseFDOfOthers(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		var pipe [2]int
		must(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
		defer unix.Close(pipe[0])
		defer unix.Close(pipe[1])
		wantErrno(t, "close of a pipe", m.CloseFD(pipe[0]), unix.ENOTSOCK)
		wantErrno(t, "close of -1", m.CloseFD(-1), unix.EBADF)
	})
	never := facade.New(facade.Config{Kernel: facade.KernelNever})
	closeAtEnd(t, never)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	wantErrno(t, "close of the kernel's", never.CloseFD(fd), unix.EBADF)
}
