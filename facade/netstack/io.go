package netstack

import (
	"io"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// payload feeds a message to gVisor. It is pooled with all that a send needs on
// the heap, because what crosses an interface of gVisor's escapes.
type payload struct {
	iov  [][]byte
	off  int // in iov[0]
	size int
	to   tcpip.FullAddress
	// control is what the message's control data says.
	control sendControl
}

var payloads = sync.Pool{New: func() any { return new(payload) }}

// Len implements tcpip.Payloader.
func (p *payload) Len() int { return p.size }

// Read implements io.Reader.
func (p *payload) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) && len(p.iov) > 0 {
		k := copy(b[n:], p.iov[0][p.off:])
		n += k
		p.off += k
		if p.off == len(p.iov[0]) {
			p.iov, p.off = p.iov[1:], 0
		}
	}
	p.size -= n
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (p *payload) release() {
	*p = payload{}
	payloads.Put(p)
}

// Send wraps sendmsg(2).
func (e *Endpoint) Send(m *endpoint.Message) (int, endpoint.Errno) {
	c, errno := e.live()
	if errno != 0 {
		return 0, errno
	}
	p := payloads.Get().(*payload)
	defer p.release()
	p.iov, p.size = m.Iov, m.Len()
	if e.isStream() {
		return e.sendStream(c, p, m)
	}
	n, errno := e.sendDatagram(c, p, m)
	if errno != 0 && errno != endpoint.EAGAIN {
		if p.to.Port != 0 {
			errno = e.unlike(c, p.to, errno)
		}
		e.autobind(c, errno)
	}
	return n, errno
}

func (e *Endpoint) sendStream(c *core, p *payload, m *endpoint.Message) (int, endpoint.Errno) {
	if m.Flags&endpoint.MSG_OOB != 0 {
		return 0, endpoint.EOPNOTSUPP
	}
	if errno := checkSocketControl(m.Control); errno != 0 {
		return 0, errno
	}
	if e.mute.Load() && connected[c.state()] {
		return 0, endpoint.EPIPE
	}
	size := p.size
	n, err := c.Write(p, tcpip.WriteOptions{})
	switch err.(type) {
	case nil:
		if n == 0 && size > 0 {
			return 0, endpoint.EAGAIN
		}
	case *tcpip.ErrWouldBlock:
		if size == 0 && !connecting[c.state()] {
			return 0, 0
		}
		return 0, endpoint.EAGAIN
	case *tcpip.ErrClosedForSend:
		c.told.Store(true)
	}
	return int(n), toErrno(err)
}

// A send waits in the states of connecting (sk_stream_wait_connect), and sends in those
// of connected.
var (
	connecting = map[tcp.EndpointState]bool{tcp.StateConnecting: true, tcp.StateSynSent: true, tcp.StateSynRecv: true}
	connected  = map[tcp.EndpointState]bool{tcp.StateEstablished: true, tcp.StateCloseWait: true}
)

func (e *Endpoint) sendDatagram(c *core, p *payload, m *endpoint.Message) (int, endpoint.Errno) {
	if m.Flags&(endpoint.MSG_OOB|endpoint.MSG_MORE) != 0 {
		return 0, endpoint.EOPNOTSUPP // gVisor does not cork datagrams
	}
	if e.isPacket() {
		if errno := checkSocketControl(m.Control); errno != 0 {
			return 0, errno
		}
	}
	to, errno := e.addressee(c, p, m)
	if errno != 0 {
		return 0, errno
	}
	opts := tcpip.WriteOptions{To: to}
	if e.tooLong(c, p) {
		e.queueTooLong(c, p.size, opts.To)
		return 0, endpoint.EMSGSIZE
	}
	if errno := e.refusal(c, p, opts); errno != 0 {
		return 0, errno
	}
	opened := e.p.room.opened.Load()
	n, errno := e.writeDatagram(c, p, m, opts)
	if errno == endpoint.ENOBUFS {
		e.p.room.await(e, opened)
		errno = endpoint.EAGAIN
	}
	return int(n), errno
}

