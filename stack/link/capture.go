package link

import (
	"errors"
	"io"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/nested"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack/capture"
)

// CaptureConfig says how a link is recorded.
type CaptureConfig struct {
	// Recorder is where to; required. Several links may share it: their
	// packets are in the order of the recorder's clock.
	Recorder *capture.Recorder
	// Name and Description are those of the interface in the recording.
	Name, Description string
	// Refused has packets that the link refuses recorded too, with the reason
	// as a comment. A stack that waits for room writes them again.
	Refused bool
}

// Capture records what crosses a link as pcapng and is otherwise transparent.
// Each packet is recorded once, in the order of the clock: on the way out if
// the link took it, and on the way in unless the link is a loopback. A target
// that is slow or fails disturbs nothing but the recording.
//
// A super-segment is recorded as the segments it stands for. Checksums that
// are left to the link are filled in, in the recorded copy only; over a link
// that is no loopback the stack computes those of whole packets itself.
type Capture struct {
	nested.Endpoint
	lower    gstack.LinkEndpoint
	recorder *capture.Recorder
	intf     *capture.Interface
	owned    bool // the recorder is the capture's
	refused  bool

	mu       sync.Mutex
	crossing map[*gstack.PacketBuffer]*capture.Pending
}

var (
	_ gstack.LinkEndpoint = (*Capture)(nil)
	_ gstack.GSOEndpoint  = (*Capture)(nil)
	_ Backpressure        = (*Capture)(nil)
	_ Counted             = (*Capture)(nil)
)

// NewCapture puts a capture around lower, with a recorder of its own that
// writes to w, which is not closed. See NewCaptureTo and Recorder.
func NewCapture(lower gstack.LinkEndpoint, w io.Writer, clock tcpip.Clock, name string) (*Capture, error) {
	if lower == nil || w == nil || clock == nil {
		return nil, errors.New("link: capture: link, writer and clock are required")
	}
	recorder, err := capture.NewWriter(w, capture.Config{Clock: clock})
	if err != nil {
		return nil, err
	}
	c, err := NewCaptureTo(lower, CaptureConfig{Recorder: recorder, Name: name})
	if err != nil {
		return nil, errors.Join(err, recorder.Close())
	}
	c.owned = true
	return c, nil
}

// NewCaptureTo puts a capture around lower, which must carry IP packets
// without a link header, or Ethernet frames, and not be attached yet.
func NewCaptureTo(lower gstack.LinkEndpoint, cfg CaptureConfig) (*Capture, error) {
	if lower == nil || cfg.Recorder == nil {
		return nil, errors.New("link: capture: link and recorder are required")
	}
	linkType, err := linkType(lower)
	if err != nil {
		return nil, err
	}
	intf, err := cfg.Recorder.Interface(capture.InterfaceConfig{Name: cfg.Name, Description: cfg.Description, LinkType: linkType})
	if err != nil {
		return nil, err
	}
	c := &Capture{
		lower: lower, recorder: cfg.Recorder, intf: intf, refused: cfg.Refused,
		crossing: make(map[*gstack.PacketBuffer]*capture.Pending),
	}
	c.Endpoint.Init(lower, c)
	return c, nil
}

func linkType(lower gstack.LinkEndpoint) (uint16, error) {
	switch lower.MaxHeaderLength() {
	case 0:
		return capture.LinkRaw, nil
	case header.EthernetMinimumSize:
		return capture.LinkEthernet, nil
	}
	return 0, errors.New("link: capture: the link has a header that is not Ethernet's")
}

// Recorder returns the recorder, which NewCapture made or NewCaptureTo was
// given.
func (c *Capture) Recorder() *capture.Recorder { return c.recorder }

// WritePackets passes pkts to the link and records those that it takes.
func (c *Capture) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	records := make([]*capture.Pending, 0, pkts.Len())
	for _, pkt := range pkts.AsSlice() {
		records = append(records, c.begin(pkt, capture.Outbound))
	}
	n, err := c.lower.WritePackets(pkts)
	for i, pkt := range pkts.AsSlice() {
		c.leave(pkt)
		switch {
		case i < n || err == nil:
			records[i].Keep()
		case c.refused:
			records[i].Keep(capture.Dropped(refusal(err)))
		default:
			records[i].Discard()
		}
	}
	return n, err
}

// refusal says in words why a link did not take a packet.
func refusal(err tcpip.Error) string {
	switch err.(type) {
	case *tcpip.ErrNoBufferSpace:
		return "queue full"
	case *tcpip.ErrMessageTooLong:
		return "larger than the MTU"
	}
	return err.String()
}

