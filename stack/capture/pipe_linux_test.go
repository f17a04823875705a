package capture_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/capture"
)

func newPipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPipeWaitsForItsReader(t *testing.T) {
	testenv.LeakCheck(t)
	path := newPipe(t)
	clock := faketime.NewManualClock()
	r := newFile(t, path, capture.Config{Clock: clock, FlushInterval: -1})
	i := addInterface(t, r, "a")
	i.Record(capture.Outbound, udp4(1, 100))
	if err := r.Flush(); !errors.Is(err, capture.ErrNoReader) {
		t.Errorf("Flush: %v", err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	i.Record(capture.Outbound, udp4(2, 100))
	if err := r.Flush(); err != nil {
		t.Errorf("Flush: %v", err)
	}
	closeRecorder(t, r)
	file, err := io.ReadAll(reader) // there was a writer: it does not end early
	if err != nil {
		t.Fatal(err)
	}
	if rec := read(t, file); len(rec.packets) != 2 || rec.statistics[0].PacketsReceived != 2 {
		t.Errorf("%+v", rec)
	}
}

func TestPipeThatNobodyReads(t *testing.T) {
	testenv.LeakCheck(t)
	r := newFile(t, newPipe(t), capture.Config{})
	addInterface(t, r, "a").Record(capture.Outbound, udp4(1, 100))
	if err := r.Close(); !errors.Is(err, capture.ErrNoReader) {
		t.Error(err)
	}
	if s := r.Stats(); s.LostError != 1 || s.Files != 0 {
		t.Errorf("%+v", s)
	}
}

func TestPipeWhoseReaderLeaves(t *testing.T) {
	testenv.LeakCheck(t)
	path := newPipe(t)
	reader, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := newFile(t, path, capture.Config{})
	i := addInterface(t, r, "a")
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	reader.Close()
	i.Record(capture.Outbound, udp4(1, 100))
	if err := r.Flush(); !errors.Is(err, unix.EPIPE) {
		t.Errorf("Flush: %v", err)
	}
	if err := r.Close(); !errors.Is(err, unix.EPIPE) {
		t.Errorf("Close: %v", err)
	}
}

// A reader that is there but does not read: Close ends the blocked write, of a
// file of its own by closing it, of a writer by a deadline.
func TestPipeThatIsFullAtClose(t *testing.T) {
	path := newPipe(t)
	for name, make := range map[string]func(t *testing.T, cfg capture.Config) *capture.Recorder{
		"named pipe": func(t *testing.T, cfg capture.Config) *capture.Recorder {
			reader, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { reader.Close() })
			return newFile(t, path, cfg)
		},
		"writer": func(t *testing.T, cfg capture.Config) *capture.Recorder {
			reader, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { w.Close(); reader.Close() })
			return newWriter(t, w, cfg)
		},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			r := make(t, capture.Config{CloseTimeout: time.Millisecond})
			i := addInterface(t, r, "a")
			for n := range 200 {
				i.Record(capture.Outbound, udp4(n, 1000))
			}
			if err := r.Close(); !errors.Is(err, capture.ErrTimeout) {
				t.Error(err)
			}
		})
	}
}

// TestLiveReaders has tshark show packets while the recording goes on.
func TestLiveReaders(t *testing.T) {
	tshark := testenv.Tool(t, "tshark")
	path := newPipe(t)
	for name, args := range map[string][]string{
		"captures from its standard input": {"-i", "-"},
		"reads its standard input":         {"-r", "-"},
		"captures from a named pipe":       {"-i", path},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			cmd := exec.CommandContext(t.Context(), tshark, append(args, "-l", "-T", "fields", "-E", "separator=|",
				"-e", "frame.interface_name", "-e", "frame.comment", "-e", "frame.number")...)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var r *capture.Recorder
			if args[1] == "-" {
				r = newWriter(t, in, capture.Config{})
			} else {
				r = newFile(t, path, capture.Config{})
			}
			lines := bufio.NewScanner(out)
			showLive(t, r, lines)
			closeRecorder(t, r)
			in.Close()
			if lines.Scan() {
				t.Errorf("another packet: %q", lines.Text())
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// showLive records each packet when the one before is shown, on an interface
// that is added then.
func showLive(t *testing.T, r *capture.Recorder, lines *bufio.Scanner) {
	t.Helper()
	for n, name := range []string{"a", "b", "c"} {
		addInterface(t, r, name).RecordDrop(capture.Outbound, udp4(n, 100), "queue full")
		if !lines.Scan() {
			t.Fatalf("tshark shows no packet %d: %v", n+1, lines.Err())
		}
		if got, want := lines.Text(), fmt.Sprintf("%s|dropped: queue full|%d", name, n+1); got != want {
			t.Errorf("tshark shows %q, want %q", got, want)
		}
	}
}

// On a full disk the file ends with a whole block.
func TestDiskFull(t *testing.T) {
	testenv.Root(t)
	testenv.LeakCheck(t)
	folder := t.TempDir()
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, "size=512k"); err != nil {
		testenv.Skip(t, "tmpfs cannot be mounted: "+err.Error())
	}
	defer unix.Unmount(folder, unix.MNT_DETACH)
	path := filepath.Join(folder, "x.pcapng")
	r := newFile(t, path, capture.Config{})
	i := addInterface(t, r, "a")
	for n := range 1000 {
		i.Record(capture.Outbound, udp4(n, 1000))
		if n%50 == 0 {
			r.Flush()
		}
	}
	if err := r.Close(); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("Close: %v", err)
	}
	rec := readFile(t, path)
	if s := r.Stats(); uint64(len(rec.packets)) != s.Packets || s.Packets < 300 || s.Packets+s.LostError != 1000 {
		t.Errorf("%d packets in the file; %+v", len(rec.packets), s)
	}
}
