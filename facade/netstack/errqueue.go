package netstack

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

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
	// facts are those of the packet that brought the error, as far as they are
	// known; when it came always is.
	facts  tcpip.ReceivableControlMessages
	sender tcpip.FullAddress
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
	// alone says that the error of the socket has no extended one: it was there
	// before the socket asked for those, or the queue was emptied.
	alone atomic.Bool

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

// events completes what gVisor says of a socket. It tells the error of a UDP socket
// shortly before it queues the extended one: whoever asked for those is told of it
// when it can be received, as by sock_queue_err_skb.
func (q *errorQueue) events(e *Endpoint, c *core, ready endpoint.Events) endpoint.Events {
	switch {
	case q.waiting.Load() > 0:
		return ready | endpoint.POLLERR
	case ready&endpoint.POLLERR == 0:
		q.alone.Store(false)
	case e.isUDP() && !q.alone.Load() && e.reportsErrors(isIPv4(c.peer().Addr)):
		return ready &^ endpoint.POLLERR
	}
	return ready
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
		facts:  e.now(),
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

// now is a timestamp, and no other facts.
func (e *Endpoint) now() tcpip.ReceivableControlMessages {
	return tcpip.ReceivableControlMessages{HasTimestamp: true, Timestamp: e.p.stack.Clock().Now()}
}

// queueICMP queues the error that ICMP brought to a raw or ping socket, as
// ip_icmp_error and ipv6_icmp_error do; by is the message.
func (e *Endpoint) queueICMP(s *ipSocket, err *icmpError, by datagram) {
	origin, payload := uint8(endpoint.SO_EE_ORIGIN_ICMP), err.packet.payload
	if s.network == ipv6 {
		origin = endpoint.SO_EE_ORIGIN_ICMP6
	}
	if s.SocketOptions().GetHeaderIncluded() {
		payload = err.whole
	}
	by.received = s.clock.Now()
	by.local = header.IPv4Any
	by.port = portIn(payload) // of the packet that was sent, as skb_reset_transport_header leaves it
	e.errors.add(sockError{
		errno: err.errno, origin: origin, typ: err.typ, cod: err.code, info: err.info,
		ipv4:     s.network == ipv4,
		dst:      sockaddr(e.family, tcpip.FullAddress{NIC: by.nic, Addr: err.packet.destination}),
		offender: sockaddr(e.family, by.from),
		payload:  payload,
		facts:    by.facts(),
		sender:   by.from,
	}, s.SocketOptions().GetReceiveBufferSize())
}

// reportsErrors tells whether the socket wants extended errors of a protocol.
func (e *Endpoint) reportsErrors(ipv4 bool) bool {
	if ipv4 {
		return e.errors.enabled4.Load()
	}
	return e.errors.enabled6.Load()
}

// queueTooLong queues the error of a datagram that is too long for IP, as
// ip_local_error and ipv6_local_error do: info is the MTU of the link.
func (e *Endpoint) queueTooLong(c *core, size int, to *tcpip.FullAddress) {
	peer := c.peer()
	if to == nil {
		to = &peer
	}
	dst := unmapped(*to)
	ipv4 := isIPv4(dst.Addr)
	if !e.reportsErrors(ipv4) || ipv4 && size > maxIPPacket {
		return // for a payload beyond it udp_sendmsg queues no error
	}
	if ipv4 {
		dst.Port = peer.Port // ip_append_data tells inet_dport, that of connect
	}
	e.errors.add(sockError{
		errno:  endpoint.EMSGSIZE,
		origin: endpoint.SO_EE_ORIGIN_LOCAL,
		info:   uint32(e.p.mtuToward(dst)),
		ipv4:   ipv4,
		dst:    sockaddr(e.family, dst),
		facts:  e.now(),
	}, c.SocketOptions().GetReceiveBufferSize())
	e.Notify(endpoint.POLLERR)
}

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
		c.setLastError(next)
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

// putBack has an error told that a look at the socket took, unless another one came.
func (c *core) putBack(err tcpip.Error) {
	if m := mailboxOf(c); m != nil {
		m.putBack(err)
		return
	}
	c.SocketOptions().SetLastError(err)
}

// setLastError sets what SO_ERROR tells; 0 is nothing.
func (c *core) setLastError(errno endpoint.Errno) {
	var err tcpip.Error
	if errno != 0 {
		err = &linuxError{errno: errno}
	}
	if s, ok := c.Endpoint.(*ipSocket); ok {
		s.setError(err)
		return
	}
	c.SocketOptions().SetLastError(err)
}

// errorControl fills m.Control with what was asked for of the packet that brought
// the error, and with the error.
func (e *Endpoint) errorControl(m *endpoint.Message, s *sink, err *sockError) {
	s.result = tcpip.ReadResult{ControlMessages: err.facts, RemoteAddr: err.sender}
	out := endpoint.NewCmsgBuffer(m.Control)
	e.putControl(&out, s, e.wants.Load())
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
