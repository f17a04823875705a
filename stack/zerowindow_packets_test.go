package stack_test

import (
	"bytes"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// segment is a TCP segment between this host, port 80, and a peer.
type segment struct {
	port     uint16 // of the peer
	seq, ack uint32
	flags    header.TCPFlags
	window   uint16
	payload  []byte
}

var hosts = map[bool][2]tcpip.Address{ // this host, the peer
	false: {tcpip.AddrFrom4([4]byte{10, 0, 0, 1}), tcpip.AddrFrom4([4]byte{10, 0, 0, 2})},
	true:  {tcpip.AddrFrom16([16]byte{0: 0xfd, 15: 1}), tcpip.AddrFrom16([16]byte{0: 0xfd, 15: 2})},
}

// packet returns s as the hooks of gVisor see it, headers parsed.
func (s segment) packet(v6, incoming bool) *gstack.PacketBuffer {
	tcp := header.TCP(make([]byte, header.TCPMinimumSize, header.TCPMinimumSize+len(s.payload)))
	f := header.TCPFields{SrcPort: 80, DstPort: s.port, SeqNum: s.seq, AckNum: s.ack, DataOffset: header.TCPMinimumSize, Flags: s.flags, WindowSize: s.window}
	src, dst := hosts[v6][0], hosts[v6][1]
	if incoming {
		f.SrcPort, f.DstPort, src, dst = f.DstPort, f.SrcPort, dst, src
	}
	tcp.Encode(&f)
	return parsed(ipPacket(v6, src, dst, append(tcp, s.payload...)), header.TCPMinimumSize)
}

func ipPacket(v6 bool, src, dst tcpip.Address, body []byte) []byte {
	var b []byte
	if v6 {
		b = make([]byte, header.IPv6MinimumSize)
		header.IPv6(b).Encode(&header.IPv6Fields{PayloadLength: uint16(len(body)), TransportProtocol: header.TCPProtocolNumber, HopLimit: 64, SrcAddr: src, DstAddr: dst})
	} else {
		b = make([]byte, header.IPv4MinimumSize)
		header.IPv4(b).Encode(&header.IPv4Fields{TotalLength: uint16(len(b) + len(body)), TTL: 64, Protocol: uint8(header.TCPProtocolNumber), SrcAddr: src, DstAddr: dst})
	}
	b = append(b, body...)
	link.FillChecksum(b)
	return b
}

func parsed(packet []byte, transport int) *gstack.PacketBuffer {
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(packet)})
	pkt.NetworkProtocolNumber, pkt.TransportProtocolNumber = header.IPv4ProtocolNumber, header.TCPProtocolNumber
	network := header.IPv4MinimumSize
	if header.IPVersion(packet) == header.IPv6Version {
		pkt.NetworkProtocolNumber, network = header.IPv6ProtocolNumber, header.IPv6MinimumSize
	}
	pkt.NetworkHeader().Consume(network)
	pkt.TransportHeader().Consume(transport)
	return pkt
}

func checksumIsValid(pkt *gstack.PacketBuffer) bool {
	ip, data := pkt.Network(), pkt.Data()
	return header.TCP(pkt.TransportHeader().Slice()).IsChecksumValid(ip.SourceAddress(), ip.DestinationAddress(), data.Checksum(), uint16(data.Size()))
}

func TestZeroWindowACKs(t *testing.T) {
	const ack, syn, fin, rst = header.TCPFlagAck, header.TCPFlagSyn, header.TCPFlagFin, header.TCPFlagRst
	const nxt = 0xfffffff0 // RCV.NXT; what is beyond wraps around
	closed := segment{port: 5, ack: nxt, flags: ack}
	for name, c := range map[string]struct {
		sent []segment
		in   segment
		want uint32 // SEQ
	}{
		"one byte beyond":            {[]segment{closed}, segment{port: 5, seq: nxt + 1, flags: ack}, nxt},
		"as far as can be":           {[]segment{closed}, segment{port: 5, seq: (nxt + 1<<14) & 0xffffffff, flags: ack}, nxt},
		"farther":                    {[]segment{closed}, segment{port: 5, seq: (nxt + 1<<14 + 1) & 0xffffffff, flags: ack}, 1<<14 + 1 - 16},
		"with PSH":                   {[]segment{closed}, segment{port: 5, seq: 0, flags: ack | header.TCPFlagPsh}, nxt},
		"at the window":              {[]segment{closed}, segment{port: 5, seq: nxt, flags: ack}, nxt},
		"a probe":                    {[]segment{closed}, segment{port: 5, seq: nxt - 1, flags: ack}, nxt - 1},
		"with data":                  {[]segment{closed}, segment{port: 5, seq: 0, flags: ack, payload: []byte("x")}, 0},
		"SYN":                        {[]segment{closed}, segment{port: 5, seq: 0, flags: ack | syn}, 0},
		"FIN":                        {[]segment{closed}, segment{port: 5, seq: 0, flags: ack | fin}, 0},
		"RST":                        {[]segment{closed}, segment{port: 5, seq: 0, flags: ack | rst}, 0},
		"no ACK":                     {[]segment{closed}, segment{port: 5, seq: 0}, 0},
		"another flow":               {[]segment{closed}, segment{port: 6, seq: 0, flags: ack}, 0},
		"another of the same shard":  {[]segment{closed}, segment{port: 5 + 64, seq: 0, flags: ack}, 0},
		"window open":                {[]segment{{port: 5, ack: nxt, flags: ack, window: 1}}, segment{port: 5, seq: 0, flags: ack}, 0},
		"window opened again":        {[]segment{closed, {port: 5, ack: nxt, flags: ack, window: 1}}, segment{port: 5, seq: 0, flags: ack}, 0},
		"reset sent":                 {[]segment{closed, {port: 5, flags: rst}}, segment{port: 5, seq: 0, flags: ack}, 0},
		"SYN with a window of zero":  {[]segment{{port: 5, ack: nxt, flags: syn | ack}}, segment{port: 5, seq: 0, flags: ack}, 0},
		"FIN taken in the meanwhile": {[]segment{closed, {port: 5, ack: nxt + 1, flags: ack}}, segment{port: 5, seq: 0, flags: ack}, nxt + 1},
	} {
		for _, v6 := range []bool{false, true} {
			var z stack.ZeroWindows
			for _, s := range c.sent {
				pkt := s.packet(v6, false)
				z.Sent(pkt)
				pkt.DecRef()
			}
			pkt := c.in.packet(v6, true)
			shared := pkt.Clone()
			z.Received(pkt)
			if got := header.TCP(pkt.TransportHeader().Slice()).SequenceNumber(); got != c.want {
				t.Errorf("%s: SEQ %#x, want %#x", name, got, c.want)
			}
			if (z.Rewritten() == 1) != (c.want != c.in.seq) {
				t.Errorf("%s: counted %d", name, z.Rewritten())
			}
			if !checksumIsValid(pkt) {
				t.Errorf("%s: bad checksum", name)
			}
			if header.TCP(shared.TransportHeader().Slice()).SequenceNumber() != c.in.seq {
				t.Errorf("%s: shared memory was written to", name)
			}
			pkt.DecRef()
			shared.DecRef()
		}
	}
}

