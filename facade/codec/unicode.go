package codec

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// limitCodec is a byte for each character below limit: ASCII or Latin-1.
type limitCodec struct{ limit rune }

func (c limitCodec) decode(dst, src []byte, _ bool) ([]byte, int, int) {
	for i, b := range src {
		if rune(b) >= c.limit {
			return dst, i, 1
		}
		dst = utf8.AppendRune(dst, rune(b))
	}
	return dst, len(src), 0
}

func (c limitCodec) encode(dst []byte, r rune) ([]byte, bool) {
	if r >= c.limit {
		return dst, false
	}
	return append(dst, byte(r)), true
}

// utf8Codec is UTF-8.
type utf8Codec struct{}

func (utf8Codec) decode(dst, src []byte, final bool) ([]byte, int, int) {
	n := 0
	for n < len(src) {
		if src[n] < utf8.RuneSelf {
			n++
			continue
		}
		r, size := utf8.DecodeRune(src[n:])
		if r == utf8.RuneError && size == 1 {
			bad := malformedUTF8(src[n:])
			if n+bad == len(src) && !final && !utf8.FullRune(src[n:]) {
				bad = 0
			}
			return append(dst, src[:n]...), n, bad
		}
		n += size
	}
	return append(dst, src[:n]...), n, 0
}

// malformedUTF8 is the length of the maximal subpart that src begins with: what
// the Unicode Standard (3.9) and Python replace with one U+FFFD.
func malformedUTF8(src []byte) int {
	n := 1
	for n < min(len(src), utf8.UTFMax) && !utf8.FullRune(src[:n]) {
		n++
	}
	// FullRune holds as soon as the first n bytes can begin no character.
	if n > 1 && utf8.FullRune(src[:n]) {
		n--
	}
	return n
}

func (utf8Codec) encode(dst []byte, r rune) ([]byte, bool) { return utf8.AppendRune(dst, r), true }

// signed is UTF-8 with a byte order mark at the start: utf-8-sig.
type signed struct {
	utf8Codec
	begun bool
}

const mark = "\ufeff"

func (c *signed) decode(dst, src []byte, final bool) ([]byte, int, int) {
	skip := 0
	if !c.begun {
		if len(src) < len(mark) && !final && string(src) == mark[:len(src)] {
			return dst, 0, 0
		}
		c.begun = true
		if len(src) >= len(mark) && string(src[:len(mark)]) == mark {
			skip = len(mark)
		}
	}
	dst, n, bad := c.utf8Codec.decode(dst, src[skip:], final)
	return dst, skip + n, bad
}

func (c *signed) encode(dst []byte, r rune) ([]byte, bool) {
	if !c.begun {
		c.begun = true
		dst = append(dst, mark...)
	}
	return c.utf8Codec.encode(dst, r)
}

// order is a byte order that numbers can be appended in.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// wide is UTF-16 or UTF-32. Without an order it begins with a byte order mark,
// and writes the little-endian one.
type wide struct {
	order order
	unit  int // bytes of a code unit: 2 or 4
}

func (c *wide) decode(dst, src []byte, final bool) ([]byte, int, int) {
	n := 0
	if c.order == nil {
		if len(src) < c.unit {
			return dst, 0, c.rest(src, final)
		}
		if c.order = c.marked(src); c.order == nil {
			return dst, 0, c.unit
		}
		n = c.unit
	}
	for n < len(src) {
		r, size := c.next(src[n:])
		if size == 0 {
			return dst, n, c.rest(src[n:], final)
		}
		if r < 0 {
			return dst, n, size
		}
		dst = utf8.AppendRune(dst, r)
		n += size
	}
	return dst, n, 0
}

// rest is how many bytes are malformed when src ends within a character.
func (c *wide) rest(src []byte, final bool) int {
	if final {
		return len(src)
	}
	return 0
}

// marked is the order that the byte order mark tells.
func (c *wide) marked(src []byte) order {
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		if c.value(o, src) == 0xfeff {
			return o
		}
	}
	return nil
}

func (c *wide) value(o order, src []byte) uint32 {
	if c.unit == 2 {
		return uint32(o.Uint16(src))
	}
	return o.Uint32(src)
}

// next is the first character of src and its size: 0 when src ends before, and r
// is -1 when it is malformed.
func (c *wide) next(src []byte) (r rune, size int) {
	if len(src) < c.unit {
		return 0, 0
	}
	v := c.value(c.order, src)
	switch {
	case v > utf8.MaxRune:
		return -1, c.unit
	case !utf16.IsSurrogate(rune(v)):
		return rune(v), c.unit
	case c.unit == 4 || v >= 0xdc00:
		return -1, c.unit
	case len(src) < 4:
		return 0, 0
	}
	r = utf16.DecodeRune(rune(v), rune(c.value(c.order, src[2:])))
	if r == utf8.RuneError {
		return -1, 2
	}
	return r, 4
}

func (c *wide) encode(dst []byte, r rune) ([]byte, bool) {
	if c.order == nil {
		c.order = binary.LittleEndian
		dst, _ = c.encode(dst, 0xfeff)
	}
	if c.unit == 4 {
		return c.order.AppendUint32(dst, uint32(r)), true
	}
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		dst = c.order.AppendUint16(dst, uint16(high))
		r = low
	}
	return c.order.AppendUint16(dst, uint16(r)), true
}
