package link_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/capture"
	"github.com/usernet-stack/usernet/stack/link"
)

func newRecorder(t *testing.T, w io.Writer, cfg capture.Config) *capture.Recorder {
	t.Helper()
	r, err := capture.NewWriter(w, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func captureTo(t *testing.T, lower gstack.LinkEndpoint, cfg link.CaptureConfig) *link.Capture {
	t.Helper()
	c, err := link.NewCaptureTo(lower, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// summary has one line for each packet: interface, direction, length and
// comments.
func summary(t *testing.T, file []byte) []string {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	directions := map[pcapgo.NgEpbFlag]string{pcapgo.NgEpbFlagDirectionInbound: "in", pcapgo.NgEpbFlagDirectionOutbound: "out"}
	var lines []string
	for {
		_, ci, opts, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		intf, err := r.Interface(ci.InterfaceIndex)
		if err != nil {
			t.Fatal(err)
		}
		line := []string{intf.Name, directions[opts.Flags.Direction]}
		lines = append(lines, strings.Join(append(line, opts.Comments...), " "))
	}
}

func wantSummary(t *testing.T, file []byte, want ...string) {
	t.Helper()
	if got := summary(t, file); !slices.Equal(got, want) {
		t.Errorf("recording:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCapturesShareARecorder(t *testing.T) {
	testenv.LeakCheck(t)
	var file bytes.Buffer
	r := newRecorder(t, &file, capture.Config{})
	left, right := link.NewCable(link.CableConfig{})
	a := captureTo(t, left, link.CaptureConfig{Recorder: r, Name: "left"})
	b := captureTo(t, right, link.CaptureConfig{Recorder: r, Name: "right"})
	arrived := make(chan struct{}, 1)
	each := func() { arrived <- struct{}{} }
	a.Attach(&sink{each: each})
	b.Attach(&sink{each: each})
	for _, c := range []*link.Capture{a, b} {
		write(c, 100)
		<-arrived
	}
	a.Close()
	b.Close()
	if r.Err() != nil || a.Recorder() != r {
		t.Errorf("%v", r.Err())
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wantSummary(t, file.Bytes(), "left out", "right in", "right out", "left in")
}

// dropper is a link that drops what it is given, and says so.
type dropper struct {
	*link.Loopback
	said func(pkt *gstack.PacketBuffer)
}

func (d *dropper) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	for _, pkt := range pkts.AsSlice() {
		d.said(pkt)
	}
	return pkts.Len(), nil
}

func TestDropReasons(t *testing.T) {
	testenv.LeakCheck(t)
	var file bytes.Buffer
	r := newRecorder(t, &file, capture.Config{})
	var below *link.Capture
	below = captureTo(t, &dropper{link.NewLoopback(), func(pkt *gstack.PacketBuffer) {
		below.RecordDrop(pkt, capture.Outbound, "loss")
	}}, link.CaptureConfig{Recorder: r, Name: "below"})
	write(below, 100)

	left, right := link.NewCable(link.CableConfig{})
	above := captureTo(t, right, link.CaptureConfig{Recorder: r, Name: "above"})
	arrived := make(chan struct{})
	above.Attach(&deliverer{func(pkt *gstack.PacketBuffer) {
		above.RecordDrop(pkt, capture.Inbound, "partitioned")
		close(arrived)
	}})
	write(left, 100)
	<-arrived
	left.Close()
	above.Close()

	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(make([]byte, 100))})
	above.RecordDrop(pkt, capture.Outbound, "late")
	pkt.DecRef()

	small, _ := link.NewCable(link.CableConfig{MTU: 68})
	refused := captureTo(t, small, link.CaptureConfig{Recorder: r, Name: "refused", Refused: true})
	refused.Attach(&sink{})
	write(refused, 100)
	refused.Close()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wantSummary(t, file.Bytes(), "below out dropped: loss", "above in dropped: partitioned",
		"above out dropped: late", "refused out dropped: larger than the MTU")
}

type deliverer struct{ each func(*gstack.PacketBuffer) }

func (d *deliverer) DeliverNetworkPacket(_ tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) {
	d.each(pkt)
}

func (*deliverer) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer) {}

// stuck is a writer that blocks until the test ends.
type stuck struct{ ended chan struct{} }

func (s *stuck) Write(p []byte) (int, error) {
	<-s.ended
	return 0, io.ErrClosedPipe
}

func TestCaptureWhoseWriterBlocksStopsNothing(t *testing.T) {
	testenv.LeakCheck(t)
	w := &stuck{make(chan struct{})}
	defer close(w.ended)
	clock := faketime.NewManualClock()
	r := newRecorder(t, w, capture.Config{Clock: clock, Buffer: 10_000, FlushInterval: -1})
	s := &sink{}
	c := captureTo(t, link.NewLoopback(), link.CaptureConfig{Recorder: r})
	c.Attach(s)
	for range 1000 {
		if err := write(c, 1000); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	if n := s.packets.Load(); n != 1000 || r.Stats().LostBuffer < 980 {
		t.Errorf("%d packets delivered, %+v", n, r.Stats())
	}
	closed := make(chan error)
	go func() { closed <- r.Close() }()
	for {
		select {
		case err := <-closed:
			if !errors.Is(err, capture.ErrTimeout) {
				t.Error(err)
			}
			return
		default:
			clock.Advance(time.Minute)
		}
	}
}

func TestCaptureOfEthernet(t *testing.T) {
	testenv.LeakCheck(t)
	var file bytes.Buffer
	r := newRecorder(t, &file, capture.Config{})
	wire := channel.New(16, 1500, "\x02\x00\x00\x00\x00\x01")
	c := captureTo(t, ethernet.New(wire), link.CaptureConfig{Recorder: r, Name: "eth0"})
	c.Attach(&sink{})

	// Out: a super-segment with the header that the NIC puts before it.
	packet := tcpPacket(false, header.TCPFlagAck, make([]byte, 3000))
	out := gstack.NewPacketBuffer(gstack.PacketBufferOptions{ReserveHeaderBytes: 14, Payload: buffer.MakeWithData(packet)})
	out.NetworkProtocolNumber = header.IPv4ProtocolNumber
	out.EgressRoute.LocalLinkAddress, out.EgressRoute.RemoteLinkAddress = "\x02\x00\x00\x00\x00\x01", "\x02\x00\x00\x00\x00\x02"
	out.GSOOptions = gstack.GSO{Type: gstack.GSOTCPv4, NeedsCsum: true, MSS: 1448, L3HdrLen: 20}
	c.AddHeader(out)
	var pkts gstack.PacketBufferList
	pkts.PushBack(out)
	if _, err := c.WritePackets(pkts); err != nil {
		t.Fatal(err)
	}
	out.DecRef()
	wire.Drain()

	// In: the same as a frame of a size that fits.
	frame := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}, tcpPacket(false, header.TCPFlagAck, make([]byte, 10))...)
	link.FillChecksum(frame[14:])
	in := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
	wire.InjectInbound(0, in)
	in.DecRef()
	c.Close()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wantSummary(t, file.Bytes(), "eth0 out", "eth0 out", "eth0 out", "eth0 in")
	ng, err := pcapgo.NewNgReader(bytes.NewReader(file.Bytes()), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, _, err := ng.ReadPacketData()
		if err != nil {
			break
		}
		if ng.LinkType() != layers.LinkTypeEthernet || header.Ethernet(data).Type() != header.IPv4ProtocolNumber {
			t.Fatalf("%v: % x", ng.LinkType(), data[:14])
		}
		checkSegment4(t, data[14:])
	}
	if faults := testenv.TsharkFaults(t, file.Bytes()); len(faults) != 0 {
		t.Error(faults)
	}
}

func TestCaptureToWantsItsArguments(t *testing.T) {
	closed := newRecorder(t, io.Discard, capture.Config{})
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	open := newRecorder(t, io.Discard, capture.Config{})
	for name, f := range map[string]func() (*link.Capture, error){
		"no link":     func() (*link.Capture, error) { return link.NewCaptureTo(nil, link.CaptureConfig{Recorder: open}) },
		"no recorder": func() (*link.Capture, error) { return link.NewCaptureTo(link.NewLoopback(), link.CaptureConfig{}) },
		"closed": func() (*link.Capture, error) {
			return link.NewCaptureTo(link.NewLoopback(), link.CaptureConfig{Recorder: closed})
		},
		"strange header": func() (*link.Capture, error) {
			return link.NewCaptureTo(ethernet.New(ethernet.New(link.NewLoopback())), link.CaptureConfig{Recorder: open})
		},
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
