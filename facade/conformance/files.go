package conformance

import (
	"errors"
	"io"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var fileTests = slices.Concat([]test{
	{"File/Modes", fileModes},
	{"File/InvalidModes", fileInvalidModes},
	{"File/NameOfClosedFile", fileNameClosed},
	{"File/QueriesOfClosedFileAreErrors", fileQueriesClosed},
	{"File/UnbufferedReadLineLeavesTheRest", fileUnbufferedReadLine},
	{"File/SocketWorksUntilFileCloses", fileKeepsSocket},
	{"File/LastOfTwoFilesClosesSocket", fileLastCloses},
	{"File/CloseDropsReference", fileDropsReference},
	{"File/NonBlockingRead", fileNonBlockingRead},
	{"File/NonBlockingReadLine", fileNonBlockingReadLine},
	{"File/NonBlockingWrite", fileNonBlockingWrite},
	{"File/NonBlockingFlushGoesOn", fileNonBlockingFlush},
	{"File/RefusedUnderTimeout", fileRefusedUnderTimeout},
	{"File/CloseEndsBlockedRead", fileCloseEndsRead},
	{"File/CloseOfConnEndsBlockedRead", fileConnCloseEndsRead},
	{"File/ShutdownEndsBlockedWrite", fileShutdownEndsWrite},
	{"File/BothWaysAtOnce", fileBothWays},
}, fileVariantTests())

// fileVariant is how the files of one class of the reference's tests are made.
type fileVariant struct {
	name                string
	readMode, writeMode string
	config              facade.FileConfig
}

var fileVariants = []fileVariant{
	{"Default", "rb", "wb", facade.FileConfig{}},
	{"Unbuffered", "rb", "wb", facade.FileConfig{Buffering: new(0)}},
	{"LineBuffered", "rb", "wb", facade.FileConfig{Buffering: new(1)}},
	{"SmallBuffered", "rb", "wb", facade.FileConfig{Buffering: new(2)}},
	{"UnicodeRead", "r", "wb", facade.FileConfig{Newline: new("")}},
	{"UnicodeWrite", "rb", "w", facade.FileConfig{Newline: new("")}},
	{"UnicodeReadWrite", "r", "w", facade.FileConfig{Newline: new("")}},
}

// files are two connected sockets and a file of each.
type files struct {
	reading, writing *facade.Socket
	read, write      *facade.File
}

// fileMessage ends as a line does, and has a character of three bytes.
const fileMessage = "They were here\u1234\r\n"

var fileCases = []struct {
	name string
	run  func(*testing.T, fileVariant, files)
}{
	{"ReadAfterTimeoutIsRefused", fileReadAfterTimeout},
	{"SmallRead", fileSmallRead},
	{"FullRead", fileFullRead},
	{"ReadByteByByte", fileReadBytes},
	{"ReadLine", fileReadLine},
	{"ReadAfterSocketClose", fileAfterSocketClose},
	{"SocketAfterFileClose", fileThenSocket},
	{"Closed", fileClosed},
	{"ModeAndName", fileAttributes},
	{"RealClose", fileRealClose},
}

// fileVariantTests are all cases of all variants.
func fileVariantTests() []test {
	var all []test
	for _, v := range fileVariants {
		for _, c := range fileCases {
			all = append(all, test{"File/" + v.name + "/" + c.name, func(t *testing.T, env Env) {
				c.run(t, v, env.files(t, v))
			}})
		}
	}
	return all
}

// files makes the client write and the server read.
func (env Env) files(t *testing.T, v fileVariant) files {
	t.Helper()
	client, server := env.pair(t)
	return files{
		reading: server, read: makeFile(t, server, v.readMode, v.config),
		writing: client, write: makeFile(t, client, v.writeMode, v.config),
	}
}

// makeFile makes a file that is closed with the test, of a socket in blocking
// mode.
func makeFile(t *testing.T, s *facade.Socket, mode string, c facade.FileConfig) *facade.File {
	t.Helper()
	must(t, s.SetBlocking(true))
	f, err := s.MakeFile(mode, c)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func writeFlush(t *testing.T, f *facade.File, s string) {
	t.Helper()
	if n, err := f.WriteString(s); n != len(s) || err != nil {
		t.Fatalf("write: %d, %v", n, err)
	}
	must(t, f.Flush())
}

// wantRead reads exactly want from a file.
func wantRead(t *testing.T, f *facade.File, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(f, b); err != nil || string(b) != want {
		t.Fatalf("read: %q, %v, want %q", b, err, want)
	}
}

// wantAll reads a file to its end.
func wantAll(t *testing.T, f *facade.File, want string) {
	t.Helper()
	if b, err := f.ReadAll(); err != nil || string(b) != want {
		t.Fatalf("read: %q, %v, want %q", b, err, want)
	}
}

func wantLine(t *testing.T, f *facade.File, want string) {
	t.Helper()
	if line, err := f.ReadLine(); err != nil || line != want {
		t.Fatalf("readline: %q, %v, want %q", line, err, want)
	}
}

func wantFileClosed(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EBADF) {
		t.Fatalf("%s: %v, want a closed file", what, err)
	}
}

// arrived waits until a socket has s to read.
func arrived(t *testing.T, socket *facade.Socket, s string) {
	t.Helper()
	must(t, socket.SetBlocking(true))
	b, err := socket.Recv(len(s), facade.MSG_PEEK|facade.MSG_WAITALL)
	if err != nil || string(b) != s {
		t.Fatalf("peek: %q, %v", b, err)
	}
}

func fileReadAfterTimeout(t *testing.T, _ fileVariant, f files) {
	writeFlush(t, f.write, fileMessage[:3])
	wantRead(t, f.read, fileMessage[:3])
	must(t, f.reading.SetTimeout(short))
	_, err := f.read.Read(make([]byte, 1))
	wantTimeout(t, "the first read", err)
	must(t, f.reading.SetBlocking(true))
	_, err = f.read.Read(make([]byte, 1))
	if !errors.Is(err, facade.ErrTimedOutFile) || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the second read: %v", err)
	}
	if _, err = f.read.ReadLine(); !errors.Is(err, facade.ErrTimedOutFile) {
		t.Fatalf("readline: %v", err)
	}
}

