package kernel

import (
	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

// Close wraps close(2). Calls under way on other goroutines end first; who
// waits is marked. It does not wait for SO_LINGER: the kernel goes on sending
// what was sent, as it does when the lingering time is over.
func (e *Endpoint) Close() endpoint.Errno {
	if e == nil || e.provider == nil {
		return endpoint.EBADF
	}
	first, last := e.fd.close()
	if !first {
		return 0
	}
	e.provider.table.Remove(e.cookie.Load())
	e.retry.stop()
	if last {
		e.destroy()
	}
	e.waiters.Notify(anyEvent)
	return 0
}

// Abort closes with SO_LINGER on and zero: a connection is reset.
func (e *Endpoint) Abort() {
	if !e.acquire() {
		return
	}
	if e.typ != unix.SOCK_DGRAM {
		_ = unix.SetsockoptLinger(e.fd.n, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	e.release()
	e.Close()
}

// destroy gives the descriptor back, once, when nobody uses it any more.
func (e *Endpoint) destroy() {
	if e.borrowed.Load() {
		return
	}
	e.provider.poller.remove(e.fd.n)
	if e.typ != unix.SOCK_DGRAM {
		dontLinger(e.fd.n)
	}
	closeFD(e.fd.n)
}

// dontLinger turns off an SO_LINGER that would park close(2), non-blocking
// socket or not. A zero lingering time stays: it resets.
func dontLinger(fd int) {
	var l unix.Linger
	if n, errno := getsockopt(fd, unix.SOL_SOCKET, unix.SO_LINGER, lingerBytes(&l)); errno != 0 || n < unix.SizeofLinger {
		return
	}
	if l.Onoff != 0 && l.Linger > 0 {
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{})
	}
}
