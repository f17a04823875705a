package capture

import (
	"errors"
	"strings"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Direction says which way a packet went, seen from the host whose interface
// it is (the direction bits of epb_flags).
type Direction int

// Directions.
const (
	Unknown Direction = iota
	Inbound
	Outbound
)

var flags = map[Direction]pcapgo.NgEpbFlag{
	Unknown:  pcapgo.NgEpbFlagDirectionUnknown,
	Inbound:  pcapgo.NgEpbFlagDirectionInbound,
	Outbound: pcapgo.NgEpbFlagDirectionOutbound,
}

// Link types of InterfaceConfig: what packets begin with. Others are listed
// under LINKTYPE_ by tcpdump.org.
const (
	LinkEthernet = uint16(layers.LinkTypeEthernet)
	LinkRaw      = uint16(layers.LinkTypeRaw) // the IPv4 or IPv6 header
)

// InterfaceConfig describes an interface.
type InterfaceConfig struct {
	// Name is what Wireshark shows as frame.interface_name. At most 1,024
	// bytes of it, and of Description, are written.
	Name        string
	Description string
	// LinkType is one of LINKTYPE_; default LinkRaw.
	LinkType uint16
}

// Interface is one interface of a recording. Its methods may be called from
// several goroutines at once and do not block.
type Interface struct {
	recorder    *Recorder
	description pcapgo.NgInterface
	index       int
	since       time.Time

	lostSince uint64 // since the last packet that found room; under recorder.mu

	received, dropped uint64 // the output's
}

// Interface adds an interface. It may be added while the recording runs, and
// stays until the end.
func (r *Recorder) Interface(cfg InterfaceConfig) (*Interface, error) {
	if cfg.LinkType == 0 {
		cfg.LinkType = LinkRaw
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return nil, ErrClosed
	}
	i := &Interface{recorder: r, index: len(r.interfaces), since: r.cfg.Clock.Now(), description: pcapgo.NgInterface{
		Name:        text(cfg.Name),
		Description: text(cfg.Description),
		LinkType:    layers.LinkType(cfg.LinkType),
		SnapLength:  uint32(r.cfg.SnapLen),
	}}
	r.interfaces = append(r.interfaces, i)
	r.schedule()
	return i, nil
}

// Record writes down a copy of packet, which came or went now.
func (i *Interface) Record(d Direction, packet []byte, comments ...string) {
	p := i.Begin(d, len(packet))
	if p.Wanted() {
		p.Fill(append([]byte(nil), packet...))
	}
	p.Keep(comments...)
}

// RecordDrop writes down a copy of packet, which was not delivered. The
// comment is "dropped: " and the reason.
func (i *Interface) RecordDrop(d Direction, packet []byte, reason string) {
	i.Record(d, packet, Dropped(reason))
}

// Dropped is the comment on a packet that was not delivered.
func Dropped(reason string) string { return "dropped: " + reason }

const (
	maxText     = 1024 // bytes of a name or comment
	maxComments = 16   // of a packet
)

// text makes s fit for an option: UTF-8, not too long.
func text(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(s, "")
}

// ErrClosed means that the recorder is closed.
var ErrClosed = errors.New("capture: recorder is closed")
