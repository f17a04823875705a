// Package endpoint is the contract between the socket facade and whatever
// carries a socket: the userspace stack, the kernel, or an emulated family.
//
// A socket is split in two. An Endpoint is the half that differs by family; it
// never parks its caller and answers EAGAIN instead. The half that all families
// share (blocking, timeouts, deadlines, cancellation, closing while others
// wait) is the facade's engine, so nobody writes a second blocking loop.
//
// Errors are Errno values with Linux's numbers, addresses are in Linux's
// sockaddr layout, and option values are bytes in the kernel's layout, so that
// raw bytes pass straight through on every path.
package endpoint

// Message is one send or one receive: msghdr of recvmsg(2), without allocation.
type Message struct {
	// Iov is what to send, or where to receive. It is borrowed until the call
	// returns; an endpoint that keeps data copies it.
	Iov [][]byte
	// Addr is the destination of a Send (empty on a connected socket), or is
	// filled by a Recv that has NeedAddr set.
	Addr Sockaddr
	// NeedAddr asks Recv to fill Addr. Filling it costs, so it is asked for.
	NeedAddr bool
	// Control is ancillary data: to be sent, or a buffer to receive into that
	// Recv reslices to what it wrote.
	Control []byte
	// Flags holds MSG_* going in. Recv replaces them by the flags of
	// recvmsg(2) that come out: MSG_TRUNC, MSG_CTRUNC, MSG_EOR.
	Flags int
}

// Len returns the number of bytes that Iov spans.
func (m *Message) Len() int {
	n := 0
	for _, b := range m.Iov {
		n += len(b)
	}
	return n
}

// Endpoint is one socket of one family on one path. Every method is safe for
// concurrent use and returns without waiting for a peer.
//
// MSG_DONTWAIT and MSG_WAITALL belong to the engine: an endpoint never sees
// them.
type Endpoint interface {
	// Bind wraps bind(2).
	Bind(Sockaddr) Errno
	// Listen wraps listen(2). A backlog below zero counts as zero; the cap is
	// SOMAXCONN.
	Listen(backlog int) Errno
	// Accept wraps accept(2): EAGAIN while no connection is ready. The new
	// endpoint belongs to the caller and is in its Table.
	Accept() (Endpoint, Sockaddr, Errno)
	// Connect wraps a non-blocking connect(2). After EINPROGRESS, POLLOUT or
	// POLLERR tells that it has ended, and a second Connect how: unlike
	// SO_ERROR, it also leaves the socket fit to connect again after a failure.
	// AF_UNSPEC disconnects. EAGAIN, which AF_UNIX gives for a full backlog, is
	// waited for like EINPROGRESS.
	Connect(Sockaddr) Errno
	// Send wraps sendmsg(2). A stream may take a part of the message.
	Send(*Message) (int, Errno)
	// Recv wraps recvmsg(2). On a stream 0 without error is end of file. With
	// MSG_TRUNC going in, a datagram socket returns the datagram's real length.
	Recv(*Message) (int, Errno)
	// SendBatch sends messages in order and returns how many were taken. The
	// error belongs to the first that was not, and is zero when all were. A
	// message that a stream took in part does not count: its Iov is resliced to
	// what is left and the error is EAGAIN.
	SendBatch([]Message) (int, Errno)
	// RecvBatch receives up to len messages without waiting between them, and
	// returns how many; their Iov is resliced to what they hold. It may end
	// before a message whose Flags differ from the first's. An error other than
	// EAGAIN may come with messages, and came after them.
	RecvBatch([]Message) (int, Errno)
	// Shutdown wraps shutdown(2) with SHUT_RD, SHUT_WR or SHUT_RDWR.
	Shutdown(how int) Errno
	// LocalAddr wraps getsockname(2).
	LocalAddr() (Sockaddr, Errno)
	// PeerAddr wraps getpeername(2).
	PeerAddr() (Sockaddr, Errno)
	// SetSockOpt wraps setsockopt(2); v is in the kernel's layout and is
	// borrowed. An option that is not supported is ENOPROTOOPT.
	SetSockOpt(level, name int, v []byte) Errno
	// GetSockOpt wraps getsockopt(2): fills v and returns the option's length,
	// which is never more than len(v).
	GetSockOpt(level, name int, v []byte) (int, Errno)
	// Ioctl wraps ioctl(2) for requests of sockets: fills or reads arg.
	Ioctl(req uint, arg []byte) (int, Errno)
	// Ready tells, level-triggered, what would not return EAGAIN: see poll(2).
	// That is everything after Close.
	Ready() Events
	// Subscribe has w marked on each change of Ready that may have come about.
	// It may be marked spuriously, but a change is never lost.
	Subscribe(*Waiter)
	// Unsubscribe ends that: no call into w after it returns.
	Unsubscribe(*Waiter)
	// Cookie names the socket in its provider's Table: SO_COOKIE, and the
	// executor's Key.
	Cookie() uint64
	// Info fills in what ss(8) shows, and says which fields are absent.
	Info(*Info)
	// Abort closes at once: a connection is reset and unsent data is dropped.
	Abort()
	// Close releases the socket and marks every waiter; a second call does
	// nothing. Data already sent is still delivered, as close(2) does without
	// SO_LINGER.
	Close() Errno
}

// Provider makes the endpoints of some families.
type Provider interface {
	// Socket wraps socket(2). EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT,
	// or ENFILE when the table is full.
	Socket(family, typ, proto int, c Cred) (Endpoint, Errno)
	// Pair wraps socketpair(2).
	Pair(family, typ, proto int, c Cred) ([2]Endpoint, Errno)
	// Executor orders the operations on this provider's endpoints.
	Executor() Executor
	// Table lists the live sockets.
	Table() *Table
}

// Cred is who makes a socket, for SO_PEERCRED, permission checks and ss(8).
type Cred struct {
	PID      int
	UID, GID uint32
}
