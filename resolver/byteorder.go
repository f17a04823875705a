package resolver

import (
	"encoding/binary"
	"errors"
	"math"
)

// Integer is any of Go's integer types.
type Integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// ErrOverflow refuses an integer that is negative or too wide.
var ErrOverflow = errors.New("integer is negative or too wide")

// Htonl converts 32 bits from host to network byte order: byteorder(3).
func Htonl[T Integer](x T) (uint32, error) {
	if x < 0 || uint64(x) > math.MaxUint32 {
		return 0, ErrOverflow
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(x))
	return binary.NativeEndian.Uint32(b[:]), nil
}

// Htons converts 16 bits from host to network byte order.
func Htons[T Integer](x T) (uint16, error) {
	if x < 0 || uint64(x) > math.MaxUint16 {
		return 0, ErrOverflow
	}
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], uint16(x))
	return binary.NativeEndian.Uint16(b[:]), nil
}

// Ntohl converts 32 bits from network to host byte order.
func Ntohl[T Integer](x T) (uint32, error) { return Htonl(x) }

// Ntohs converts 16 bits from network to host byte order.
func Ntohs[T Integer](x T) (uint16, error) { return Htons(x) }