func fileSmallRead(t *testing.T, _ fileVariant, f files) {
	writeFlush(t, f.write, fileMessage)
	wantRead(t, f.read, fileMessage[:len(fileMessage)-3])
	wantRead(t, f.read, fileMessage[len(fileMessage)-3:])
}

func fileFullRead(t *testing.T, _ fileVariant, f files) {
	if _, err := f.write.WriteString(fileMessage); err != nil {
		t.Fatal(err)
	}
	must(t, f.writing.Close())
	must(t, f.write.Close())
	wantAll(t, f.read, fileMessage)
	if line, err := f.read.ReadLine(); line != "" || err != io.EOF {
		t.Fatalf("readline at the end: %q, %v", line, err)
	}
}

func fileReadBytes(t *testing.T, _ fileVariant, f files) {
	writeFlush(t, f.write, fileMessage)
	must(t, f.write.Close())
	must(t, f.writing.Close())
	var all []byte
	for b := make([]byte, 1); ; {
		n, err := f.read.Read(b)
		if err == io.EOF {
			break
		}
		must(t, err)
		all = append(all, b[:n]...)
	}
	if string(all) != fileMessage {
		t.Fatalf("read: %q", all)
	}
}

func fileReadLine(t *testing.T, _ fileVariant, f files) {
	writeFlush(t, f.write, fileMessage)
	wantLine(t, f.read, fileMessage)
}

func fileAfterSocketClose(t *testing.T, _ fileVariant, f files) {
	must(t, f.reading.Close())
	writeFlush(t, f.write, fileMessage)
	must(t, f.write.Close())
	must(t, f.writing.Close())
	wantAll(t, f.read, fileMessage)
}

func fileThenSocket(t *testing.T, _ fileVariant, f files) {
	must(t, f.read.Close())
	writeFlush(t, f.write, fileMessage)
	wantData(t, f.reading, fileMessage)
}

func fileClosed(t *testing.T, _ fileVariant, f files) {
	for _, file := range []*facade.File{f.read, f.write} {
		if file.Closed() {
			t.Fatal("an open file is closed")
		}
		must(t, file.Close())
		must(t, file.Close())
		if !file.Closed() {
			t.Fatal("a closed file is not closed")
		}
		_, err := file.Read(make([]byte, 1))
		wantFileClosed(t, "read", err)
		_, err = file.ReadLine()
		wantFileClosed(t, "readline", err)
		_, err = file.ReadAll()
		wantFileClosed(t, "read all", err)
		_, err = file.WriteString("x")
		wantFileClosed(t, "write", err)
		wantFileClosed(t, "flush", file.Flush())
	}
}

func fileAttributes(t *testing.T, v fileVariant, f files) {
	for _, c := range []struct {
		file   *facade.File
		socket *facade.Socket
		mode   string
	}{{f.read, f.reading, v.readMode}, {f.write, f.writing, v.writeMode}} {
		fd, err := c.socket.Fileno()
		if err != nil && !errors.Is(err, syscall.ENOSYS) {
			t.Fatal(err)
		}
		if c.file.Mode() != c.mode || c.file.Name() != fd {
			t.Errorf("mode %q, name %d, want %q, %d", c.file.Mode(), c.file.Name(), c.mode, fd)
		}
	}
}

func fileRealClose(t *testing.T, _ fileVariant, f files) {
	must(t, f.read.Close())
	_, err := f.read.Fileno()
	wantFileClosed(t, "fileno", err)
	must(t, f.reading.Close())
	_, err = f.reading.GetSockName()
	wantErrno(t, "getsockname", err, syscall.EBADF)
}
