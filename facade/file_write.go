package facade

import (
	"bytes"
	"errors"
	"sync"
)

// textPiece is how much text is encoded at a time, in bytes.
const textPiece = DefaultBufferSize

// fileWriter is the writable half of a file.
type fileWriter struct {
	raw  *rawFile
	size int         // of the buffer; 0 is none
	text *textWriter // nil for a binary file

	mu  sync.Mutex
	buf []byte // not sent yet: up to size bytes, of text up to one piece more
}

func newFileWriter(raw *rawFile, size int, text textConfig) *fileWriter {
	out := &fileWriter{raw: raw, size: size}
	if text.encoding != nil {
		out.text = newTextWriter(text)
	}
	return out
}

// writing runs fn on the writable half of an open file.
func (f *File) writing(op string, fn func(*fileWriter) (int, error)) (int, error) {
	if f.out == nil && !f.Closed() {
		return 0, &Error{Op: op, sentinel: errors.ErrUnsupported}
	}
	if f.out == nil {
		return 0, fileClosed(op)
	}
	f.out.mu.Lock()
	defer f.out.mu.Unlock()
	if f.Closed() {
		return 0, fileClosed(op)
	}
	return fn(f.out)
}

// Write writes b: into the buffer as long as it fits, else to the socket. It
// takes all of b or returns an error; n is how much of it was taken then, and
// the next Write goes on behind that. b is not kept.
//
// A text file takes UTF-8. It may come in any pieces: the beginning of a character
// waits for its rest. A character that the encoding does not have is a
// *codec.Error, under "strict", and is not written.
func (f *File) Write(b []byte) (n int, err error) {
	return f.writing("write", func(out *fileWriter) (int, error) {
		if out.text != nil {
			return out.writeText("write", b)
		}
		return out.write("write", b)
	})
}

// WriteString is Write of a string.
func (f *File) WriteString(s string) (n int, err error) { return f.Write([]byte(s)) }

// Flush sends what is buffered. After an error the rest stays in the buffer: the
// next Flush goes on with it. A file that is only read has nothing to flush.
func (f *File) Flush() error {
	if f.out == nil && !f.Closed() {
		return nil
	}
	_, err := f.writing("flush", func(out *fileWriter) (int, error) { return 0, out.flush("flush") })
	return err
}

// write sends what is buffered before it takes what does not fit with it.
func (out *fileWriter) write(op string, b []byte) (int, error) {
	if len(b) > out.size-len(out.buf) {
		if err := out.flush(op); err != nil {
			return 0, err
		}
	}
	if len(b) > out.size {
		return out.raw.send(op, b)
	}
	out.buf = append(out.buf, b...)
	return len(b), nil
}

func (out *fileWriter) writeText(op string, b []byte) (n int, err error) {
	for n < len(b) {
		if len(out.buf) >= out.size {
			if err := out.flush(op); err != nil {
				return n, err
			}
		}
		var took int
		out.buf, took, err = out.text.encode(out.buf, b[n:min(len(b), n+textPiece)])
		n += took
		if err != nil {
			return n, &Error{Op: op, sentinel: err}
		}
	}
	if out.text.lines && bytes.ContainsAny(b, "\r\n") {
		err = out.flush(op)
	}
	return n, err
}

// flush sends what is buffered. What could not be sent stays.
func (out *fileWriter) flush(op string) error {
	if len(out.buf) == 0 {
		return nil
	}
	n, err := out.raw.send(op, out.buf)
	out.buf = out.buf[:copy(out.buf, out.buf[n:])]
	return err
}

// close ends the half of a file that was closed.
func (out *fileWriter) close() error {
	const op = "close"
	out.mu.Lock()
	defer out.mu.Unlock()
	var err error
	if out.text != nil {
		if out.buf, err = out.text.finish(out.buf); err != nil {
			err = &Error{Op: op, sentinel: err}
		}
	}
	unsent := out.flush(op)
	if err == nil {
		return unsent
	}
	return errors.Join(err, unsent)
}
