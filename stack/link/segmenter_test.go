package link_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack/link"
)

// superSegment is a TCP packet as a stack hands it to a link that segments: the
// checksum is that of the pseudo-header.
func superSegment(v6 bool, flags header.TCPFlags, ethernet, payload []byte, mss uint16) *gstack.PacketBuffer {
	packet := tcpPacket(v6, flags, payload)
	gso := gstack.GSO{Type: gstack.GSOTCPv4, NeedsCsum: true, MSS: mss, L3HdrLen: header.IPv4MinimumSize}
	src, dst, proto := src4, dst4, header.IPv4ProtocolNumber
	if v6 {
		gso.Type, gso.L3HdrLen = gstack.GSOTCPv6, header.IPv6MinimumSize
		src, dst, proto = src6, dst6, header.IPv6ProtocolNumber
	}
	tcp := header.TCP(packet[gso.L3HdrLen:])
	tcp.SetChecksum(header.PseudoHeaderChecksum(header.TCPProtocolNumber, src, dst, uint16(len(tcp))))
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(append(bytes.Clone(ethernet), packet...))})
	if len(ethernet) > 0 {
		pkt.LinkHeader().Consume(len(ethernet))
	}
	pkt.NetworkHeader().Consume(int(gso.L3HdrLen))
	pkt.TransportHeader().Consume(int(tcp.DataOffset()))
	pkt.NetworkProtocolNumber, pkt.TransportProtocolNumber = proto, header.TCPProtocolNumber
	pkt.GSOOptions = gso
	return pkt
}

func writePacket(ep gstack.LinkEndpoint, pkt *gstack.PacketBuffer) tcpip.Error {
	defer pkt.DecRef()
	var pkts gstack.PacketBufferList
	pkts.PushBack(pkt)
	_, err := ep.WritePackets(pkts)
	return err
}

// Put together again by their sequence numbers, segments are what was written.
func TestSegmenterAgainstReassembly(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ethernet := []byte("\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00")
	for range 500 {
		payload := make([]byte, rng.IntN(65000))
		for i := range payload {
			payload[i] = byte(rng.Uint32())
		}
		lower := &wire{mtu: uint32(1500 + rng.IntN(8000))}
		s := link.NewSegmenter(lower)
		v6, mss := rng.IntN(2) == 0, 1+uint16(rng.IntN(9000))
		var head []byte
		if rng.IntN(2) == 0 {
			head = ethernet
		}
		flags := header.TCPFlags(rng.IntN(256))
		if err := writePacket(s, superSegment(v6, flags, head, payload, mss)); err != nil {
			t.Fatal(err)
		}
		packets, _ := lower.taken()
		got := make([]byte, 0, len(payload))
		for i, p := range packets {
			if !bytes.Equal(p[:len(head)], head) {
				t.Fatalf("link header % x", p[:len(head)])
			}
			p = p[len(head):]
			if len(p) > int(lower.MTU()) {
				t.Fatalf("%d bytes over an MTU of %d", len(p), lower.MTU())
			}
			got = append(got, checkSegment(t, p, v6, i, len(got))...)
			checkFlags(t, p, v6, flags, i == 0, i == len(packets)-1)
		}
		if !bytes.Equal(got, payload) {
			t.Fatalf("%d bytes of %d in %d segments", len(got), len(payload), len(packets))
		}
		if t.Failed() {
			return
		}
	}
}

// checkFlags: CWR is on the first segment only (RFC 3168), PSH and FIN on the
// last.
func checkFlags(t *testing.T, packet []byte, v6 bool, all header.TCPFlags, first, last bool) {
	t.Helper()
	offset := header.IPv4MinimumSize
	if v6 {
		offset = header.IPv6MinimumSize
	}
	want := all
	if !first {
		want &^= 1 << 7
	}
	if !last {
		want &^= header.TCPFlagFin | header.TCPFlagPsh
	}
	if got := header.TCP(packet[offset:]).Flags(); got != want {
		t.Errorf("flags %#x, want %#x", got, want)
	}
}

