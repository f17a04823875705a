package link

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// SwitchConfig describes a switch. The zero value is useful. Values of zero or
// below mean the default.
type SwitchConfig struct {
	// MTU of the ports in bytes, from the network header on. Default 1500, at
	// most 65,535. Frames have 14 bytes more.
	MTU int
	// QueueLen is the number of packets that may wait for each port. Default
	// 4096. Up to 16 more are being delivered.
	QueueLen int
	// QueueBytes is the number of bytes that may wait for each port, frame
	// headers included. Default 32 MiB. A queue that is empty takes any packet.
	QueueBytes int
	// DisableGSO makes all stacks cut TCP streams into segments that fit the
	// MTU; see PortConfig.DisableGSO for one.
	DisableGSO bool
	// Checksums makes the stacks compute and verify transport checksums, for
	// switches with something in between that corrupts. Default off.
	Checksums bool
	// MaxAddresses is the number of stations that the switch remembers. Default
	// 4096. Frames to those beyond it are flooded.
	MaxAddresses int
	// AgeingTime is how long a station is remembered that is not heard. Default
	// 300 s (IEEE 802.1D-2004, table 7-5).
	AgeingTime time.Duration
	// BaseMAC is what the addresses of ports without one of their own are
	// counted from: port N has BaseMAC+N. Default 02:00:00:00:00:00, which is
	// locally administered. The addresses are the same in each run.
	BaseMAC net.HardwareAddr
	// Clock ages the stations. Default: real time.
	Clock tcpip.Clock
}

func (c SwitchConfig) withDefaults() SwitchConfig {
	cable := CableConfig{MTU: c.MTU, QueueLen: c.QueueLen, QueueBytes: c.QueueBytes}.withDefaults()
	c.MTU, c.QueueLen, c.QueueBytes = cable.MTU, cable.QueueLen, cable.QueueBytes
	if c.MaxAddresses <= 0 {
		c.MaxAddresses = 4096
	}
	if c.AgeingTime <= 0 {
		c.AgeingTime = 300 * time.Second
	}
	if len(c.BaseMAC) == 0 {
		c.BaseMAC = net.HardwareAddr{0x02, 0, 0, 0, 0, 0}
	}
	if c.Clock == nil {
		c.Clock = tcpip.NewStdClock()
	}
	return c
}

// Switch joins any number of stacks by Ethernet frames. It learns from source
// addresses where each station is; what is for a station that it does not know,
// for a group or for all goes to every other port. Frames to the addresses that
// bridges keep to themselves are dropped; there is no spanning tree, so ports of
// two switches must not be joined into a loop, and there are no VLANs.
//
// Each port has a bounded queue. A frame for a port whose queue is full is
// dropped and counted there, and the sender is not told: a port that is slow
// never stops frames to other ports. What slows a sender down is its send buffer:
// while a packet to one known station waits, the UDP socket that sent it stays
// charged, that one socket only, as over a cable. A flooded packet charges nobody.
//
// The switch has no goroutine of its own; a port has one while a stack is
// attached. All methods may be called at any time, by several goroutines at
// once.
type Switch struct {
	cfg   SwitchConfig
	base  mac
	start tcpip.MonotonicTime
	table addressTable

	mu     sync.RWMutex // held for reading while a frame is forwarded
	ports  []*SwitchPort
	last   uint64 // number of the newest port
	closed bool
}

// ErrSwitchClosed means that a switch takes no more ports.
var ErrSwitchClosed = errors.New("link: switch is closed")

// NewSwitch returns a switch without ports.
func NewSwitch(cfg SwitchConfig) *Switch {
	cfg = cfg.withDefaults()
	sw := &Switch{cfg: cfg, start: cfg.Clock.NowMonotonic()}
	copy(sw.base[:], cfg.BaseMAC)
	sw.table = addressTable{max: cfg.MaxAddresses, ageing: cfg.AgeingTime, entries: make(map[mac]*addressEntry)}
	return sw
}

func (sw *Switch) now() time.Duration { return sw.cfg.Clock.NowMonotonic().Sub(sw.start) }

// Port adds a port, which is up and takes part once a stack is attached to it.
// Ports are numbered from 1; a number is never used again. It fails for an
// address that is not a station's, and with ErrSwitchClosed.
func (sw *Switch) Port(cfg PortConfig) (*SwitchPort, error) {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	if sw.closed {
		return nil, ErrSwitchClosed
	}
	number := sw.last + 1
	if len(cfg.MAC) == 0 {
		m := sw.base.plus(number)
		cfg.MAC = m[:]
	}
	m, err := parseMAC(cfg.MAC)
	if err != nil {
		return nil, fmt.Errorf("link: switch port %d: %w", number, err)
	}
	if cfg.Name == "" {
		cfg.Name = fmt.Sprintf("port%d", number)
	}
	p := newSwitchPort(sw, cfg, m)
	sw.last = number
	sw.ports = append(sw.ports, p)
	return p, nil
}

// Ports in the order in which they were added.
func (sw *Switch) Ports() []*SwitchPort {
	sw.mu.RLock()
	defer sw.mu.RUnlock()
	return slices.Clone(sw.ports)
}

// Addresses are the stations that the switch knows, by address.
func (sw *Switch) Addresses() []SwitchAddress { return sw.table.list(sw.now()) }

// Close closes all ports, waits for their goroutines, and makes Port fail. It is
// idempotent and must not be called from within a delivery.
func (sw *Switch) Close() {
	sw.mu.Lock()
	sw.closed = true
	ports := slices.Clone(sw.ports)
	sw.mu.Unlock()
	for _, p := range ports {
		p.Close()
	}
	for _, p := range ports {
		p.Wait()
	}
}

func (sw *Switch) remove(p *SwitchPort) {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	sw.ports = slices.DeleteFunc(sw.ports, func(o *SwitchPort) bool { return o == p })
	sw.table.forget(p)
}

// forget removes the stations of a port after change, with nothing being
// forwarded in between that would bring them back.
func (sw *Switch) forget(p *SwitchPort, change func()) {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	change()
	sw.table.forget(p)
}

// forward takes a frame, of size bytes without its header, from a port. It
// reports whether there was a port to take it.
func (sw *Switch) forward(from *SwitchPort, dst, src mac, pkt *gstack.PacketBuffer, size int) bool {
	now := sw.now()
	sw.mu.RLock()
	defer sw.mu.RUnlock()
	if from.down.Load() {
		return false
	}
	switch sw.table.learn(src, from, now) {
	case isNew:
		from.learned.Add(1)
	case moved:
		from.movedHere.Add(1)
	case tableFull:
		from.notLearned.Add(1)
	}
	if dst.reserved() {
		from.filtered.Add(1)
		return true
	}
	if !dst.group() {
		if to := sw.table.lookup(dst, now); to == from {
			from.filtered.Add(1)
			return true
		} else if to != nil {
			from.forwarded.Add(1)
			return to.offer(pkt, size)
		}
		from.unknown.Add(1)
	} else {
		from.group.Add(1)
	}
	return sw.flood(from, pkt, size)
}

// flood offers a frame to all other ports. They get a clone: the slowest of them
// is not to hold the sender's send buffer.
func (sw *Switch) flood(from *SwitchPort, pkt *gstack.PacketBuffer, size int) bool {
	clone := pkt.Clone()
	defer clone.DecRef()
	taken := false
	for _, to := range sw.ports {
		if to != from && to.offer(clone, size) {
			taken = true
		}
	}
	return taken
}

// frameSize is the size of a packet without its link header.
func frameSize(pkt *gstack.PacketBuffer) int { return pkt.Size() - header.EthernetMinimumSize }
