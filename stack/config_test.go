package stack_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

func TestZeroConfigIsAHostWithLoopback(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	links := s.Links()
	if len(links) != 1 || links[0].Name != "lo" || links[0].Index != 1 || !links[0].Loopback || !links[0].Up || links[0].MTU != 65536 {
		t.Errorf("links: %+v", links)
	}
	want := []stack.Address{{Link: 1, Prefix: netip.MustParsePrefix("127.0.0.1/8")}, {Link: 1, Prefix: netip.MustParsePrefix("::1/128")}}
	if got := s.Addresses(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("addresses: %v", got)
	}
	if s.HostName() != "localhost" {
		t.Errorf("host name %q", s.HostName())
	}
	if c := s.Caps(); c.Sockets != 65536 || c.Backlog != 4096 {
		t.Errorf("caps: %+v", c)
	}
}

func TestNoLoopback(t *testing.T) {
	end, _ := link.NewCable(link.CableConfig{})
	s := newStack(t, stack.Config{NoLoopback: true, Links: []stack.LinkConfig{linkConfig(end, "10.0.0.1/24")}})
	if l := s.Links(); len(l) != 1 || l[0].Index != 2 || l[0].Name != "eth0" {
		t.Errorf("links: %+v", l)
	}
	exchangeUDP(t, s, s, "10.0.0.1:9", 10) // by gVisor's own loop
}

