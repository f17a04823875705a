package facade

import (
	"bytes"
	"io"
	"strconv"

	"github.com/usernet-stack/usernet/facade/codec"
)

// textConfig is how a text file is made.
type textConfig struct {
	encoding *codec.Encoding // nil for a binary file
	errors   string
	newline  string
	// universal is the newline that is nil: all three are read as "\n".
	universal bool
	// lines has each line be flushed.
	lines bool
}

// text checks what the configuration says of text.
func (c FileConfig) text(binary bool) (textConfig, error) {
	const op = "makefile"
	if binary {
		return textConfig{}, nil
	}
	t := textConfig{errors: c.Errors, universal: c.Newline == nil, lines: c.Buffering != nil && *c.Buffering == 1}
	name := c.Encoding
	if name == "" {
		name = "utf-8"
	}
	if t.errors == "" {
		t.errors = "strict"
	}
	if !t.universal {
		t.newline = *c.Newline
	}
	switch t.newline {
	case "", "\n", "\r", "\r\n":
	default:
		return t, badArgument(op, "illegal newline value: "+strconv.Quote(t.newline))
	}
	if t.encoding = codec.Lookup(name); t.encoding == nil {
		return t, badArgument(op, "unknown encoding: "+strconv.Quote(name))
	}
	if t.encoding.NewDecoder(t.errors) == nil {
		return t, badArgument(op, "unknown error handler name "+strconv.Quote(t.errors))
	}
	return t, nil
}

// textReader is what a file that reads text has on top of bytes.
type textReader struct {
	textConfig
	decoder *codec.Decoder
	pending []byte // received
	off     int    // how much of pending was decoded
	eof     bool   // nothing comes after pending
	// afterCR tells that the last character was a "\r", read as "\n".
	afterCR bool
}

func newTextReader(c textConfig) *textReader {
	return &textReader{textConfig: c, decoder: c.encoding.NewDecoder(c.errors)}
}

// fillText is fill for text: it receives until there is a character. Text before
// malformed bytes is handed out before their error.
func (in *fileReader) fillText(op string, size int) error {
	t := in.text
	for {
		before := len(in.buf)
		out, n, err := t.decoder.Decode(in.buf, t.pending[t.off:], t.eof)
		t.off += n
		in.buf = t.translate(out, before)
		if err != nil {
			err = &Error{Op: op, sentinel: err}
		}
		if len(in.buf) > before {
			in.err = err
			return nil
		}
		if err != nil {
			return err
		}
		if t.eof {
			t.eof = false
			return io.EOF
		}
		t.pending = t.pending[:copy(t.pending, t.pending[t.off:])]
		t.off = 0
		t.pending, err = in.raw.appendReceived(op, t.pending, size)
		if t.eof = err == io.EOF; err != nil && !t.eof {
			return err
		}
	}
}

// translate reads "\r" and "\r\n" behind the first from bytes as "\n". A "\r" at
// the end is a line's end at once: a "\n" that follows is left out.
func (t *textReader) translate(text []byte, from int) []byte {
	if !t.universal || len(text) == from || !t.afterCR && bytes.IndexByte(text[from:], '\r') < 0 {
		return text
	}
	to := from
	for _, c := range text[from:] {
		second := t.afterCR && c == '\n'
		if t.afterCR = c == '\r'; t.afterCR {
			c = '\n'
		}
		if !second {
			text[to] = c
			to++
		}
	}
	return text[:to]
}

// lineEnd is fileReader.lineEnd for text.
func (t *textReader) lineEnd(b []byte, scanned int) int {
	switch {
	case t.universal:
		return endAfter(b, scanned, "\n")
	case t.newline != "":
		return endAfter(b, scanned, t.newline)
	}
	from := max(0, scanned-1) // where a "\r" may wait for its "\n"
	i := from + bytes.IndexAny(b[from:], "\r\n")
	switch {
	case i < from || b[i] == '\r' && i+1 == len(b):
		return 0
	case b[i] == '\r' && b[i+1] == '\n':
		return i + 2
	}
	return i + 1
}

// textWriter is what a file that writes text has on top of bytes.
type textWriter struct {
	textConfig
	encoder *codec.Encoder
	part    []byte // the beginning of a character that is not complete
}

func newTextWriter(c textConfig) *textWriter {
	return &textWriter{textConfig: c, encoder: c.encoding.NewEncoder(c.errors)}
}

// translates tells whether "\n" is written as something else.
func (t *textWriter) translates() bool { return t.newline == "\r" || t.newline == "\r\n" }

// encode appends the beginning of text to dst, and tells how much of text it has
// taken.
func (t *textWriter) encode(dst, text []byte) (out []byte, took int, err error) {
	if t.translates() {
		switch i := bytes.IndexByte(text, '\n'); {
		case i == 0 && len(t.part) > 0:
			out, err = t.finish(dst)
			return out, 0, err
		case i == 0:
			out, _, err = t.encoder.Encode(dst, []byte(t.newline), true)
			return out, 1, err
		case i > 0:
			text = text[:i]
		}
	}
	old := len(t.part)
	src := append(t.part, text...)
	out, n, err := t.encoder.Encode(dst, src, false)
	end := len(src)
	if err != nil {
		end = max(n, old) // the rest of text is not taken
	}
	t.part = append([]byte(nil), src[n:end]...)
	return out, end - old, err
}

// finish ends a character that is not complete: nothing follows it.
func (t *textWriter) finish(dst []byte) (out []byte, err error) {
	part := t.part
	t.part = nil
	for len(part) > 0 {
		n := 0
		var e error
		dst, n, e = t.encoder.Encode(dst, part, true)
		part = part[n:]
		if err == nil {
			err = e
		}
	}
	return dst, err
}
