package link

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/nested"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Capture writes what crosses a link to a pcapng file and is otherwise
// transparent. Each packet is recorded once, in the order of the clock: on the
// way out if the link took it, and on the way in unless the link is a loopback.
//
// A super-segment is recorded as the segments it stands for. Checksums that
// are left to the link are filled in, in the recorded copy only; over a link
// that is no loopback the stack computes those of whole packets itself.
type Capture struct {
	nested.Endpoint
	lower gstack.LinkEndpoint
	clock tcpip.Clock

	mu      sync.Mutex
	w       *pcapgo.NgWriter
	pending []*record // in the order in which their writing began
	err     error
	closed  bool
}

// record is a packet that the link has not answered for yet.
type record struct {
	at        time.Time
	direction pcapgo.NgEpbFlag
	packets   [][]byte
	state     recordState
}

type recordState int

const (
	undecided recordState = iota
	taken
	refused
)

var (
	_ gstack.LinkEndpoint = (*Capture)(nil)
	_ gstack.GSOEndpoint  = (*Capture)(nil)
	_ Backpressure        = (*Capture)(nil)
	_ Counted             = (*Capture)(nil)
)

// NewCapture puts a capture around lower, which must carry IP packets without
// a link header and not be attached yet. The file, with an interface of the
// given name, is written to w, buffered until Flush or Close; w is not closed.
func NewCapture(lower gstack.LinkEndpoint, w io.Writer, clock tcpip.Clock, name string) (*Capture, error) {
	if lower == nil || w == nil || clock == nil {
		return nil, errors.New("link: capture: link, writer and clock are required")
	}
	if lower.MaxHeaderLength() != 0 {
		return nil, errors.New("link: capture: the link has a header of its own")
	}
	intf := pcapgo.NgInterface{Name: name, LinkType: layers.LinkTypeRaw, TimestampResolution: 9}
	ng, err := pcapgo.NewNgWriterInterface(w, intf, pcapgo.NgWriterOptions{
		SectionInfo: pcapgo.NgSectionInfo{Application: "usernet"},
	})
	if err != nil {
		return nil, fmt.Errorf("link: capture: %w", err)
	}
	c := &Capture{lower: lower, clock: clock, w: ng}
	c.Endpoint.Init(lower, c)
	return c, nil
}

// WritePackets passes pkts to the link and records those that it takes.
func (c *Capture) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	records := make([]*record, 0, pkts.Len())
	for _, pkt := range pkts.AsSlice() {
		records = append(records, c.begin(pkt, pcapgo.NgEpbFlagDirectionOutbound))
	}
	n, err := c.lower.WritePackets(pkts)
	for i, r := range records {
		if i < n || err == nil {
			c.end(r, taken)
		} else {
			c.end(r, refused)
		}
	}
	return n, err
}

// DeliverNetworkPacket records pkt and passes it to the stack.
func (c *Capture) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) {
	if c.lower.Capabilities()&gstack.CapabilityLoopback == 0 {
		c.end(c.begin(pkt, pcapgo.NgEpbFlagDirectionInbound), taken)
	}
	c.Endpoint.DeliverNetworkPacket(proto, pkt)
}

// begin copies pkt, which the link may change, and keeps its place in the file
// until the link has taken it: an answer may come first.
func (c *Capture) begin(pkt *gstack.PacketBuffer, direction pcapgo.NgEpbFlag) *record {
	r := &record{direction: direction, packets: c.recordable(pkt)}
	c.mu.Lock()
	defer c.mu.Unlock()
	r.at = c.clock.Now()
	c.pending = append(c.pending, r)
	return r
}

func (c *Capture) end(r *record, state recordState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.state = state
	n := 0
	for n < len(c.pending) && c.pending[n].state != undecided {
		c.write(c.pending[n])
		c.pending[n] = nil
		n++
	}
	c.pending = c.pending[n:]
	if len(c.pending) == 0 {
		c.pending = nil
	}
}

func (c *Capture) recordable(pkt *gstack.PacketBuffer) [][]byte {
	view := pkt.ToView()
	defer view.Release()
	if isSuperSegment(pkt) {
		if segments, err := Segment(view.AsSlice(), int(pkt.GSOOptions.MSS)); err == nil {
			return segments
		}
	}
	packet := append([]byte(nil), view.AsSlice()...)
	const offloaded = gstack.CapabilityTXChecksumOffload | gstack.CapabilityLoopback
	if c.lower.Capabilities()&offloaded != 0 || pkt.GSOOptions.NeedsCsum {
		FillChecksum(packet)
	}
	return [][]byte{packet}
}

// write is called with mu held. After an error nothing more is recorded.
func (c *Capture) write(r *record) {
	if r.state == refused || c.closed {
		return
	}
	opts := pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: r.direction}}
	for _, p := range r.packets {
		if c.err != nil {
			return
		}
		ci := gopacket.CaptureInfo{Timestamp: r.at, CaptureLength: len(p), Length: len(p)}
		if err := c.w.WritePacketWithOptions(ci, p, opts); err != nil {
			c.err = fmt.Errorf("link: capture: %w", err)
		}
	}
}

// Flush writes out what is buffered and returns the first error there was.
func (c *Capture) Flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && !c.closed {
		if err := c.w.Flush(); err != nil {
			c.err = fmt.Errorf("link: capture: %w", err)
		}
	}
	return c.err
}

// Err returns the first error of writing the file. It has disturbed nothing
// but the file.
func (c *Capture) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close closes the link and writes out what is buffered. See Err.
func (c *Capture) Close() {
	c.Endpoint.Close()
	c.lower.Wait()
	c.Flush()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
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
