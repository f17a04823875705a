package link_test

import (
	"fmt"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/refs"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/link"
)

// releasesAll fails the test if run leaves packets, or memory of packets, that
// somebody holds a reference on.
func releasesAll(t *testing.T, run func()) {
	t.Helper()
	refs.SetLeakMode(refs.LeaksPanic)
	defer refs.SetLeakMode(refs.NoLeakChecking)
	defer func() {
		if err := recover(); err != nil {
			t.Errorf("%.500s", fmt.Sprint(err))
		}
	}()
	run()
	refs.DoRepeatedLeakCheck()
}

func ethernetHeader(dst, src byte) []byte {
	h := header.Ethernet(make([]byte, header.EthernetMinimumSize))
	h.Encode(&header.EthernetFields{
		SrcAddr: tcpip.LinkAddress([]byte{2, 0, 0, 0, 0, src}), DstAddr: tcpip.LinkAddress([]byte{2, 0, 0, 0, 0, dst}), Type: header.IPv4ProtocolNumber,
	})
	return h
}

func TestSwitchReleasesPackets(t *testing.T) {
	testenv.LeakCheck(t)
	releasesAll(t, func() {
		sw := link.NewSwitch(link.SwitchConfig{QueueLen: 3})
		stuck := make(chan struct{})
		var ports []*link.SwitchPort
		for i := range 4 {
			p, err := sw.Port(link.PortConfig{DisableGSO: i == 2, Promiscuous: i == 3})
			if err != nil {
				t.Fatal(err)
			}
			ports = append(ports, p)
			s := &sink{}
			if i == 1 {
				s.each = func() { <-stuck }
			}
			p.Attach(s)
		}
		for n := range byte(100) {
			// To one, unknown at first; to a stranger; from the other side.
			writePacket(ports[0], superSegment(false, 0, ethernetHeader(n%5, 1), make([]byte, 5000), 1000))
			writePacket(ports[2], superSegment(false, 0, ethernetHeader(1, 3), make([]byte, 100), 1000))
		}
		if c := ports[1].Counters(); c.DroppedQueue == 0 || c.ReceivedPackets > 1 {
			t.Errorf("the port that is stuck: %+v", c)
		}
		if c := ports[0].Counters(); c.SentPackets != 100 {
			t.Errorf("the port that sends: %+v", c)
		}
		ports[1].Close()
		close(stuck)
		ports[1].Wait() // no longer the switch's
		sw.Close()
	})
}

func TestImpairmentReleasesPackets(t *testing.T) {
	testenv.LeakCheck(t)
	releasesAll(t, func() {
		clock := faketime.NewManualClock()
		f := link.Faults{
			Loss: 0.1, Duplicate: 0.2, Corrupt: 0.2, Reorder: 0.2, Latency: time.Second, Jitter: time.Second,
			Rate: 1_000_000, QueueLen: 100, Burst: link.GilbertElliott{Enter: 0.1, Leave: 0.5},
		}
		lower := &wire{clock: clock}
		m, err := link.NewImpairment(lower, link.ImpairConfig{Outbound: f, Inbound: f, Clock: clock, OnFate: func(link.Fate) {}})
		if err != nil {
			t.Fatal(err)
		}
		m.Attach(&sink{})
		s := link.NewSegmenter(m)
		for i := range 500 {
			writePacket(s, superSegment(i%2 == 0, 0, ethernetHeader(1, 2), make([]byte, 5000), 1000))
			in := superSegment(i%2 == 0, 0, nil, make([]byte, 5000), 1000)
			lower.dispatcher.DeliverNetworkPacket(header.IPv4ProtocolNumber, in)
			in.DecRef()
			clock.Advance(3 * time.Millisecond)
		}
		m.Attach(nil)
		m.Close()
		m.Wait()
		clock.Advance(time.Hour)
		out, in := m.Fates(link.Outbound), m.Fates(link.Inbound)
		for kind, n := range [2]link.FateCounts{out, in} {
			if n[link.Discarded] == 0 || n[link.QueueFull] == 0 || n[link.Delivered] == 0 {
				t.Errorf("%v: %v", link.Direction(kind), n)
			}
		}
		if err := writePacket(m, gstack.NewPacketBuffer(gstack.PacketBufferOptions{})); err != nil {
			t.Error(err)
		}
		if n := m.Fates(link.Outbound)[link.Discarded]; n != out[link.Discarded]+1 {
			t.Error("a closed impairment took a packet")
		}
	})
}