// addressee is where a datagram goes, in p; nil is the peer.
func (e *Endpoint) addressee(c *core, p *payload, m *endpoint.Message) (*tcpip.FullAddress, endpoint.Errno) {
	if m.Addr.IsZero() {
		return nil, 0
	}
	if e.isIPv6() && e.isUDP() && m.Addr.Family() == endpoint.AF_UNSPEC {
		if isIPv4(c.peer().Addr) {
			return nil, endpoint.ENETUNREACH // udpv6_sendmsg has IPv6 send it
		}
		return nil, 0
	}
	to, errno := e.destination(c, &m.Addr)
	p.to = to
	return &p.to, errno
}

// writeDatagram writes as the control data or the options of multicast say. A
// plain datagram takes the short way.
func (e *Endpoint) writeDatagram(c *core, p *payload, m *endpoint.Message, opts tcpip.WriteOptions) (int64, endpoint.Errno) {
	if (len(m.Control) > 0 || e.groups.Load() != nil) && !e.isPacket() {
		if opts.To == nil {
			p.to = c.peer()
			if p.to.Addr.BitLen() == 0 {
				return 0, endpoint.EDESTADDRREQ
			}
		}
		return e.sendWithControl(c, p, m, opts)
	}
	size := p.size
	n, err := e.write(c, p, opts)
	if err == nil {
		return n, 0
	}
	return 0, e.notSent(c, err, size, opts.To)
}

// notSent is the errno of a write that failed. gVisor queues an extended error
// for a datagram that is too long, and notifies nobody.
func (e *Endpoint) notSent(c *core, err tcpip.Error, size int, to *tcpip.FullAddress) endpoint.Errno {
	if _, tooLong := err.(*tcpip.ErrMessageTooLong); tooLong {
		c.takeErrors()
		e.queueTooLong(c, size, to)
	}
	return toErrno(err)
}

// destination converts the address of a datagram. An IPv6 socket also takes
// IPv4 addresses, as udpv6_sendmsg of the kernel does, and an IPv4 one AF_UNSPEC for
// AF_INET (udp_sendmsg).
func (e *Endpoint) destination(c *core, sa *endpoint.Sockaddr) (tcpip.FullAddress, endpoint.Errno) {
	if e.family == endpoint.AF_INET && e.isUDP() {
		if as, ok := unspecAsInet4(sa); ok {
			sa = &as
		}
	}
	if e.family == endpoint.AF_INET6 && sa.Family() == endpoint.AF_INET {
		ap, ok := sa.AddrPort()
		if !ok {
			return tcpip.FullAddress{}, endpoint.EINVAL
		}
		mapped := endpoint.SockaddrInet6(ap.Addr(), ap.Port(), 0, 0)
		sa = &mapped
	}
	full, errno := e.peerAddress(c, sa)
	if errno == endpoint.ENETUNREACH && e.isPing() {
		errno = endpoint.EINVAL // what ping_v6_sendmsg says of mapped addresses
	}
	return full, errno
}

// SendBatch sends messages one by one.
func (e *Endpoint) SendBatch(ms []endpoint.Message) (int, endpoint.Errno) {
	return endpoint.SendEach(e, ms)
}

// RecvBatch receives messages one by one.
func (e *Endpoint) RecvBatch(ms []endpoint.Message) (int, endpoint.Errno) {
	return endpoint.RecvEach(e, ms)
}

// sink takes what gVisor reads. It fills iov; beyond that it either stops the
// read, as a stream wants, or swallows the rest of a datagram.
type sink struct {
	iov     [][]byte
	off     int // in iov[0]
	room    int
	discard bool // count, but do not copy
	swallow bool

	// result and scratch are what control data is made of, and in.
	result  tcpip.ReadResult
	scratch []byte
}

var sinks = sync.Pool{New: func() any { return new(sink) }}

