package kernel

import (
	"sync"
	"unsafe"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of sendmmsg(2); Go pads it as C does.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// batch is the memory of one sendmmsg(2) or recvmmsg(2).
type batch struct {
	hdrs []mmsghdr
	iovs []unix.Iovec
}

var batchPool = sync.Pool{New: func() any { return new(batch) }}

// keepIov is the greatest number of buffers that the pool holds memory for.
const keepIov = 4 * maxIov

// free gives b back without pointers into the caller's memory.
func (b *batch) free() {
	if cap(b.iovs) > keepIov {
		b.iovs = nil
	}
	clear(b.hdrs)
	clear(b.iovs)
	b.hdrs, b.iovs = b.hdrs[:0], b.iovs[:0]
	batchPool.Put(b)
}

// fill makes headers of ms, up to the first whose flags differ, as one system
// call has one set of flags. There are at most maxIov.
func (b *batch) fill(ms []endpoint.Message, recv bool) endpoint.Errno {
	ms = ms[:min(len(ms), maxIov)]
	total := 0
	for i := range ms {
		if ms[i].Flags != ms[0].Flags {
			ms = ms[:i]
			break
		}
		if errno := check(&ms[i]); errno != 0 {
			return errno
		}
		total += len(ms[i].Iov)
	}
	if cap(b.iovs) < total {
		b.iovs = make([]unix.Iovec, 0, total)
	}
	b.iovs = b.iovs[:total]
	rest := b.iovs
	for i := range ms {
		m, n := &ms[i], len(ms[i].Iov)
		setIov(rest, m.Iov)
		b.hdrs = append(b.hdrs, header(m, rest[:n], recv))
		rest = rest[n:]
	}
	return 0
}

func header(m *endpoint.Message, iov []unix.Iovec, recv bool) (h mmsghdr) {
	h.hdr.Iov = unsafe.SliceData(iov)
	h.hdr.SetIovlen(len(iov))
	if recv && m.NeedAddr {
		m.Addr = blankAddr
	}
	if (!recv && !m.Addr.IsZero()) || (recv && m.NeedAddr) {
		h.hdr.Name, h.hdr.Namelen = unsafe.SliceData(m.Addr.Bytes()), uint32(m.Addr.Len())
	}
	if len(m.Control) > 0 {
		h.hdr.Control = unsafe.SliceData(m.Control)
		h.hdr.SetControllen(len(m.Control))
	}
	return h
}

// callBatch makes sendmmsg(2) and recvmmsg(2), and returns how many messages
// went through.
func callBatch(trap uintptr, fd int, hdrs []mmsghdr, flags uintptr) (int, endpoint.Errno) {
	for {
		n, _, errno := unix.Syscall6(trap, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(hdrs))), uintptr(len(hdrs)), flags, 0, 0)
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, endpoint.Errno(errno)
		}
	}
}

// SendBatch wraps sendmmsg(2). A stream may take a part of a message: its Iov
// is then resliced to what is left, the message is not counted, and the error
// is EAGAIN.
func (e *Endpoint) SendBatch(ms []endpoint.Message) (int, endpoint.Errno) {
	if !e.acquire() {
		return 0, endpoint.EBADF
	}
	defer e.release()
	sent := 0
	for sent < len(ms) {
		n, errno := e.sendSome(ms[sent:])
		sent += n
		if errno != 0 {
			return sent, e.refused(errno)
		}
	}
	return sent, 0
}

// sendSome makes one sendmmsg(2), which keeps quiet about what stopped it after
// the first message; the next one tells.
func (e *Endpoint) sendSome(ms []endpoint.Message) (int, endpoint.Errno) {
	b := batchPool.Get().(*batch)
	defer b.free()
	if errno := b.fill(ms, false); errno != 0 {
		return 0, errno
	}
	for i := range b.hdrs {
		raceSend(ms[i].Iov)
	}
	n, errno := callBatch(unix.SYS_SENDMMSG, e.fd.n, b.hdrs, sendFlags(ms[0].Flags))
	if errno != 0 || e.typ != unix.SOCK_STREAM {
		return n, errno
	}
	for i := range n {
		if took := int(b.hdrs[i].len); took < ms[i].Len() {
			consume(&ms[i], took)
			return i, endpoint.EAGAIN
		}
	}
	return n, 0
}

// consume takes n bytes away from the front of m.
func consume(m *endpoint.Message, n int) {
	for i, b := range m.Iov {
		k := min(n, len(b))
		m.Iov[i] = b[k:]
		n -= k
	}
}

// RecvBatch wraps recvmmsg(2). It ends before a message whose Flags are not
// those of the first. An error after the first message is left for the next
// call, by the kernel.
func (e *Endpoint) RecvBatch(ms []endpoint.Message) (int, endpoint.Errno) {
	if !e.acquire() {
		return 0, endpoint.EBADF
	}
	defer e.release()
	if len(ms) == 0 {
		return 0, 0
	}
	b := batchPool.Get().(*batch)
	defer b.free()
	if errno := b.fill(ms, true); errno != 0 {
		return 0, errno
	}
	n, errno := callBatch(unix.SYS_RECVMMSG, e.fd.n, b.hdrs, e.recvFlags(ms[0].Flags))
	for i := range b.hdrs {
		m := &ms[i]
		if i >= n {
			if m.NeedAddr {
				m.Addr = endpoint.Sockaddr{}
			}
			continue
		}
		received(m, &b.hdrs[i].hdr)
		raceRecv(m.Iov, int(b.hdrs[i].len))
		trim(m, int(b.hdrs[i].len))
	}
	return n, errno
}

// trim reslices Iov to the n bytes that were received.
func trim(m *endpoint.Message, n int) {
	for i, b := range m.Iov {
		k := min(n, len(b))
		m.Iov[i] = b[:k]
		n -= k
	}
}
