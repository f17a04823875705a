package link_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/link"
)

// sink is attached in the place of a stack.
type sink struct {
	packets atomic.Uint64
	each    func()
}

func (s *sink) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer) {
	s.packets.Add(1)
	if s.each != nil {
		s.each()
	}
}

func (s *sink) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer) {}

func write(ep gstack.LinkEndpoint, size int) tcpip.Error {
	var pkts gstack.PacketBufferList
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(make([]byte, size))})
	defer pkt.DecRef()
	pkt.NetworkProtocolNumber = header.IPv4ProtocolNumber
	pkts.PushBack(pkt)
	_, err := ep.WritePackets(pkts)
	return err
}

// total of what was written to an end whose writer saw only refusals when full.
func total(c link.Counters) uint64 {
	return c.SentPackets + c.RefusedFull + c.RefusedTooBig + c.DroppedDown + c.DroppedPeer
}

func TestCableCountsEveryPacket(t *testing.T) {
	testenv.LeakCheck(t)
	for name, c := range map[string]struct {
		size  int
		setup func(a, b *link.CableEnd)
		want  func(link.Counters) uint64
	}{
		"peer not attached": {100, func(_, b *link.CableEnd) { b.Attach(nil); b.Wait() }, func(c link.Counters) uint64 { return c.DroppedPeer }},
		"peer down":         {100, func(_, b *link.CableEnd) { b.SetUp(false) }, func(c link.Counters) uint64 { return c.DroppedPeer }},
		"peer closed":       {100, func(_, b *link.CableEnd) { b.Close() }, func(c link.Counters) uint64 { return c.DroppedPeer }},
		"down":              {100, func(a, _ *link.CableEnd) { a.SetUp(false) }, func(c link.Counters) uint64 { return c.DroppedDown }},
		"closed":            {100, func(a, _ *link.CableEnd) { a.Close(); a.SetUp(true) }, func(c link.Counters) uint64 { return c.DroppedDown }},
		"up again":          {100, func(a, b *link.CableEnd) { a.SetUp(false); b.SetUp(false); a.SetUp(true); b.SetUp(true) }, func(c link.Counters) uint64 { return c.SentPackets }},
		"too big":           {1501, func(_, _ *link.CableEnd) {}, func(c link.Counters) uint64 { return c.RefusedTooBig }},
		"just fits":         {1500, func(_, _ *link.CableEnd) {}, func(c link.Counters) uint64 { return c.SentPackets }},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := link.NewCable(link.CableConfig{})
			b.Attach(&sink{})
			defer func() { a.Close(); b.Close(); b.Wait() }()
			c.setup(a, b)
			for range 10 {
				write(a, c.size)
			}
			if got := a.Counters(); c.want(got) != 10 || total(got) != 10 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestQueueBounds(t *testing.T) {
	for name, c := range map[string]struct {
		cfg        link.CableConfig
		size, want int
	}{
		"packets":                    {link.CableConfig{QueueLen: 5}, 10, 5},
		"bytes":                      {link.CableConfig{QueueBytes: 1000}, 300, 3},
		"an empty queue takes any":   {link.CableConfig{QueueBytes: 10}, 300, 1},
		"negative means the default": {link.CableConfig{QueueLen: -1, QueueBytes: -1, MTU: -1}, 10, 4096},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			a, b := link.NewCable(c.cfg)
			entered, release := make(chan struct{}, 1), make(chan struct{})
			b.Attach(&sink{each: func() {
				select {
				case entered <- struct{}{}:
				default:
				}
				<-release
			}})
			write(a, c.size)
			<-entered // the queue is empty, and its goroutine busy
			n := 0
			for write(a, c.size) == nil {
				n++
			}
			if n != c.want || !a.Congested() || b.Congested() {
				t.Errorf("%d packets, want %d; congested %v", n, c.want, a.Congested())
			}
			room := make(chan struct{}, 1)
			a.NotifyRoom(func() { room <- struct{}{} })
			close(release)
			<-room
			b.Close()
			b.Wait()
			ca, cb := a.Counters(), b.Counters()
			if ca.RefusedFull != 1 || ca.SentPackets != uint64(n+1) || cb.ReceivedPackets+cb.DroppedUndelivered != uint64(n+1) {
				t.Errorf("sent %+v, received %+v", ca, cb)
			}
		})
	}
}

func TestAttachAndCloseUnderTraffic(t *testing.T) {
	testenv.LeakCheck(t)
	const cycles = 1000
	a, b := link.NewCable(link.CableConfig{QueueLen: 32})
	var writes atomic.Uint64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					write(a, 100)
					writes.Add(1)
					runtime.Gosched()
				}
			}
		})
	}
	for range cycles {
		arrived := make(chan struct{}, 1)
		b.Attach(&sink{each: func() {
			select {
			case arrived <- struct{}{}:
			default:
			}
		}})
		<-arrived
		b.Attach(nil)
		b.Wait()
	}
	close(stop)
	wg.Wait()
	b.Close()
	b.Wait()
	ca, cb := a.Counters(), b.Counters()
	if total(ca) != writes.Load() || cb.ReceivedPackets+cb.DroppedUndelivered != ca.SentPackets {
		t.Errorf("%d written, sent %+v, received %+v", writes.Load(), ca, cb)
	}
}

func TestCloseCyclesUnderTraffic(t *testing.T) {
	testenv.LeakCheck(t)
	for i := range 1000 {
		a, b := link.NewCable(link.CableConfig{QueueLen: 4})
		var arrived sync.WaitGroup
		arrived.Add(2)
		var once [2]sync.Once
		a.Attach(&sink{each: func() { once[0].Do(arrived.Done) }})
		b.Attach(&sink{each: func() { once[1].Do(arrived.Done) }})
		var wg sync.WaitGroup
		done := make(chan struct{})
		for _, end := range []*link.CableEnd{a, b} {
			wg.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						write(end, 50)
						runtime.Gosched()
					}
				}
			})
		}
		arrived.Wait()
		ends := []*link.CableEnd{a, b}
		wg.Go(ends[i%2].Close)
		wg.Go(ends[1-i%2].Close)
		wg.Go(ends[i%2].Close)
		a.Close()
		close(done)
		wg.Wait()
		a.Wait()
		b.Wait()
	}
}

func TestLoopbackWithoutStackCounts(t *testing.T) {
	l := link.NewLoopback()
	write(l, 10)
	l.Attach(&sink{})
	write(l, 10)
	l.Close()
	write(l, 10)
	if c := l.Counters(); c.SentPackets != 1 || c.DroppedDown != 2 {
		t.Errorf("%+v", c)
	}
}

func BenchmarkLoopback(b *testing.B) {
	l := link.NewLoopback()
	l.Attach(&sink{})
	benchmarkWrite(b, l)
}

func BenchmarkCable(b *testing.B) {
	x, y := link.NewCable(link.CableConfig{MTU: 65535})
	y.Attach(&sink{})
	defer func() { y.Close(); y.Wait() }()
	benchmarkWrite(b, x)
}

func benchmarkWrite(b *testing.B, ep gstack.LinkEndpoint) {
	const size = 65000
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(make([]byte, size))})
	defer pkt.DecRef()
	pkt.NetworkProtocolNumber = header.IPv4ProtocolNumber
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		var pkts gstack.PacketBufferList
		pkts.PushBack(pkt)
		for {
			if _, err := ep.WritePackets(pkts); err == nil {
				break
			}
		}
	}
}

func viewOf(b []byte) *buffer.View { return buffer.NewViewWithData(b) }
