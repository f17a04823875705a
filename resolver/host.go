package resolver

import (
	"context"
	"io"
	"net"
	"net/netip"
	"time"
)

// Host is what a Resolver is given of the host that it works for. Its functions are
// safe for concurrent use, and but for Dial they do not block; each may be nil.
type Host struct {
	// Name returns the host's own name, "" for none. Nil is none.
	Name func() string
	// Addrs returns the addresses of the host's interfaces, with the length of the
	// network's prefix. Nil is a host that has only the loopback.
	Addrs func() []netip.Prefix
	// SourceFor returns the address that the host sends from to another one, whose zone
	// is the name or index of an interface, or an error if it cannot. Nil leaves
	// addresses in the order in which their source gives them.
	SourceFor func(netip.Addr) (netip.Addr, error)
	// InterfaceIndex returns the index of an interface, 0 for an unknown name.
	// Nil knows none.
	InterfaceIndex func(name string) uint32
	// InterfaceName returns the name of an interface, "" for an unknown index.
	// Nil knows none.
	InterfaceName func(index uint32) string
	// Dial connects to a numeric "host:port" on "udp" or "tcp". Nil reaches nobody.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the host's clock: deadlines of what Dial returns are in its time. Nil is
	// time.Now.
	Now func() time.Time
	// Rand is the host's source of randomness. Nil is crypto/rand.Reader.
	Rand io.Reader
}

func (h *Host) name() string {
	if h.Name == nil {
		return ""
	}
	return h.Name()
}

// prefixes are the addresses of the host's interfaces, without zones.
func (h *Host) prefixes() []netip.Prefix {
	if h.Addrs == nil {
		return nil
	}
	var all []netip.Prefix
	for _, p := range h.Addrs() {
		bits := p.Bits()
		a := p.Addr().WithZone("")
		if a.Is4In6() {
			a, bits = a.Unmap(), max(0, bits-96)
		}
		all = append(all, netip.PrefixFrom(a, bits))
	}
	return all
}

// addrs are prefixes without their lengths.
func (h *Host) addrs() []netip.Addr {
	var all []netip.Addr
	for _, p := range h.prefixes() {
		all = append(all, p.Addr())
	}
	return all
}
