package kernel

import (
	"unsafe"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

// Sizes of what requests of ioctl(2) point to, in bytes.
const (
	sizeofInt   = 4
	sizeofIfreq = 40 // the size on 64-bit platforms, the greatest
	// sizeofPrivate is for requests whose meaning a protocol or device chooses:
	// more than any argument in the kernel's headers.
	sizeofPrivate = 128
)

// ioctlSizes are the requests whose argument is not an ifreq. A request outside
// the range of sockets (include/uapi/linux/sockios.h) has to be here: FIONBIO,
// for one, would let calls park.
var ioctlSizes = map[uint]int{
	endpoint.FIONREAD: sizeofInt,
	endpoint.SIOCOUTQ: sizeofInt,
	unix.SIOCATMARK:   sizeofInt,
	unix.SIOCGPGRP:    sizeofInt,
	unix.SIOCSPGRP:    sizeofInt,
	unix.SIOCOUTQNSD:  sizeofInt,
	unix.SIOCDARP:     68, // struct arpreq
	unix.SIOCGARP:     68,
	unix.SIOCSARP:     68,
	unix.SIOCADDRT:    120, // struct rtentry
	unix.SIOCDELRT:    120,
}

// Ioctl wraps ioctl(2) for the requests of sockets. The kernel is told no
// length, so an arg that is shorter than what the request fills is EINVAL; an
// empty one is a null pointer. Requests that are not for sockets are ENOTTY.
func (e *Endpoint) Ioctl(req uint, arg []byte) (int, endpoint.Errno) {
	if !e.acquire() {
		return 0, endpoint.EBADF
	}
	defer e.release()
	need, isInt, ok := ioctlSize(req)
	if !ok {
		return 0, endpoint.ENOTTY
	}
	if len(arg) < need && (isInt || len(arg) > 0) {
		return 0, endpoint.EINVAL
	}
	var p unsafe.Pointer
	if len(arg) > 0 {
		p = unsafe.Pointer(unsafe.SliceData(arg))
	}
	for {
		n, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(e.fd.n), uintptr(req), uintptr(p))
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, endpoint.Errno(errno)
		}
	}
}

// ioctlSize returns the least length of req's argument; ok is false for a
// request that is not passed on.
func ioctlSize(req uint) (need int, isInt, ok bool) {
	if need, ok := ioctlSizes[req]; ok {
		return need, need == sizeofInt, true
	}
	const (
		sockios  = 0x89      // the type byte of sockets
		private  = 0xe0      // SIOCPROTOPRIVATE and, from 0xf0, SIOCDEVPRIVATE
		sizeMask = 1<<14 - 1 // _IOC_SIZEMASK, asm-generic/ioctl.h
	)
	switch {
	case req>>8&0xff != sockios || req > 1<<32-1:
		return 0, false, false
	case req&0xff >= private:
		return max(sizeofPrivate, int(req>>16&sizeMask)), false, true
	}
	return max(sizeofIfreq, int(req>>16&sizeMask)), false, true
}
