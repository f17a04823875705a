package stack_test

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

func newPort(t testing.TB, sw *link.Switch, cfg link.PortConfig) *link.SwitchPort {
	t.Helper()
	p, err := sw.Port(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newHost puts a host on a port: number 1 is 10.0.0.1 and fd00::1.
func newHost(t testing.TB, p *link.SwitchPort, number int) *stack.Stack {
	t.Helper()
	return newStack(t, stack.Config{Links: []stack.LinkConfig{
		linkConfig(p, fmt.Sprintf("10.0.0.%d/24", number), fmt.Sprintf("fd00::%x/64", number)),
	}})
}

// newNetwork puts n hosts on a switch, each on a port of its own.
func newNetwork(t testing.TB, cfg link.SwitchConfig, n int) (*link.Switch, []*stack.Stack, []*link.SwitchPort) {
	t.Helper()
	sw := link.NewSwitch(cfg)
	t.Cleanup(sw.Close)
	var hosts []*stack.Stack
	var ports []*link.SwitchPort
	for i := range n {
		p := newPort(t, sw, link.PortConfig{})
		ports = append(ports, p)
		hosts = append(hosts, newHost(t, p, i+1))
	}
	return sw, hosts, ports
}

func addressesOf(number int) []string {
	return []string{fmt.Sprintf("10.0.0.%d:80", number), fmt.Sprintf("[fd00::%x]:80", number)}
}

func TestSwitchCarriesBetweenAnyTwo(t *testing.T) {
	for name, cfg := range map[string]link.SwitchConfig{
		"default": {}, "no GSO": {DisableGSO: true}, "checksums": {Checksums: true}, "MTU 9000": {MTU: 9000},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			_, hosts, ports := newNetwork(t, cfg, 4)
			for i, from := range hosts {
				for j, to := range hosts {
					if i == j {
						continue
					}
					for _, addr := range addressesOf(j + 1) {
						transferTCP(t, from, to, addr, 200_000)
						exchangeUDP(t, from, to, addr, 1000)
						exchangeUDP(t, from, to, addr, 60000)
					}
				}
			}
			for i, p := range ports {
				c := p.Counters()
				if c.DroppedQueue+c.DroppedMalformed+c.RefusedTooBig+c.DroppedPeer > 0 {
					t.Errorf("port %d: %+v", i+1, c)
				}
			}
			if d := hosts[0].Counters().Drops; d.TCPChecksum+d.UDPChecksum+d.BadIP > 0 {
				t.Errorf("drops: %+v", d)
			}
		})
	}
}

func TestSwitchResolvesByARPAndNDP(t *testing.T) {
	testenv.LeakCheck(t)
	_, hosts, ports := newNetwork(t, link.SwitchConfig{}, 3)
	for _, addr := range addressesOf(2) {
		exchangeUDP(t, hosts[0], hosts[1], addr, 100)
	}
	want := map[netip.Addr]string{netip.MustParseAddr("10.0.0.2"): "", netip.MustParseAddr("fd00::2"): ""}
	for _, n := range hosts[0].Neighbours() {
		if _, ok := want[n.Address]; ok {
			want[n.Address] = n.HardwareAddr.String()
		}
	}
	for a, hw := range want {
		if hw != "02:00:00:00:00:02" {
			t.Errorf("%v is at %q", a, hw)
		}
	}
	l, err := hosts[0].LinkByIndex(2)
	if err != nil || l.HardwareAddr.String() != "02:00:00:00:00:01" || l.Flags&net.FlagBroadcast == 0 {
		t.Errorf("%+v, %v", l, err)
	}
	if ports[0].ARPHardwareType() != header.ARPHardwareEther {
		t.Error("not an Ethernet link")
	}
}

