package stack_test

import (
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// smallBuffers fill at once, and their windows are rounded to 16 KiB. What is
// lost by that is not waited for for long.
var smallBuffers = stack.TCPConfig{
	SendBuffer:    stack.BufferRange{Default: 1 << 16, Max: 1 << 16},
	ReceiveBuffer: stack.BufferRange{Default: 1 << 17, Max: 1 << 30},
	MinRTO:        10 * time.Millisecond,
}

func TestBothDirectionsFull(t *testing.T) {
	testenv.LeakCheck(t)
	lo := link.NewLoopback()
	lo.SetMTU(1500)
	ea, eb := link.NewCable(link.CableConfig{DisableGSO: true, Checksums: true})
	a := newStack(t, stack.Config{TCP: smallBuffers, Loopback: lo, Links: []stack.LinkConfig{linkConfig(ea, "10.0.0.1/24", "fd00::1/64")}})
	b := newStack(t, stack.Config{TCP: smallBuffers, Links: []stack.LinkConfig{linkConfig(eb, "10.0.0.2/24", "fd00::2/64")}})
	for name, c := range map[string]struct {
		to   *stack.Stack
		addr string
	}{
		"cable, IPv4":           {b, "10.0.0.2:80"},
		"cable, IPv6":           {b, "[fd00::2]:80"},
		"loopback, IPv4":        {a, "127.0.0.1:80"},
		"loopback, IPv6":        {a, "[::1]:80"},
		"own address of a link": {a, "10.0.0.1:80"},
	} {
		t.Run(name, func(t *testing.T) {
			l := listenTCP(t, c.to, c.addr)
			rnd := rand.New(rand.NewPCG(1, 2))
			rewritten := func() uint64 { return a.Counters().TCP.ZeroWindowACKs }
			// How the segments fall decides whether the peer gets beyond the
			// window: in every third connection, say.
			for connections, beyond := 0, 0; beyond < 2; connections++ {
				if connections == 100 {
					t.Fatal("hardly a segment came from beyond a closed window")
				}
				before := rewritten()
				fillBothDirections(t, a, l, c.addr, rnd)
				if rewritten() > before {
					beyond++
				}
			}
			if d := a.Counters().Drops; d.TCPChecksum > 0 {
				t.Errorf("%d bad checksums", d.TCPChecksum)
			}
		})
	}
}

// fillBothDirections has the client write everything before it reads.
func fillBothDirections(t *testing.T, from *stack.Stack, l net.Listener, addr string, rnd *rand.Rand) {
	t.Helper()
	const size = 1 << 19
	client, err := dialTCP(from, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client.SetDeadline(time.Now().Add(patience))
	server.SetDeadline(time.Now().Add(patience))

	done := make(chan error, 2)
	piece := 1 + rnd.IntN(3000)
	go func() { done <- writePieces(server, size, piece) }()
	go func() {
		_, err := io.CopyN(io.Discard, server, size)
		done <- err
	}()
	if err := writePieces(client, size, 1+rnd.IntN(3000)); err != nil {
		t.Fatal("client writes:", err)
	}
	if _, err := io.CopyN(io.Discard, client, size); err != nil {
		t.Fatal("client reads:", err)
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal("server:", err)
		}
	}
}

func writePieces(w io.Writer, size, piece int) error {
	for size > 0 {
		n, err := w.Write(make([]byte, min(piece, size)))
		if size -= n; err != nil {
			return err
		}
	}
	return nil
}
