package link_test

import (
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/link"
)

// newSwitch returns a switch with sinks on n ports.
func newSwitch(t testing.TB, cfg link.SwitchConfig, n int) ([]*link.SwitchPort, []*sink) {
	t.Helper()
	sw := link.NewSwitch(cfg)
	t.Cleanup(sw.Close)
	var ports []*link.SwitchPort
	var sinks []*sink
	for range n {
		p, err := sw.Port(link.PortConfig{})
		if err != nil {
			t.Fatal(err)
		}
		s := &sink{}
		p.Attach(s)
		ports, sinks = append(ports, p), append(sinks, s)
	}
	return ports, sinks
}

// A port whose host takes nothing loses what its queue cannot hold. Others get
// what is theirs, and floods do not stay charged to who sent them.
func TestSlowPortStopsNobody(t *testing.T) {
	testenv.LeakCheck(t)
	ports, sinks := newSwitch(t, link.SwitchConfig{QueueLen: 10}, 3)
	stuck := make(chan struct{})
	defer close(stuck)
	sinks[1].each = func() { <-stuck }
	got := make(chan struct{}, 1)
	sinks[2].each = func() { got <- struct{}{} }
	released := 0
	for range 200 {
		frame := append(ethernetHeader(0xff, 1), make([]byte, 100)...)
		copy(frame, header.EthernetBroadcastAddress)
		pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(frame), OnRelease: func() { released++ }})
		pkt.LinkHeader().Consume(header.EthernetMinimumSize)
		if err := writePacket(ports[0], pkt); err != nil {
			t.Fatal(err)
		}
		<-got
	}
	c := ports[1].Counters()
	if released != 200 || c.DroppedQueue < 200-10-16 || ports[2].Counters().DroppedQueue != 0 {
		t.Errorf("%d released; the slow port: %+v", released, c)
	}
}

func TestSwitchCountsEveryFrame(t *testing.T) {
	testenv.LeakCheck(t)
	write := func(p *link.SwitchPort, dst, src byte, size int) {
		pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(append(ethernetHeader(dst, src), make([]byte, size)...))})
		pkt.LinkHeader().Consume(header.EthernetMinimumSize)
		writePacket(p, pkt)
	}
	for name, c := range map[string]struct {
		size  int
		setup func(a, b *link.SwitchPort)
		want  func(link.Counters) uint64
	}{
		"peer not attached": {100, func(_, b *link.SwitchPort) { b.Attach(nil); b.Wait() }, func(c link.Counters) uint64 { return c.DroppedPeer }},
		"peer down":         {100, func(_, b *link.SwitchPort) { b.SetUp(false) }, func(c link.Counters) uint64 { return c.DroppedPeer }},
		"peer closed":       {100, func(_, b *link.SwitchPort) { b.Close() }, func(c link.Counters) uint64 { return c.DroppedPeer }},
		"down":              {100, func(a, _ *link.SwitchPort) { a.SetUp(false) }, func(c link.Counters) uint64 { return c.DroppedDown }},
		"closed":            {100, func(a, _ *link.SwitchPort) { a.Close() }, func(c link.Counters) uint64 { return c.DroppedDown }},
		"too big":           {1501, func(_, _ *link.SwitchPort) {}, func(c link.Counters) uint64 { return c.RefusedTooBig }},
		"just fits":         {1500, func(_, _ *link.SwitchPort) {}, func(c link.Counters) uint64 { return c.SentPackets }},
	} {
		t.Run(name, func(t *testing.T) {
			ports, _ := newSwitch(t, link.SwitchConfig{}, 2)
			write(ports[1], 1, 2, 100) // who is where
			c.setup(ports[0], ports[1])
			for range 10 {
				write(ports[0], 2, 1, c.size)
			}
			if got := ports[0].Counters(); c.want(got) != 10 || total(got) != 10 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Whatever a packet socket writes is taken, refused or dropped, and counted.
func FuzzSwitchFrame(f *testing.F) {
	f.Add(append(ethernetHeader(2, 1), make([]byte, 40)...), false)
	f.Add(append(ethernetHeader(2, 1), tcpPacket(false, header.TCPFlagAck, make([]byte, 3000))...), true)
	f.Add([]byte{1, 2, 3}, false)
	f.Fuzz(func(t *testing.T, b []byte, super bool) {
		ports, _ := newSwitch(t, link.SwitchConfig{Checksums: true}, 3)
		slim, err := ports[0].Switch().Port(link.PortConfig{DisableGSO: true})
		if err != nil {
			t.Fatal(err)
		}
		slim.Attach(&sink{})
		pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
		ports[0].ParseHeader(pkt)
		if super {
			pkt.GSOOptions = gstack.GSO{Type: gstack.GSOTCPv4, MSS: 1000, L3HdrLen: header.IPv4MinimumSize, NeedsCsum: true}
		}
		writePacket(ports[0], pkt)
		if c := ports[0].Counters(); total(c)+c.DroppedMalformed != 1 {
			t.Errorf("%+v", c)
		}
	})
}
