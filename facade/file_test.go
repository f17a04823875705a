package facade_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/codec"
)

// socketPair connects two Sockets in blocking mode.
func socketPair(t testing.TB, m *facade.Module) (a, b *facade.Socket) {
	t.Helper()
	client, server := connPair(t, m)
	return client.Socket(), server.Socket()
}

func newModule(t testing.TB) *facade.Module {
	t.Helper()
	m := facade.New(facade.Config{})
	closeAtEnd(t, m)
	return m
}

func makeFile(t testing.TB, s *facade.Socket, mode string, c facade.FileConfig) *facade.File {
	t.Helper()
	f, err := s.MakeFile(mode, c)
	must(t, err)
	return f
}

// received makes a file over all that a socket will ever receive.
func received(t testing.TB, m *facade.Module, data []byte, mode string, c facade.FileConfig) *facade.File {
	t.Helper()
	a, b := socketPair(t, m)
	must(t, a.SendAll(data))
	must(t, a.Close())
	f := makeFile(t, b, mode, c)
	must(t, b.Close())
	t.Cleanup(func() { f.Close() })
	return f
}

// goldenFiles is what CPython reads and writes: testdata/makefile.py writes it.
type goldenFiles struct {
	Reads []struct {
		Bytes, Encoding, Errors string
		Newline                 *string
		Lines                   []string // nil for an error
	}
	Writes []struct {
		Texts            []string
		Encoding, Errors string
		Newline          *string
		Bytes            *string // nil for an error
	}
}

func readGolden(t *testing.T) goldenFiles {
	t.Helper()
	b, err := os.ReadFile("testdata/makefile.json")
	must(t, err)
	var g goldenFiles
	must(t, json.Unmarshal(b, &g))
	return g
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}

func describe(newline *string) string {
	if newline == nil {
		return "None"
	}
	return fmt.Sprintf("%q", *newline)
}

func TestFileReadsTextAsCPython(t *testing.T) {
	m := newModule(t)
	for _, c := range readGolden(t).Reads {
		for _, size := range []int{2, 3, facade.DefaultBufferSize} {
			name := fmt.Sprintf("%s %s newline %s buffer %d: %s", c.Encoding, c.Errors, describe(c.Newline), size, c.Bytes)
			f := received(t, m, unhex(t, c.Bytes), "r",
				facade.FileConfig{Buffering: &size, Encoding: c.Encoding, Errors: c.Errors, Newline: c.Newline})
			var lines []string
			var failed error
			for line, err := range f.Lines() {
				if failed = err; err == nil {
					lines = append(lines, hex.EncodeToString([]byte(line)))
				}
			}
			if c.Lines == nil {
				if !errors.Is(failed, syscall.EILSEQ) {
					t.Errorf("%s: %v", name, failed)
				}
			} else if failed != nil || strings.Join(lines, " ") != strings.Join(c.Lines, " ") {
				t.Errorf("%s: %v, %v, want %v", name, lines, failed, c.Lines)
			}
		}
	}
}

func TestFileWritesTextAsCPython(t *testing.T) {
	m := newModule(t)
	for _, c := range readGolden(t).Writes {
		for _, size := range []int{1, 2, facade.DefaultBufferSize} {
			name := fmt.Sprintf("%s %s newline %s buffer %d: %s", c.Encoding, c.Errors, describe(c.Newline), size, c.Texts)
			got, err := written(t, m, facade.FileConfig{Buffering: &size, Encoding: c.Encoding, Errors: c.Errors, Newline: c.Newline}, c.Texts)
			switch {
			case c.Bytes == nil && !errors.Is(err, syscall.EILSEQ):
				t.Errorf("%s: %x, %v, want an error", name, got, err)
			case c.Bytes != nil && (err != nil || hex.EncodeToString(got) != *c.Bytes):
				t.Errorf("%s: %x, %v, want %s", name, got, err, *c.Bytes)
			}
		}
	}
}

// written is what arrives of texts, each of which is written in three pieces.
func written(t testing.TB, m *facade.Module, c facade.FileConfig, texts []string) ([]byte, error) {
	t.Helper()
	a, b := socketPair(t, m)
	f := makeFile(t, a, "w", c)
	must(t, a.Close())
	var failed error
	for _, text := range texts {
		s := unhex(t, text)
		for _, piece := range [][]byte{s[:len(s)/3], s[len(s)/3 : len(s)/2], s[len(s)/2:]} {
			n, err := f.Write(piece)
			if err == nil && n != len(piece) {
				t.Fatalf("write of %d bytes took %d without an error", len(piece), n)
			}
			failed = errors.Join(failed, err)
		}
	}
	failed = errors.Join(failed, f.Close())
	back := makeFile(t, b, "rb", facade.FileConfig{})
	defer back.Close()
	data, err := back.ReadAll()
	must(t, err)
	return data, failed
}

