package netstack

import (
	"encoding/binary"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/stack"
)

// datagramOverhead is what a queued datagram is charged beyond its data, so that
// empty ones fill a queue as well. In bytes.
const datagramOverhead = 256

// datagram is a packet that waits to be read.
type datagram struct {
	data     []byte
	from     tcpip.FullAddress
	link     tcpip.LinkPacketInfo
	network  tcpip.NetworkProtocolNumber // 0: no IP header was looked at
	nic      tcpip.NICID
	to       tcpip.Address
	local    tcpip.Address // to answer from, as IP_PKTINFO has it
	port     portOf
	tos, ttl uint8
	received time.Time
}

// portOf is what IP_ORIGDSTADDR takes for the destination's port, whatever the
// protocol: ports[1] of ip_cmsg_recv_dstaddr.
type portOf struct {
	number uint16
	known  bool
}

// portIn reads it from what follows the IP header.
func portIn(payload []byte) portOf {
	if len(payload) < 4 {
		return portOf{}
	}
	return portOf{binary.BigEndian.Uint16(payload[2:]), true}
}

func (d *datagram) charge() int { return len(d.data) + datagramOverhead }

// mailbox is what the sockets share that this package receives for: a bounded
// queue under the face of a gVisor endpoint.
//
// The endpoint that it embeds is a raw one of gVisor that is registered nowhere.
// It keeps options and memberships and never sees a packet: gVisor's own raw
// endpoints also get packets that are not for the host, know three protocols,
// never have an error or a peer, and refuse packets that fit the link.
type mailbox struct {
	tcpip.Endpoint
	wq    *waiter.Queue
	clock tcpip.Clock

	// sending counts the bytes that links still hold.
	sending atomic.Int64

	mu       sync.Mutex
	queue    []datagram
	charged  int
	err      tcpip.Error
	noRead   bool
	noWrite  bool
	closed   bool
	received uint64 // since takeCounters
	dropped  uint64
	lost     uint64 // dropped in all
}

// mailboxOf is the mailbox of a raw, ping or packet socket, or nil.
func mailboxOf(c *core) *mailbox {
	if s, ok := c.Endpoint.(interface{ self() *mailbox }); ok {
		return s.self()
	}
	return nil
}

func (m *mailbox) self() *mailbox { return m }

// receiveBuffer gives a gVisor raw endpoint the receive buffer of other sockets:
// one that is registered nowhere has none.
func receiveBuffer(options tcpip.Endpoint, s *stack.Stack) {
	options.SocketOptions().SetReceiveBufferSize(int64(s.ReceiveBuffer()), false)
}

// push queues a datagram, or drops and counts it if the queue is full: as long as
// there is any room a datagram fits, as with the kernel.
func (m *mailbox) push(d datagram) {
	d.received = m.clock.Now()
	m.mu.Lock()
	if m.closed || m.noRead {
		m.mu.Unlock()
		return
	}
	if m.charged >= int(m.SocketOptions().GetReceiveBufferSize()) {
		m.dropped++
		m.lost++
		m.mu.Unlock()
		return
	}
	m.queue = append(m.queue, d)
	m.charged += d.charge()
	m.received++
	m.mu.Unlock()
	m.wq.Notify(waiter.ReadableEvents)
}

// setError has the next call return err, unless it is nil.
func (m *mailbox) setError(err tcpip.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.err = err
	}
}

// putBack has the next call return err, unless it has another one to return.
func (m *mailbox) putBack(err tcpip.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil && !m.closed {
		m.err = err
	}
}

// usage is how many bytes the queue is charged for, and how many datagrams did not
// fit in it.
func (m *mailbox) usage() (charged int, lost uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.charged, m.lost
}

// fail has the next call return err, and says so.
func (m *mailbox) fail(err tcpip.Error) {
	m.setError(err)
	m.wq.Notify(waiter.EventErr | waiter.ReadableEvents | waiter.WritableEvents)
}

// LastError implements tcpip.Endpoint: SO_ERROR.
func (m *mailbox) LastError() tcpip.Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.err
	m.err = nil
	return err
}

// next takes, or looks at, the oldest datagram.
func (m *mailbox) next(peek bool) (datagram, tcpip.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.err; err != nil {
		m.err = nil
		return datagram{}, err
	}
	if len(m.queue) == 0 {
		if m.closed || m.noRead {
			return datagram{}, &tcpip.ErrClosedForReceive{}
		}
		return datagram{}, &tcpip.ErrWouldBlock{}
	}
	d := m.queue[0]
	if peek {
		return d, nil
	}
	m.queue[0] = datagram{}
	m.queue = m.queue[1:]
	if len(m.queue) == 0 {
		m.queue = nil
	}
	m.charged -= d.charge()
	return d, nil
}

