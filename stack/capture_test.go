package stack_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/capture"
	"github.com/usernet-stack/usernet/stack/link"
)

func newCapture(t *testing.T, lower gstack.LinkEndpoint, w io.Writer, clock tcpip.Clock) *link.Capture {
	t.Helper()
	c, err := link.NewCapture(lower, w, clock, "eth0")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantNoFaults(t *testing.T, file *bytes.Buffer) {
	t.Helper()
	if file.Len() < 1000 {
		t.Errorf("a capture of %d bytes", file.Len())
	}
	faults := testenv.TsharkFaults(t, file.Bytes())
	for _, f := range faults[:min(len(faults), 10)] {
		t.Error(f)
	}
}

func TestCaptureOfLoopbackHasNoFaults(t *testing.T) {
	testenv.LeakCheck(t)
	var file bytes.Buffer
	s := newStack(t, stack.Config{Loopback: newCapture(t, link.NewLoopback(), &file, tcpip.NewStdClock())})
	for _, addr := range []string{"127.0.0.1:80", "[::1]:80"} {
		transferTCP(t, s, s, addr, 1<<20)
		exchangeUDP(t, s, s, addr, 1000)
		exchangeUDP(t, s, s, addr, 65507)
	}
	exchangeUDP(t, s, s, "[::1]:9", 65527)
	s.Close()
	wantNoFaults(t, &file)
}

func TestCaptureOfCableHasNoFaults(t *testing.T) {
	for name, cfg := range map[string]link.CableConfig{
		"offloaded": {}, "checksums": {Checksums: true}, "no GSO": {DisableGSO: true},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			var sent, arrived bytes.Buffer
			ea, eb := link.NewCable(cfg)
			a := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(newCapture(t, ea, &sent, tcpip.NewStdClock()), "10.0.0.1/24", "fd00::1/64")}})
			b := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(newCapture(t, eb, &arrived, tcpip.NewStdClock()), "10.0.0.2/24", "fd00::2/64")}})
			for _, addr := range []string{"10.0.0.2:80", "[fd00::2]:80"} {
				transferTCP(t, a, b, addr, 1<<20)
				exchangeUDP(t, a, b, addr, 1000)
				exchangeUDP(t, a, b, addr, 65507)
			}
			a.Close()
			b.Close()
			wantNoFaults(t, &sent)
			wantNoFaults(t, &arrived)
		})
	}
}

// A capture on the far side of a router shows what left an end that computes no
// checksums at all.
func TestCaptureBehindARouterHasNoFaults(t *testing.T) {
	testenv.LeakCheck(t)
	var file bytes.Buffer
	al, rl := link.NewCable(link.CableConfig{})
	rr, br := link.NewCable(link.CableConfig{})
	newStack(t, stack.Config{Forwarding: true, Links: []stack.LinkConfig{
		linkConfig(rl, "10.0.1.2/24", "fd01::2/64"),
		linkConfig(newCapture(t, rr, &file, tcpip.NewStdClock()), "10.0.2.2/24", "fd02::2/64"),
	}})
	a := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(al, "10.0.1.1/24", "fd01::1/64")}, Routes: []stack.Route{defaultRoute("10.0.1.2"), defaultRoute("fd01::2")}})
	captured := newCapture(t, br, io.Discard, tcpip.NewStdClock())
	b := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(captured, "10.0.2.1/24", "fd02::1/64")}, Routes: []stack.Route{defaultRoute("10.0.2.2"), defaultRoute("fd02::2")}})
	for _, addr := range []string{"10.0.2.1:80", "[fd02::1]:80"} {
		transferTCP(t, a, b, addr, 1<<20)
		transferTCP(t, b, a, map[string]string{"10.0.2.1:80": "10.0.1.1:81", "[fd02::1]:80": "[fd01::1]:81"}[addr], 1<<20)
		exchangeUDP(t, a, b, addr, 1000)
		exchangeUDP(t, a, b, addr, 20000)
	}
	rr.Close()
	wantNoFaults(t, &file)
}

