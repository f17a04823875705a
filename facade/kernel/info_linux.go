package kernel

import (
	"time"
	"unsafe"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"golang.org/x/sys/unix"
)

// Info implements endpoint.Endpoint. Exact are: what TCP_INFO tells of TCP, and
// the receive queue of streams. Derived are: the state of other sockets, from
// whether they have a peer; and queues that the kernel counts with its own
// overhead, as ss(8) shows them. Everything but the cookie is absent, and the
// state TCP_CLOSE, when the endpoint is closed.
func (e *Endpoint) Info(info *endpoint.Info) {
	if info == nil {
		return
	}
	*info = endpoint.Info{State: endpoint.TCP_CLOSE}
	if e == nil {
		return
	}
	info.Cookie, info.Cred = e.cookie.Load(), e.cred
	info.Family, info.Type, info.Proto = e.family, e.typ, e.proto
	if !e.acquire() {
		info.Exact = endpoint.InfoState
		return
	}
	defer e.release()
	fd := e.fd.n
	if proto, errno := getsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL); errno == 0 {
		info.Proto = proto
	}
	info.Local, _ = name(unix.SYS_GETSOCKNAME, fd)
	var connected endpoint.Errno
	info.Peer, connected = name(unix.SYS_GETPEERNAME, fd)
	if tcp, ok := e.tcpInfo(); ok {
		fromTCP(info, fd, tcp)
		return
	}
	info.Derived = endpoint.InfoState
	if connected == 0 {
		info.State = endpoint.TCP_ESTABLISHED
	}
	if on, errno := getsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); errno == 0 && on != 0 {
		info.State = endpoint.TCP_LISTEN
		info.Exact, info.Derived = endpoint.InfoState, 0
		return
	}
	e.queues(info)
}

// tcpInfo asks TCP_INFO; ok is false for what is not TCP.
func (e *Endpoint) tcpInfo() (*unix.TCPInfo, bool) {
	if e.typ != unix.SOCK_STREAM || (e.family != unix.AF_INET && e.family != unix.AF_INET6) {
		return nil, false
	}
	tcp, err := unix.GetsockoptTCPInfo(e.fd.n, unix.IPPROTO_TCP, unix.TCP_INFO)
	return tcp, err == nil
}

func fromTCP(info *endpoint.Info, fd int, tcp *unix.TCPInfo) {
	info.State, info.Exact = int(tcp.State), endpoint.InfoState
	if info.State == endpoint.TCP_LISTEN {
		// tcp_get_info (net/ipv4/tcp.c) puts the accept queue in these two.
		info.RecvQueue, info.Backlog = int(tcp.Unacked), int(tcp.Sacked)
		info.Exact |= endpoint.InfoRecvQueue | endpoint.InfoBacklog
		return
	}
	ask(info, fd, unix.TIOCINQ, endpoint.InfoRecvQueue, &info.RecvQueue)
	ask(info, fd, unix.TIOCOUTQ, endpoint.InfoSendQueue, &info.SendQueue)
	if tcp.Rtt != 0 {
		info.RTT, info.RTTVar = microseconds(tcp.Rtt), microseconds(tcp.Rttvar)
		info.Exact |= endpoint.InfoRTT
	}
	info.RTO = microseconds(tcp.Rto)
	info.CongestionWindow = tcp.Snd_cwnd
	info.Exact |= endpoint.InfoRTO
	if name, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION); err == nil {
		info.Algorithm = name
		info.Exact |= endpoint.InfoCongestion
	}
}

// queues fills in the queues of what is not TCP.
func (e *Endpoint) queues(info *endpoint.Info) {
	if e.typ == unix.SOCK_STREAM {
		ask(info, e.fd.n, unix.TIOCINQ, endpoint.InfoRecvQueue, &info.RecvQueue)
	}
	// Of datagrams FIONREAD tells the first one's size only. Memory in use
	// tells of all, with the kernel's overhead.
	var mem [unix.SK_MEMINFO_WMEM_ALLOC + 1]uint32
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&mem)), unsafe.Sizeof(mem))
	n, errno := getsockopt(e.fd.n, unix.SOL_SOCKET, unix.SO_MEMINFO, raw)
	if errno != 0 || n < len(raw) {
		return
	}
	info.SendQueue = int(mem[unix.SK_MEMINFO_WMEM_ALLOC])
	info.Derived |= endpoint.InfoSendQueue
	if info.Exact&endpoint.InfoRecvQueue == 0 {
		info.RecvQueue = int(mem[unix.SK_MEMINFO_RMEM_ALLOC])
		info.Derived |= endpoint.InfoRecvQueue
	}
}

// ask makes an ioctl(2) that tells an int, and marks the field exact.
func ask(info *endpoint.Info, fd int, req uint, field endpoint.Field, to *int) {
	if v, err := unix.IoctlGetInt(fd, req); err == nil {
		*to = v
		info.Exact |= field
	}
}

func microseconds(n uint32) time.Duration { return time.Duration(n) * time.Microsecond }
