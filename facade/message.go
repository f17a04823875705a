package facade

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// ControlMessage is an item of ancillary data: see cmsg(3). Level and Type say
// what Data is, in the kernel's layout: SOL_SOCKET and SCM_RIGHTS, IPPROTO_IP and
// IP_PKTINFO, and so on.
type ControlMessage = endpoint.Cmsg

// CMSG_LEN returns what a control message with length bytes of data takes, without
// padding behind it. A length that is negative, or that no message can have, counts
// as 0.
func CMSG_LEN(length int) int { return endpoint.CmsgLen(cmsgLength(length)) }

// CMSG_SPACE returns what a control message with length bytes of data takes, with
// padding: the ancillary buffer that RecvMsg needs for it. See CMSG_LEN.
func CMSG_SPACE(length int) int { return endpoint.CmsgSpace(cmsgLength(length)) }

func cmsgLength(length int) int {
	if length < 0 || length > maxReceive {
		return 0
	}
	return length
}

// maxBuffers is UIO_MAXIOV of the kernel: the buffers of a message.
const maxBuffers = 1024

// SendMsg wraps sendmsg(2): it gathers the buffers into one message, with
// ancillary data, and sends it to address, which is nil on a connected socket. How
// much goes, and when that comes with an error, is as in Send. Nothing is kept. More
// than 1024 buffers are EMSGSIZE.
func (s *Socket) SendMsg(buffers [][]byte, ancillary []ControlMessage, flags int, address Addr) (int, error) {
	const op = "sendmsg"
	e, err := s.engineFor(op)
	if err != nil {
		return 0, err
	}
	to := noAddr
	if address != nil {
		if to, err = s.call(op).toSockaddr(address); err != nil {
			return 0, err
		}
	}
	if len(buffers) > maxBuffers {
		return 0, errnoError(op, address, endpoint.EMSGSIZE)
	}
	var control []byte
	for _, c := range ancillary {
		control = endpoint.AppendCmsg(control, c.Level, c.Type, c.Data)
	}
	o := newOp(e, opSend)
	defer o.free()
	o.msg = endpoint.Message{
		Iov: slices.Clone(buffers), Control: control, Addr: to, Flags: flags &^ endpoint.MSG_DONTWAIT,
	}
	n, r := s.deliver(e, o, flags)
	return n, newError(op, address, r)
}

// Received is what RecvMsg received.
type Received struct {
	// Data is the message, which is in the buffers that were given otherwise.
	Data []byte
	// N is the number of bytes; with MSG_TRUNC a datagram's real length.
	N int
	// Ancillary is the control messages.
	Ancillary []ControlMessage
	// Flags is MSG_TRUNC, MSG_CTRUNC, MSG_EOR and so on.
	Flags int
	// Addr is the sender, or nil on a stream.
	Addr Addr
}

// RecvMsg wraps recvmsg(2) into a new buffer of up to bufsize bytes, and an
// ancillary one of up to ancbufsize: see CMSG_SPACE. What does not fit there is
// lost, which MSG_CTRUNC tells. With MSG_ERRQUEUE it does not wait.
func (s *Socket) RecvMsg(bufsize, ancbufsize int, flags ...int) (*Received, error) {
	const op = "recvmsg"
	b, err := buffer(op, bufsize)
	if err != nil {
		return nil, err
	}
	m, err := s.recvMessage(op, [][]byte{b}, ancbufsize, flagsOf(flags))
	if err != nil {
		return nil, err
	}
	m.Data = b[:min(m.N, len(b))]
	return m, nil
}

// RecvMsgInto is RecvMsg that scatters the message into buffers, in order. More
// than 1024 of them are EMSGSIZE.
func (s *Socket) RecvMsgInto(buffers [][]byte, ancbufsize int, flags ...int) (*Received, error) {
	return s.recvMessage("recvmsg_into", buffers, ancbufsize, flagsOf(flags))
}

func (s *Socket) recvMessage(op string, buffers [][]byte, ancbufsize, flags int) (*Received, error) {
	e, err := s.engineFor(op)
	if err != nil {
		return nil, err
	}
	if len(buffers) > maxBuffers {
		return nil, errnoError(op, nil, endpoint.EMSGSIZE)
	}
	control, err := buffer(op, ancbufsize)
	if err != nil {
		return nil, err
	}
	o := newOp(e, opRecv)
	defer o.free()
	o.msg = endpoint.Message{Iov: buffers, Control: control, NeedAddr: true, Flags: receiveFlags(flags)}
	n, r := e.receive(o, flags, s.patience(&e.rd, flags))
	if !r.ok() {
		return nil, newError(op, nil, r)
	}
	m := &Received{N: n, Flags: o.msg.Flags, Addr: e.addr(o.msg.Addr)}
	for c, errno := range endpoint.Cmsgs(o.msg.Control) {
		if errno == 0 {
			m.Ancillary = append(m.Ancillary, c)
		}
	}
	return m, nil
}

// sizeofFD is that of a descriptor in SCM_RIGHTS.
const sizeofFD = 4

// SendFDs sends descriptors of the kernel with a message over an AF_UNIX socket:
// SCM_RIGHTS of unix(7). They stay open here.
func (s *Socket) SendFDs(buffers [][]byte, fds []int, flags int, address Addr) (int, error) {
	var data []byte
	for _, fd := range fds {
		if fd < 0 || fd > math.MaxInt32 {
			return 0, badArgument("send_fds", "a descriptor is out of range")
		}
		data = binary.NativeEndian.AppendUint32(data, uint32(fd))
	}
	return s.SendMsg(buffers, []ControlMessage{{Level: SOL_SOCKET, Type: SCM_RIGHTS, Data: data}}, flags, address)
}

// RecvFDs receives up to maxfds descriptors with a message of up to bufsize
// bytes. They are the caller's to close, and close-on-exec.
func (s *Socket) RecvFDs(bufsize, maxfds int, flags ...int) (*Received, []int, error) {
	if maxfds < 0 || maxfds > maxReceive/sizeofFD {
		return nil, nil, badArgument("recv_fds", "maxfds is out of range")
	}
	m, err := s.RecvMsg(bufsize, CMSG_LEN(maxfds*sizeofFD), flags...)
	if err != nil {
		return nil, nil, err
	}
	var fds []int
	for _, c := range m.Ancillary {
		if c.Level != SOL_SOCKET || c.Type != SCM_RIGHTS {
			continue
		}
		for b := c.Data; len(b) >= sizeofFD; b = b[sizeofFD:] {
			fds = append(fds, int(int32(binary.NativeEndian.Uint32(b))))
		}
	}
	return m, fds, nil
}
