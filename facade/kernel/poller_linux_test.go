package kernel_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"golang.org/x/sys/unix"
)

// TestNoEdgeIsLost plays ping-pong: each side waits for each byte.
func TestNoEdgeIsLost(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	const pairs, rounds = 4, 1000
	var wg sync.WaitGroup
	for i := range pairs {
		a, b := tcpPair(t, p, loopbacks[i%2].any)
		wg.Go(func() { pingPong(t, a, rounds, true) })
		wg.Go(func() { pingPong(t, b, rounds, false) })
	}
	wg.Wait()
}

func pingPong(t *testing.T, e endpoint.Endpoint, rounds int, serve bool) {
	b := make([]byte, 1)
	for i := range rounds {
		for range 2 {
			var n int
			var errno endpoint.Errno
			if serve {
				b[0] = byte(i)
				n, errno = send(t, e, b)
			} else {
				n, errno = recv(t, e, b)
			}
			if n != 1 || errno != 0 || b[0] != byte(i) {
				t.Errorf("round %d: %d bytes, %v", i, n, errno)
				return
			}
			serve = !serve
		}
	}
}

// TestNoWriteEdgeIsLost has both sides fill and drain small buffers.
func TestNoWriteEdgeIsLost(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	data := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	var wg sync.WaitGroup
	a, b := tcpPair(t, p, loopbacks[0].any)
	for _, e := range []endpoint.Endpoint{a, b} {
		ok(t, "SetSockOpt", e.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_SNDBUF, int32Bytes(8<<10)))
		wg.Go(func() {
			for rest := data; len(rest) > 0; {
				n, errno := send(t, e, rest)
				if errno != 0 {
					t.Errorf("Send: %v", errno)
					return
				}
				rest = rest[n:]
			}
		})
		wg.Go(func() {
			buf := make([]byte, 3000)
			for rest := data; len(rest) > 0; {
				n, errno := recv(t, e, buf)
				if errno != 0 || n == 0 || !bytes.Equal(buf[:n], rest[:n]) {
					t.Errorf("Recv: %d bytes with %d left, %v", n, len(rest), errno)
					return
				}
				rest = rest[n:]
			}
		})
	}
	wg.Wait()
}

// TestReusedNumberGetsNoOldEvents closes a socket whose open file lives on
// under another descriptor, and looks who hears of data that it receives.
func TestReusedNumberGetsNoOldEvents(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	lo := loopbacks[0]
	sender, fence := udpPair(t, p)
	for range 100 {
		old := bound(t, p, endpoint.SOCK_DGRAM, lo.any)
		number, to := old.FD(), local(t, old)
		dup, err := unix.Dup(number)
		if err != nil {
			t.Fatal(err)
		}
		old.Close()
		if watched(t, number) {
			t.Fatal("a closed socket is watched on")
		}
		e := open(t, p, lo.family, endpoint.SOCK_DGRAM)
		if e.FD() != number {
			t.Logf("number %d became %d", number, e.FD())
		}
		var heard atomic.Bool
		w := &endpoint.Waiter{Mark: func(ev endpoint.Events) {
			if ev&endpoint.POLLIN != 0 {
				heard.Store(true)
			}
		}}
		e.Subscribe(w)
		_, errno := sender.Send(&endpoint.Message{Iov: [][]byte{{1}}, Addr: to})
		ok(t, "Send to the old socket", errno)
		// Events come in order: when this has been heard of, so would the other.
		_, errno = sender.Send(&endpoint.Message{Iov: [][]byte{{2}}})
		ok(t, "Send", errno)
		_, errno = recv(t, fence, make([]byte, 1))
		ok(t, "Recv", errno)
		e.Unsubscribe(w)
		e.Close()
		unix.Close(dup)
		if heard.Load() {
			t.Fatal("a socket heard of data for the one that had its number before")
		}
	}
}

// watched tells whether an epoll instance of the process has the descriptor:
// see proc_pid_fdinfo(5).
func watched(t *testing.T, fd int) bool {
	t.Helper()
	files, err := filepath.Glob("/proc/self/fdinfo/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		info, _ := os.ReadFile(name)
		for line := range strings.Lines(string(info)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "tfd:" && f[1] == strconv.Itoa(fd) {
				return true
			}
		}
	}
	return false
}

// TestCloseMarks checks that who waits is woken by Close, for EBADF.
func TestCloseMarks(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	for range 100 {
		e := bound(t, p, endpoint.SOCK_DGRAM, loopbacks[0].any)
		tried := make(chan struct{})
		var once sync.Once
		result := make(chan endpoint.Errno)
		go func() {
			result <- wait(t, e, endpoint.Readable, func() endpoint.Errno {
				_, errno := e.Recv(&endpoint.Message{Iov: [][]byte{make([]byte, 1)}})
				once.Do(func() { close(tried) })
				return errno
			})
		}()
		<-tried
		e.Close()
		want(t, "Recv while Close", <-result, endpoint.EBADF)
	}
}
