package facade

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"sync"
)

const (
	defaultMaxLine = 1 << 20
	defaultMaxAll  = 1 << 30
	// keptBuffer is how much of a buffer stays when it is empty.
	keptBuffer = 64 << 10
)

// fileReader is the readable half of a file.
type fileReader struct {
	raw             *rawFile
	size            int // how much a receive may take ahead; 0 is nothing
	maxLine, maxAll int
	text            *textReader // nil for a binary file

	mu  sync.Mutex
	buf []byte // received, and decoded if it is text
	off int    // how much of buf was handed out
	err error  // comes after buf
}

func newFileReader(raw *rawFile, size int, c FileConfig, text textConfig) *fileReader {
	in := &fileReader{raw: raw, size: size, maxLine: c.MaxLine, maxAll: c.MaxAll}
	if in.maxLine == 0 {
		in.maxLine = defaultMaxLine
	}
	if in.maxAll == 0 {
		in.maxAll = defaultMaxAll
	}
	if text.encoding != nil {
		in.text = newTextReader(text)
	}
	return in
}

// reader returns the readable half of an open file.
func (f *File) reader(op string) (*fileReader, error) {
	if f.Closed() {
		return nil, fileClosed(op)
	}
	if f.in == nil {
		return nil, &Error{Op: op, sentinel: errors.ErrUnsupported}
	}
	return f.in, nil
}

// Read reads what there is, and waits only when there is nothing. At the end it
// returns io.EOF. A text file gives UTF-8, and may cut a character in two when b
// ends there.
func (f *File) Read(b []byte) (int, error) {
	in, err := f.reader("read")
	if err != nil || len(b) == 0 {
		return 0, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.read(b)
}

// ReadLine reads a line with what ends it; the last one may have no end. At the
// end of the file it returns "" and io.EOF.
//
// With a size, it returns at most so many bytes of the line, characters of a text
// file, and leaves the rest for the next call. Without one, or with a negative
// one, a line longer than FileConfig.MaxLine is ErrTooLong, with its first
// MaxLine bytes. What a size asks for is bounded by FileConfig.MaxAll likewise.
//
// With any other error it returns what it has read of the line.
func (f *File) ReadLine(size ...int) (string, error) {
	in, err := f.reader("readline")
	if err != nil {
		return "", err
	}
	limit := lineLimit{size: -1, most: in.maxLine, text: in.text != nil}
	if len(size) > 0 && size[0] >= 0 {
		limit.size, limit.most = size[0], in.maxAll
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.readLine(&limit)
}

// Lines returns the lines that ReadLine gives up to the end of the file. An error
// is the last thing it gives, with what was read of the line.
func (f *File) Lines() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for {
			line, err := f.ReadLine()
			if err == io.EOF || !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// ReadAll reads up to the end of the file. More than FileConfig.MaxAll is
// ErrTooLong, with the first MaxAll bytes. With any other error it returns what
// it has read.
func (f *File) ReadAll() ([]byte, error) {
	in, err := f.reader("read")
	if err != nil {
		return nil, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.readAll()
}

func (in *fileReader) read(b []byte) (int, error) {
	if len(in.unread()) == 0 {
		if in.text == nil && len(b) >= in.size {
			return in.raw.receive("read", b)
		}
		if err := in.fill("read", in.size); err != nil {
			return 0, err
		}
	}
	n := copy(b, in.unread())
	in.skip(n)
	return n, nil
}

func (in *fileReader) readLine(limit *lineLimit) (string, error) {
	const op = "readline"
	for scanned := 0; ; {
		b := in.unread()
		cut, tooLong := limit.cut(b)
		if cut >= 0 {
			b = b[:min(len(b), cut+1)] // a "\r" is an end if no "\n" follows
		}
		end := in.lineEnd(b, min(scanned, len(b)))
		switch {
		case end > 0 && (cut < 0 || end <= cut):
			return in.take(end), nil
		case tooLong:
			return in.take(cut), &Error{Op: op, sentinel: ErrTooLong}
		case cut >= 0:
			return in.take(cut), nil
		}
		scanned = len(b)
		if err := in.fill(op, max(in.size, 1)); err != nil {
			line := in.take(len(in.unread()))
			if err == io.EOF && line != "" {
				err = nil
			}
			return line, err
		}
	}
}

func (in *fileReader) readAll() ([]byte, error) {
	for {
		if len(in.unread()) > in.maxAll {
			return []byte(in.take(whole(in.unread(), in.maxAll, in.text != nil))), &Error{Op: "read", sentinel: ErrTooLong}
		}
		if err := in.fill("read", max(in.size, DefaultBufferSize)); err != nil {
			all := in.unread()
			in.buf, in.off = nil, 0
			if err == io.EOF {
				err = nil
			}
			return all, err
		}
	}
}

// fill appends to what is unread, after one receive of up to size bytes; or tells
// why there is no more.
func (in *fileReader) fill(op string, size int) error {
	if err := in.err; err != nil {
		in.err = nil
		return err
	}
	if in.off > 0 {
		in.buf = in.buf[:copy(in.buf, in.buf[in.off:])]
		in.off = 0
	}
	if in.text != nil {
		return in.fillText(op, size)
	}
	var err error
	in.buf, err = in.raw.appendReceived(op, in.buf, size)
	return err
}

// appendReceived receives up to size bytes behind b.
func (r *rawFile) appendReceived(op string, b []byte, size int) ([]byte, error) {
	b = slices.Grow(b, size)
	n, err := r.receive(op, b[len(b):len(b)+size])
	return b[:len(b)+n], err
}

func (in *fileReader) unread() []byte { return in.buf[in.off:] }

// skip hands out n bytes.
func (in *fileReader) skip(n int) {
	in.off += n
	if in.off < len(in.buf) {
		return
	}
	in.buf, in.off = in.buf[:0], 0
	if cap(in.buf) > max(keptBuffer, in.size) {
		in.buf = nil
	}
}

func (in *fileReader) take(n int) string {
	s := string(in.unread()[:n])
	in.skip(n)
	return s
}

// lineEnd is the length of the first line of b, or 0 when it has no end yet. The
// first scanned bytes were looked at before.
func (in *fileReader) lineEnd(b []byte, scanned int) int {
	if in.text != nil {
		return in.text.lineEnd(b, scanned)
	}
	return endAfter(b, scanned, "\n")
}

// endAfter is the length of b up to the first end behind the scanned bytes; 0
// when there is none.
func endAfter(b []byte, scanned int, end string) int {
	from := max(0, scanned-len(end)+1)
	i := bytes.Index(b[from:], []byte(end))
	if i < 0 {
		return 0
	}
	return from + i + len(end)
}
