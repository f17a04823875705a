package netstack

import (
	"encoding/binary"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// ioctl is a request of ioctl(2), which reads and fills arg, of size bytes at
// least.
type ioctl struct {
	size int
	do   func(e *Endpoint, c *core, arg []byte) endpoint.Errno
}

// ioctls are the requests that sockets have; those about links are ifIoctls.
var ioctls = map[uint]ioctl{
	endpoint.FIONREAD:   {sizeofInt, receiveQueue},
	endpoint.SIOCOUTQ:   {sizeofInt, sendQueue},
	endpoint.SIOCATMARK: {sizeofInt, atMark},

	endpoint.SIO_RCVALL:             {sizeofInt, (*Endpoint).receiveAll},
	endpoint.SIO_KEEPALIVE_VALS:     {sizeofKeepalive, keepaliveValues},
	endpoint.SIO_LOOPBACK_FAST_PATH: {sizeofInt, loopbackFastPath},
}

// Ioctl wraps ioctl(2). Arg is in the layout of Linux on 64-bit platforms, or of
// Windows for SIO_*; one that is too short is EINVAL, and a request that the
// socket does not have ENOTTY. The int that comes back is 0.
func (e *Endpoint) Ioctl(req uint, arg []byte) (int, endpoint.Errno) {
	c, errno := e.live()
	if errno != 0 {
		return 0, errno
	}
	if request, ok := ioctls[req]; ok {
		if len(arg) < request.size {
			return 0, endpoint.EINVAL
		}
		return 0, request.do(e, c, arg)
	}
	return 0, e.ifIoctl(req, arg)
}

// receiveQueue is FIONREAD, also called SIOCINQ: the bytes that wait to be read,
// of the next datagram on a datagram socket. Ping sockets have none on Linux.
func receiveQueue(e *Endpoint, c *core, arg []byte) endpoint.Errno {
	if s, ok := c.Endpoint.(*ipSocket); ok && s.ping != nil {
		return endpoint.ENOTTY
	}
	e.wanted(c) // what the socket does not want is not waiting
	n, err := c.GetSockOptInt(tcpip.ReceiveQueueSizeOption)
	if err == nil {
		binary.NativeEndian.PutUint32(arg, uint32(n))
	}
	return toErrno(err)
}

// sendQueue is SIOCOUTQ: what a raw socket is charged for packets that links still
// hold. Of the other kinds gVisor does not tell, and ping sockets have none on
// Linux either.
func sendQueue(e *Endpoint, c *core, arg []byte) endpoint.Errno {
	if s := rawSocket(c); s != nil {
		binary.NativeEndian.PutUint32(arg, uint32(s.sending.Load()))
		return 0
	}
	if e.isStream() && c.state() == tcp.StateListen {
		return endpoint.EINVAL
	}
	return endpoint.ENOTTY
}

// atMark is SIOCATMARK: never, as there is no urgent data.
func atMark(e *Endpoint, _ *core, arg []byte) endpoint.Errno {
	if !e.isStream() {
		return endpoint.ENOTTY
	}
	binary.NativeEndian.PutUint32(arg, 0)
	return 0
}

// sizeofKeepalive is that of Windows's struct tcp_keepalive, in bytes: onoff, and
// the time and the interval in milliseconds.
const sizeofKeepalive = 12

// keepaliveKey is under what SIO_KEEPALIVE_VALS is remembered among the options,
// for a core that follows: no level of setsockopt(2) is negative.
var keepaliveKey = optionKey{-1, 0}

// keepaliveValues wraps WSAIoctl's SIO_KEEPALIVE_VALS. A time of zero is EINVAL,
// as is one that TCP_KEEPIDLE could not hold; turning keepalives off takes the
// times all the same.
func keepaliveValues(e *Endpoint, _ *core, arg []byte) endpoint.Errno {
	if !e.isStream() {
		return endpoint.EOPNOTSUPP
	}
	c, errno := e.lock()
	if errno != 0 {
		return errno
	}
	defer e.mu.Unlock()
	if errno := setKeepalive(e, c, arg); errno != 0 {
		return errno
	}
	e.remember(keepaliveKey, option{set: setKeepalive}, arg[:sizeofKeepalive])
	return 0
}

func setKeepalive(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	on := binary.NativeEndian.Uint32(v) != 0
	idle := time.Duration(binary.NativeEndian.Uint32(v[4:])) * time.Millisecond
	interval := time.Duration(binary.NativeEndian.Uint32(v[8:])) * time.Millisecond
	const most = maxKeepaliveSeconds * time.Second
	if on && (idle == 0 || interval == 0) || idle > most || interval > most {
		return endpoint.EINVAL
	}
	if idle > 0 && interval > 0 {
		idleOption, intervalOption := tcpip.KeepaliveIdleOption(idle), tcpip.KeepaliveIntervalOption(interval)
		if err := c.SetSockOpt(&idleOption); err != nil {
			return toErrno(err)
		}
		if err := c.SetSockOpt(&intervalOption); err != nil {
			return toErrno(err)
		}
	}
	c.SocketOptions().SetKeepAlive(on)
	return 0
}

// loopbackFastPath takes WSAIoctl's SIO_LOOPBACK_FAST_PATH and does nothing: the
// loopback has one path, which is short.
func loopbackFastPath(e *Endpoint, _ *core, _ []byte) endpoint.Errno {
	if !e.isStream() {
		return endpoint.EOPNOTSUPP
	}
	return 0
}
