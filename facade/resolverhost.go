package facade

import (
	"crypto/rand"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/stack"
)

// host fills in what the resolver is not told of its host: it sees the stack, or the
// machine, and reaches servers by the module's own sockets.
func (m *Module) host(h resolver.Host) resolver.Host {
	if h.Name == nil {
		h.Name = func() string {
			name, _ := m.GetHostName()
			return name
		}
	}
	if h.Addrs == nil {
		h.Addrs = m.hostAddrs
	}
	if h.SourceFor == nil {
		h.SourceFor = m.sourceFor
	}
	if h.InterfaceIndex == nil {
		h.InterfaceIndex = m.scopeID
	}
	if h.InterfaceName == nil {
		h.InterfaceName = m.zone
	}
	if h.Dial == nil {
		h.Dial = m.DialContext
	}
	if h.Now == nil {
		h.Now = m.now
	}
	if h.Rand == nil {
		h.Rand = moduleRand{m}
	}
	return h
}

// offKernel returns the stack that is the host, or nil where that is the machine.
func (m *Module) offKernel() *stack.Stack {
	if m.onKernel() {
		return nil
	}
	return m.hostStack()
}

func (m *Module) hostAddrs() []netip.Prefix {
	var all []netip.Prefix
	if m.onKernel() {
		addrs, _ := net.InterfaceAddrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				all = append(all, p)
			}
		}
	} else if s := m.offKernel(); s != nil {
		for _, a := range s.Addresses() {
			all = append(all, a.Prefix)
		}
	}
	return all
}

// sourceFor is the address that a socket sends from to dst. On the kernel path a socket
// has to tell, as in getaddrinfo(3).
func (m *Module) sourceFor(dst netip.Addr) (netip.Addr, error) {
	if s := m.offKernel(); s != nil && len(m.config.KernelPrefixes) == 0 {
		return s.SourceFor(dst)
	}
	conn, err := m.Dial("udp", netip.AddrPortFrom(dst, 9).String()) // sends nothing
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	local, _ := conn.LocalAddr().(*net.UDPAddr)
	return local.AddrPort().Addr(), nil
}

// now is the clock of the stack, or of the machine.
func (m *Module) now() time.Time {
	if s := m.offKernel(); s != nil {
		return s.Clock().Now()
	}
	return time.Now()
}

// moduleRand is the randomness of the stack, or of the machine.
type moduleRand struct{ m *Module }

func (r moduleRand) Read(b []byte) (int, error) {
	var source io.Reader = rand.Reader
	if s := r.m.offKernel(); s != nil {
		source = s.Rand()
	}
	return source.Read(b)
}
