package link_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/nested"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/usernet-stack/usernet/stack/link"
)

// wire is a link that notes what is written to it, and when.
type wire struct {
	nested.Endpoint // for what no test asks of it
	clock           tcpip.Clock
	caps            gstack.LinkEndpointCapabilities
	head            uint16 // length of the link header
	mtu             uint32
	refuse          tcpip.Error

	mu         sync.Mutex
	packets    [][]byte
	at         []time.Time
	dispatcher gstack.NetworkDispatcher
}

func (w *wire) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, pkt := range pkts.AsSlice() {
		if w.refuse != nil {
			return i, w.refuse
		}
		v := pkt.ToView()
		w.packets = append(w.packets, slices.Clone(v.AsSlice()))
		v.Release()
		if w.clock != nil {
			w.at = append(w.at, w.clock.Now())
		}
	}
	return pkts.Len(), nil
}

func (w *wire) taken() ([][]byte, []time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.packets), slices.Clone(w.at)
}

func (w *wire) Attach(d gstack.NetworkDispatcher)             { w.dispatcher = d }
func (w *wire) IsAttached() bool                              { return w.dispatcher != nil }
func (w *wire) Capabilities() gstack.LinkEndpointCapabilities { return w.caps }
func (w *wire) MaxHeaderLength() uint16                       { return w.head }
func (w *wire) MTU() uint32                                   { return max(w.mtu, 1500) }
func (w *wire) Close()                                        {}
func (w *wire) Wait()                                         {}
func (w *wire) SetOnCloseAction(func())                       {}

// arrive delivers a packet from the wire.
func (w *wire) arrive(b []byte) {
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	defer pkt.DecRef()
	w.dispatcher.DeliverNetworkPacket(header.IPv4ProtocolNumber, pkt)
}

// arrivals is attached in the place of a stack.
type arrivals struct {
	clock   tcpip.Clock
	mu      sync.Mutex
	packets [][]byte
	at      []time.Time
}

func (a *arrivals) DeliverNetworkPacket(_ tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := pkt.ToView()
	defer v.Release()
	a.packets = append(a.packets, slices.Clone(v.AsSlice()))
	a.at = append(a.at, a.clock.Now())
}

func (*arrivals) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *gstack.PacketBuffer) {}

func newImpairment(t testing.TB, lower gstack.LinkEndpoint, cfg link.ImpairConfig) *link.Impairment {
	t.Helper()
	m, err := link.NewImpairment(lower, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close(); m.Wait() })
	return m
}

func writeBytes(ep gstack.LinkEndpoint, b []byte) tcpip.Error {
	pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	defer pkt.DecRef()
	pkt.NetworkProtocolNumber = header.IPv4ProtocolNumber
	var pkts gstack.PacketBufferList
	pkts.PushBack(pkt)
	_, err := ep.WritePackets(pkts)
	return err
}

func numbered(i, size int) []byte {
	b := make([]byte, size)
	b[0], b[1], b[2], b[3] = byte(i>>24), byte(i>>16), byte(i>>8), byte(i)
	return b
}

func number(b []byte) int { return int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }
