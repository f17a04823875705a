package link_test

import (
	"bytes"
	"errors"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/stack/link"
)

var (
	src4, dst4 = tcpip.AddrFrom4([4]byte{10, 0, 0, 1}), tcpip.AddrFrom4([4]byte{10, 0, 0, 2})
	src6, dst6 = tcpip.AddrFrom16([16]byte{0: 0xfd, 15: 1}), tcpip.AddrFrom16([16]byte{0: 0xfd, 15: 2})
)

func tcpPacket(v6 bool, flags header.TCPFlags, payload []byte) []byte {
	tcp := header.TCP(make([]byte, 32, 32+len(payload)))
	tcp.Encode(&header.TCPFields{SrcPort: 1, DstPort: 2, SeqNum: 0xfffffff0, AckNum: 9, DataOffset: 32, Flags: flags, WindowSize: 77})
	for i := range 12 {
		tcp[20+i] = header.TCPOptionNOP
	}
	return ipPacket(v6, header.TCPProtocolNumber, append(tcp, payload...))
}

func ipPacket(v6 bool, proto tcpip.TransportProtocolNumber, body []byte) []byte {
	if v6 {
		h := header.IPv6(make([]byte, header.IPv6MinimumSize))
		h.Encode(&header.IPv6Fields{PayloadLength: uint16(len(body)), TransportProtocol: proto, HopLimit: 64, SrcAddr: src6, DstAddr: dst6})
		return append(h, body...)
	}
	h := header.IPv4(make([]byte, header.IPv4MinimumSize))
	h.Encode(&header.IPv4Fields{TotalLength: uint16(len(h) + len(body)), ID: 0xffff, TTL: 64, Protocol: uint8(proto), SrcAddr: src4, DstAddr: dst4})
	h.SetChecksum(^h.CalculateChecksum())
	return append(h, body...)
}

func TestSegment(t *testing.T) {
	const all = header.TCPFlagAck | header.TCPFlagPsh | header.TCPFlagFin | 1<<7 | 1<<6 // CWR, ECE
	for _, v6 := range []bool{false, true} {
		for _, c := range []struct{ size, mss, want int }{
			{0, 100, 1}, {99, 100, 1}, {100, 100, 1}, {101, 100, 2}, {1000, 100, 10}, {65000, 1448, 45},
		} {
			payload := make([]byte, c.size)
			for i := range payload {
				payload[i] = byte(i * 7)
			}
			segments, err := link.Segment(tcpPacket(v6, all, payload), c.mss)
			if err != nil || len(segments) != c.want {
				t.Fatalf("%d by %d: %d segments, %v", c.size, c.mss, len(segments), err)
			}
			var got []byte
			for i, s := range segments {
				data := checkSegment(t, s, v6, i, i*c.mss)
				flags := header.TCP(s[len(s)-len(data)-32:]).Flags()
				want := header.TCPFlags(all)
				if i > 0 {
					want &^= 1 << 7
				}
				if i < len(segments)-1 {
					want &^= header.TCPFlagFin | header.TCPFlagPsh
				}
				if flags != want {
					t.Errorf("segment %d of %d: flags %#x, want %#x", i, len(segments), flags, want)
				}
				got = append(got, data...)
			}
			if !bytes.Equal(got, payload) {
				t.Error("payload changed")
			}
		}
	}
}

func checkSegment(t *testing.T, s []byte, v6 bool, i, offset int) []byte {
	t.Helper()
	var body []byte
	var src, dst tcpip.Address
	if v6 {
		h := header.IPv6(s)
		if !h.IsValid(len(s)) || int(h.PayloadLength()) != len(s)-header.IPv6MinimumSize {
			t.Errorf("segment %d: bad header", i)
		}
		body, src, dst = h.Payload(), src6, dst6
	} else {
		h := header.IPv4(s)
		if !h.IsValid(len(s)) || !h.IsChecksumValid() || int(h.TotalLength()) != len(s) || h.ID() != 0xffff+uint16(i) {
			t.Errorf("segment %d: bad header", i)
		}
		body, src, dst = h.Payload(), src4, dst4
	}
	tcp := header.TCP(body)
	data := body[tcp.DataOffset():]
	if !tcp.IsChecksumValid(src, dst, checksum.Checksum(data, 0), uint16(len(data))) {
		t.Errorf("segment %d: bad checksum", i)
	}
	if want := uint32(0xfffffff0) + uint32(offset); tcp.SequenceNumber() != want {
		t.Errorf("segment %d: sequence number %d, want %d", i, tcp.SequenceNumber(), want)
	}
	return data
}

func TestSegmentRefuses(t *testing.T) {
	whole := tcpPacket(false, 0, make([]byte, 300))
	fragment := bytes.Clone(whole)
	header.IPv4(fragment).SetFlagsFragmentOffset(header.IPv4FlagMoreFragments, 0)
	for name, p := range map[string][]byte{
		"nothing":       nil,
		"a byte":        {0x45},
		"half a header": whole[:30],
		"a fragment":    fragment,
		"UDP":           ipPacket(true, header.UDPProtocolNumber, make([]byte, 100)),
		"short TCP":     ipPacket(false, header.TCPProtocolNumber, make([]byte, 10)),
		"bad offset":    ipPacket(false, header.TCPProtocolNumber, make([]byte, 100)),
		"version 5":     append([]byte{0x55}, whole[1:]...),
	} {
		if _, err := link.Segment(p, 100); !errors.Is(err, link.ErrNotSegmentable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := link.Segment(whole, 0); !errors.Is(err, link.ErrNotSegmentable) {
		t.Errorf("MSS 0: %v", err)
	}
}

func FuzzSegment(f *testing.F) {
	f.Add(tcpPacket(false, 0, make([]byte, 300)), 100)
	f.Add(tcpPacket(true, 0, make([]byte, 300)), 1)
	f.Fuzz(func(t *testing.T, p []byte, mss int) {
		before := bytes.Clone(p)
		segments, err := link.Segment(p, mss)
		if !bytes.Equal(p, before) {
			t.Fatal("input changed")
		}
		for _, s := range segments {
			if err != nil || len(s) > len(p) {
				t.Fatal("segment larger than the packet")
			}
		}
		link.FillChecksum(p)
	})
}

// checkSegment4 checks the checksums of an IPv4 segment.
func checkSegment4(t *testing.T, s []byte) {
	t.Helper()
	h := header.IPv4(s)
	if !h.IsValid(len(s)) || !h.IsChecksumValid() {
		t.Fatal("bad IPv4 header")
	}
	tcp := header.TCP(h.Payload())
	data := tcp.Payload()
	if !tcp.IsChecksumValid(src4, dst4, checksum.Checksum(data, 0), uint16(len(data))) {
		t.Error("bad TCP checksum")
	}
}
