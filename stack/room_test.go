package stack_test

import (
	"sync/atomic"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// gate is attached in the place of a stack and takes a packet each time it is
// told to.
type gate struct{ open chan struct{} }

func (g *gate) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer) { <-g.open }
func (g *gate) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer)    {}

func writePacket(ep gstack.LinkEndpoint, size int) tcpip.Error {
	var pkts gstack.PacketBufferList
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(make([]byte, size))})
	defer pkt.DecRef()
	pkt.NetworkProtocolNumber = header.IPv4ProtocolNumber
	pkts.PushBack(pkt)
	_, err := ep.WritePackets(pkts)
	return err
}

func TestRoomIsAnnouncedOnce(t *testing.T) {
	testenv.LeakCheck(t)
	a, b := link.NewCable(link.CableConfig{QueueLen: 8})
	s := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(a)}})
	g := &gate{open: make(chan struct{})}
	b.Attach(g)
	var calls atomic.Int32
	room := make(chan struct{}, 10)
	cancel := s.NotifyRoom(func() {
		if s.Congested() {
			t.Error("called while congested")
		}
		calls.Add(1)
		room <- struct{}{}
	})
	for {
		err := writePacket(a, 100)
		if _, full := err.(*tcpip.ErrNoBufferSpace); full {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if c := a.Counters(); !s.Congested() || c.RefusedFull != 1 {
		t.Errorf("congested %v, %+v", s.Congested(), c)
	}
	close(g.open)
	<-room
	if err := writePacket(a, 100); err != nil {
		t.Error(err)
	}
	cancel()
	b.Close()
	b.Wait()
	if n := calls.Load(); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestRoomComesWhenTheLinkGoes(t *testing.T) {
	for name, leave := range map[string]func(s *stack.Stack, peer *link.CableEnd, g *gate){
		"other end closed": func(_ *stack.Stack, peer *link.CableEnd, g *gate) { peer.Close(); close(g.open) },
		"other end down":   func(_ *stack.Stack, peer *link.CableEnd, g *gate) { peer.SetUp(false); close(g.open) },
		"link removed": func(s *stack.Stack, _ *link.CableEnd, g *gate) {
			if err := s.RemoveLink(2); err != nil {
				t.Error(err)
			}
			close(g.open)
		},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			a, b := link.NewCable(link.CableConfig{QueueLen: 4})
			s := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(a)}})
			g := &gate{open: make(chan struct{})}
			b.Attach(g)
			room := make(chan struct{}, 10)
			defer s.NotifyRoom(func() { room <- struct{}{} })()
			for {
				if _, full := writePacket(a, 100).(*tcpip.ErrNoBufferSpace); full {
					break
				}
			}
			leave(s, b, g)
			<-room
			if s.Congested() {
				t.Error("still congested")
			}
			b.Close()
			b.Wait()
		})
	}
}
