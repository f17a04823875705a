package capture

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrNoReader means that nobody reads the named pipe.
var ErrNoReader = errors.New("capture: nobody reads the pipe")

// target is where files go. All but abort are called by one goroutine at a
// time.
type target interface {
	// open begins the next file. ErrNoReader: it may be tried again.
	open() (io.Writer, error)
	// cut takes from the open file what is beyond size, where it can.
	cut(size int64)
	close() error
	// abort makes a Write that blocks return, where it can, and every open
	// fail.
	abort()
}

// writer is a target that is not the Recorder's own.
type writer struct{ io.Writer }

func (w writer) open() (io.Writer, error) { return w.Writer, nil }
func (writer) cut(int64)                  {}
func (writer) close() error               { return nil }

func (w writer) abort() {
	if d, ok := w.Writer.(interface{ SetWriteDeadline(time.Time) error }); ok {
		d.SetWriteDeadline(time.Unix(1, 0))
	}
}

// files is a file, a named pipe, or files that are numbered.
type files struct {
	path     string
	numbered bool
	keep     int // numbered files; negative for all
	pipe     bool

	count int
	kept  []string

	mu      sync.Mutex
	current *os.File
	aborted bool
}

func newFiles(path string, cfg Config) (*files, error) {
	f := &files{path: path, numbered: cfg.Files != 0, keep: cfg.Files}
	if info, err := os.Stat(path); err == nil {
		f.pipe = info.Mode()&os.ModeNamedPipe != 0
	}
	if f.pipe && f.numbered {
		return nil, errors.New("capture: a pipe cannot rotate")
	}
	return f, nil
}

// numberedName puts n before the extension of path. Names sort as the files
// follow each other, up to a million of them.
func numberedName(path string, n int) string {
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s.%06d%s", strings.TrimSuffix(path, ext), n, ext)
}

func (f *files) open() (io.Writer, error) {
	name := f.path
	if f.numbered {
		f.count++
		name = numberedName(f.path, f.count)
		if err := f.makeRoom(); err != nil {
			return nil, err
		}
	}
	file, err := f.create(name)
	if err != nil {
		return nil, err
	}
	if f.numbered {
		f.kept = append(f.kept, name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.aborted {
		return nil, errors.Join(os.ErrClosed, file.Close())
	}
	f.current = file
	return file, nil
}

func (f *files) makeRoom() error {
	if f.keep < 0 || len(f.kept) < f.keep {
		return nil
	}
	oldest := f.kept[0]
	f.kept = f.kept[1:]
	if err := os.Remove(oldest); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// create does not wait for the reader of a pipe: open(2) fails with ENXIO
// while there is none, see fifo(7). Files are for their owner, as dumpcap(1)
// makes them: packets hold secrets.
func (f *files) create(name string) (*os.File, error) {
	if !f.pipe {
		return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ENXIO) {
		return nil, ErrNoReader
	}
	return file, err
}

func (f *files) cut(size int64) {
	if !f.pipe {
		f.current.Truncate(size) // if this fails too, the first error tells more
	}
}

func (f *files) close() error {
	f.mu.Lock()
	file := f.current
	f.current = nil
	f.mu.Unlock()
	if file == nil {
		return nil
	}
	return file.Close()
}

func (f *files) abort() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.aborted = true
	if f.current != nil {
		f.current.Close()
	}
}