func TestSameSeedAndClockSamePackets(t *testing.T) {
	testenv.LeakCheck(t)
	record := func(seed byte) []byte {
		var file bytes.Buffer
		clock := faketime.NewManualClock()
		clock.Advance(time.Hour)
		end, _ := link.NewCable(link.CableConfig{})
		s := newStack(t, stack.Config{
			Clock: clock,
			Rand:  rand.NewChaCha8([32]byte{seed}),
			Links: []stack.LinkConfig{linkConfig(newCapture(t, end, &file, clock), "10.0.0.1/24")},
		})
		connectSilently(t, s, "10.0.0.2")
		for range 8 {
			clock.Advance(time.Second) // sends the SYN again
		}
		s.Close()
		return file.Bytes()
	}
	first := record(1)
	if len(first) < 500 {
		t.Fatalf("a capture of %d bytes", len(first))
	}
	if !bytes.Equal(first, record(1)) {
		t.Error("the same seed gave other packets")
	}
	if bytes.Equal(first, record(2)) {
		t.Error("another seed gave the same packets")
	}
}

type brokenSource struct{ n int }

func (b *brokenSource) Read(p []byte) (int, error) {
	if b.n -= len(p); b.n < 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return 1, nil // short reads are allowed to an io.Reader
}

func TestBrokenSourceOfRandomness(t *testing.T) {
	for _, n := range []int{0, 100, 10000} {
		s := newStack(t, stack.Config{Rand: &brokenSource{n: n}})
		buf := make([]byte, 20000)
		if m, err := s.Rand().Read(buf); m != len(buf) || err != nil {
			t.Errorf("%d, %v", m, err)
		}
		transferTCP(t, s, s, "127.0.0.1:80", 1000)
	}
}

// TestTwoStacksInOneCapture has tshark name the interface of each packet, and
// find that what left one stack arrived at the other.
func TestTwoStacksInOneCapture(t *testing.T) {
	testenv.LeakCheck(t)
	path := filepath.Join(t.TempDir(), "x.pcapng")
	r, err := capture.NewFile(path, capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var stacks []*stack.Stack
	left, right := link.NewCable(link.CableConfig{})
	for i, end := range []gstack.LinkEndpoint{left, right} {
		c, err := link.NewCaptureTo(end, link.CaptureConfig{Recorder: r, Name: []string{"left", "right"}[i]})
		if err != nil {
			t.Fatal(err)
		}
		address := []string{"10.0.0.1/24", "10.0.0.2/24"}[i]
		stacks = append(stacks, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(c, address)}}))
	}
	transferTCP(t, stacks[0], stacks[1], "10.0.0.2:80", 1<<20)
	for _, s := range stacks {
		s.Close()
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if s := r.Stats(); s.LostBuffer != 0 || s.Packets < 1000 {
		t.Errorf("%+v", s)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantNoFaults(t, bytes.NewBuffer(file))
	out, err := exec.Command(testenv.Tool(t, "tshark"), "-r", path, "-T", "fields", "-E", "separator=|",
		"-e", "frame.interface_name", "-e", "frame.packet_flags_direction", "-e", "ip.src").Output()
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	for line := range strings.Lines(string(out)) {
		count[strings.TrimSuffix(line, "\n")]++
	}
	for _, ends := range [][2]string{
		{"left|0x00000002|10.0.0.1", "right|0x00000001|10.0.0.1"}, {"right|0x00000002|10.0.0.2", "left|0x00000001|10.0.0.2"},
	} {
		if sent, arrived := count[ends[0]], count[ends[1]]; sent == 0 || sent < arrived {
			t.Errorf("%q: %d, %q: %d", ends[0], sent, ends[1], arrived)
		}
	}
	if len(count) != 4 {
		t.Errorf("%v", count)
	}
}

// A pipe whose reader does not read, and then a program that is gone.
func TestTrafficGoesOnWithoutTheCapture(t *testing.T) {
	testenv.LeakCheck(t)
	reader, writer := io.Pipe()
	r, err := capture.NewWriter(writer, capture.Config{Buffer: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	lo, err := link.NewCaptureTo(link.NewLoopback(), link.CaptureConfig{Recorder: r, Name: "lo"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := stack.New(stack.Config{Loopback: lo})
	if err != nil {
		t.Fatal(err)
	}
	transferTCP(t, s, s, "127.0.0.1:80", 1<<20)
	if r.Stats().LostBuffer == 0 {
		t.Error("no packet was lost to the capture")
	}
	reader.Close()
	transferTCP(t, s, s, "127.0.0.1:81", 1<<20)
	// By then the recorder may have noticed.
	if err := s.Close(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	if err := r.Close(); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}
