package capture

import (
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
)

// packetOverhead is the memory that a packet takes beside its bytes.
const packetOverhead = 200

type pendingState int

const (
	undecided pendingState = iota
	kept
	discarded
)

// lossReason says why a packet is not in the recording.
type lossReason int

const (
	notLost lossReason = iota
	lostBuffer
	lostFull
	lostError
	lostClosed
	lossReasons
)

// Pending is a packet that has its place in the recording, and whose fate is
// not known yet. Packets after it wait for Keep or Discard.
type Pending struct {
	intf      *Interface
	direction Direction
	at        time.Time

	// Under intf.recorder.mu:
	state      pendingState
	lost       lossReason
	size       int
	pieces     [][]byte
	comments   []string
	lostBefore uint64 // packets of the interface
}

// Begin takes the place and the time of a packet of some size in bytes. One of
// Keep and Discard must follow soon, and only once.
func (i *Interface) Begin(d Direction, size int) *Pending {
	r := i.recorder
	p := &Pending{intf: i, direction: d, size: size + packetOverhead}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.lost = r.refusal(p.size); p.lost != notLost {
		return p
	}
	p.at = r.cfg.Clock.Now()
	p.lostBefore, i.lostSince = i.lostSince, 0
	r.held += p.size
	r.queue = append(r.queue, p)
	return p
}

// Wanted reports whether the bytes of the packet are of use: there is room for
// them, and the recording has not ended.
func (p *Pending) Wanted() bool { return p.lost == notLost }

// Fill gives the bytes of the packet, or of the packets that it stands for. They
// belong to the recorder from now on.
func (p *Pending) Fill(packets ...[]byte) {
	r := p.intf.recorder
	size := packetOverhead * len(packets)
	for _, b := range packets {
		size += len(b)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.lost != notLost || p.state != undecided || r.closing {
		return
	}
	r.held += size - p.size
	p.size, p.pieces = size, packets
}

// Comment adds a comment, of which at most 1,024 bytes are written. A packet
// has at most 16.
func (p *Pending) Comment(comment string) {
	r := p.intf.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.state == undecided {
		p.comment(comment)
	}
}

func (p *Pending) comment(c string) {
	if c = text(c); c != "" && len(p.comments) < maxComments {
		p.comments = append(p.comments, c)
	}
}

// Keep has the packet written.
func (p *Pending) Keep(comments ...string) {
	r := p.intf.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.state != undecided {
		return
	}
	p.state = kept
	for _, c := range comments {
		p.comment(c)
	}
	if p.lost != notLost {
		r.lose(p.intf, p.lost)
		return
	}
	r.schedule()
}

// Discard forgets the packet.
func (p *Pending) Discard() {
	r := p.intf.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.state != undecided {
		return
	}
	p.state = discarded
	p.intf.lostSince += p.lostBefore
	if p.lost == notLost {
		r.schedule()
	}
}

// lose counts a packet that is not written. It is called with mu held.
func (r *Recorder) lose(i *Interface, reason lossReason) {
	r.lost[reason]++
	i.lostSince++
}

// options are those of the enhanced packet block of the first piece.
func (p *Pending) options() pcapgo.NgPacketOptions {
	opts := pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: flags[p.direction]}, Comments: p.comments}
	if p.lostBefore > 0 {
		opts.DropCount = &p.lostBefore
		opts.Comments = append(opts.Comments, lostComment(p.lostBefore))
	}
	return opts
}

func (p *Pending) info(packet []byte, snapLen int) (gopacket.CaptureInfo, []byte) {
	ci := gopacket.CaptureInfo{Timestamp: p.at, Length: len(packet), InterfaceIndex: p.intf.index}
	if snapLen > 0 && len(packet) > snapLen {
		packet = packet[:snapLen]
	}
	ci.CaptureLength = len(packet)
	return ci, packet
}
