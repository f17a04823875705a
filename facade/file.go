package facade

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/usernet-stack/usernet/facade/codec"
)

// DefaultBufferSize is io.DEFAULT_BUFFER_SIZE of the reference, in bytes.
const DefaultBufferSize = 8192

// FileConfig is how MakeFile makes a file. The zero value is the reference's
// defaults.
type FileConfig struct {
	// Buffering is nil or negative for DefaultBufferSize; 0 for none, of binary
	// files only; 1 to flush after every line that is written, of text files;
	// otherwise the size of a buffer in bytes. new(0) makes such a pointer.
	Buffering *int
	// Encoding is one of those of package codec, by any of its names in Python;
	// "" is UTF-8. Only for text.
	Encoding string
	// Errors is what becomes of malformed input and of characters that the
	// encoding does not have, one of codec.Handlers; "" is "strict". Only for
	// text.
	Errors string
	// Newline is nil to read "\r", "\n" and "\r\n" as "\n". Otherwise nothing
	// is translated on reading, and lines end as it says: "" is with any of the
	// three. On writing, "\r" and "\r\n" replace "\n". Only for text.
	Newline *string
	// MaxLine bounds what ReadLine without a size collects, in bytes: 0 is 1 MiB.
	MaxLine int
	// MaxAll bounds what ReadAll collects, and ReadLine with a size, in bytes: 0
	// is 1 GiB.
	MaxAll int
}

// File is the reference's file object of a socket: binary, or text in an
// encoding. Text is UTF-8 in Go, whatever the socket carries.
//
// It is safe for concurrent use: one call reads while another writes. Close ends a
// read that waits, and waits for a write.
type File struct {
	e      *engine
	s      *Socket
	mode   string
	codec  *codec.Encoding // nil for a binary file
	errors string

	in     *fileReader // nil when not readable
	out    *fileWriter // nil when not writable
	closed atomic.Bool
	stop   context.CancelFunc
}

var (
	_ io.ReadWriteCloser = (*File)(nil)
	_ io.StringWriter    = (*File)(nil)
)

// ErrTimedOutFile is the error of every receive of a file after one that has
// timed out: what had come by then may have been lost with it.
var ErrTimedOutFile = errors.New("cannot read from timed out object")

// ErrTooLong is the error of what is longer than FileConfig.MaxLine or MaxAll.
var ErrTooLong = errors.New("more than the file's limit")

// fileClosed is the reference's ValueError of a closed file. errors.Is holds for
// os.ErrClosed.
func fileClosed(op string) error { return &Error{Op: op, sentinel: os.ErrClosed} }

// MakeFile returns a file over the socket. mode is "r" or "" to read, "w" to
// write, "rw" for both, of text; with "b" it is binary. Other modes, and arguments
// that do not fit together, are an *ArgumentError.
//
// The socket must be in blocking mode, as the reference has it: with a timeout
// MakeFile is an *ArgumentError. A mode that is set later holds for the file as
// for the socket. Then an operation that cannot be completed in time fails: in
// non-blocking mode with EAGAIN, after what can be done at once; with a timeout by
// timing out, and all receives after that with ErrTimedOutFile.
//
// What a file has received ahead is for that file alone: another one and Recv do
// not get it. An unbuffered file takes nothing ahead.
//
// The socket stays open until all its files are closed, too: see Socket.Close.
func (s *Socket) MakeFile(mode string, c FileConfig) (*File, error) {
	const op = "makefile"
	e, err := s.engineFor(op)
	if err != nil {
		return nil, err
	}
	if mode == "" {
		mode = "r"
	}
	if strings.Trim(mode, "rwb") != "" {
		return nil, badArgument(op, "invalid mode "+strconv.Quote(mode)+" (only r, w, b allowed)")
	}
	if s.GetTimeout() != NoTimeout {
		return nil, badArgument(op, "the socket has a timeout: a file needs blocking mode")
	}
	f := &File{e: e, s: s, mode: mode}
	if err := f.init(c); err != nil {
		return nil, err
	}
	e.files.retain()
	return f, nil
}

