package conformance

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

// unbuffered is the configuration of a raw file.
var unbuffered = facade.FileConfig{Buffering: new(0)}

func fileModes(t *testing.T, env Env) {
	for _, mode := range []string{"r", "rb", "rw", "w", "wb"} {
		f := makeFile(t, env.socket(t, env.Client, facade.SOCK_STREAM), mode, facade.FileConfig{})
		if f.Mode() != mode {
			t.Errorf("mode %q is %q", mode, f.Mode())
		}
		readable, _ := f.Readable()
		writable, _ := f.Writable()
		if readable != strings.Contains(mode, "r") || writable != strings.Contains(mode, "w") {
			t.Errorf("mode %q: readable is %v, writable %v", mode, readable, writable)
		}
		if !readable {
			_, err := f.Read(make([]byte, 1))
			wantUnsupported(t, "read", err)
		}
		if !writable {
			_, err := f.WriteString("x")
			wantUnsupported(t, "write", err)
		}
	}
}

func wantUnsupported(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%s: %v, want errors.ErrUnsupported", what, err)
	}
}

func fileInvalidModes(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, s.SetBlocking(true))
	for _, mode := range []string{"rt", "x", "+", "a"} {
		_, err := s.MakeFile(mode, facade.FileConfig{})
		var bad *facade.ArgumentError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), "invalid mode") {
			t.Errorf("mode %q: %v", mode, err)
		}
	}
}

func fileNameClosed(t *testing.T, env Env) {
	f := makeFile(t, env.socket(t, env.Client, facade.SOCK_STREAM), "rb", facade.FileConfig{})
	must(t, f.Close())
	if f.Name() != -1 {
		t.Fatalf("name %d", f.Name())
	}
}

func fileQueriesClosed(t *testing.T, env Env) {
	f := makeFile(t, env.socket(t, env.Client, facade.SOCK_STREAM), "rb", unbuffered)
	queries := []struct {
		name string
		ask  func() (bool, error)
		want bool
	}{{"readable", f.Readable, true}, {"writable", f.Writable, false}, {"seekable", f.Seekable, false}}
	for _, q := range queries {
		if got, err := q.ask(); got != q.want || err != nil {
			t.Errorf("%s: %v, %v", q.name, got, err)
		}
	}
	must(t, f.Close())
	for _, q := range queries {
		_, err := q.ask()
		wantFileClosed(t, q.name, err)
	}
}

func fileUnbufferedReadLine(t *testing.T, env Env) {
	f := env.files(t, fileVariant{readMode: "rb", writeMode: "wb", config: unbuffered})
	writeFlush(t, f.write, "A. "+fileMessage)
	writeFlush(t, f.write, "B. "+fileMessage)
	wantLine(t, f.read, "A. "+fileMessage)
	wantLine(t, makeFile(t, f.reading, "rb", unbuffered), "B. "+fileMessage)
}

func fileKeepsSocket(t *testing.T, env Env) {
	f := env.files(t, fileVariant{readMode: "rb", writeMode: "wb", config: unbuffered})
	writeFlush(t, f.write, fileMessage)
	must(t, f.reading.Close())
	wantData(t, f.reading, fileMessage)
	must(t, f.read.Close())
	_, err := f.reading.Recv(1024)
	wantClosed(t, err)
}

func fileLastCloses(t *testing.T, env Env) {
	f := env.files(t, fileVariant{readMode: "rb", writeMode: "wb"})
	second := makeFile(t, f.writing, "wb", facade.FileConfig{})
	must(t, f.writing.Close())
	must(t, f.writing.Close())
	must(t, f.write.Close())
	must(t, f.write.Close())
	writeFlush(t, second, fileMessage)
	must(t, second.Close())
	wantAll(t, f.read, fileMessage)
	_, err := f.writing.Send([]byte("x"))
	wantClosed(t, err)
}

func fileDropsReference(t *testing.T, env Env) {
	client, server := env.pair(t)
	for range 3 {
		must(t, makeFile(t, server, "rb", unbuffered).Close())
	}
	must(t, server.Close())
	wantEOF(t, client)
}

func fileNonBlockingRead(t *testing.T, env Env) {
	f := env.files(t, fileVariant{readMode: "rb", writeMode: "wb", config: unbuffered})
	b := make([]byte, 100)
	dry := func() {
		t.Helper()
		must(t, f.reading.SetBlocking(false))
		n, err := f.read.Read(b)
		if n != 0 {
			t.Fatalf("read: %d bytes of nothing", n)
		}
		wantErrno(t, "read", err, syscall.EAGAIN)
	}
	dry()
	writeFlush(t, f.write, fileMessage)
	arrived(t, f.reading, fileMessage)
	must(t, f.reading.SetBlocking(false))
	n, err := f.read.Read(b[:len(fileMessage)-3])
	must(t, err)
	rest, err := f.read.Read(b[n:])
	if err != nil || string(b[:n+rest]) != fileMessage {
		t.Fatalf("read: %q, %v", b[:n+rest], err)
	}
	dry()
}

