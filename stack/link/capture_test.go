package link_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gopacket/gopacket/pcapgo"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
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

type recorded struct {
	at   time.Time
	data []byte
}

func readCapture(t *testing.T, file []byte) []recorded {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	var packets []recorded
	for {
		data, ci, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, recorded{ci.Timestamp, data})
	}
}

func TestCaptureRecordsWhatCrosses(t *testing.T) {
	clock := faketime.NewManualClock()
	for name, c := range map[string]struct {
		lower func() gstack.LinkEndpoint
		want  int
	}{
		"a loopback once":          {func() gstack.LinkEndpoint { return link.NewLoopback() }, 3},
		"a cable, once sent":       {func() gstack.LinkEndpoint { a, b := link.NewCable(link.CableConfig{}); b.Attach(&sink{}); return a }, 3},
		"not what a link refuses":  {func() gstack.LinkEndpoint { a, _ := link.NewCable(link.CableConfig{MTU: 68}); return a }, 0},
		"what a wire loses, later": {func() gstack.LinkEndpoint { a, _ := link.NewCable(link.CableConfig{}); return a }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			cap := newCapture(t, c.lower(), &file, clock)
			cap.Attach(&sink{})
			for range 3 {
				write(cap, 100)
				clock.Advance(time.Second)
			}
			cap.Close()
			packets := readCapture(t, file.Bytes())
			if len(packets) != c.want {
				t.Fatalf("%d packets, want %d", len(packets), c.want)
			}
			for i, p := range packets {
				if i > 0 && p.at.Sub(packets[i-1].at) != time.Second {
					t.Errorf("packet %d at %v, the one before at %v", i, p.at, packets[i-1].at)
				}
			}
		})
	}
}

func TestCaptureRecordsSuperSegmentsAsSegments(t *testing.T) {
	a, b := link.NewCable(link.CableConfig{MTU: 1500})
	var sent, arrived bytes.Buffer
	out := newCapture(t, a, &sent, tcpip.NewStdClock())
	in := newCapture(t, b, &arrived, tcpip.NewStdClock())
	done := make(chan struct{}, 1)
	in.Attach(&sink{each: func() { done <- struct{}{} }})

	// As gVisor leaves a segment to a link with offloading: headers pushed, and
	// the sum of the pseudo-header for a checksum.
	packet := tcpPacket(false, header.TCPFlagAck, make([]byte, 20000))
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{ReserveHeaderBytes: 52})
	defer pkt.DecRef()
	pkt.Data().AppendView(viewOf(packet[52:]))
	copy(pkt.TransportHeader().Push(32), packet[20:52])
	copy(pkt.NetworkHeader().Push(20), packet[:20])
	pkt.NetworkProtocolNumber = header.IPv4ProtocolNumber
	pkt.GSOOptions = gstack.GSO{Type: gstack.GSOTCPv4, NeedsCsum: true, MSS: 1448, L3HdrLen: 20, MaxSize: link.GSOMaxSize}
	var pkts gstack.PacketBufferList
	pkts.PushBack(pkt)
	if _, err := out.WritePackets(pkts); err != nil {
		t.Fatal(err)
	}
	<-done
	out.Close()
	in.Close()
	for name, file := range map[string][]byte{"sent": sent.Bytes(), "arrived": arrived.Bytes()} {
		packets := readCapture(t, file)
		if len(packets) != 14 {
			t.Errorf("%s: %d packets, want 14", name, len(packets))
		}
		for i, p := range packets {
			if len(p.data) > 1500 {
				t.Errorf("%s: packet %d of %d bytes", name, i, len(p.data))
			}
			checkSegment4(t, p.data)
		}
	}
}

type failingWriter struct{ n int }

var errDiskFull = errors.New("disk full")

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, errDiskFull
	}
	return len(p), nil
}

func TestCaptureThatCannotBeWrittenDisturbsNothing(t *testing.T) {
	s := &sink{}
	c := newCapture(t, link.NewLoopback(), &failingWriter{n: 8000}, tcpip.NewStdClock())
	c.Attach(s)
	for range 1000 {
		if err := write(c, 1000); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	if !errors.Is(c.Err(), errDiskFull) {
		t.Errorf("Err: %v", c.Err())
	}
	if n := s.packets.Load(); n != 1000 {
		t.Errorf("%d packets delivered", n)
	}
	late := newCapture(t, link.NewLoopback(), &failingWriter{n: 100}, tcpip.NewStdClock())
	late.Attach(s)
	write(late, 10)
	if late.Close(); !errors.Is(late.Err(), errDiskFull) {
		t.Errorf("the error of the last flush: %v", late.Err())
	}
}

func TestCaptureWantsItsArguments(t *testing.T) {
	for i, f := range []func() (*link.Capture, error){
		func() (*link.Capture, error) { return link.NewCapture(nil, io.Discard, tcpip.NewStdClock(), "") },
		func() (*link.Capture, error) {
			return link.NewCapture(link.NewLoopback(), nil, tcpip.NewStdClock(), "")
		},
		func() (*link.Capture, error) { return link.NewCapture(link.NewLoopback(), io.Discard, nil, "") },
	} {
		if _, err := f(); err == nil {
			t.Errorf("%d: accepted", i)
		}
	}
}

func TestTsharkFindsFaults(t *testing.T) {
	var file bytes.Buffer
	c := newCapture(t, link.NewLoopback(), &file, tcpip.NewStdClock())
	c.Attach(&sink{})
	write(c, 100)
	c.Close()
	if faults := testenv.TsharkFaults(t, file.Bytes()); len(faults) == 0 {
		t.Error("no fault in a packet of zeros")
	}
}