// Read implements tcpip.Endpoint.
func (m *mailbox) Read(dst io.Writer, opts tcpip.ReadOptions) (tcpip.ReadResult, tcpip.Error) {
	d, err := m.next(opts.Peek)
	if err != nil {
		return tcpip.ReadResult{}, err
	}
	n, _ := dst.Write(d.data)
	return tcpip.ReadResult{
		Count:           n,
		Total:           len(d.data),
		RemoteAddr:      d.from,
		LinkPacketInfo:  d.link,
		ControlMessages: d.facts(),
	}, nil
}

// facts are what control data can tell of a datagram. What the socket asked for is
// picked by recvControl.
func (d *datagram) facts() tcpip.ReceivableControlMessages {
	cm := tcpip.ReceivableControlMessages{HasTimestamp: true, Timestamp: d.received}
	switch d.network {
	case ipv4:
		cm.HasOriginalDstAddress, cm.OriginalDstAddress = d.port.known, tcpip.FullAddress{NIC: d.nic, Addr: d.to, Port: d.port.number}
		cm.HasTOS, cm.TOS = true, d.tos
		cm.HasTTL, cm.TTL = true, d.ttl
		cm.HasIPPacketInfo = true
		cm.PacketInfo = tcpip.IPPacketInfo{NIC: d.nic, LocalAddr: d.local, DestinationAddr: d.to}
	case ipv6:
		cm.HasOriginalDstAddress, cm.OriginalDstAddress = d.port.known, tcpip.FullAddress{NIC: d.nic, Addr: d.to, Port: d.port.number}
		cm.HasTClass, cm.TClass = true, uint32(d.tos)
		cm.HasHopLimit, cm.HopLimit = true, d.ttl
		cm.HasIPv6PacketInfo = true
		cm.IPv6PacketInfo = tcpip.IPv6PacketInfo{NIC: d.nic, Addr: d.to}
	}
	return cm
}

// Readiness implements tcpip.Endpoint.
func (m *mailbox) Readiness(mask waiter.EventMask) waiter.EventMask {
	var ready waiter.EventMask
	if m.hasRoom() {
		ready |= waiter.WritableEvents
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) > 0 || m.closed {
		ready |= waiter.ReadableEvents
	}
	if m.err != nil {
		return ready&mask | waiter.EventErr
	}
	return ready & mask
}

// GetSockOptInt implements tcpip.Endpoint.
func (m *mailbox) GetSockOptInt(opt tcpip.SockOptInt) (int, tcpip.Error) {
	if opt != tcpip.ReceiveQueueSizeOption {
		return m.Endpoint.GetSockOptInt(opt)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == 0 {
		return 0, nil
	}
	return len(m.queue[0].data), nil
}

// hasRoom tells whether the send buffer has any room, which is enough for a
// datagram.
func (m *mailbox) hasRoom() bool {
	return m.sending.Load() < m.SocketOptions().GetSendBufferSize()
}

// charge takes n bytes of the send buffer, and release gives them back.
func (m *mailbox) charge(n int) (release func(), err tcpip.Error) {
	if !m.hasRoom() {
		return nil, &tcpip.ErrWouldBlock{}
	}
	size := int64(n + datagramOverhead)
	m.sending.Add(size)
	return func() {
		m.sending.Add(-size)
		m.wq.Notify(waiter.WritableEvents)
	}, nil
}

// writable tells why not.
func (m *mailbox) writable() tcpip.Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.err
	m.err = nil
	switch {
	case err != nil:
		return err
	case m.closed || m.noWrite:
		return &tcpip.ErrClosedForSend{}
	}
	return nil
}

// shutdown ends what flags say.
func (m *mailbox) shutdown(flags tcpip.ShutdownFlags) {
	m.mu.Lock()
	m.noRead = m.noRead || flags&tcpip.ShutdownRead != 0
	m.noWrite = m.noWrite || flags&tcpip.ShutdownWrite != 0
	m.mu.Unlock()
	m.wq.Notify(waiter.ReadableEvents | waiter.WritableEvents)
}

func (m *mailbox) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// close drops what waits. It tells whether it was the first call.
func (m *mailbox) close() bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	m.closed = true
	m.queue, m.charged = nil, 0
	m.mu.Unlock()
	m.Endpoint.Close()
	m.wq.Notify(waiter.EventHUp | waiter.EventErr | waiter.ReadableEvents | waiter.WritableEvents)
	return true
}

// takeCounters returns how many datagrams were queued and dropped since it was
// last called.
func (m *mailbox) takeCounters() (received, dropped uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	received, dropped = m.received, m.dropped
	m.received, m.dropped = 0, 0
	return received, dropped
}

// readAll takes a payload into memory of its own.
func readAll(p tcpip.Payloader) []byte {
	b := make([]byte, p.Len())
	n, _ := io.ReadFull(p, b)
	return b[:n]
}
