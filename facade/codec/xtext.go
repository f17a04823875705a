package codec

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// charmapCodec is a table of 256 characters.
type charmapCodec struct {
	m  *charmap.Charmap
	c1 controls
	// but are the bytes that Python has another character for, or none: U+FFFD.
	but map[byte]rune
}

// controls is what U+0080 to U+009F are in a table.
type controls uint8

const (
	fromTable controls = iota
	// undefined they are in the Windows code pages, where the Encoding Standard
	// fills the gaps with them.
	undefined
	// themselves they are in ISO 8859, where some tables of x/text lack them.
	themselves
)

func isControl(r rune) bool { return 0x80 <= r && r <= 0x9f }

// char is the character of a byte; U+FFFD when it has none.
func (c charmapCodec) char(b byte) rune {
	if r, ok := c.but[b]; ok {
		return r
	}
	r := c.m.DecodeByte(b)
	switch {
	case c.c1 == undefined && isControl(r):
		return utf8.RuneError
	case c.c1 == themselves && isControl(rune(b)):
		return rune(b)
	}
	return r
}

func (c charmapCodec) decode(dst, src []byte, _ bool) ([]byte, int, int) {
	for i, b := range src {
		r := c.char(b)
		if r == utf8.RuneError {
			return dst, i, 1
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, len(src), 0
}

func (c charmapCodec) encode(dst []byte, r rune) ([]byte, bool) {
	if r == utf8.RuneError {
		return dst, false
	}
	if c.c1 != fromTable && isControl(r) {
		if c.c1 == undefined {
			return dst, false
		}
		return append(dst, byte(r)), true
	}
	for b, other := range c.but {
		if r == other {
			return append(dst, b), true
		}
	}
	b, ok := c.m.EncodeRune(r)
	if !ok || c.char(b) != r {
		return dst, false
	}
	return append(dst, b), true
}

// replacement is what a decoder of x/text writes for malformed input.
var replacement = []byte("\ufffd")

// genuine is U+FFFD in GB18030, the only encoding here that has it.
var genuine = []byte{0x84, 0x31, 0xa4, 0x37}

// multibyte is an encoding of x/text.
type multibyte struct {
	decoder *encoding.Decoder
	encoder *encoding.Encoder
	variant
}

// variant is how an encoding differs from that of x/text, or from most others.
type variant struct {
	// shifts tells that escape sequences change what bytes mean.
	shifts bool
	// python are the characters that Python has, by those of x/text.
	python map[rune]rune
}

// jis are the characters of JIS X 0208 that the Encoding Standard takes from
// Microsoft's code page 932.
var jis = map[rune]rune{'～': '〜', '∥': '‖', '－': '−', '￠': '¢', '￡': '£', '￢': '¬'}

// gb2312 are characters of GB 2312 that GBK has in another form.
var gb2312 = map[rune]rune{'·': '・', '—': '―'}

// toPython replaces the characters behind the first from bytes by Python's.
func (v variant) toPython(text []byte, from int) []byte {
	other := func(r rune) bool { _, ok := v.python[r]; return ok }
	if len(v.python) == 0 || bytes.IndexFunc(text[from:], other) < 0 {
		return text
	}
	return append(text[:from], bytes.Map(func(r rune) rune {
		if p, ok := v.python[r]; ok {
			return p
		}
		return r
	}, text[from:])...)
}

// fromPython is the character of x/text for one of Python's.
func (v variant) fromPython(r rune) (rune, bool) {
	for x, p := range v.python {
		switch r {
		case p:
			return x, true
		case x:
			return r, false
		}
	}
	return r, true
}

// window is how much is decoded at a time, so that what is malformed costs no
// more than a window again.
const window = 64

func (c *multibyte) decode(dst, src []byte, final bool) ([]byte, int, int) {
	n := 0
	for n < len(src) {
		end := min(n+window, len(src))
		atEnd := end == len(src)
		out, took, bad := c.decodeWindow(dst, src[n:end], final && atEnd)
		dst = c.toPython(out, len(dst))
		n += took
		if bad > 0 || atEnd || took == 0 {
			return dst, n, bad
		}
	}
	return dst, n, 0
}

func (c *multibyte) decodeWindow(dst, src []byte, final bool) ([]byte, int, int) {
	if !c.shifts {
		dst = slices.Grow(dst, utf8.UTFMax*len(src))
		out := dst[len(dst):cap(dst)]
		n, took, err := c.decoder.Transform(out, src, final)
		if (err == nil || err == transform.ErrShortSrc) && !bytes.Contains(out[:n], replacement) {
			return dst[:len(dst)+n], took, 0
		}
	}
	n := 0
	for n < len(src) {
		var buf [2 * utf8.UTFMax]byte
		text, took := c.next(buf[:], src[n:], final)
		if bytes.Equal(text, replacement) && !bytes.Equal(src[n:n+took], genuine) {
			return dst, n, took
		}
		if took == 0 {
			break
		}
		dst = append(dst, text...)
		n += took
	}
	return dst, n, 0
}

// next decodes the first character or escape sequence of src; n is 0 when it is
// not complete. A decoder that has just enough bytes and just enough room for one
// character stops behind it.
func (c *multibyte) next(buf, src []byte, final bool) (text []byte, n int) {
	for end := 1; end <= len(src); end++ {
		for room := range len(buf) {
			out, took, err := c.decoder.Transform(buf[:room+1], src[:end], final && end == len(src))
			if out > 0 || took > 0 {
				return buf[:out], took
			}
			if err != transform.ErrShortDst {
				break
			}
		}
	}
	return nil, 0
}

func (c *multibyte) encode(dst []byte, r rune) ([]byte, bool) {
	r, ok := c.fromPython(r)
	if !ok {
		return dst, false
	}
	var text [utf8.UTFMax]byte
	var out [16]byte // an escape sequence and a character have 5 at most, GB18030 4
	size := utf8.EncodeRune(text[:], r)
	n, _, err := c.encoder.Transform(out[:], text[:size], false)
	return append(dst, out[:n]...), err == nil
}
