package link

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Segmenter offers TCP segmentation offload to a stack over a link that has
// none: the stack writes super-segments of up to GSOMaxSize bytes, and the link
// gets the segments that they stand for, each whole, with its checksums and no
// longer than the MTU. Other packets pass, with the checksums that the stack
// computes; what arrives passes unchanged.
type Segmenter struct{ middleware }

var (
	_ gstack.LinkEndpoint = (*Segmenter)(nil)
	_ gstack.GSOEndpoint  = (*Segmenter)(nil)
	_ Backpressure        = (*Segmenter)(nil)
	_ Counted             = (*Segmenter)(nil)
)

// NewSegmenter puts a segmenter before lower, which must not be attached yet.
func NewSegmenter(lower gstack.LinkEndpoint) *Segmenter {
	s := &Segmenter{}
	s.init(lower, s)
	return s
}

// WritePackets passes pkts on and returns the number taken. A super-segment of
// which the link refused a segment counts as refused, with the link's answer;
// what went before is on its way, and TCP sends the rest again. One that is not
// TCP over IP is refused with ErrMessageTooLong and counted.
func (s *Segmenter) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	for i, pkt := range pkts.AsSlice() {
		if err := s.write(pkt); err != nil {
			return i, err
		}
	}
	return pkts.Len(), nil
}

func (s *Segmenter) write(pkt *gstack.PacketBuffer) tcpip.Error {
	head := len(pkt.LinkHeader().Slice())
	if !s.mustCut(pkt, pkt.Size()-head) {
		if pkt.GSOOptions.NeedsCsum {
			completeChecksum(pkt)
		}
		pkt.GSOOptions = gstack.GSO{}
		return writeOne(s.lower, pkt)
	}
	segments, err := cut(pkt, head, s.segmentSize(pkt))
	if err != nil {
		s.counters.refusedTooBig.Add(1)
		return &tcpip.ErrMessageTooLong{}
	}
	defer release(segments)
	var list gstack.PacketBufferList
	for _, segment := range segments {
		list.PushBack(segment)
	}
	_, refused := s.lower.WritePackets(list)
	return refused
}

// mustCut also when the MTU has become smaller since the connection began.
func (s *Segmenter) mustCut(pkt *gstack.PacketBuffer, size int) bool {
	return isSuper(&pkt.GSOOptions, size) || pkt.GSOOptions.MSS > 0 && size > int(s.lower.MTU())
}

// segmentSize is what the stack asks for, or what fits, in bytes of payload.
func (s *Segmenter) segmentSize(pkt *gstack.PacketBuffer) int {
	headers := len(pkt.NetworkHeader().Slice()) + len(pkt.TransportHeader().Slice())
	if headers == 0 {
		headers = int(pkt.GSOOptions.L3HdrLen) + header.TCPMinimumSize
	}
	return min(int(pkt.GSOOptions.MSS), int(s.lower.MTU())-headers)
}

func writeOne(lower gstack.LinkEndpoint, pkt *gstack.PacketBuffer) tcpip.Error {
	var list gstack.PacketBufferList
	list.PushBack(pkt)
	_, err := lower.WritePackets(list)
	return err
}

// SupportedGSO implements stack.GSOEndpoint.
func (*Segmenter) SupportedGSO() gstack.SupportedGSO { return gstack.HostGSOSupported }

// GSOMaxSize implements stack.GSOEndpoint.
func (*Segmenter) GSOMaxSize() uint32 { return GSOMaxSize }

// Capabilities implements stack.LinkEndpoint: the stack is to compute the
// checksums of what it does not leave to be segmented.
func (s *Segmenter) Capabilities() gstack.LinkEndpointCapabilities {
	return s.lower.Capabilities() &^ gstack.CapabilityTXChecksumOffload
}