func TestBadConfig(t *testing.T) {
	testenv.LeakCheck(t)
	end := func(cfg link.CableConfig) *link.CableEnd { a, _ := link.NewCable(cfg); return a }
	attached := end(link.CableConfig{})
	newStack(t, stack.Config{Links: []stack.LinkConfig{{Endpoint: attached}}})
	twice := end(link.CableConfig{})
	links := func(l ...stack.LinkConfig) stack.Config { return stack.Config{Links: l} }
	address := func(mtu int, p ...string) stack.Config {
		return links(linkConfig(end(link.CableConfig{MTU: mtu}), p...))
	}
	route := func(r stack.Route) stack.Config { return stack.Config{Routes: []stack.Route{r}} }
	to := netip.MustParsePrefix
	gw := netip.MustParseAddr
	tcp := func(c stack.TCPConfig) stack.Config { return stack.Config{TCP: c} }

	for name, c := range map[string]struct {
		cfg  stack.Config
		want string
	}{
		"host name too long":     {stack.Config{HostName: strings.Repeat("x", 65)}, "HostName"},
		"link without endpoint":  {links(stack.LinkConfig{}), "Links[0]: Endpoint"},
		"endpoint in use":        {links(stack.LinkConfig{Endpoint: attached}), "Links[0]: Endpoint: already attached"},
		"endpoint twice":         {links(stack.LinkConfig{Endpoint: twice}, stack.LinkConfig{Endpoint: twice}), "Links[1]: Endpoint given twice"},
		"link name with slash":   {links(stack.LinkConfig{Endpoint: end(link.CableConfig{}), Name: "a/b"}), "Links[0]: Name"},
		"link name too long":     {links(stack.LinkConfig{Endpoint: end(link.CableConfig{}), Name: "sixteen-byte-name"}), "Name"},
		"link name taken":        {links(stack.LinkConfig{Endpoint: end(link.CableConfig{}), Name: "lo"}), `Name "lo": stack: already exists`},
		"link name twice":        {links(stack.LinkConfig{Endpoint: end(link.CableConfig{}), Name: "eth1"}, stack.LinkConfig{Endpoint: end(link.CableConfig{})}), "Links[1]: Name"},
		"tiny MTU":               {address(67, "10.0.0.1/8"), "MTU 67"},
		"IPv6 on a small MTU":    {address(1279, "fd00::1/64"), "Addresses[0]: fd00::1/64: IPv6 needs"},
		"invalid prefix":         {links(stack.LinkConfig{Endpoint: end(link.CableConfig{}), Addresses: []netip.Prefix{{}}}), "Addresses[0]: not a valid prefix"},
		"multicast address":      {address(0, "224.0.0.1/4"), "not a unicast address"},
		"broadcast address":      {address(0, "255.255.255.255/32"), "not a unicast address"},
		"unspecified address":    {address(0, "::/0"), "not a unicast address"},
		"mapped address":         {address(0, "::ffff:10.0.0.1/128"), "IPv4 address in IPv6 form"},
		"address twice":          {address(0, "10.0.0.1/8", "10.0.0.1/24"), "Addresses[1]"},
		"loopback not one":       {stack.Config{Loopback: end(link.CableConfig{})}, "Loopback: not a loopback"},
		"loopback and none":      {stack.Config{Loopback: link.NewLoopback(), NoLoopback: true}, "NoLoopback"},
		"route without prefix":   {route(stack.Route{Link: 1}), "Routes[0]: Destination"},
		"route with host bits":   {route(stack.Route{Destination: to("10.0.0.1/8"), Link: 1}), "bits set"},
		"route to nowhere":       {route(stack.Route{Destination: to("10.0.0.0/8")}), "neither Link nor Gateway"},
		"route over no link":     {route(stack.Route{Destination: to("10.0.0.0/8"), Link: 2}), "Link 2: stack: no such link"},
		"route, negative link":   {route(stack.Route{Destination: to("10.0.0.0/8"), Link: -1}), "negative"},
		"route, gateway family":  {route(stack.Route{Destination: to("10.0.0.0/8"), Link: 1, Gateway: gw("::1")}), "Gateway: ::1 is of another family"},
		"route, no such source":  {route(stack.Route{Destination: to("10.0.0.0/8"), Link: 1, Source: gw("10.9.9.9")}), "Source 10.9.9.9"},
		"route, gateway nowhere": {route(stack.Route{Destination: to("10.0.0.0/8"), Gateway: gw("10.9.9.9")}), "gateway 10.9.9.9: stack: network unreachable"},
		"route twice":            {stack.Config{Routes: []stack.Route{{Destination: to("10.0.0.0/8"), Link: 1}, {Destination: to("10.0.0.0/8"), Link: 1}}}, "already exists"},
		"small buffers":          {stack.Config{Buffers: stack.BufferConfig{Send: stack.BufferRange{Min: 1}}}, "Buffers.Send"},
		"negative buffers":       {stack.Config{Buffers: stack.BufferConfig{Receive: stack.BufferRange{Max: -1}}}, "Buffers.Receive"},
		"huge buffers":           {tcp(stack.TCPConfig{SendBuffer: stack.BufferRange{Max: 1 << 31}}), "TCP.SendBuffer"},
		"buffers out of order":   {tcp(stack.TCPConfig{ReceiveBuffer: stack.BufferRange{Min: 2, Default: 1, Max: 3}}), "TCP.ReceiveBuffer"},
		"ports out of order":     {stack.Config{EphemeralPorts: stack.PortRange{First: 2, Last: 1}}, "EphemeralPorts"},
		"port zero":              {stack.Config{EphemeralPorts: stack.PortRange{First: 0, Last: 1}}, "EphemeralPorts"},
		"negative caps":          {stack.Config{Caps: stack.Caps{Sockets: -1}}, "Caps"},
		"congestion control":     {tcp(stack.TCPConfig{CongestionControl: "bbr"}), `"bbr" is neither`},
		"time-wait reuse":        {tcp(stack.TCPConfig{TimeWaitReuse: 7}), "TimeWaitReuse"},
		"negative time-wait":     {tcp(stack.TCPConfig{TimeWait: -1}), "TCP.TimeWait"},
		"long FIN-WAIT-2":        {tcp(stack.TCPConfig{FINWait2: time.Hour}), "TCP.FINWait2"},
		"keep-alive idle":        {tcp(stack.TCPConfig{KeepAlive: stack.KeepAlive{Idle: 1}}), "TCP.KeepAlive.Idle"},
		"keep-alive interval":    {tcp(stack.TCPConfig{KeepAlive: stack.KeepAlive{Interval: -time.Second}}), "TCP.KeepAlive.Interval"},
		"keep-alive count":       {tcp(stack.TCPConfig{KeepAlive: stack.KeepAlive{Count: 128}}), "TCP.KeepAlive.Count"},
		"SYN retries":            {tcp(stack.TCPConfig{SYNRetries: 256}), "TCP.SYNRetries"},
		"retries":                {tcp(stack.TCPConfig{MaxRetries: -1}), "TCP.MaxRetries"},
		"RTO out of order":       {tcp(stack.TCPConfig{MinRTO: time.Hour}), "TCP.MinRTO"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := stack.New(c.cfg)
			if err == nil {
				s.Close()
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not say %q", err, c.want)
			}
			for _, l := range c.cfg.Links {
				if l.Endpoint != nil && l.Endpoint != attached && l.Endpoint.IsAttached() {
					t.Error("endpoint left attached")
				}
			}
		})
	}
}

