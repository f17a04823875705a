package files_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/resolver/files"
)

var errParse = errors.New("malformed")

// reader counts how often a file is parsed.
type reader struct{ times int }

func (r *reader) parse(from io.Reader) (string, error) {
	r.times++
	b, err := io.ReadAll(from)
	if strings.HasPrefix(string(b), "bad") {
		return "half", errParse
	}
	return string(b), err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFileIsReadAgainWhenItChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var r reader
	f := files.NewFile(path, r.parse)
	want := func(text string, target error, times int) {
		t.Helper()
		got, err := f.Get()
		if got != text || !errors.Is(err, target) || r.times != times {
			t.Errorf("%q, %v, parsed %d times, want %q, %v, %d times", got, err, r.times, text, target, times)
		}
	}
	want("", fs.ErrNotExist, 0)
	want("", fs.ErrNotExist, 0)
	write(t, path, "one")
	want("one", nil, 1)
	want("one", nil, 1)
	write(t, path, "three")
	want("three", nil, 2)
	if err := os.Chtimes(path, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	want("three", nil, 3)
	write(t, path+".new", "other")
	if err := os.Chtimes(path+".new", time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	want("other", nil, 4)
	write(t, path, "bad")
	want("", errParse, 5)
	want("", errParse, 5)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	want("", fs.ErrNotExist, 5)
	write(t, path, "again")
	want("again", nil, 6)
}

func TestFileThatIsADirectory(t *testing.T) {
	var r reader
	if got, err := files.NewFile(t.TempDir(), r.parse).Get(); err == nil || r.times != 0 {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFileConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "one")
	var r reader
	f := files.NewFile(path, r.parse)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got, err := f.Get(); got != "one" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	group.Wait()
	if r.times != 1 {
		t.Errorf("parsed %d times", r.times)
	}
}

func TestReadErrorsAreReturned(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("::1 a\n"), &failing{})
	if _, err := files.ParseHosts(broken); err != errParse {
		t.Errorf("%v", err)
	}
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errParse }
