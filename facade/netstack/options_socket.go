package netstack

import (
	"encoding/binary"
	"math"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// socketOptions are the options of socket(7) that the stack has.
var socketOptions = map[int]option{
	endpoint.SO_REUSEADDR: boolOption((*tcpip.SocketOptions).GetReuseAddress, (*tcpip.SocketOptions).SetReuseAddress),
	endpoint.SO_REUSEPORT: {get: reusePort.get, set: setReusePort},
	endpoint.SO_BROADCAST: boolOption((*tcpip.SocketOptions).GetBroadcast, (*tcpip.SocketOptions).SetBroadcast),
	endpoint.SO_KEEPALIVE: boolOption((*tcpip.SocketOptions).GetKeepAlive, (*tcpip.SocketOptions).SetKeepAlive),
	endpoint.SO_NO_CHECK:  boolOption((*tcpip.SocketOptions).GetNoChecksum, (*tcpip.SocketOptions).SetNoChecksum),

	endpoint.SO_TYPE:     readOnly(func(e *Endpoint, _ *core) int { return e.typ }),
	endpoint.SO_DOMAIN:   readOnly(func(e *Endpoint, _ *core) int { return e.family }),
	endpoint.SO_PROTOCOL: readOnly(func(e *Endpoint, _ *core) int { return int(e.transport) }),
	endpoint.SO_ACCEPTCONN: readOnly(func(e *Endpoint, c *core) int {
		return boolInt(e.isStream() && c.state() == tcp.StateListen)
	}),
	endpoint.SO_ERROR: readOnly(func(_ *Endpoint, c *core) int { return int(toErrno(c.LastError())) }),

	endpoint.SO_SNDBUF:  {get: getSendBuffer, set: setSendBuffer},
	endpoint.SO_RCVBUF:  {get: getReceiveBuffer, set: setReceiveBuffer},
	endpoint.SO_MEMINFO: {get: getMemInfo},
	// The limits are those of whoever made the stack: a program cannot force them.
	endpoint.SO_SNDBUFFORCE: {set: setSendBuffer},
	endpoint.SO_RCVBUFFORCE: {set: setReceiveBuffer},
	endpoint.SO_RCVLOWAT:    {get: getReceiveLowWater, set: setReceiveLowWater},
	endpoint.SO_SNDLOWAT:    readOnly(func(*Endpoint, *core) int { return 1 }),

	endpoint.SO_LINGER:       {get: getLinger, set: setLinger},
	endpoint.SO_BINDTODEVICE: {get: getBindToDevice, set: setBindToDevice, text: true},
	endpoint.SO_BINDTOIFINDEX: {
		get: func(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
			return getInt(v, int(c.SocketOptions().GetBindToDevice()))
		},
		set: setBindToIndex,
	},
	endpoint.SO_PEERNAME:         {get: getPeerName},
	endpoint.SO_PEERCRED:         {get: getPeerCred},
	endpoint.SO_INCOMING_NAPI_ID: readOnly(func(*Endpoint, *core) int { return 0 }),
	endpoint.SO_PASSCRED:         refuses(endpoint.EOPNOTSUPP),
	endpoint.SO_PASSSEC:          refuses(endpoint.EOPNOTSUPP),
	endpoint.SO_PEERGROUPS:       {get: refuses(endpoint.ENODATA).get},
	endpoint.SO_COOKIE: {get: func(e *Endpoint, _ *core, v []byte) (int, endpoint.Errno) {
		if len(v) < 8 {
			return 0, endpoint.EINVAL
		}
		binary.NativeEndian.PutUint64(v, e.cookie)
		return 8, 0
	}},
	endpoint.SO_MARK: {
		get: func(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
			return getInt(v, int(c.SocketOptions().GetMark()))
		},
		set: func(_ *Endpoint, c *core, v []byte) endpoint.Errno {
			value, errno := setInt(v)
			if errno == 0 {
				c.SocketOptions().SetMark(uint32(value))
			}
			return errno
		},
	},
}

var reusePort = boolOption((*tcpip.SocketOptions).GetReusePort, (*tcpip.SocketOptions).SetReusePort)

// setReusePort is for sockets that have ports; of others it can be cleared.
func setReusePort(e *Endpoint, c *core, v []byte) endpoint.Errno {
	if value, errno := setInt(v); errno == 0 && value != 0 && !e.isInternet() {
		return endpoint.EOPNOTSUPP
	}
	return reusePort.set(e, c, v)
}

// bufferOverhead is why socket(7) doubles the sizes of buffers: half is meant
// for bookkeeping. gVisor accounts like Linux.
const bufferOverhead = 2

// clampBuffer doubles a size and keeps it within the stack's limits. A negative
// one is, as in sk_setsockopt, beyond them.
func clampBuffer(size int, lowest, highest int64) int64 {
	n := min(int64(uint32(size)), highest, math.MaxInt32/bufferOverhead)
	return max(n*bufferOverhead, lowest)
}

func getSendBuffer(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	return getInt(v, int(c.SocketOptions().GetSendBufferSize()))
}

func setSendBuffer(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	size, errno := setInt(v)
	if errno != 0 {
		return errno
	}
	lowest, highest := c.SocketOptions().SendBufferLimits()
	c.SocketOptions().SetSendBufferSize(clampBuffer(size, lowest, highest), true)
	return 0
}

func getReceiveBuffer(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	return getInt(v, int(c.SocketOptions().GetReceiveBufferSize()))
}

func setReceiveBuffer(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	size, errno := setInt(v)
	if errno != 0 {
		return errno
	}
	lowest, highest := c.SocketOptions().ReceiveBufferLimits()
	c.SocketOptions().SetReceiveBufferSize(clampBuffer(size, lowest, highest), true)
	return 0
}

// struct linger of socket(7) is two ints: onoff and seconds.
const sizeofLinger = 2 * sizeofInt

func getLinger(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	l := c.SocketOptions().GetLinger()
	var raw [sizeofLinger]byte
	binary.NativeEndian.PutUint32(raw[0:], uint32(boolInt(l.Enabled)))
	binary.NativeEndian.PutUint32(raw[4:], uint32(l.Timeout/time.Second))
	return copy(v, raw[:]), 0
}

func setLinger(_ *Endpoint, c *core, v []byte) endpoint.Errno {
	if len(v) < sizeofLinger {
		return endpoint.EINVAL
	}
	l := c.SocketOptions().GetLinger()
	l.Enabled = binary.NativeEndian.Uint32(v) != 0
	if l.Enabled {
		l.Timeout = time.Duration(binary.NativeEndian.Uint32(v[sizeofInt:])) * time.Second
	}
	c.SocketOptions().SetLinger(l)
	return 0
}

func getBindToDevice(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	index := int(c.SocketOptions().GetBindToDevice())
	if index == 0 {
		return 0, 0
	}
	link, err := e.p.stack.LinkByIndex(index)
	if err != nil {
		return 0, endpoint.ENODEV
	}
	if len(v) < endpoint.IFNAMSIZ {
		return 0, endpoint.EINVAL
	}
	return copy(v, link.Name+"\x00"), 0
}

// setBindToIndex takes the index of a link, or 0 for none.
func setBindToIndex(e *Endpoint, c *core, v []byte) endpoint.Errno {
	index, errno := setInt(v)
	if errno != 0 {
		return errno
	}
	if index < 0 {
		return endpoint.EINVAL
	}
	return toErrno(e.bindToDevice(c, index))
}

func setBindToDevice(e *Endpoint, c *core, v []byte) endpoint.Errno {
	index := 0
	if name := cString(v); name != "" {
		link, err := e.p.stack.LinkByName(name)
		if err != nil {
			return endpoint.ENODEV
		}
		index = link.Index
	}
	return toErrno(e.bindToDevice(c, index))
}