func TestZeroWindowEndsWithReset(t *testing.T) {
	var z stack.ZeroWindows
	for _, c := range []struct {
		in        segment
		rewritten uint64
	}{
		{segment{port: 5, seq: 1001, flags: header.TCPFlagRst}, 0}, // gVisor does not take it
		{segment{port: 5, seq: 1001, flags: header.TCPFlagAck}, 1},
		{segment{port: 5, seq: 1000, flags: header.TCPFlagRst}, 1},
		{segment{port: 5, seq: 1001, flags: header.TCPFlagAck}, 1},
	} {
		if z.Rewritten() == 0 {
			z.Sent(segment{port: 5, ack: 1000, flags: header.TCPFlagAck}.packet(false, false))
		}
		z.Received(c.in.packet(false, true))
		if z.Rewritten() != c.rewritten {
			t.Errorf("%+v: %d rewritten, want %d", c.in, z.Rewritten(), c.rewritten)
		}
	}
}

func TestZeroWindowsAreBounded(t *testing.T) {
	var z stack.ZeroWindows
	const all = 4096
	for i := range all + 1 {
		z.Sent(segment{port: uint16(i), ack: 1000, flags: header.TCPFlagAck}.packet(false, false))
	}
	if z.Evicted() != 1 {
		t.Errorf("%d evicted", z.Evicted())
	}
	for i := range all + 1 {
		z.Received(segment{port: uint16(i), seq: 1001, flags: header.TCPFlagAck}.packet(false, true))
		if want := uint64(i); z.Rewritten() != want { // the first of all had to go
			t.Fatalf("port %d: %d rewritten, want %d", i, z.Rewritten(), want)
		}
	}
}

func FuzzZeroWindowACK(f *testing.F) {
	const nxt = 1000
	for _, s := range []segment{
		{port: 5, seq: nxt + 1, flags: header.TCPFlagAck},
		{port: 5, seq: nxt + 1, flags: header.TCPFlagAck, payload: []byte("x")},
		{port: 5, seq: nxt, flags: header.TCPFlagRst},
	} {
		pkt := s.packet(false, true)
		f.Add(false, append(bytes.Clone(pkt.TransportHeader().Slice()), s.payload...), uint8(header.TCPMinimumSize))
		f.Add(true, pkt.TransportHeader().Slice(), uint8(3))
	}
	f.Fuzz(func(t *testing.T, v6 bool, body []byte, transport uint8) {
		if len(body) > 60000 || int(transport) > len(body) {
			return
		}
		var z stack.ZeroWindows
		z.Sent(segment{port: 5, ack: nxt, flags: header.TCPFlagAck}.packet(v6, false))
		before := ipPacket(v6, hosts[v6][1], hosts[v6][0], bytes.Clone(body))
		pkt := parsed(bytes.Clone(before), int(transport))
		defer pkt.DecRef()
		z.Received(pkt)
		view := pkt.ToView()
		defer view.Release()
		after := view.AsSlice()
		if z.Rewritten() == 0 {
			if !bytes.Equal(before, after) {
				t.Fatal("changed, but not counted")
			}
			return
		}
		filled := bytes.Clone(after)
		link.FillChecksum(filled)
		got, want := header.TCP(after[len(after)-len(body):]).Checksum(), header.TCP(filled[len(after)-len(body):]).Checksum()
		if got != want && (got != 0 || want != 0xffff) && (got != 0xffff || want != 0) {
			t.Errorf("checksum %#x, want %#x", got, want)
		}
		tcp := header.TCP(after[len(after)-len(body):])
		if tcp.SequenceNumber() != nxt {
			t.Errorf("SEQ %d", tcp.SequenceNumber())
		}
		tcp.SetSequenceNumber(header.TCP(before[len(before)-len(body):]).SequenceNumber())
		link.FillChecksum(after)
		if !bytes.Equal(before, after) {
			t.Error("something else changed as well")
		}
	})
}
