package netstack_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// kernelReady waits until poll(2) tells just these events of fd.
func kernelReady(t *testing.T, what string, fd int, events endpoint.Events) {
	t.Helper()
	const interest = unix.POLLIN | unix.POLLOUT | unix.POLLRDHUP | unix.POLLPRI
	for deadline := time.Now().Add(patience); ; {
		fds := []unix.PollFd{{Fd: int32(fd), Events: interest}}
		_, err := unix.Poll(fds, 1)
		got := endpoint.Events(uint16(fds[0].Revents))
		if err == nil && got == events {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: the kernel's socket is ready for %#x, %v; want %#x", what, got, err, events)
		}
	}
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// kernelPair is a connection over the machine's loopback.
func kernelPair(t *testing.T) (a, b int) {
	t.Helper()
	l := kernelSocket(t, unix.AF_INET, unix.SOCK_STREAM)
	must(t, "bind", unix.Bind(l, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(t, "listen", unix.Listen(l, 1))
	kernelReady(t, "listening", l, 0)
	to, err := unix.Getsockname(l)
	must(t, "getsockname", err)
	a = kernelSocket(t, unix.AF_INET, unix.SOCK_STREAM)
	must(t, "connect", unix.Connect(a, to))
	kernelReady(t, "a connection waits", l, in)
	b, _, err = unix.Accept4(l, unix.SOCK_CLOEXEC)
	must(t, "accept", err)
	t.Cleanup(func() { unix.Close(b) })
	return a, b
}

// TestReadyIsTheKernels holds the expectations of TestReadyOfStreams and
// TestReadyOfDatagrams against the machine's own sockets.
func TestReadyIsTheKernels(t *testing.T) {
	t.Run("fresh", func(t *testing.T) {
		s := kernelSocket(t, unix.AF_INET, unix.SOCK_STREAM)
		kernelReady(t, "fresh", s, out|hup)
		must(t, "bind", unix.Bind(s, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
		kernelReady(t, "bound", s, out|hup)
	})
	t.Run("the peer closes", func(t *testing.T) {
		a, b := kernelPair(t)
		kernelReady(t, "connected", a, out)
		must(t, "shutdown", unix.Shutdown(a, unix.SHUT_WR))
		kernelReady(t, "the peer's end", b, in|out|rdhup)
		must(t, "shutdown", unix.Shutdown(b, unix.SHUT_WR))
		kernelReady(t, "both ends", b, in|out|rdhup|hup)
		kernelReady(t, "both ends", a, in|out|rdhup|hup)
	})
	t.Run("own shutdown", func(t *testing.T) {
		a, _ := kernelPair(t)
		must(t, "shutdown", unix.Shutdown(a, unix.SHUT_RD))
		kernelReady(t, "no more reading", a, in|out|rdhup)
		must(t, "shutdown", unix.Shutdown(a, unix.SHUT_WR))
		kernelReady(t, "neither", a, in|out|rdhup|hup)
	})
	t.Run("reset", func(t *testing.T) {
		a, b := kernelPair(t)
		must(t, "SO_LINGER", unix.SetsockoptLinger(a, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
		// This closes a, and keeps its number in use until the cleanup.
		must(t, "dup3", unix.Dup3(kernelSocket(t, unix.AF_INET, unix.SOCK_DGRAM), a, unix.O_CLOEXEC))
		kernelReady(t, "reset", b, in|out|rdhup|hup|pollE)
	})
	t.Run("datagrams", func(t *testing.T) {
		s := kernelSocket(t, unix.AF_INET, unix.SOCK_DGRAM)
		kernelReady(t, "fresh", s, out)
		must(t, "connect", unix.Connect(s, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 9}))
		must(t, "shutdown", unix.Shutdown(s, unix.SHUT_RD))
		kernelReady(t, "no more reading", s, in|out|rdhup)
		must(t, "shutdown", unix.Shutdown(s, unix.SHUT_WR))
		kernelReady(t, "neither", s, in|out|rdhup|hup)
	})
}