// Write implements io.Writer.
func (s *sink) Write(b []byte) (int, error) {
	n := min(len(b), s.room)
	s.room -= n
	if !s.discard {
		s.copy(b[:n])
	}
	if s.swallow {
		return len(b), nil
	}
	if n < len(b) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func (s *sink) copy(b []byte) {
	for len(b) > 0 {
		k := copy(s.iov[0][s.off:], b)
		b = b[k:]
		s.off += k
		if s.off == len(s.iov[0]) {
			s.iov, s.off = s.iov[1:], 0
		}
	}
}

func (s *sink) release() {
	*s = sink{scratch: s.scratch[:0]}
	sinks.Put(s)
}

// Recv wraps recvmsg(2). MSG_TRUNC on a stream discards what it receives, as
// tcp(7) says.
func (e *Endpoint) Recv(m *endpoint.Message) (int, endpoint.Errno) {
	c, errno := e.live()
	if errno != 0 {
		return 0, errno
	}
	flags := m.Flags
	m.Flags = 0
	if flags&endpoint.MSG_OOB != 0 && !e.isUDP() { // udp_recvmsg does not look
		return 0, e.noUrgentData(c)
	}
	s := sinks.Get().(*sink)
	defer s.release()
	s.iov, s.room = m.Iov, m.Len()
	if flags&endpoint.MSG_ERRQUEUE != 0 {
		return e.recvError(c, s, m)
	}
	opts := tcpip.ReadOptions{Peek: flags&endpoint.MSG_PEEK != 0, NeedRemoteAddr: m.NeedAddr}
	if e.isStream() {
		s.discard = flags&endpoint.MSG_TRUNC != 0
		return e.recvStream(c, s, opts, m)
	}
	s.swallow = true
	return e.recvDatagram(c, s, opts, m, flags)
}

// noUrgentData is the errno of a receive of urgent data, which there is none of.
func (e *Endpoint) noUrgentData(c *core) endpoint.Errno {
	if e.isStream() && c.state() == tcp.StateListen {
		return endpoint.ENOTCONN
	}
	if e.isStream() || e.isPacket() {
		return endpoint.EINVAL
	}
	return endpoint.EOPNOTSUPP
}

func (e *Endpoint) recvStream(c *core, s *sink, opts tcpip.ReadOptions, m *endpoint.Message) (int, endpoint.Errno) {
	m.Control = m.Control[:0]
	res, err := c.Read(s, opts)
	switch err.(type) {
	case nil:
		if e.p.moderate && !opts.Peek {
			c.ModerateRecvBuf(res.Count)
		}
		return res.Count, 0
	case *tcpip.ErrWouldBlock, *tcpip.ErrNotConnected:
		if tcpip.ShutdownFlags(e.shut.Load())&tcpip.ShutdownRead == 0 {
			return 0, toErrno(err)
		}
		return 0, e.endOfInput()
	case *tcpip.ErrClosedForReceive:
		return 0, e.endOfInput()
	case *tcpip.ErrBadBuffer:
		return 0, 0 // no room was given
	}
	return 0, toErrno(err)
}

// endOfInput tells the end of a stream, or of what was shut down, apart from a
// Close that came after the receive had begun.
func (e *Endpoint) endOfInput() endpoint.Errno {
	if e.closed.Load() {
		return endpoint.EBADF
	}
	return 0
}

func (e *Endpoint) recvDatagram(c *core, s *sink, opts tcpip.ReadOptions, m *endpoint.Message, flags int) (int, endpoint.Errno) {
	room, wants := s.room, e.wants.Load()
	opts.NeedRemoteAddr = opts.NeedRemoteAddr || wants != 0
	res, err := e.readDatagram(c, s, opts)
	switch err.(type) {
	case nil:
	case *tcpip.ErrWouldBlock:
		return 0, endpoint.EAGAIN
	case *tcpip.ErrClosedForReceive:
		return 0, e.endOfInput()
	default:
		return 0, toErrno(err)
	}
	if m.NeedAddr {
		m.Addr = e.sender(res.RemoteAddr, res.LinkPacketInfo.PktType)
	}
	if wants != 0 {
		s.result = res
		e.recvControl(m, s, wants)
	} else {
		m.Control = m.Control[:0]
	}
	if res.Total <= room {
		return res.Total, 0
	}
	m.Flags |= endpoint.MSG_TRUNC
	if flags&endpoint.MSG_TRUNC != 0 {
		return res.Total, 0
	}
	return room, 0
}
