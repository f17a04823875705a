// Package codec has the text encodings that the files of package facade read and
// write, by the names that Python gives them.
//
// Text is UTF-8, as Go's strings are. ASCII, Latin-1 and the UTF encodings are
// Python's to the byte; so are the single-byte code pages, which leave undefined
// what Python leaves undefined.
//
// The East Asian encodings are those of the WHATWG Encoding Standard, as
// golang.org/x/text has them. euc_kr, cp949, gbk, gb2312, euc_jp, shift_jis and
// iso2022_jp have all characters of Python's, and more. cp932 and gb18030 lack
// the characters of private use, and where a character has several codes another
// one may be written. big5, cp950 and big5hkscs are one and the same, with
// characters that differ in some symbols and in the rows from 0xc6a1 to 0xc8fe.
// What Python's replacement characters count in malformed input may differ.
//
// utf-16 and utf-32 begin with a byte order mark, and write the little-endian one;
// utf-8-sig writes one too, and leaves it out when it reads.
package codec

import (
	"strings"
	"unicode/utf8"
)

// Encoding is one text encoding. It is safe for concurrent use.
type Encoding struct {
	name string
	// ascii tells that every byte below 0x80 is the ASCII character, wherever a
	// character may begin, and leaves the state as it was.
	ascii   bool
	decoder func() decoder
	encoder func() encoder
}

// Lookup finds an encoding by one of Python's names and aliases, in any case and
// with any punctuation: "UTF-8", "latin_1", "cp1252". It returns nil for a name
// that nobody has.
func Lookup(name string) *Encoding {
	key := fold(name)
	for i := range encodings {
		for alias := range strings.FieldsSeq(encodings[i].aliases) {
			if alias == key {
				return &encodings[i].Encoding
			}
		}
	}
	return nil
}

// fold leaves the letters and digits of a name.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		}
		return -1
	}, name)
}

// Name returns Python's name of the encoding.
func (e *Encoding) Name() string { return e.name }

// decoder is the part of decoding that differs by encoding.
type decoder interface {
	// decode appends the text of src to dst. It stops at the end, before a
	// character that is not complete unless final, or before one that is
	// malformed, of bad bytes. n is what it has taken, without those.
	decode(dst, src []byte, final bool) (out []byte, n, bad int)
}

// encoder is the part of encoding that differs by encoding.
type encoder interface {
	// encode appends r to dst, or tells that the encoding does not have r; then
	// out may have an escape sequence more.
	encode(dst []byte, r rune) (out []byte, ok bool)
}

// Decoder turns bytes into text, bit by bit. It is not safe for concurrent use.
type Decoder struct {
	e      *Encoding
	d      decoder
	handle decodeHandler
}

// NewDecoder returns a decoder at the start of a stream. errors is one of
// Handlers; it is nil for any other.
func (e *Encoding) NewDecoder(errors string) *Decoder {
	h, ok := handlers[errors]
	if !ok {
		return nil
	}
	return &Decoder{e: e, d: e.decoder(), handle: h.decode}
}

// Decode appends the text of src to dst and returns it with how many bytes of
// src it has taken. What it leaves, of a few bytes at most, begins a character
// that is not complete: it goes before the next src. With final nothing is left,
// as no more bytes follow.
//
// An error of type *Error is about bytes that have been taken: the call after it
// goes on behind them.
func (d *Decoder) Decode(dst, src []byte, final bool) (out []byte, n int, err error) {
	for {
		var took, bad int
		dst, took, bad = d.d.decode(dst, src[n:], final)
		if n += took; bad == 0 {
			return dst, n, nil
		}
		malformed := src[n : n+bad]
		text, handled := d.handle(dst, malformed)
		if handled == 0 {
			return dst, n + bad, &Error{Encoding: d.e.name, Decoding: true, Input: string(malformed)}
		}
		dst = text
		n += handled
	}
}

// Encoder turns text into bytes, bit by bit. It is not safe for concurrent use.
type Encoder struct {
	e      *Encoding
	enc    encoder
	handle encodeHandler
}

// NewEncoder returns an encoder at the start of a stream; what has a byte order
// mark writes it first. errors is one of Handlers; it is nil for any other.
func (e *Encoding) NewEncoder(errors string) *Encoder {
	h, ok := handlers[errors]
	if !ok {
		return nil
	}
	return &Encoder{e: e, enc: e.encoder(), handle: h.encode}
}

// Encode appends text to dst in the encoding, and returns it with how many bytes
// of text it has taken. What it leaves, of three bytes at most, begins a
// character that is not complete; with final nothing is left.
//
// An error of type *Error is about a character that has been taken: the call
// after it goes on behind that.
func (e *Encoder) Encode(dst, text []byte, final bool) (out []byte, n int, err error) {
	for n < len(text) {
		if b := text[n]; b < utf8.RuneSelf && e.e.ascii {
			dst = append(dst, b)
			n++
			continue
		}
		if !final && (!utf8.FullRune(text[n:]) || beginsEscape(text[n:])) {
			break
		}
		r, size := utf8.DecodeRune(text[n:])
		invalid := r == utf8.RuneError && size == 1
		if !invalid {
			var ok bool
			if dst, ok = e.enc.encode(dst, r); ok {
				n += size
				continue
			}
		}
		if b, ok := escapedByte(text[n:]); invalid && ok {
			size = 3
			r = escapeRune(b)
		}
		input := text[n : n+size]
		n += size
		dst, err = e.replace(dst, input, r)
		if err != nil {
			break
		}
	}
	return dst, n, err
}

// replace has the error handler write for what the encoding does not have.
func (e *Encoder) replace(dst, input []byte, r rune) ([]byte, error) {
	cannot := &Error{Encoding: e.e.name, Input: string(input)}
	if e.handle == nil {
		return dst, cannot
	}
	raw, text, ok := e.handle(input, r)
	if w, wide := e.enc.(*wide); !ok || wide && len(raw)%w.unit != 0 {
		return dst, cannot
	}
	dst = append(dst, raw...)
	for _, r := range text {
		var ok bool
		if dst, ok = e.enc.encode(dst, r); !ok {
			return dst, cannot
		}
	}
	return dst, nil
}