func TestSettingsReachTheStack(t *testing.T) {
	// Both bounds are beyond the other one's default.
	newStack(t, stack.Config{TCP: stack.TCPConfig{MinRTO: 300 * time.Second, MaxRTO: 600 * time.Second}})
	newStack(t, stack.Config{TCP: stack.TCPConfig{MinRTO: 10 * time.Millisecond, MaxRTO: 100 * time.Millisecond}})
	s := newStack(t, stack.Config{TCP: stack.TCPConfig{
		MinRTO: 50 * time.Millisecond, MaxRTO: time.Second, DisableSACK: true, RACK: true,
		CongestionControl: "reno", TimeWaitReuse: stack.TimeWaitReuseAlways,
	}, EphemeralPorts: stack.PortRange{First: 5000, Last: 5000}})
	c := listenUDP(t, s, "127.0.0.1:0")
	if got := c.LocalAddr().String(); got != "127.0.0.1:5000" {
		t.Errorf("ephemeral port: %s", got)
	}
	if got := s.TCP(); got.MaxRetries != 15 || got.KeepAlive.Count != 9 {
		t.Errorf("defaults: %+v", got)
	}
	transferTCP(t, s, s, "127.0.0.1:80", 1<<20)
}

func TestMethodsRefuseBadArguments(t *testing.T) {
	s := newStack(t, stack.Config{})
	p := netip.MustParsePrefix
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"no such link, address":    {s.AddAddress(9, p("10.0.0.1/8")), stack.ErrNoLink},
		"no such link, up":         {s.SetLinkUp(9, true), stack.ErrNoLink},
		"no such link, MTU":        {s.SetLinkMTU(9, 1500), stack.ErrNoLink},
		"no such link, remove":     {s.RemoveLink(9), stack.ErrNoLink},
		"address twice":            {s.AddAddress(1, p("127.0.0.1/8")), stack.ErrExists},
		"address that is not":      {s.RemoveAddress(1, netip.MustParseAddr("127.0.0.2")), stack.ErrNotFound},
		"route that is not":        {s.RemoveRoute(stack.Route{Destination: p("10.0.0.0/8")}), stack.ErrNotFound},
		"neighbour on lo":          {s.AddNeighbour(1, netip.MustParseAddr("127.0.0.2"), make([]byte, 6)), stack.ErrNoNeighbours},
		"neighbour on lo, removed": {s.RemoveNeighbour(1, netip.MustParseAddr("127.0.0.2")), stack.ErrNoNeighbours},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	for name, err := range map[string]error{
		"MTU":              s.SetLinkMTU(1, 0),
		"MTU for IPv6":     s.SetLinkMTU(1, 1000),
		"host name":        s.SetHostName(""),
		"neighbour":        s.AddNeighbour(1, netip.Addr{}, make([]byte, 6)),
		"hardware address": s.AddNeighbour(1, netip.MustParseAddr("127.0.0.2"), nil),
		"invalid address":  s.AddAddress(1, netip.Prefix{}),
		"invalid removal":  s.RemoveAddress(1, netip.Addr{}),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := s.SourceFor(netip.Addr{}); err == nil {
		t.Error("source for nothing")
	}
	if _, err := s.LinkByName("eth9"); !errors.Is(err, stack.ErrNoLink) {
		t.Errorf("LinkByName: %v", err)
	}
}