func TestMakeFileRefusesArguments(t *testing.T) {
	m := newModule(t)
	s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
	for _, c := range []struct {
		mode   string
		config facade.FileConfig
		reason string
	}{
		{"a", facade.FileConfig{}, `invalid mode "a" (only r, w, b allowed)`},
		{"rw+", facade.FileConfig{}, `invalid mode "rw+" (only r, w, b allowed)`},
		{"r", facade.FileConfig{Buffering: new(0)}, "unbuffered streams must be binary"},
		{"r", facade.FileConfig{Newline: new("\n\r")}, `illegal newline value: "\n\r"`},
		{"w", facade.FileConfig{Encoding: "klingon"}, `unknown encoding: "klingon"`},
		{"w", facade.FileConfig{Errors: "namereplace"}, `unknown error handler name "namereplace"`},
		{"rb", facade.FileConfig{Buffering: new(1 << 31)}, "buffering is over 2147479552"},
		{"rb", facade.FileConfig{MaxLine: -1}, "negative limit"},
	} {
		_, err := s.MakeFile(c.mode, c.config)
		var bad *facade.ArgumentError
		if !errors.As(err, &bad) || bad.Op != "makefile" || bad.Reason != c.reason {
			t.Errorf("%q, %+v: %v, want %s", c.mode, c.config, err, c.reason)
		}
	}
	must(t, s.Close())
	if _, err := s.MakeFile("r", facade.FileConfig{}); !errors.Is(err, syscall.EBADF) {
		t.Errorf("a closed socket: %v", err)
	}
}

func TestFileModesAndDefaults(t *testing.T) {
	m := newModule(t)
	s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
	for mode, want := range map[string]string{
		"": "r", "b": "rb", "br": "rb", "bw": "wb", "wrb": "rwb", "wr": "wr", "rr": "rr",
	} {
		f := makeFile(t, s, mode, facade.FileConfig{})
		if f.Mode() != want {
			t.Errorf("mode %q is %q, want %q", mode, f.Mode(), want)
		}
		encoding, handler := "utf-8", "strict"
		if strings.Contains(mode, "b") {
			encoding, handler = "", ""
		}
		if f.Encoding() != encoding || f.Errors() != handler {
			t.Errorf("mode %q: %q, %q", mode, f.Encoding(), f.Errors())
		}
		must(t, f.Close())
	}
}

func TestReadLineLimits(t *testing.T) {
	m := newModule(t)
	const text = "h\u00e9llo w\u00f6rld\nshort\n\u65e5\u672c\u8a9e"
	for _, c := range []struct {
		mode   string
		config facade.FileConfig
		sizes  []int // of each call; -1 is none
		want   []string
	}{
		{"r", facade.FileConfig{}, []int{2, 0, 100, -1, 2, -1}, []string{"h\u00e9", "", "llo w\u00f6rld\n", "short\n", "\u65e5\u672c", "\u8a9e"}},
		{"rb", facade.FileConfig{}, []int{2, 1, -1, 5, 1}, []string{"h\xc3", "\xa9", "llo w\u00f6rld\n", "short", "\n"}},
		{"rb", unbufferedFile, []int{2, 1, -1, 5, 1}, []string{"h\xc3", "\xa9", "llo w\u00f6rld\n", "short", "\n"}},
		{"r", facade.FileConfig{MaxLine: 6}, []int{-1, -1, -1, -1, -1, -1}, []string{"h\u00e9llo!", " w\u00f6rl!", "d\n", "short\n", "\u65e5\u672c!", "\u8a9e"}},
		{"r", facade.FileConfig{MaxLine: 8, Buffering: new(2)}, []int{-1, -1, -1, -1}, []string{"h\u00e9llo w!", "\u00f6rld\n", "short\n", "\u65e5\u672c!"}},
		{"rb", facade.FileConfig{MaxLine: 1, Buffering: new(1)}, []int{-1, 3, -1}, []string{"h!", "\u00e9l", "l!"}},
		{"r", facade.FileConfig{MaxAll: 6, Buffering: new(2)}, []int{100, 5, math.MaxInt, 2, 9, 9}, []string{"h\u00e9llo!", " w\u00f6rl", "d\n", "sh", "ort\n", "\u65e5\u672c!"}},
		{"rb", facade.FileConfig{MaxAll: 6}, []int{6, 7, 100, 4, 4}, []string{"h\u00e9llo", " w\u00f6rl!", "d\n", "shor", "t\n"}},
	} {
		f := received(t, m, []byte(text), c.mode, c.config)
		for i, size := range c.sizes {
			line, err := f.ReadLine(size)
			if errors.Is(err, facade.ErrTooLong) {
				line, err = line+"!", nil
			}
			if err != nil || line != c.want[i] {
				t.Errorf("%s %+v, call %d: %q, %v, want %q", c.mode, c.config, i, line, err, c.want[i])
			}
		}
	}
}

