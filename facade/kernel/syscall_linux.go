package kernel

import (
	"math"
	"syscall"
	"unsafe"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

// typeFlags are the flags that socket(2) takes in its type.
const typeFlags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC

// call makes the system calls of the shape (descriptor, pointer, word), again
// when a signal interrupted it. What p points to is alive until it returns.
func call(trap uintptr, fd int, p unsafe.Pointer, word uintptr) (int, endpoint.Errno) {
	for {
		n, _, errno := unix.Syscall(trap, uintptr(fd), uintptr(p), word)
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, endpoint.Errno(errno)
		}
	}
}

func socket(family, typ, proto int) (int, endpoint.Errno) {
	if !isInt32(family) || !isInt32(typ) || !isInt32(proto) {
		return -1, endpoint.EINVAL
	}
	fd, err := unix.Socket(family, typ|typeFlags, proto)
	return fd, errnoOf(err)
}

func socketpair(family, typ, proto int) ([2]int, endpoint.Errno) {
	if !isInt32(family) || !isInt32(typ) || !isInt32(proto) {
		return [2]int{}, endpoint.EINVAL
	}
	fds, err := unix.Socketpair(family, typ|typeFlags, proto)
	return fds, errnoOf(err)
}

func accept(fd int) (int, endpoint.Sockaddr, endpoint.Errno) {
	var raw [endpoint.SizeofSockaddrStorage]byte
	for {
		n := uint32(len(raw))
		made, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(fd),
			uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&n)), typeFlags, 0, 0)
		if errno == 0 {
			return int(made), sockaddr(raw[:], n), 0
		}
		if errno != unix.EINTR {
			return -1, endpoint.Sockaddr{}, endpoint.Errno(errno)
		}
	}
}

// name makes getsockname(2) and getpeername(2).
func name(trap uintptr, fd int) (endpoint.Sockaddr, endpoint.Errno) {
	var raw [endpoint.SizeofSockaddrStorage]byte
	n := uint32(len(raw))
	_, _, errno := unix.Syscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&n)))
	if errno != 0 {
		return endpoint.Sockaddr{}, endpoint.Errno(errno)
	}
	return sockaddr(raw[:], n), 0
}

// sockaddr is the address in raw, whose length the kernel says: more than there
// is room for when it was cut off, and 0 for an unnamed AF_UNIX socket.
func sockaddr(raw []byte, n uint32) endpoint.Sockaddr {
	a, _ := endpoint.SockaddrFromBytes(raw[:min(int(n), len(raw))])
	return a
}

// getsockopt returns the option's length, at most len(v).
func getsockopt(fd, level, opt int, v []byte) (int, endpoint.Errno) {
	n := uint32(min(len(v), math.MaxInt32))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(opt),
		uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return 0, endpoint.Errno(errno)
	}
	return min(int(n), len(v)), 0
}

func getsockoptInt(fd, level, opt int) (int, endpoint.Errno) {
	v, err := unix.GetsockoptInt(fd, level, opt)
	return v, errnoOf(err)
}

func setsockopt(fd, level, opt int, v []byte) endpoint.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(opt),
		uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)), 0)
	return endpoint.Errno(errno)
}

func lingerBytes(l *unix.Linger) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(l)), unix.SizeofLinger)
}

func poll(fd int) endpoint.Events {
	const events = unix.POLLIN | unix.POLLPRI | unix.POLLOUT | unix.POLLRDHUP
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		if _, err := unix.Poll(fds[:], 0); err != unix.EINTR {
			return endpoint.Events(uint16(fds[0].Revents))
		}
	}
}

// closeFD never tries again: after EINTR the number is free already (close(2)).
func closeFD(fd int) { _ = unix.Close(fd) }

// errnoOf is the number in an error of x/sys/unix.
func errnoOf(err error) endpoint.Errno {
	if err == nil {
		return 0
	}
	if errno, ok := err.(syscall.Errno); ok {
		return endpoint.Errno(errno)
	}
	return endpoint.EIO
}

// isInt32 tells whether the kernel, which takes an int, would see all of n.
func isInt32(n int) bool { return n == int(int32(n)) }
