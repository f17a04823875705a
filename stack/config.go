package stack

import (
	"io"
	"log/slog"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Config describes a host. The zero value is a host that has only lo, with
// 127.0.0.1/8 and ::1/128.
type Config struct {
	// HostName of the host. Default "localhost".
	HostName string
	// Links beside lo. Links[i] gets the index i+2.
	Links []LinkConfig
	// Routes, in addition to those that come with the addresses.
	Routes []Route
	// NoLoopback leaves lo out; index 1 then stays unused.
	NoLoopback bool
	// Loopback is the endpoint of lo, for one that has something around it.
	// Default link.NewLoopback(). The Stack owns it.
	Loopback gstack.LinkEndpoint
	// Forwarding makes the host a router between its links, for IPv4 and IPv6.
	Forwarding bool
	// Clock is the source of time and timers for everything in the stack.
	// Default: real time.
	Clock tcpip.Clock
	// Rand is the source of randomness for everything in the stack but the
	// identification field of IPv4 fragments, which gVisor draws from the
	// system. It is read by one goroutine at a time. Default crypto/rand.
	Rand io.Reader
	// TCP settings.
	TCP TCPConfig
	// Buffers of all sockets other than TCP.
	Buffers BufferConfig
	// EphemeralPorts of TCP and UDP. Default 32768 to 60999, as on Linux.
	EphemeralPorts PortRange
	// Caps bounds what peers can make grow.
	Caps Caps
	// Logger receives what the stack has to say. Default: nothing is logged.
	Logger *slog.Logger
}

// LinkConfig describes a link of a host.
type LinkConfig struct {
	// Name of 1 to 15 bytes without '/', ':' and white space, not "." or
	// "..". Default "ethN", N being the index less 2.
	Name string
	// Endpoint carries the packets. Required, and not yet attached to a
	// stack. The Stack owns it from then on and closes it.
	Endpoint gstack.LinkEndpoint
	// Addresses, each with the length of its on-link prefix.
	Addresses []netip.Prefix
	// Down leaves the link down until SetLinkUp.
	Down bool
}

// BufferRange is a range of socket buffer sizes in bytes. A field of zero
// means its default.
type BufferRange struct {
	Min, Default, Max int
}

// BufferConfig is the sizes of the buffers of UDP, ICMP, raw and packet
// sockets. The defaults of both are 4 KiB, 212,992 bytes (Linux's
// rmem_default) and 4 MiB.
type BufferConfig struct {
	Send, Receive BufferRange
}

// PortRange is a range of ports, both ends included.
type PortRange struct {
	First, Last uint16
}

// Caps bounds what peers can make grow. A field of zero means its default.
type Caps struct {
	// Sockets that may be open at once in each module on the Stack. Default
	// 65,536. The Stack carries the number; the module's table enforces it.
	Sockets int
	// Backlog is the largest backlog of a listener, net.core.somaxconn on
	// Linux. Default 4096. It bounds handshakes in progress as well: beyond
	// it gVisor answers with SYN cookies. The Stack carries the number; the
	// sockets clamp listen(2) to it.
	Backlog int
}

// What gVisor bounds by constants of its own, in each Stack. They can be read,
// not set.
const (
	// ReassemblyBytes may be held by fragments of incomplete datagrams, for
	// each of IPv4 and IPv6. Beyond it the oldest are dropped.
	ReassemblyBytes = 4 << 20
	// NeighbourCacheSize is the number of dynamic entries in the neighbour
	// table of a link, for each of IPv4 and IPv6. Beyond it the least
	// recently used makes room.
	NeighbourCacheSize = gstack.NeighborCacheSize
)

func (c Caps) withDefaults() Caps {
	setDefault(&c.Sockets, 65536)
	setDefault(&c.Backlog, 4096)
	return c
}

func (b BufferRange) withDefaults(low, def, high int) BufferRange {
	setDefault(&b.Min, low)
	setDefault(&b.Max, max(high, b.Default))
	setDefault(&b.Default, min(max(def, b.Min), b.Max))
	return b
}

func (c Config) withDefaults() Config {
	setDefault(&c.HostName, "localhost")
	setDefault(&c.EphemeralPorts, PortRange{32768, 60999})
	c.Buffers.Send = c.Buffers.Send.withDefaults(gstack.MinBufferSize, 212992, 4<<20)
	c.Buffers.Receive = c.Buffers.Receive.withDefaults(gstack.MinBufferSize, 212992, 4<<20)
	c.TCP = c.TCP.withDefaults()
	c.Caps = c.Caps.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = tcpip.NewStdClock()
	}
	return c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