// TestLineIsCutTheSameFromAnyBuffer: a size reads the same lines however the text arrives
// and whatever ends a line, a size that ends between "\r" and "\n" among them.
func TestLineIsCutTheSameFromAnyBuffer(t *testing.T) {
	m := newModule(t)
	const text = "\u65e5\u672c\u8a9e\r\n\rab\rcd\n\u00e9\r\nend"
	for _, newline := range []*string{nil, new(""), new("\n"), new("\r"), new("\r\n")} {
		for size := 1; size <= 6; size++ {
			lines := func(buffering int) string {
				f := received(t, m, []byte(text), "r", facade.FileConfig{Buffering: &buffering, Newline: newline})
				var all []string
				for {
					line, err := f.ReadLine(size)
					if err == io.EOF {
						return strings.Join(all, "|")
					}
					must(t, err)
					all = append(all, line)
				}
			}
			want := lines(facade.DefaultBufferSize)
			for _, buffering := range []int{2, 3, 7} {
				if got := lines(buffering); got != want {
					t.Errorf("newline %s, size %d, buffer %d: %q, want %q", describe(newline), size, buffering, got, want)
				}
			}
		}
	}
}

var unbufferedFile = facade.FileConfig{Buffering: new(0)}

func TestReadAllLimit(t *testing.T) {
	m := newModule(t)
	f := received(t, m, []byte("12345\u65e5"), "r", facade.FileConfig{MaxAll: 6})
	b, err := f.ReadAll()
	if string(b) != "12345" || !errors.Is(err, facade.ErrTooLong) {
		t.Fatalf("%q, %v", b, err)
	}
	if b, err = f.ReadAll(); string(b) != "\u65e5" || err != nil {
		t.Fatalf("the rest: %q, %v", b, err)
	}
}

// TestMalformedTextIsToldOnce: text before malformed bytes comes before the
// error, and reading goes on behind them.
func TestMalformedTextIsToldOnce(t *testing.T) {
	f := received(t, newModule(t), []byte("before\xffafter\n\xe2\x82"), "r", facade.FileConfig{})
	b := make([]byte, 100)
	n, err := f.Read(b)
	if string(b[:n]) != "before" || err != nil {
		t.Fatalf("%q, %v", b[:n], err)
	}
	var bad *codec.Error
	if _, err = f.Read(b); !errors.As(err, &bad) || bad.Input != "\xff" || err.Error() != `read: utf-8 cannot decode bytes "\xff"` {
		t.Fatal(err)
	}
	if line, err := f.ReadLine(); line != "after\n" || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err = f.ReadLine(); !errors.As(err, &bad) || bad.Input != "\xe2\x82" {
		t.Fatal(err)
	}
	if _, err = f.ReadLine(); err != io.EOF {
		t.Fatal(err)
	}
}

// TestLineBuffering: with a buffering of 1, text goes out with each line.
func TestLineBuffering(t *testing.T) {
	a, b := socketPair(t, newModule(t))
	f := makeFile(t, a, "w", facade.FileConfig{Buffering: new(1)})
	defer f.Close()
	for _, s := range []string{"part", "ly\npart", " two\r"} {
		_, err := f.WriteString(s)
		must(t, err)
	}
	wantReceived(t, b, "partly\npart two\r")
	_, err := f.WriteString("no line")
	must(t, err)
	must(t, a.SendAll([]byte("sent before it;")))
	must(t, f.Flush())
	wantReceived(t, b, "sent before it;no line")
}