// fileNonBlockingReadLine has what is there of a line come with the error.
func fileNonBlockingReadLine(t *testing.T, env Env) {
	f := env.files(t, fileVariant{readMode: "r", writeMode: "wb"})
	writeFlush(t, f.write, "whole\npart")
	arrived(t, f.reading, "whole\npart")
	must(t, f.reading.SetBlocking(false))
	wantLine(t, f.read, "whole\n")
	line, err := f.read.ReadLine()
	if line != "part" {
		t.Fatalf("readline: %q, %v", line, err)
	}
	wantErrno(t, "readline", err, syscall.EAGAIN)
	must(t, f.reading.SetBlocking(true))
	writeFlush(t, f.write, "next\n")
	wantLine(t, f.read, "next\n")
}

func fileNonBlockingWrite(t *testing.T, env Env) {
	f := env.files(t, fileVariant{readMode: "rb", writeMode: "wb", config: unbuffered})
	must(t, f.writing.SetBlocking(false))
	big := make([]byte, 64<<20)
	n, err := f.write.Write(big)
	if n <= 0 || n >= len(big) {
		t.Fatalf("the first write: %d bytes", n)
	}
	wantErrno(t, "the first write", err, syscall.EAGAIN)
	// The network may still carry some of it away.
	for n > 0 {
		n, err = f.write.Write(big)
	}
	wantErrno(t, "a write when full", err, syscall.EAGAIN)
}

// fileNonBlockingFlush loses nothing when the socket takes less than the buffer
// has.
func fileNonBlockingFlush(t *testing.T, env Env) {
	f := env.files(t, fileVariant{readMode: "rb", writeMode: "wb", config: facade.FileConfig{Buffering: new(1 << 20)}})
	must(t, f.writing.SetBlocking(false))
	chunk := []byte(strings.Repeat("0123456789", 10_007))
	written := 0
	var err error
	for err == nil {
		var n int
		n, err = f.write.Write(chunk[written%10:])
		written += n
	}
	wantErrno(t, "write", err, syscall.EAGAIN)
	got := await(func() []byte { b, _ := f.read.ReadAll(); return b })
	must(t, f.writing.SetTimeout(patience))
	must(t, f.write.Flush())
	must(t, f.write.Close())
	must(t, f.writing.Close())
	b := got(t)
	if len(b) != written {
		t.Fatalf("%d bytes were taken, %d arrived", written, len(b))
	}
	for i, c := range b {
		if c != byte('0'+i%10) {
			t.Fatalf("byte %d is %q", i, c)
		}
	}
}

func fileRefusedUnderTimeout(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	for _, set := range []func() error{
		func() error { return s.SetTimeout(patience) },
		func() error { return s.SetBlocking(false) },
	} {
		must(t, set())
		_, err := s.MakeFile("r", facade.FileConfig{})
		var bad *facade.ArgumentError
		if !errors.As(err, &bad) {
			t.Fatalf("makefile with timeout %v: %v", s.GetTimeout(), err)
		}
	}
	makeFile(t, s, "r", facade.FileConfig{})
}

func fileCloseEndsRead(t *testing.T, env Env) {
	for _, read := range []func(*facade.File) error{
		func(f *facade.File) error { _, err := f.Read(make([]byte, 1)); return err },
		func(f *facade.File) error { _, err := f.ReadLine(); return err },
	} {
		f := env.files(t, fileVariant{readMode: "r", writeMode: "wb"})
		got := await(func() error { return read(f.read) })
		awaitWaiting(t)
		must(t, f.read.Close())
		wantFileClosed(t, "the read that waited", got(t))
		writeFlush(t, f.write, fileMessage)
		wantData(t, f.reading, fileMessage)
	}
}

// fileConnCloseEndsRead: a net.Conn's Close closes the socket whatever files it
// has.
func fileConnCloseEndsRead(t *testing.T, env Env) {
	f := env.files(t, fileVariant{readMode: "rb", writeMode: "wb"})
	c, err := f.reading.Conn()
	must(t, err)
	got := await(func() error { _, err := f.read.Read(make([]byte, 1)); return err })
	awaitWaiting(t)
	must(t, c.Close())
	wantClosed(t, got(t))
	must(t, f.read.Close())
}

// fileShutdownEndsWrite: what a write waits for ends with the direction.
func fileShutdownEndsWrite(t *testing.T, env Env) {
	f := env.files(t, fileVariant{readMode: "rb", writeMode: "wb"})
	got := await(func() error { _, err := f.write.Write(make([]byte, 64<<20)); return err })
	awaitWaiting(t)
	must(t, f.writing.Shutdown(facade.SHUT_WR))
	wantErrno(t, "the write that waited", got(t), syscall.EPIPE)
}

func fileBothWays(t *testing.T, env Env) {
	client, server := env.pair(t)
	text := facade.FileConfig{Encoding: "utf-16", Newline: new("\r\n")}
	echo := makeFile(t, server, "rwb", facade.FileConfig{})
	done := await(func() error {
		_, err := io.Copy(echo, struct{ io.Reader }{echo})
		return errors.Join(err, echo.Flush(), server.Shutdown(facade.SHUT_WR))
	})
	f := makeFile(t, client, "rw", text)
	want := strings.Repeat("line \u65e5\U0001f600\n", 10_000)
	wrote := await(func() error {
		_, err := f.WriteString(want)
		return errors.Join(err, f.Flush(), client.Shutdown(facade.SHUT_WR))
	})
	b, err := f.ReadAll()
	must(t, err)
	must(t, wrote(t))
	must(t, done(t))
	if string(b) != strings.ReplaceAll(want, "\n", "\r\n") {
		t.Fatalf("%d bytes of text came back, not the %d that were written", len(b), len(want))
	}
}
