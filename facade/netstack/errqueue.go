package netstack

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// errorOverhead is what an extended error counts against SO_RCVBUF besides its
// payload: about what Linux charges for an empty buffer.
const errorOverhead = 512

// sockError is one extended error: struct sock_extended_err, and what a receive
// with MSG_ERRQUEUE returns with it.
type sockError struct {
	errno            endpoint.Errno
	origin, typ, cod uint8
	info             uint32
	ipv4             bool
	dst, offender    endpoint.Sockaddr
	payload          []byte
	at               time.Time
}

func (s *sockError) size() int { return errorOverhead + len(s.payload) }

func (s *sockError) isICMP() bool {
	return s.origin == endpoint.SO_EE_ORIGIN_ICMP || s.origin == endpoint.SO_EE_ORIGIN_ICMP6
}

// errorQueue holds extended errors, oldest first, up to SO_RCVBUF bytes.
type errorQueue struct {
	// enabled4 and enabled6 are IP_RECVERR and IPV6_RECVERR.
	enabled4, enabled6 atomic.Bool
	// waiting is the length of list.
	waiting atomic.Int32
	dropped atomic.Uint64

	mu   sync.Mutex
	list []sockError
	size int
}

// add queues an error, unless that makes the queue longer than limit bytes.
func (q *errorQueue) add(s sockError, limit int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if int64(q.size+s.size()) > limit {
		q.dropped.Add(1)
		return
	}
	q.size += s.size()
	q.list = append(q.list, s)
	q.waiting.Store(int32(len(q.list)))
}

// take removes the oldest error. next is the errno of the one that is then the
// oldest, if that came by ICMP.
func (q *errorQueue) take() (s sockError, next endpoint.Errno, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == 0 {
		return sockError{}, 0, false
	}
	s = q.list[0]
	q.list[0] = sockError{}
	q.list = q.list[1:]
	q.size -= s.size()
	if len(q.list) == 0 {
		q.list = nil
	} else if q.list[0].isICMP() {
		next = q.list[0].errno
	}
	q.waiting.Store(int32(len(q.list)))
	return s, next, true
}

func (q *errorQueue) purge() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list, q.size = nil, 0
	q.waiting.Store(0)
}

// takeErrors empties gVisor's queue of extended errors, which has no bound, and
// keeps those that the socket asked for. Its local errors are made here instead,
// with the facts that Linux gives: see queueTooLong.
func (c *core) takeErrors() {
	for {
		err := c.SocketOptions().DequeueErr()
		if err == nil {
			return
		}
		c.owner.queueError(c, err)
		if err.Payload != nil {
			err.Payload.Release()
		}
	}
}

func (e *Endpoint) queueError(c *core, err *tcpip.SockError) {
	ipv4 := err.NetProto == header.IPv4ProtocolNumber
	if !err.Cause.Origin().IsICMPErr() || !e.reportsErrors(ipv4) {
		return
	}
	s := sockError{
		errno:  toErrno(err.Err),
		origin: uint8(err.Cause.Origin()),
		typ:    err.Cause.Type(),
		cod:    err.Cause.Code(),
		info:   err.Cause.Info(),
		ipv4:   ipv4,
		dst:    sockaddr(e.family, err.Dst),
		at:     e.p.stack.Clock().Now(),
	}
	// gVisor does not tell who sent the error. All that it reports is that a port
	// is unreachable, which the destination says (RFC 1122 section 3.2.2.1).
	offender := err.Dst
	offender.Port = 0
	s.offender = sockaddr(e.family, offender)
	if err.Payload != nil {
		s.payload = append(s.payload, err.Payload.AsSlice()...)
	}
	e.errors.add(s, c.SocketOptions().GetReceiveBufferSize())
}

// reportsErrors tells whether the socket wants extended errors of a protocol.
func (e *Endpoint) reportsErrors(ipv4 bool) bool {
	if ipv4 {
		return e.errors.enabled4.Load()
	}
	return e.errors.enabled6.Load()
}

// maxIPv4Datagram is the longest IPv4 packet. For a payload beyond it udp_sendmsg
// queues no error.
const maxIPv4Datagram = 0xffff

