package netstack

import (
	"math"

	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// The fields of SO_MEMINFO (linux/sock_diag.h), by their place.
const (
	skMemInfoRmemAlloc = 0
	skMemInfoRcvbuf    = 1
	skMemInfoSndbuf    = 3
	skMemInfoDrops     = 8
	skMemInfoVars      = 9
)

// getMemInfo answers SO_MEMINFO. What a send queue holds gVisor does not tell.
func getMemInfo(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	var info [skMemInfoVars]uint32
	charged, lost := c.receiveUsage()
	info[skMemInfoRmemAlloc], info[skMemInfoDrops] = uint32(charged), uint32(lost)
	info[skMemInfoRcvbuf] = uint32(c.SocketOptions().GetReceiveBufferSize())
	info[skMemInfoSndbuf] = uint32(c.SocketOptions().GetSendBufferSize())
	var raw [skMemInfoVars * sizeofInt]byte
	putInts(raw[:], info[:]...)
	return copy(v, raw[:]), 0
}

// getPeerName answers SO_PEERNAME, which is getpeername(2). A buffer longer than
// the address is EINVAL, a shorter one is filled as far as it goes.
func getPeerName(e *Endpoint, _ *core, v []byte) (int, endpoint.Errno) {
	peer, errno := e.PeerAddr()
	if errno != 0 {
		return 0, endpoint.ENOTCONN // whatever getpeername(2) says
	}
	if len(v) > len(peer.Bytes()) {
		return 0, endpoint.EINVAL
	}
	return copy(v, peer.Bytes()), 0
}

// getPeerCred answers SO_PEERCRED for a socket that has no peer on this machine:
// struct ucred is pid 0, uid and gid -1.
func getPeerCred(_ *Endpoint, _ *core, v []byte) (int, endpoint.Errno) {
	var raw [3 * sizeofInt]byte
	putInts(raw[:], 0, math.MaxUint32, math.MaxUint32)
	return copy(v, raw[:]), 0
}

func getReceiveLowWater(e *Endpoint, _ *core, v []byte) (int, endpoint.Errno) {
	return getInt(v, max(1, int(e.lowWater.Load())))
}

// setReceiveLowWater takes a negative value for the greatest. Of a stream it is at
// most half of what the receive buffer may grow to, as in tcp_set_rcvlowat.
func setReceiveLowWater(e *Endpoint, c *core, v []byte) endpoint.Errno {
	value, errno := setInt(v)
	if errno != 0 {
		return errno
	}
	if value < 0 {
		value = math.MaxInt32
	}
	if e.isStream() {
		_, highest := c.SocketOptions().ReceiveBufferLimits()
		value = min(value, int(highest/2))
	}
	e.lowWater.Store(int32(max(1, value)))
	e.Notify(endpoint.Readable)
	return 0
}

// aboveLowWater takes POLLIN back from a stream that holds less than SO_RCVLOWAT
// asks for. A quarter of the receive buffer is always enough: gVisor advertises
// half of what is free, and a peer could not send more.
func (e *Endpoint) aboveLowWater(c *core, ready endpoint.Events) endpoint.Events {
	low := int(e.lowWater.Load())
	if low <= 1 || ready&endpoint.POLLIN == 0 {
		return ready
	}
	held, err := c.GetSockOptInt(tcpip.ReceiveQueueSizeOption)
	if err == nil && held < min(low, int(c.SocketOptions().GetReceiveBufferSize()/4)) {
		ready &^= endpoint.POLLIN
	}
	return ready
}
