package facade

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Ioctl wraps ioctl(2), and WSAIoctl of Windows for SIO_RCVALL and
// SIO_KEEPALIVE_VALS: arg is the request's argument in the kernel's layout, which
// the call reads or fills, and the number is what ioctl(2) returns. A negative
// control is refused.
func (s *Socket) Ioctl(control int64, arg []byte) (int, error) {
	const op = "ioctl"
	if control < 0 {
		return 0, badArgument(op, "invalid ioctl command")
	}
	e, err := s.engineFor(op)
	if err != nil {
		return 0, err
	}
	n := 0
	errno := e.direct(func(ep endpoint.Endpoint) (errno endpoint.Errno) {
		n, errno = ep.Ioctl(uint(control), arg)
		return errno
	})
	return n, errnoError(op, nil, errno)
}

// IoctlInt is Ioctl for a request whose argument is an int that goes in, such as
// RCVALL_ON for SIO_RCVALL, or that comes out, as of FIONREAD.
func (s *Socket) IoctlInt(control int64, value int) (int, error) {
	if int64(value) < math.MinInt32 || int64(value) > math.MaxUint32 {
		return 0, badArgument("ioctl", "value does not fit in 32 bits")
	}
	arg := intBytes(value)
	if _, err := s.Ioctl(control, arg); err != nil {
		return 0, err
	}
	return intOf(arg), nil
}

// KeepAliveValues is what SIO_KEEPALIVE_VALS sets: struct tcp_keepalive.
type KeepAliveValues struct {
	On bool
	// Idle is the time before the first probe, Interval that between probes, both
	// in whole milliseconds.
	Idle, Interval time.Duration
}

// SetKeepAliveValues wraps WSAIoctl with SIO_KEEPALIVE_VALS, which is the stack's:
// on the kernel path it is ENOTTY.
func (s *Socket) SetKeepAliveValues(v KeepAliveValues) error {
	arg := intBytes(boolInt(v.On))
	for _, d := range []time.Duration{v.Idle, v.Interval} {
		ms := d.Milliseconds()
		if ms < 0 || ms > 1<<32-1 {
			return badArgument("ioctl", "keepalive time does not fit in 32 bits of milliseconds")
		}
		arg = binary.NativeEndian.AppendUint32(arg, uint32(ms))
	}
	_, err := s.Ioctl(SIO_KEEPALIVE_VALS, arg)
	return err
}
