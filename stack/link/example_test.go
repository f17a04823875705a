package link_test

import (
	"fmt"
	"net/netip"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"

	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// Three hosts on a switch, each with the hardware address of its port.
func ExampleNewSwitch() {
	sw := link.NewSwitch(link.SwitchConfig{})
	defer sw.Close()
	for i := range 3 {
		port, err := sw.Port(link.PortConfig{})
		if err != nil {
			fmt.Println(err)
			return
		}
		prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)
		host, err := stack.New(stack.Config{Links: []stack.LinkConfig{{Endpoint: port, Addresses: []netip.Prefix{prefix}}}})
		if err != nil {
			fmt.Println(err)
			return
		}
		defer host.Close()
		eth0, _ := host.LinkByName("eth0")
		fmt.Println(prefix, eth0.HardwareAddr)
	}
	// Output:
	// 10.0.0.1/24 02:00:00:00:00:01
	// 10.0.0.2/24 02:00:00:00:00:02
	// 10.0.0.3/24 02:00:00:00:00:03
}

// A link with latency and loss, under a clock that moves by hand. The seed says
// which packets are lost.
func ExampleNewImpairment() {
	clock := faketime.NewManualClock()
	start := clock.Now()
	near, far := link.NewCable(link.CableConfig{})
	defer far.Close()
	far.Attach(&sink{})
	impaired, err := link.NewImpairment(near, link.ImpairConfig{
		Outbound: link.Faults{Latency: 20 * time.Millisecond, Loss: 0.5},
		Seed:     1,
		Clock:    clock,
		OnFate: func(f link.Fate) {
			fmt.Println(f.At.Sub(start), f.Direction, f.Number, f.Kind)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer impaired.Close()
	for i := range 4 {
		writeBytes(impaired, numbered(i, 100))
		clock.Advance(5 * time.Millisecond)
	}
	clock.Advance(time.Second)
	// Output:
	// 0s outbound 0 lost
	// 10ms outbound 2 lost
	// 15ms outbound 3 lost
	// 25ms outbound 1 delivered
}