// TestBufferedWrites: a buffer goes out when it is flushed, and before what does
// not fit; what is longer than the buffer goes out at once.
func TestBufferedWrites(t *testing.T) {
	for _, c := range []struct {
		mode string
		size int
		want string
	}{
		{"wb", 0, "abc1de2longer3"},
		{"wb", 1, "abc1de2longer3"},
		{"wb", 4, "1abc2delonger3"},
		{"wb", 100, "123abcdelonger"},
		{"w", 100, "123abcdelonger"},
		{"w", 1, "123abcdelonger"}, // no line
	} {
		a, b := socketPair(t, newModule(t))
		f := makeFile(t, a, c.mode, facade.FileConfig{Buffering: &c.size})
		for i, s := range []string{"abc", "de", "longer"} {
			_, err := f.WriteString(s)
			must(t, err)
			must(t, a.SendAll([]byte{byte('1' + i)}))
		}
		must(t, f.Close())
		wantReceived(t, b, c.want)
	}
}

func wantReceived(t *testing.T, s *facade.Socket, want string) {
	t.Helper()
	if b, err := s.Recv(len(want), facade.MSG_WAITALL); err != nil || string(b) != want {
		t.Fatalf("received %q, %v, want %q", b, err, want)
	}
}

// TestUnencodableTextIsNotWritten: n tells what was taken, the bad character
// with it.
func TestUnencodableTextIsNotWritten(t *testing.T) {
	a, b := socketPair(t, newModule(t))
	f := makeFile(t, a, "w", facade.FileConfig{Encoding: "ascii"})
	text := []byte("caf\u00e9 au lait")
	n, err := f.Write(text)
	var bad *codec.Error
	if n != len("caf\u00e9") || !errors.As(err, &bad) || bad.Input != "\u00e9" {
		t.Fatalf("%d, %v", n, err)
	}
	_, err = f.Write(text[n:])
	must(t, err)
	if _, err = f.Write([]byte("\xe6\x97")); err != nil {
		t.Fatal(err)
	}
	if err = f.Close(); !errors.As(err, &bad) {
		t.Fatalf("a character without its end: %v", err)
	}
	must(t, a.Close())
	if got, _ := makeFile(t, b, "rb", facade.FileConfig{}).ReadAll(); string(got) != "caf au lait" {
		t.Fatalf("%q", got)
	}
}

// FuzzFileText holds that a file's text does not depend on how it is cut into
// segments and buffers.
func FuzzFileText(f *testing.F) {
	f.Add([]byte("one\r\ntwo\rthree\n\xe6\x97\xa5\xff\r"), uint8(1), uint8(0), uint8(0))
	f.Add([]byte("\xff\xfea\x00\r\x00\n\x00\x3d\xd8\x00\xde"), uint8(2), uint8(1), uint8(1))
	f.Add([]byte("a\x1b$BF|K\\\x1b(B\r\n"), uint8(3), uint8(2), uint8(4))
	encodings := []string{"utf-8", "utf-16", "iso2022_jp", "gb18030", "utf-8-sig"}
	newlines := []*string{nil, new(""), new("\n"), new("\r"), new("\r\n")}
	m := newModule(f)
	f.Fuzz(func(t *testing.T, data []byte, size, encoding, newline uint8) {
		if len(data) > 4096 {
			t.Skip("longer than the receive buffer is sure to hold")
		}
		lines := func(size int) []string {
			file := received(t, m, data, "r", facade.FileConfig{
				Buffering: &size, Encoding: encodings[int(encoding)%len(encodings)],
				Errors: "backslashreplace", Newline: newlines[int(newline)%len(newlines)],
			})
			defer file.Close()
			var all []string
			for line, err := range file.Lines() {
				must(t, err)
				all = append(all, line)
			}
			return all
		}
		whole, cut := lines(facade.DefaultBufferSize), lines(int(size)%16+2)
		if strings.Join(whole, "|") != strings.Join(cut, "|") {
			t.Errorf("at once %q, in pieces %q", whole, cut)
		}
	})
}

// TestFileCopies runs io.Copy through text files in both directions.
func TestFileCopies(t *testing.T) {
	a, b := socketPair(t, newModule(t))
	want := strings.Repeat("\u65e5\u672c\u8a9e line\n", 5000)
	done := make(chan error, 1)
	go func() {
		f, err := a.MakeFile("w", facade.FileConfig{Encoding: "utf-16", Newline: new("\r\n")})
		if err == nil {
			_, err = io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{strings.NewReader(want)}, make([]byte, 7))
		}
		done <- errors.Join(err, f.Close(), a.Close())
	}()
	f := makeFile(t, b, "r", facade.FileConfig{Encoding: "utf-16"})
	defer f.Close()
	var got bytes.Buffer
	_, err := io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{f}, make([]byte, 5))
	must(t, err)
	must(t, <-done)
	if got.String() != want {
		t.Fatalf("%d bytes of text arrived, not the %d that were written", got.Len(), len(want))
	}
}