// Nobody else sees what two hosts say to each other, once the switch knows them.
func TestSwitchStopsFloodingOnceItKnows(t *testing.T) {
	testenv.LeakCheck(t)
	_, hosts, ports := newNetwork(t, link.SwitchConfig{}, 3)
	exchangeUDP(t, hosts[0], hosts[1], "10.0.0.2:80", 100)
	before := ports[2].Counters()
	transferTCP(t, hosts[0], hosts[1], "10.0.0.2:80", 1<<20)
	after := ports[2].Counters()
	if after.ReceivedPackets != before.ReceivedPackets || after.DroppedFiltered != before.DroppedFiltered {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if c := ports[0].SwitchCounters(); c.Forwarded == 0 || c.Learned != 1 || c.Group == 0 {
		t.Errorf("%+v", c)
	}
}

func TestSwitchCarriesSuperSegmentsToThoseWhoTakeThem(t *testing.T) {
	testenv.LeakCheck(t)
	sw := link.NewSwitch(link.SwitchConfig{})
	defer sw.Close()
	p1, p2, p3 := newPort(t, sw, link.PortConfig{}), newPort(t, sw, link.PortConfig{}), newPort(t, sw, link.PortConfig{DisableGSO: true})
	a, b, c := newHost(t, p1, 1), newHost(t, p2, 2), newHost(t, p3, 3)
	perPacket := func(p *link.SwitchPort, run func()) uint64 {
		before := p.Counters()
		run()
		after := p.Counters()
		return (after.ReceivedBytes - before.ReceivedBytes) / max(after.ReceivedPackets-before.ReceivedPackets, 1)
	}
	for i, family := range []string{"IPv4", "IPv6"} {
		if n := perPacket(p2, func() { transferTCP(t, a, b, addressesOf(2)[i], 8<<20) }); n < 8192 {
			t.Errorf("%s: %d bytes a packet between those who take them", family, n)
		}
		if n := perPacket(p3, func() { transferTCP(t, a, c, addressesOf(3)[i], 1<<20) }); n > 1500 || n < 1000 {
			t.Errorf("%s: %d bytes a packet to the one who does not", family, n)
		}
		transferTCP(t, c, a, addressesOf(1)[i], 1<<20)
	}
	if d := c.Counters().Drops; d.TCPChecksum+d.BadIP > 0 {
		t.Errorf("drops: %+v", d)
	}
}

func TestSwitchFloodsBroadcastAndMulticast(t *testing.T) {
	testenv.LeakCheck(t)
	_, hosts, _ := newNetwork(t, link.SwitchConfig{}, 4)
	group := tcpip.AddrFrom4([4]byte{239, 1, 2, 3})
	for name, to := range map[string]string{
		"broadcast": "255.255.255.255:7", "subnet broadcast": "10.0.0.255:7", "multicast": "239.1.2.3:7",
	} {
		t.Run(name, func(t *testing.T) {
			var servers []*gonet.UDPConn
			for i, h := range hosts[1:] {
				s := listenUDP(t, h, "0.0.0.0:7")
				defer s.Close()
				servers = append(servers, s)
				if name == "multicast" && i != 2 { // the last host is not in the group
					if err := h.Netstack().JoinGroup(header.IPv4ProtocolNumber, 2, group); err != nil {
						t.Fatal(err)
					}
				}
			}
			c := broadcaster(t, hosts[0])
			defer c.Close()
			if _, err := c.WriteTo([]byte("all"), udpAddr(netip.MustParseAddrPort(to))); err != nil {
				t.Fatal(err)
			}
			for i, s := range servers {
				if name == "multicast" && i == 2 {
					continue
				}
				s.SetDeadline(time.Now().Add(patience))
				b := make([]byte, 10)
				if n, _, err := s.ReadFrom(b); err != nil || string(b[:n]) != "all" {
					t.Errorf("host %d: %q, %v", i+2, b[:n], err)
				}
			}
		})
	}
}

// broadcaster is a UDP socket with SO_BROADCAST.
func broadcaster(t *testing.T, s *stack.Stack) *gonet.UDPConn {
	t.Helper()
	var wq waiter.Queue
	ep, err := s.NewEndpoint(header.UDPProtocolNumber, header.IPv4ProtocolNumber, &wq)
	if err != nil {
		t.Fatal(err)
	}
	ep.SocketOptions().SetBroadcast(true)
	from, _ := fullAddress(netip.MustParseAddrPort("10.0.0.1:9"))
	if err := ep.Bind(from); err != nil {
		t.Fatal(err)
	}
	return gonet.NewUDPConn(&wq, ep)
}

func TestPacketSocketsSeeEthernetHeaders(t *testing.T) {
	testenv.LeakCheck(t)
	_, hosts, _ := newNetwork(t, link.SwitchConfig{}, 2)
	type seen struct {
		kind     tcpip.PacketType
		protocol tcpip.NetworkProtocolNumber
	}
	var mu sync.Mutex
	frames := make(map[seen]header.Ethernet)
	cancel, err := hosts[1].ReceiveLinkPackets(2, header.EthernetProtocolAll, func(p stack.LinkPacket) {
		mu.Lock()
		defer mu.Unlock()
		frames[seen{p.Packet.PktType, p.Protocol}] = bytes.Clone(p.Packet.LinkHeader().Slice())
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	exchangeUDP(t, hosts[0], hosts[1], "10.0.0.2:80", 100)
	mu.Lock()
	defer mu.Unlock()
	const host1, host2 = tcpip.LinkAddress("\x02\x00\x00\x00\x00\x01"), tcpip.LinkAddress("\x02\x00\x00\x00\x00\x02")
	for want, addrs := range map[seen][2]tcpip.LinkAddress{
		{tcpip.PacketBroadcast, header.ARPProtocolNumber}: {host1, header.EthernetBroadcastAddress},
		{tcpip.PacketHost, header.IPv4ProtocolNumber}:     {host1, host2},
		{tcpip.PacketOutgoing, header.IPv4ProtocolNumber}: {host2, host1},
		{tcpip.PacketOutgoing, header.ARPProtocolNumber}:  {host2, host1},
	} {
		f := frames[want]
		if len(f) != header.EthernetMinimumSize || f.SourceAddress() != addrs[0] || f.DestinationAddress() != addrs[1] || f.Type() != want.protocol {
			t.Errorf("%+v: % x", want, []byte(f))
		}
	}
}

// frame sends a frame of an EtherType from a host, over its link.
func frame(t *testing.T, s *stack.Stack, dst, src string, payload string) {
	t.Helper()
	d, _ := net.ParseMAC(dst)
	m, _ := net.ParseMAC(src)
	b := append(append(append([]byte{}, d...), m...), 0x08, 0x00)
	if err := s.SendLinkPacket(2, header.IPv4ProtocolNumber, false, "", append(b, payload...)); err != nil {
		t.Fatal(err)
	}
}

func TestSwitchFollowsAMovedStation(t *testing.T) {
	testenv.LeakCheck(t)
	sw, hosts, ports := newNetwork(t, link.SwitchConfig{}, 3)
	const roamer = "02:00:00:00:00:aa"
	at := func() *link.SwitchPort {
		for _, a := range sw.Addresses() {
			if a.MAC.String() == roamer {
				return a.Port
			}
		}
		return nil
	}
	frame(t, hosts[0], "02:00:00:00:00:02", roamer, "here")
	if at() != ports[0] {
		t.Error("not learned")
	}
	frame(t, hosts[2], "02:00:00:00:00:02", roamer, "now here")
	if at() != ports[2] || ports[2].SwitchCounters().Moved != 1 {
		t.Errorf("not moved: %+v", ports[2].SwitchCounters())
	}
	ports[2].SetUp(false)
	if at() != nil {
		t.Error("still known after its port went down")
	}
}

func TestSwitchForgetsAndBoundsStations(t *testing.T) {
	testenv.LeakCheck(t)
	clock := faketime.NewManualClock()
	sw, hosts, ports := newNetwork(t, link.SwitchConfig{Clock: clock, MaxAddresses: 10, AgeingTime: time.Minute}, 2)
	for i := range 20 {
		frame(t, hosts[0], "02:00:00:00:00:02", fmt.Sprintf("02:00:00:00:01:%02x", i), "x")
	}
	c := ports[0].SwitchCounters()
	if n := len(sw.Addresses()); n != 10 || c.Learned != 10 || c.NotLearned != 10 {
		t.Errorf("%d stations, %+v", n, c)
	}
	clock.Advance(time.Minute - 1)
	if n := len(sw.Addresses()); n != 10 {
		t.Errorf("%d stations before they age", n)
	}
	clock.Advance(1)
	if n := len(sw.Addresses()); n != 0 {
		t.Errorf("%d stations after they aged", n)
	}
	frame(t, hosts[0], "02:00:00:00:00:02", "02:00:00:00:02:00", "x")
	if n := len(sw.Addresses()); n != 1 {
		t.Errorf("%d stations after a new one", n)
	}
}

func TestSwitchFiltersWhatIsForOthers(t *testing.T) {
	testenv.LeakCheck(t)
	sw := link.NewSwitch(link.SwitchConfig{})
	defer sw.Close()
	p1, p2 := newPort(t, sw, link.PortConfig{}), newPort(t, sw, link.PortConfig{})
	curious := newPort(t, sw, link.PortConfig{Promiscuous: true})
	a, c := newHost(t, p1, 1), newHost(t, curious, 3)
	newHost(t, p2, 2)
	other := make(chan struct{})
	seen := sync.OnceFunc(func() { close(other) })
	cancel, err := c.ReceiveLinkPackets(2, header.EthernetProtocolAll, func(p stack.LinkPacket) {
		if p.Packet.PktType == tcpip.PacketOtherHost {
			seen()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	frame(t, a, "02:00:00:00:00:77", "02:00:00:00:00:01", "a stranger's")
	select {
	case <-other:
	case <-time.After(patience):
		t.Fatal("a packet socket saw nothing")
	}
	eventually(t, "filtered", func() bool { return p2.Counters().DroppedFiltered == 1 && curious.Counters().DroppedFiltered == 1 })
	frame(t, a, "01:80:c2:00:00:00", "02:00:00:00:00:01", "for bridges")
	frame(t, a, "02:00:00:00:00:01", "02:00:00:00:00:01", "for myself")
	if f := p1.SwitchCounters(); f.Filtered != 2 || f.Unknown != 1 {
		t.Errorf("%+v", f)
	}
	frame(t, a, "02:00:00:00:00:02", "03:00:00:00:00:01", "from a group")
	if d := p1.Counters(); d.DroppedMalformed != 1 {
		t.Errorf("%+v", d)
	}
}

func TestSwitchPortsComeAndGo(t *testing.T) {
	testenv.LeakCheck(t)
	sw, hosts, _ := newNetwork(t, link.SwitchConfig{}, 3)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	ending := sync.OnceFunc(func() { close(stop) })
	defer ending()
	for i, h := range hosts[:2] {
		c := listenUDP(t, h, fmt.Sprintf("10.0.0.%d:9", i+1))
		wg.Go(func() {
			defer c.Close()
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
					c.WriteTo(make([]byte, 500), udpAddr(netip.MustParseAddrPort(fmt.Sprintf("10.0.0.%d:9", 3+n%3))))
				}
			}
		})
	}
	for i := range 100 {
		p := newPort(t, sw, link.PortConfig{MAC: net.HardwareAddr{2, 0, 0, 0, 1, 4}})
		h, err := stack.New(stack.Config{Links: []stack.LinkConfig{linkConfig(p, "10.0.0.4/24", "fd00::4/64")}})
		if err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			transferTCP(t, hosts[2], h, "10.0.0.4:80", 1000)
		}
		if i%2 == 0 {
			p.Close()
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := len(sw.Ports()); n != 3 {
		t.Errorf("%d ports", n)
	}
	for i := range 50 { // a host that goes while others send to it
		sw.Ports()[2].SetUp(i%2 == 1)
	}
	sw.Close()
	ending()
	wg.Wait()
	if _, err := sw.Port(link.PortConfig{}); err != link.ErrSwitchClosed {
		t.Errorf("a port of a closed switch: %v", err)
	}
}

func TestSwitchPortTakesOnlyStations(t *testing.T) {
	sw := link.NewSwitch(link.SwitchConfig{})
	defer sw.Close()
	for _, hw := range []net.HardwareAddr{{1, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0}, {2, 0, 0}} {
		if _, err := sw.Port(link.PortConfig{MAC: hw}); err == nil {
			t.Errorf("%v was taken", hw)
		}
	}
	p := newPort(t, sw, link.PortConfig{MAC: net.HardwareAddr{0xaa, 1, 2, 3, 4, 5}, Name: "printer"})
	if p.LinkAddress() != "\xaa\x01\x02\x03\x04\x05" || p.Name() != "printer" {
		t.Errorf("%q, %q", p.LinkAddress(), p.Name())
	}
}
