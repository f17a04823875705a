package codec

import (
	"fmt"
	"slices"
	"syscall"
	"unicode/utf8"
)

// Error is text or bytes that cannot be converted: the reference's
// UnicodeDecodeError and UnicodeEncodeError. errors.Is holds for EILSEQ.
type Error struct {
	// Encoding is its name, and Decoding the direction.
	Encoding string
	Decoding bool
	// Input is what cannot be converted: bytes in the encoding when Decoding,
	// else text.
	Input string
}

// Error names the encoding and shows the input.
func (e *Error) Error() string {
	if e.Decoding {
		return fmt.Sprintf("%s cannot decode bytes %q", e.Encoding, e.Input)
	}
	return fmt.Sprintf("%s cannot encode text %q", e.Encoding, e.Input)
}

// Unwrap returns EILSEQ.
func (e *Error) Unwrap() error { return syscall.EILSEQ }

// decodeHandler appends what stands for malformed bytes, and tells how many of
// them that was; 0 is an error.
type decodeHandler func(dst, malformed []byte) (out []byte, n int)

// encodeHandler returns what stands for text that the encoding does not have:
// raw bytes, or text that it has. r is its character; U+FFFD, or a surrogate that
// escapes a byte, when it is not valid UTF-8.
type encodeHandler func(input []byte, r rune) (raw []byte, text string, ok bool)

type handler struct {
	decode decodeHandler
	encode encodeHandler // nil is always an error
}

// handlers are the reference's error handlers. Two of Python's are missing:
// namereplace needs the names of all characters, and surrogatepass makes text
// that Go's strings cannot hold.
var handlers = map[string]handler{
	"strict":            {refuseBytes, nil},
	"ignore":            {ignoreBytes, func([]byte, rune) ([]byte, string, bool) { return nil, "", true }},
	"replace":           {replaceBytes, func([]byte, rune) ([]byte, string, bool) { return nil, "?", true }},
	"backslashreplace":  {backslashBytes, backslashText},
	"xmlcharrefreplace": {refuseBytes, characterReference},
	"surrogateescape":   {escapeBytes, unescapeByte},
}

// Handlers returns the names of the error handlers.
func Handlers() []string {
	var names []string
	for name := range handlers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func refuseBytes(dst, _ []byte) ([]byte, int) { return dst, 0 }

func ignoreBytes(dst, malformed []byte) ([]byte, int) { return dst, len(malformed) }

func replaceBytes(dst, malformed []byte) ([]byte, int) {
	return utf8.AppendRune(dst, utf8.RuneError), len(malformed)
}

func backslashBytes(dst, malformed []byte) ([]byte, int) {
	for _, b := range malformed {
		dst = fmt.Appendf(dst, `\x%02x`, b)
	}
	return dst, len(malformed)
}

func backslashText(input []byte, r rune) ([]byte, string, bool) {
	switch {
	case r == utf8.RuneError && len(input) == 1:
		return nil, fmt.Sprintf(`\x%02x`, input[0]), true
	case r < 0x100:
		return nil, fmt.Sprintf(`\x%02x`, r), true
	case r < 0x10000:
		return nil, fmt.Sprintf(`\u%04x`, r), true
	}
	return nil, fmt.Sprintf(`\U%08x`, r), true
}

func characterReference(_ []byte, r rune) ([]byte, string, bool) {
	return nil, fmt.Sprintf("&#%d;", r), true
}

// The surrogate U+DC80+b-0x80 stands for the byte b (PEP 383). UTF-8 has no
// surrogates, so that the three bytes that it would have cannot be mistaken for
// text that was decoded, and make the string invalid UTF-8.
func escapeRune(b byte) rune { return 0xdc00 + rune(b) }

// escapeBytes stops at a byte below 0x80, which cannot be escaped.
func escapeBytes(dst, malformed []byte) ([]byte, int) {
	for i, b := range malformed {
		if b < utf8.RuneSelf {
			return dst, i
		}
		dst = append(dst, 0xed, 0xb0|b>>6, 0x80|b&0x3f)
	}
	return dst, len(malformed)
}

// escapedByte is the byte that text begins with in an escaped form.
func escapedByte(text []byte) (b byte, ok bool) {
	if len(text) < 3 || text[0] != 0xed || text[1]&0xfe != 0xb2 || text[2]&0xc0 != 0x80 {
		return 0, false
	}
	return text[1]<<6 | text[2]&0x3f, true
}

// beginsEscape tells that text ends within an escaped byte.
func beginsEscape(text []byte) bool {
	return len(text) == 2 && text[0] == 0xed && text[1]&0xfe == 0xb2
}

func unescapeByte(input []byte, _ rune) ([]byte, string, bool) {
	b, ok := escapedByte(input)
	return []byte{b}, "", ok
}
