package files

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// File is a file that is read again once it has changed. It is safe for concurrent
// use.
type File[T any] struct {
	path  string
	parse func(io.Reader) (T, error)

	mu   sync.Mutex
	info fs.FileInfo // nil: nothing is read
	read T
	err  error
}

// NewFile returns the file at path, which it does not open yet; parse reads it.
func NewFile[T any](path string, parse func(io.Reader) (T, error)) *File[T] {
	return &File[T]{path: path, parse: parse}
}

// Get returns what the file holds. It is read again when its size, its time of
// modification or its inode is not what it was. A file that is not there gives an
// error that is fs.ErrNotExist, and is looked for again. What could not be parsed
// gives the error until the file changes. Get blocks while the file is read, also
// when another goroutine reads it.
func (f *File[T]) Get() (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var none T
	info, err := os.Stat(f.path)
	switch {
	case err != nil:
		f.info, f.read, f.err = nil, none, nil
		return none, err
	case !info.Mode().IsRegular():
		f.info, f.read, f.err = nil, none, nil
		return none, fmt.Errorf("%s: not a regular file", f.path)
	case f.info == nil || !sameContents(f.info, info):
		f.info = nil
		if err := f.load(); err != nil {
			return none, err
		}
	}
	return f.read, f.err
}

// load reads the file. Its state is of before the reading, so that a change
// meanwhile is seen the next time.
func (f *File[T]) load() error {
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	f.read, f.err = f.parse(file)
	if f.err != nil {
		var none T
		f.read, f.err = none, fmt.Errorf("%s: %w", f.path, f.err)
	}
	f.info = info
	return nil
}

func sameContents(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