// queueTooLong queues the error of a datagram that is too long for IP, as
// ip_local_error and ipv6_local_error do: info is the MTU of the link.
func (e *Endpoint) queueTooLong(c *core, size int, to *tcpip.FullAddress) {
	peer, err := c.GetRemoteAddress()
	if to == nil {
		to = &peer
	}
	dst := unmapped(*to)
	ipv4 := isIPv4(dst.Addr)
	if !e.reportsErrors(ipv4) || ipv4 && size > maxIPv4Datagram {
		return
	}
	if ipv4 && err == nil {
		dst.Port = peer.Port // ip_append_data tells inet_dport, that of connect
	} else if ipv4 {
		dst.Port = 0
	}
	e.errors.add(sockError{
		errno:  endpoint.EMSGSIZE,
		origin: endpoint.SO_EE_ORIGIN_LOCAL,
		info:   uint32(e.p.mtuTowards(dst, ipv4)),
		ipv4:   ipv4,
		dst:    sockaddr(e.family, dst),
		at:     e.p.stack.Clock().Now(),
	}, c.SocketOptions().GetReceiveBufferSize())
	e.Notify(endpoint.POLLERR)
}

// mtuTowards is the MTU of the link to dst, or 0 if there is none. That of IPv4
// ends at IP_MAX_MTU of the kernel.
func (p *Provider) mtuTowards(dst tcpip.FullAddress, ipv4 bool) int {
	index := int(dst.NIC)
	if index == 0 {
		to, _ := netip.AddrFromSlice(dst.Addr.AsSlice())
		if index = p.linkOf(to, 0); index != 0 {
			index = loopbackIndex // what is for the host itself goes by the loopback
		} else if from, err := p.stack.SourceFor(to); err == nil {
			index = p.linkOf(from.WithZone(""), 0)
		}
	}
	l, err := p.stack.LinkByIndex(index)
	if err != nil {
		return 0
	}
	if ipv4 {
		return min(l.MTU, maxIPv4Datagram)
	}
	return l.MTU
}

// loopbackIndex is that of lo on every stack that has it.
const loopbackIndex = 1

// recvError wraps recvmsg(2) with MSG_ERRQUEUE, as ip_recv_error and
// ipv6_recv_error do: the payload of the datagram that failed, where it was
// going, and struct sock_extended_err with the address of who refused it. It
// never waits, and takes the error from SO_ERROR too.
func (e *Endpoint) recvError(c *core, s *sink, m *endpoint.Message) (int, endpoint.Errno) {
	c.takeErrors()
	err, next, ok := e.errors.take()
	if !ok {
		return 0, endpoint.EAGAIN
	}
	if err.isICMP() || next != 0 {
		c.SocketOptions().SetLastError(lastErrors[next])
	}
	if e.errors.waiting.Load() > 0 {
		e.Notify(endpoint.POLLERR)
	}
	m.Flags = endpoint.MSG_ERRQUEUE
	if m.NeedAddr {
		m.Addr = err.dst
	}
	n := min(len(err.payload), s.room)
	if n < len(err.payload) {
		m.Flags |= endpoint.MSG_TRUNC
	}
	s.copy(err.payload[:n])
	e.errorControl(m, s, &err)
	return n, 0
}

// lastErrors are the errors of gVisor that SO_ERROR may tell again.
var lastErrors = map[endpoint.Errno]tcpip.Error{
	0:                     nil,
	endpoint.ECONNREFUSED: &tcpip.ErrConnectionRefused{},
}

// errorControl fills m.Control with the time, if that was asked for, and with the
// error.
func (e *Endpoint) errorControl(m *endpoint.Message, s *sink, err *sockError) {
	s.result = tcpip.ReadResult{}
	s.result.ControlMessages.HasTimestamp, s.result.ControlMessages.Timestamp = true, err.at
	out := endpoint.NewCmsgBuffer(m.Control)
	for i := range controls {
		if k := &controls[i]; k.level == endpoint.SOL_SOCKET && e.wants.Load()&k.bit != 0 {
			s.scratch = k.add(e, s.scratch[:0], &s.result)
			out.Put(k.level, k.typ, s.scratch)
		}
	}
	level, typ, size := endpoint.SOL_IP, endpoint.IP_RECVERR, endpoint.SizeofSockaddrInet4
	if e.family == endpoint.AF_INET6 {
		level, typ, size = endpoint.SOL_IPV6, endpoint.IPV6_RECVERR, endpoint.SizeofSockaddrInet6
	}
	out.Put(level, typ, err.encode(size))
	m.Control = out.Bytes()
	if out.Truncated() {
		m.Flags |= endpoint.MSG_CTRUNC
	}
}

// encode is struct sock_extended_err (linux/errqueue.h), and the offender in a
// sockaddr of size bytes, which is zero for a local error.
func (s *sockError) encode(size int) []byte {
	b := make([]byte, 16+size)
	binary.NativeEndian.PutUint32(b[0:], uint32(s.errno))
	b[4], b[5], b[6] = s.origin, s.typ, s.cod
	binary.NativeEndian.PutUint32(b[8:], s.info)
	copy(b[16:], s.offender.Bytes())
	return b
}
