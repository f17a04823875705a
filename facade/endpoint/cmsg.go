package endpoint

import (
	"encoding/binary"
	"iter"
)

// Control data is a sequence of messages, each a struct cmsghdr (cmsg(3)) of a
// 64-bit kernel, in host byte order: the length of header and data in eight
// bytes, level and type in four each, then the data. Headers start at multiples
// of eight bytes.
const (
	// SizeofCmsghdr is the length of a message without data.
	SizeofCmsghdr = 16

	cmsgAlignment = 8
)

// CmsgAlign rounds n up to where a message may start: CMSG_ALIGN.
func CmsgAlign(n int) int { return (n + cmsgAlignment - 1) &^ (cmsgAlignment - 1) }

// CmsgLen is what a header says of n bytes of data: CMSG_LEN.
func CmsgLen(n int) int { return SizeofCmsghdr + n }

// CmsgSpace is the room that a message with n bytes of data takes: CMSG_SPACE.
func CmsgSpace(n int) int { return SizeofCmsghdr + CmsgAlign(n) }

// Cmsg is one message of control data.
type Cmsg struct {
	Level, Type int
	// Data aliases the buffer that was parsed.
	Data []byte
}

// AppendCmsg appends a message with its padding to control, which must be empty
// or end with a whole message.
func AppendCmsg(control []byte, level, typ int, data []byte) []byte {
	end := len(control) + CmsgSpace(len(data))
	control = appendCmsghdr(control, CmsgLen(len(data)), level, typ)
	control = append(control, data...)
	return append(control, make([]byte, end-len(control))...)
}

func appendCmsghdr(b []byte, length, level, typ int) []byte {
	b = binary.NativeEndian.AppendUint64(b, uint64(length))
	b = binary.NativeEndian.AppendUint32(b, uint32(int32(level)))
	return binary.NativeEndian.AppendUint32(b, uint32(int32(typ)))
}

// CmsgBuffer is filled as put_cmsg of the kernel (net/core/scm.c) fills the
// buffer of a receive. The zero value has no room.
type CmsgBuffer struct {
	buf       []byte
	n         int
	truncated bool
}

// NewCmsgBuffer fills buf from its beginning, up to its length.
func NewCmsgBuffer(buf []byte) CmsgBuffer { return CmsgBuffer{buf: buf} }

// Put adds a message. What does not fit is cut, and the header has the length
// that is left; where there is no room for a header, nothing is added. Padding is
// not written.
func (c *CmsgBuffer) Put(level, typ int, data []byte) {
	room := c.buf[c.n:]
	if len(room) < SizeofCmsghdr {
		c.truncated = true
		return
	}
	length := CmsgLen(len(data))
	if length > len(room) {
		c.truncated = true
		length = len(room)
	}
	appendCmsghdr(room[:0], length, level, typ)
	copy(room[SizeofCmsghdr:length], data)
	c.n += min(CmsgSpace(len(data)), len(room))
}

// Bytes returns what was filled, padding included.
func (c *CmsgBuffer) Bytes() []byte { return c.buf[:c.n] }

// Truncated tells whether a message was cut or left out: MSG_CTRUNC.
func (c *CmsgBuffer) Truncated() bool { return c.truncated }

// Cmsgs yields the messages of control as the kernel walks through them
// (for_each_cmsghdr and CMSG_OK of linux/socket.h). Trailing bytes that are too
// few for a header are ignored. A length that is out of bounds yields EINVAL, and
// ends the sequence.
func Cmsgs(control []byte) iter.Seq2[Cmsg, Errno] {
	return func(yield func(Cmsg, Errno) bool) {
		for len(control) >= SizeofCmsghdr {
			length := binary.NativeEndian.Uint64(control)
			if length < SizeofCmsghdr || length > uint64(len(control)) {
				yield(Cmsg{}, EINVAL)
				return
			}
			c := Cmsg{
				Level: int(int32(binary.NativeEndian.Uint32(control[8:]))),
				Type:  int(int32(binary.NativeEndian.Uint32(control[12:]))),
				Data:  control[SizeofCmsghdr:length:length],
			}
			if !yield(c, 0) {
				return
			}
			control = control[min(CmsgAlign(int(length)), len(control)):]
		}
	}
}
