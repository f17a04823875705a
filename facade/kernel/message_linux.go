package kernel

import (
	"sync"
	"unsafe"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

const (
	// fewIov is the number of buffers that a message may have without a trip to
	// the pool.
	fewIov = 8
	// maxIov is UIO_MAXIOV (include/uapi/linux/uio.h): of buffers in a message,
	// and of messages in a batch.
	maxIov = 1024
)

var iovPool = sync.Pool{New: func() any { return new([maxIov]unix.Iovec) }}

// blankAddr is as long as an address can be: room for the kernel to fill.
var blankAddr, _ = endpoint.SockaddrFromBytes(make([]byte, endpoint.SizeofSockaddrStorage))

// setIov fills dst, of the same length as bufs.
func setIov(dst []unix.Iovec, bufs [][]byte) {
	for i, b := range bufs {
		dst[i].Base = unsafe.SliceData(b)
		dst[i].SetLen(len(b))
	}
}

// Send wraps sendmsg(2), with MSG_NOSIGNAL always set.
func (e *Endpoint) Send(m *endpoint.Message) (int, endpoint.Errno) {
	if !e.acquire() {
		return 0, endpoint.EBADF
	}
	defer e.release()
	if errno := check(m); errno != 0 {
		return 0, errno
	}
	var few [fewIov]unix.Iovec
	iov := few[:]
	if len(m.Iov) > fewIov {
		many := iovPool.Get().(*[maxIov]unix.Iovec)
		defer putIov(many, len(m.Iov))
		iov = many[:]
	}
	setIov(iov, m.Iov)
	var h unix.Msghdr
	h.Iov = unsafe.SliceData(iov)
	h.SetIovlen(len(m.Iov))
	if !m.Addr.IsZero() {
		h.Name, h.Namelen = unsafe.SliceData(m.Addr.Bytes()), uint32(m.Addr.Len())
	}
	if len(m.Control) > 0 {
		h.Control = unsafe.SliceData(m.Control)
		h.SetControllen(len(m.Control))
	}
	raceSend(m.Iov)
	n, errno := call(unix.SYS_SENDMSG, e.fd.n, unsafe.Pointer(&h), sendFlags(m.Flags))
	if errno != 0 {
		return 0, e.refused(errno)
	}
	return n, 0
}

// Recv wraps recvmsg(2). Descriptors that come in Control are close-on-exec.
func (e *Endpoint) Recv(m *endpoint.Message) (int, endpoint.Errno) {
	if !e.acquire() {
		return 0, endpoint.EBADF
	}
	defer e.release()
	if errno := check(m); errno != 0 {
		return 0, errno
	}
	var few [fewIov]unix.Iovec
	iov := few[:]
	if len(m.Iov) > fewIov {
		many := iovPool.Get().(*[maxIov]unix.Iovec)
		defer putIov(many, len(m.Iov))
		iov = many[:]
	}
	setIov(iov, m.Iov)
	var h unix.Msghdr
	h.Iov = unsafe.SliceData(iov)
	h.SetIovlen(len(m.Iov))
	if m.NeedAddr {
		m.Addr = blankAddr
		h.Name, h.Namelen = unsafe.SliceData(m.Addr.Bytes()), uint32(m.Addr.Len())
	}
	if len(m.Control) > 0 {
		h.Control = unsafe.SliceData(m.Control)
		h.SetControllen(len(m.Control))
	}
	n, errno := call(unix.SYS_RECVMSG, e.fd.n, unsafe.Pointer(&h), e.recvFlags(m.Flags))
	if errno != 0 {
		if m.NeedAddr {
			m.Addr = endpoint.Sockaddr{}
		}
		return 0, errno
	}
	received(m, &h)
	raceRecv(m.Iov, n)
	return n, 0
}

// received takes over what recvmsg(2) wrote into h.
func received(m *endpoint.Message, h *unix.Msghdr) {
	if m.NeedAddr {
		m.Addr = sockaddr(m.Addr.Bytes(), h.Namelen)
	}
	m.Control = m.Control[:min(int(h.Controllen), len(m.Control))]
	m.Flags = int(h.Flags) &^ unix.MSG_CMSG_CLOEXEC
}

func check(m *endpoint.Message) endpoint.Errno {
	switch {
	case m == nil:
		return endpoint.EFAULT
	case len(m.Iov) > maxIov:
		return endpoint.EMSGSIZE
	}
	return 0
}

// putIov gives the array back without the n pointers into the caller's memory.
func putIov(iov *[maxIov]unix.Iovec, n int) {
	clear(iov[:n])
	iovPool.Put(iov)
}

func sendFlags(flags int) uintptr { return uintptr(uint32(flags | unix.MSG_NOSIGNAL)) }

// recvFlags has descriptors that come close on exec. Packet sockets refuse the
// flag (packet_recvmsg), and never carry any.
func (e *Endpoint) recvFlags(flags int) uintptr {
	if e.family != unix.AF_PACKET {
		flags |= unix.MSG_CMSG_CLOEXEC
	}
	return uintptr(uint32(flags))
}
