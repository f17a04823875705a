// Package bench measures sockets on the stack against the kernel's and against
// gVisor's own adapter, side by side: one load, several targets.
//
// Figures of different runs do not compare; ratios within one run do. The
// program in ratios prints those.
package bench

import (
	"fmt"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"github.com/usernet-stack/usernet/facade"
)

// Target is a network that a load runs on, with both ends in this process.
type Target struct {
	Name string
	// Open makes the network. Close of it releases everything.
	Open func() (Network, error)
}

// Network makes sockets on 127.0.0.1.
type Network interface {
	Listen() (net.Listener, error)
	Dial(address string) (net.Conn, error)
	ListenPacket() (net.PacketConn, error)
	Close() error
}

// Targets are what every load is measured on. The first is what ratios refer to.
var Targets = []Target{
	{"kernel", func() (Network, error) { return kernelNetwork{}, nil }},
	{"stack", func() (Network, error) { return facadeNetwork{facade.New(facade.Config{})}, nil }},
	{"gonet", newGonet},
	{"facade-on-kernel", func() (Network, error) {
		return facadeNetwork{facade.New(facade.Config{Kernel: facade.KernelAlways})}, nil
	}},
	{"cable-1500", func() (Network, error) { return newCable(1500) }},
	{"cable-65535", func() (Network, error) { return newCable(65535) }},
}

const anyPort = "127.0.0.1:0"

type kernelNetwork struct{}

func (kernelNetwork) Listen() (net.Listener, error)         { return net.Listen("tcp", anyPort) }
func (kernelNetwork) Dial(address string) (net.Conn, error) { return net.Dial("tcp", address) }
func (kernelNetwork) ListenPacket() (net.PacketConn, error) { return net.ListenPacket("udp", anyPort) }
func (kernelNetwork) Close() error                          { return nil }

type facadeNetwork struct{ m *facade.Module }

func (f facadeNetwork) Listen() (net.Listener, error)         { return f.m.Listen("tcp", anyPort) }
func (f facadeNetwork) Dial(address string) (net.Conn, error) { return f.m.Dial("tcp", address) }
func (f facadeNetwork) ListenPacket() (net.PacketConn, error) {
	return f.m.ListenPacket("udp", anyPort)
}
func (f facadeNetwork) Close() error { return f.m.Close() }

// gonetNetwork is gVisor as it comes: its loopback, its defaults, its adapter.
type gonetNetwork struct{ s *gstack.Stack }

const gonetNIC = 1

func newGonet() (Network, error) {
	s := gstack.New(gstack.Options{
		NetworkProtocols:   []gstack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []gstack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})
	if err := s.CreateNIC(gonetNIC, loopback.New()); err != nil {
		return nil, fmt.Errorf("create NIC: %v", err)
	}
	addr := tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: header.IPv4Loopback, PrefixLen: 8},
	}
	if err := s.AddProtocolAddress(gonetNIC, addr, gstack.AddressProperties{}); err != nil {
		return nil, fmt.Errorf("add address: %v", err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: gonetNIC}})
	return gonetNetwork{s}, nil
}

func gonetAddr(port uint16) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: gonetNIC, Addr: header.IPv4Loopback, Port: port}
}

func (g gonetNetwork) Listen() (net.Listener, error) {
	return gonet.ListenTCP(g.s, gonetAddr(0), ipv4.ProtocolNumber)
}

func (g gonetNetwork) Dial(address string) (net.Conn, error) {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	return gonet.DialTCP(g.s, gonetAddr(ap.Port()), ipv4.ProtocolNumber)
}

func (g gonetNetwork) ListenPacket() (net.PacketConn, error) {
	local := gonetAddr(0)
	return gonet.DialUDP(g.s, &local, nil, ipv4.ProtocolNumber)
}

func (g gonetNetwork) Close() error {
	g.s.Destroy()
	return nil
}