// DeliverNetworkPacket records pkt and passes it to the stack.
func (c *Capture) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) {
	if c.lower.Capabilities()&gstack.CapabilityLoopback != 0 {
		c.Endpoint.DeliverNetworkPacket(proto, pkt)
		return
	}
	record := c.begin(pkt, capture.Inbound)
	c.Endpoint.DeliverNetworkPacket(proto, pkt)
	c.leave(pkt)
	record.Keep()
}

// begin copies pkt, which the link may change, and keeps its place in the
// recording until the link has taken it: an answer may come first.
func (c *Capture) begin(pkt *gstack.PacketBuffer, direction capture.Direction) *capture.Pending {
	record := c.intf.Begin(direction, pkt.Size())
	if record.Wanted() {
		record.Fill(c.recordable(pkt)...)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.crossing[pkt] = record
	return record
}

func (c *Capture) leave(pkt *gstack.PacketBuffer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.crossing, pkt)
}

// RecordDrop writes down that pkt was not delivered, and why. If it is
// crossing the capture right now, the reason is a comment on its record, and
// otherwise on a record of its own: then a packet that this capture has
// recorded already is in the recording twice. The middleware above or below
// that drops a packet calls this before it returns from WritePackets or
// DeliverNetworkPacket. RecordDrop does not keep pkt.
func (c *Capture) RecordDrop(pkt *gstack.PacketBuffer, direction capture.Direction, reason string) {
	c.mu.Lock()
	record := c.crossing[pkt]
	c.mu.Unlock()
	if record != nil {
		record.Comment(capture.Dropped(reason))
		return
	}
	record = c.intf.Begin(direction, pkt.Size())
	if record.Wanted() {
		record.Fill(c.recordable(pkt)...)
	}
	record.Keep(capture.Dropped(reason))
}

// recordable returns copies of the packets that pkt stands for.
func (c *Capture) recordable(pkt *gstack.PacketBuffer) [][]byte {
	view := pkt.ToView()
	defer view.Release()
	frame := view.AsSlice()
	head := min(int(c.lower.MaxHeaderLength()), len(frame))
	if isSuperSegment(pkt) {
		if segments, err := Segment(frame[head:], int(pkt.GSOOptions.MSS)); err == nil {
			return withHeader(frame[:head], segments)
		}
	}
	frame = append([]byte(nil), frame...)
	const offloaded = gstack.CapabilityTXChecksumOffload | gstack.CapabilityLoopback
	if c.lower.Capabilities()&offloaded != 0 || pkt.GSOOptions.NeedsCsum {
		FillChecksum(frame[head:])
	}
	return [][]byte{frame}
}

// withHeader puts a link header before each of the packets.
func withHeader(header []byte, packets [][]byte) [][]byte {
	if len(header) == 0 {
		return packets
	}
	for i, p := range packets {
		packets[i] = append(append(make([]byte, 0, len(header)+len(p)), header...), p...)
	}
	return packets
}

// Flush waits until the recorder's target has taken what is recorded, and
// returns the first error there was. See capture.Recorder.
func (c *Capture) Flush() error { return c.recorder.Flush() }

// Err returns the first error of the recorder's target. It has disturbed
// nothing but the recording.
func (c *Capture) Err() error { return c.recorder.Err() }

// Close closes the link. The recorder of NewCapture is closed too, see Err;
// that of NewCaptureTo is left open.
func (c *Capture) Close() {
	c.Endpoint.Close()
	c.lower.Wait()
	if c.owned {
		c.recorder.Close()
	}
}

// Capabilities implements stack.LinkEndpoint: the stack is to compute
// checksums, so that they can be recorded.
func (c *Capture) Capabilities() gstack.LinkEndpointCapabilities {
	return c.lower.Capabilities() &^ gstack.CapabilityTXChecksumOffload
}

// NotifyRoom implements Backpressure for the link below.
func (c *Capture) NotifyRoom(fn func()) {
	if b, ok := c.lower.(Backpressure); ok {
		b.NotifyRoom(fn)
	}
}

// Congested implements Backpressure for the link below.
func (c *Capture) Congested() bool {
	b, ok := c.lower.(Backpressure)
	return ok && b.Congested()
}

// Counters implements Counted for the link below.
func (c *Capture) Counters() Counters {
	if b, ok := c.lower.(Counted); ok {
		return b.Counters()
	}
	return Counters{}
}
