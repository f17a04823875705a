package facade_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

// datagramPair makes two connected datagram sockets.
func datagramPair(t *testing.T, m *facade.Module) [2]*facade.Socket {
	t.Helper()
	pair, err := m.SocketPair(facade.AF_INET, facade.SOCK_DGRAM, 0)
	must(t, err)
	closeAtEnd(t, pair[0])
	closeAtEnd(t, pair[1])
	return pair
}

// TestPollMixed polls a socket of the stack and one of the kernel together.
func TestPollMixed(t *testing.T) {
	onStack, onKernel := facade.New(facade.Config{}), facade.New(facade.Config{Kernel: facade.KernelAlways})
	closeAtEnd(t, onStack)
	closeAtEnd(t, onKernel)
	a, b := datagramPair(t, onStack), datagramPair(t, onKernel)
	for i, pair := range [][2]*facade.Socket{a, b} {
		fds := []facade.PollFD{
			{Socket: a[1], Events: facade.POLLIN}, {Socket: b[1], Events: facade.POLLIN}, {},
		}
		if n, err := facade.Poll(fds, 0); n != 0 || err != nil {
			t.Fatalf("poll of silent sockets: %d, %v", n, err)
		}
		if n, err := facade.Poll(fds, time.Millisecond); n != 0 || err != nil {
			t.Fatalf("poll of silent sockets with a timeout: %d, %v", n, err)
		}
		go pair[0].Send([]byte("x"))
		if n, err := facade.Poll(fds, patience); n != 1 || err != nil || fds[i].Revents != facade.POLLIN || fds[1-i].Revents != 0 {
			t.Fatalf("poll: %d, %v, %v", n, err, fds)
		}
		r, w, x, err := facade.Select([]*facade.Socket{a[1], b[1]}, []*facade.Socket{a[0], b[0]}, nil, patience)
		if err != nil || !slices.Equal(r, []*facade.Socket{pair[1]}) || len(w) != 2 || x != nil {
			t.Fatalf("select: %v, %v, %v, %v", r, w, x, err)
		}
		_, err = pair[1].Recv(1)
		must(t, err)
	}
}

// TestPollEnds: a Close, a context and the closing of a duplicate end a wait.
func TestPollEnds(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := datagramPair(t, m)
		wait := func(s *facade.Socket) chan facade.PollFD {
			c := make(chan facade.PollFD, 1)
			go func() {
				fds := []facade.PollFD{{Socket: s, Events: facade.POLLIN}}
				if _, err := facade.Poll(fds, facade.NoTimeout); err != nil {
					t.Error(err)
				}
				c <- fds[0]
			}()
			return c
		}
		dup, err := pair[0].Dup()
		must(t, err)
		waiting := wait(dup)
		must(t, dup.Close())
		if f := <-waiting; f.Revents != facade.POLLNVAL {
			t.Errorf("poll of a duplicate that was closed: %#x", f.Revents)
		}
		waiting = wait(pair[0])
		must(t, pair[0].Close())
		if f := <-waiting; f.Revents != facade.POLLNVAL {
			t.Errorf("poll of a socket that was closed: %#x", f.Revents)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			_, _, _, err := facade.SelectContext(ctx, []*facade.Socket{pair[1]}, nil, nil, facade.NoTimeout)
			done <- err
		}()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("select under a context that was cancelled: %v", err)
		}
		_, _, _, err = facade.Select(nil, []*facade.Socket{pair[0]}, nil, 0)
		wantErrno(t, "select of a closed socket", err, syscall.EBADF)
	})
}

// TestSelectHangUp: a hang-up is no news for who wants to write (select(2)).
func TestSelectHangUp(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
		must(t, err)
		defer s.Close()
		fds := []facade.PollFD{{Socket: s}}
		if n, err := facade.Poll(fds, 0); n != 1 || err != nil || fds[0].Revents != facade.POLLHUP {
			t.Errorf("poll of a fresh stream: %d, %v, %#x", n, err, fds[0].Revents)
		}
		r, w, x, err := facade.Select([]*facade.Socket{s}, nil, []*facade.Socket{s}, 0)
		if err != nil || len(r) != 1 || w != nil || x != nil {
			t.Errorf("select of a fresh stream: %v, %v, %v, %v", r, w, x, err)
		}
	})
}

// TestWithContext: a context ends calls that wait, on top of the timeout.
func TestWithContext(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := datagramPair(t, m)
		for name, c := range map[string]struct {
			make func() (context.Context, context.CancelFunc)
			want []error
		}{
			"cancelled": {func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(context.Background())
				go cancel()
				return ctx, cancel
			}, []error{context.Canceled}},
			"deadline": {func() (context.Context, context.CancelFunc) {
				return context.WithTimeout(context.Background(), time.Millisecond)
			}, []error{context.DeadlineExceeded, os.ErrDeadlineExceeded}},
		} {
			ctx, cancel := c.make()
			_, err := pair[0].WithContext(ctx).Recv(1)
			cancel()
			for _, want := range c.want {
				if !errors.Is(err, want) {
					t.Errorf("%s: recv: %v, want %v", name, err, want)
				}
			}
			var timeout interface{ Timeout() bool }
			if errors.As(err, &timeout) && timeout.Timeout() != (name == "deadline") {
				t.Errorf("%s: Timeout() is %v", name, timeout.Timeout())
			}
		}
		_, err := pair[1].Send([]byte("x"))
		must(t, err)
		if b, err := pair[0].WithContext(context.Background()).Recv(1); err != nil || string(b) != "x" {
			t.Errorf("recv with a context that is alive: %q, %v", b, err)
		}
	})
}