func TestSegmenterPassesWhatIsNotOversized(t *testing.T) {
	lower := &wire{caps: gstack.CapabilityTXChecksumOffload | gstack.CapabilityRXChecksumOffload}
	s := link.NewSegmenter(lower)
	if s.Capabilities()&gstack.CapabilityTXChecksumOffload != 0 || s.SupportedGSO() != gstack.HostGSOSupported {
		t.Error("the stack would leave checksums out")
	}
	if err := writePacket(s, superSegment(false, header.TCPFlagAck, nil, []byte("small"), 1448)); err != nil {
		t.Fatal(err)
	}
	udp := ipPacket(false, header.UDPProtocolNumber, make([]byte, 100))
	if err := writeBytes(s, udp); err != nil {
		t.Fatal(err)
	}
	packets, _ := lower.taken()
	if len(packets) != 2 || !bytes.Equal(packets[1], udp) {
		t.Fatalf("%d packets", len(packets))
	}
	checkSegment(t, packets[0], false, 0, 0)
}

func TestSegmenterRefuses(t *testing.T) {
	lower := &wire{}
	s := link.NewSegmenter(lower)
	broken := superSegment(false, 0, nil, make([]byte, 5000), 1000)
	header.IPv4(broken.NetworkHeader().Slice()).SetFlagsFragmentOffset(header.IPv4FlagMoreFragments, 0)
	if _, ok := writePacket(s, broken).(*tcpip.ErrMessageTooLong); !ok || s.Counters().RefusedTooBig != 1 {
		t.Errorf("a fragment as a super-segment: %+v", s.Counters())
	}
	lower.refuse = &tcpip.ErrNoBufferSpace{}
	if _, ok := writePacket(s, superSegment(true, 0, nil, make([]byte, 5000), 1000)).(*tcpip.ErrNoBufferSpace); !ok {
		t.Error("the link's refusal is not told")
	}
}

func FuzzSegmenter(f *testing.F) {
	f.Add(tcpPacket(false, header.TCPFlagAck, make([]byte, 3000)), uint16(1448), false, uint16(20))
	f.Add(tcpPacket(true, header.TCPFlagFin|1<<7, make([]byte, 3000)), uint16(100), true, uint16(40))
	f.Add([]byte{0x45}, uint16(1), false, uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, mss uint16, v6 bool, l3 uint16) {
		lower := &wire{}
		s := link.NewSegmenter(lower)
		pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(bytes.Clone(b))})
		pkt.GSOOptions = gstack.GSO{Type: gstack.GSOTCPv4, NeedsCsum: true, MSS: mss, L3HdrLen: l3}
		if v6 {
			pkt.GSOOptions.Type = gstack.GSOTCPv6
		}
		super := len(b) > int(l3)+header.TCPMinimumSize+int(mss) && mss > 0
		err := writePacket(s, pkt)
		packets, _ := lower.taken()
		if err != nil && len(packets) > 0 {
			t.Fatal("refused, and written")
		}
		for _, p := range packets {
			if super && !validTCP(p) {
				t.Fatalf("not a valid segment: % x", p)
			}
		}
	})
}

// validTCP reports whether p is a whole TCP packet with good checksums.
func validTCP(p []byte) bool {
	var body []byte
	var src, dst tcpip.Address
	switch header.IPVersion(p) {
	case header.IPv4Version:
		h := header.IPv4(p)
		if !h.IsValid(len(p)) || !h.IsChecksumValid() {
			return false
		}
		body, src, dst = h.Payload(), h.SourceAddress(), h.DestinationAddress()
	case header.IPv6Version:
		h := header.IPv6(p)
		if !h.IsValid(len(p)) {
			return false
		}
		body, src, dst = h.Payload(), h.SourceAddress(), h.DestinationAddress()
	}
	tcp := header.TCP(body)
	if len(tcp) < header.TCPMinimumSize || int(tcp.DataOffset()) > len(tcp) {
		return false
	}
	data := tcp.Payload()
	return tcp.IsChecksumValid(src, dst, checksum.Checksum(data, 0), uint16(len(data)))
}
