package facade

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// maxOptionLen is the greatest buffer that GetSockOptBytes takes, as in CPython.
const maxOptionLen = 1024

// GetSockOpt wraps getsockopt(2) for an option that is an int.
func (s *Socket) GetSockOpt(level, name int) (int, error) {
	var v [4]byte
	n, err := s.getSockOpt(level, name, v[:])
	if err != nil {
		return 0, err
	}
	if n == 1 {
		return int(v[0]), nil
	}
	return intOf(v[:]), nil
}

// GetSockOptBytes wraps getsockopt(2) for an option of up to buflen bytes, 1 to
// 1024, in the kernel's layout.
func (s *Socket) GetSockOptBytes(level, name, buflen int) ([]byte, error) {
	if buflen <= 0 || buflen > maxOptionLen {
		return nil, badArgument("getsockopt", "buflen must be 1-1024, not "+strconv.Itoa(buflen))
	}
	v := make([]byte, buflen)
	n, err := s.getSockOpt(level, name, v)
	return v[:n], err
}

func (s *Socket) getSockOpt(level, name int, v []byte) (int, error) {
	const op = "getsockopt"
	e, err := s.engineFor(op)
	if err != nil {
		return 0, err
	}
	if limit := e.timeoutOption(level, name); limit != nil {
		return getTimeval(v, time.Duration(limit.Load())), nil
	}
	if level == endpoint.SOL_SOCKET && name == endpoint.SO_ERROR {
		if pending := e.pending.Swap(0); pending != 0 {
			return copy(v, intBytes(int(pending))), nil
		}
	}
	n, errno := e.getOption(level, name, v)
	return n, errnoError(op, nil, errno)
}

// SetSockOpt wraps setsockopt(2) for an option that is an int.
func (s *Socket) SetSockOpt(level, name, value int) error {
	if int64(value) < math.MinInt32 || int64(value) > math.MaxUint32 {
		return badArgument("setsockopt", "value does not fit in 32 bits")
	}
	return s.SetSockOptBytes(level, name, intBytes(value))
}

// SetSockOptBytes wraps setsockopt(2): value is in the kernel's layout, and is
// not kept. ENOPROTOOPT for an option that the socket's path does not support,
// EINVAL for a value that is too short or out of range.
func (s *Socket) SetSockOptBytes(level, name int, value []byte) error {
	const op = "setsockopt"
	e, err := s.engineFor(op)
	if err != nil {
		return err
	}
	if limit := e.timeoutOption(level, name); limit != nil {
		d, errno := setTimeval(value)
		if errno == 0 {
			limit.Store(int64(d))
		}
		return errnoError(op, nil, errno)
	}
	return errnoError(op, nil, e.setOption(level, name, value))
}

// struct timeval is two 64-bit integers: seconds and microseconds.
const sizeofTimeval = 16

func getTimeval(v []byte, d time.Duration) int {
	var raw [sizeofTimeval]byte
	binary.NativeEndian.PutUint64(raw[0:], uint64(d/time.Second))
	binary.NativeEndian.PutUint64(raw[8:], uint64(d%time.Second/time.Microsecond))
	return copy(v, raw[:])
}

// setTimeval reads a timeval as sock_set_timeout of the kernel does: microseconds
// out of range are EDOM, negative seconds are 0, too many are no limit.
func setTimeval(v []byte) (time.Duration, endpoint.Errno) {
	if len(v) < sizeofTimeval {
		return 0, endpoint.EINVAL
	}
	seconds := int64(binary.NativeEndian.Uint64(v[0:]))
	micros := int64(binary.NativeEndian.Uint64(v[8:]))
	switch {
	case micros < 0 || micros >= 1e6:
		return 0, endpoint.EDOM
	case seconds < 0:
		return time.Nanosecond, 0
	case seconds >= math.MaxInt64/int64(time.Second):
		return 0, 0
	}
	return time.Duration(seconds)*time.Second + time.Duration(micros)*time.Microsecond, 0
}