// init makes the parts of a file that its mode and configuration ask for.
func (f *File) init(c FileConfig) error {
	writing := strings.Contains(f.mode, "w")
	reading := strings.Contains(f.mode, "r") || !writing
	binary := strings.Contains(f.mode, "b")
	size, err := c.bufferSize(binary)
	if err != nil {
		return err
	}
	text, err := c.text(binary)
	if err != nil {
		return err
	}
	if binary {
		f.mode = binaryMode(reading, writing)
	} else {
		f.codec, f.errors = text.encoding, text.errors
	}
	var ctx context.Context
	ctx, f.stop = context.WithCancel(f.s.context())
	raw := &rawFile{f: f, ctx: ctx}
	if reading {
		f.in = newFileReader(raw, size, c, text)
	}
	if writing {
		f.out = newFileWriter(raw, size, text)
	}
	return nil
}

func binaryMode(reading, writing bool) string {
	switch {
	case !writing:
		return "rb"
	case !reading:
		return "wb"
	}
	return "rwb"
}

// bufferSize is the size of a buffer, or 0 for none.
func (c FileConfig) bufferSize(binary bool) (int, error) {
	const op = "makefile"
	switch {
	case c.MaxLine < 0 || c.MaxAll < 0:
		return 0, badArgument(op, "negative limit")
	case c.Buffering == nil || *c.Buffering < 0:
		return DefaultBufferSize, nil
	case *c.Buffering == 0 && !binary:
		return 0, badArgument(op, "unbuffered streams must be binary")
	case *c.Buffering == 1 && !binary:
		return DefaultBufferSize, nil
	case *c.Buffering > maxReceive:
		return 0, badArgument(op, "buffering is over "+strconv.Itoa(maxReceive))
	}
	return *c.Buffering, nil
}

// Mode returns the mode: of a binary file "rb", "wb" or "rwb", of a text file as
// it was given to MakeFile.
func (f *File) Mode() string { return f.mode }

// Closed tells whether Close has been called.
func (f *File) Closed() bool { return f.closed.Load() }

// Name returns the socket's descriptor, as Fileno does; -1 when the file is
// closed, or where there are no descriptors.
func (f *File) Name() int {
	fd, err := f.Fileno()
	if err != nil {
		return -1
	}
	return fd
}

// Fileno is Socket.Fileno of the file's socket.
func (f *File) Fileno() (int, error) {
	if f.Closed() {
		return -1, fileClosed("fileno")
	}
	return f.s.Fileno()
}

// Readable tells whether the file can be read; an error says that it is closed.
func (f *File) Readable() (bool, error) { return f.can("readable", f.in != nil) }

// Writable tells whether the file can be written; an error says that it is
// closed.
func (f *File) Writable() (bool, error) { return f.can("writable", f.out != nil) }

// Seekable is false; an error says that the file is closed.
func (f *File) Seekable() (bool, error) { return f.can("seekable", false) }

func (f *File) can(op string, able bool) (bool, error) {
	if f.Closed() {
		return false, fileClosed(op)
	}
	return able, nil
}

// Encoding returns Python's name of a text file's encoding; "" of a binary one.
func (f *File) Encoding() string {
	if f.codec == nil {
		return ""
	}
	return f.codec.Name()
}

// Errors returns a text file's error handler; "" of a binary one.
func (f *File) Errors() string { return f.errors }

// Close sends what is buffered, closes the file in any case, and then the socket
// if that was closed before and has no other file. It waits for the peer as Flush
// does, and as there Socket.Shutdown ends the wait. Its error is Flush's: what
// could not be sent is lost. A second Close does nothing.
func (f *File) Close() error {
	if f.closed.Swap(true) {
		return nil
	}
	f.stop()
	var err error
	if f.out != nil {
		err = f.out.close()
	}
	if f.e.files.release() {
		f.e.close()
	}
	return err
}
