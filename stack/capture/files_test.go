package capture_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/capture"
)

func newFile(t testing.TB, path string, cfg capture.Config) *capture.Recorder {
	t.Helper()
	r, err := capture.NewFile(path, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func readFile(t testing.TB, path string) recording {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, b)
}

func names(t testing.TB, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// fields has tshark print some fields of each packet of a file, separated by |.
func fields(t testing.TB, path string, fields ...string) []string {
	t.Helper()
	args := []string{"-r", path, "-T", "fields", "-E", "separator=|", "-o", "ip.check_checksum:TRUE"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command(testenv.Tool(t, "tshark"), args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: %s", err, &stderr)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func TestTsharkReadsTheRecording(t *testing.T) {
	testenv.LeakCheck(t)
	clock := faketime.NewManualClock()
	clock.Advance(1_000_000_000_000_000_001)
	path := filepath.Join(t.TempDir(), "x.pcapng")
	r := newFile(t, path, capture.Config{Clock: clock, SnapLen: 100})
	a, b := addInterface(t, r, "tun0"), addInterface(t, r, "wan")
	a.Record(capture.Outbound, udp4(1, 4))
	clock.Advance(1)
	b.RecordDrop(capture.Inbound, udp4(2, 200), "queue full")
	closeRecorder(t, r)
	got := fields(t, path, "frame.time_epoch", "frame.interface_name", "frame.packet_flags_direction",
		"frame.comment", "frame.len", "frame.cap_len", "ip.checksum.status")
	want := []string{
		"1000000000.000000001|tun0|0x00000002||32|32|1",
		"1000000000.000000002|wan|0x00000001|dropped: queue full|228|100|1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("tshark reads\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFilesRotate(t *testing.T) {
	const sent, size = 300, 20_000
	for name, c := range map[string]struct {
		files int
		first int // number of the first file that is left
	}{
		"the last three": {3, 15}, "all": {-1, 1}, "no more than there are": {17, 1},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			folder := t.TempDir()
			r := newFile(t, filepath.Join(folder, "x.y.pcapng"), capture.Config{MaxSize: size, Files: c.files, Comment: "run 1"})
			a, b := addInterface(t, r, "a"), addInterface(t, r, "b")
			for n := range sent {
				[]*capture.Interface{a, b}[n%2].Record(capture.Outbound, udp4(n, 1000))
			}
			closeRecorder(t, r)
			if s := r.Stats(); s.Files != 17 || s.Packets != sent || s.Full || s.LostFull != 0 {
				t.Fatalf("%+v", s)
			}
			left := names(t, folder)
			if len(left) != 18-c.first || left[0] != map[int]string{1: "x.y.000001.pcapng", 15: "x.y.000015.pcapng"}[c.first] {
				t.Fatalf("files: %v", left)
			}
			checkFiles(t, folder, left, size, sent)
		})
	}
}

// checkFiles checks that each file is complete, and that the packets of one
// follow those of the other, up to the last.
func checkFiles(t *testing.T, folder string, files []string, size, sent int) {
	t.Helper()
	next := -1
	for _, name := range files {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err != nil || info.Size() > int64(size) {
			t.Errorf("%s: %v, %v", name, info.Size(), err)
		}
		rec := readFile(t, path)
		if rec.comment != "run 1" || len(rec.interfaces) != 2 || rec.interfaces[1].Name != "b" || len(rec.statistics) != 2 {
			t.Errorf("%s: %q, %+v, %+v", name, rec.comment, rec.interfaces, rec.statistics)
		}
		for _, p := range rec.packets {
			if n := number(p.data); n != next && next >= 0 {
				t.Errorf("%s: packet %d, want %d", name, n, next)
			}
			next = number(p.data) + 1
		}
		if len(files) > 3 {
			continue // they are the same
		}
		if got := fields(t, path, "frame.interface_name"); len(got) != len(rec.packets) {
			t.Errorf("%s: tshark finds %d packets of %d", name, len(got), len(rec.packets))
		}
	}
	if next != sent {
		t.Errorf("the last packet is %d", next-1)
	}
}

func TestPacketLargerThanAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	r := newFile(t, path, capture.Config{MaxSize: 5000, Files: 2})
	i := addInterface(t, r, "a")
	for n, size := range []int{100, 6000, 6000, 100} {
		i.Record(capture.Outbound, udp4(n, size))
	}
	closeRecorder(t, r)
	rec := readFile(t, path+".000002")
	if len(rec.packets) != 1 || number(rec.packets[0].data) != 3 {
		t.Errorf("%+v", rec.packets)
	}
	if s := r.Stats(); s.LostFull != 2 || s.Packets != 2 || s.Full || rec.statistics[0].PacketsDropped != 2 {
		t.Errorf("%+v, %+v", s, rec.statistics)
	}
}

func TestFileThatCannotBeMade(t *testing.T) {
	testenv.LeakCheck(t)
	folder := t.TempDir()
	if _, err := capture.NewFile(filepath.Join(folder, "no", "such"), capture.Config{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestNextFileThatCannotBeMade(t *testing.T) {
	testenv.LeakCheck(t)
	folder := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	r := newFile(t, filepath.Join(folder, "x"), capture.Config{MaxSize: 5000, Files: 3})
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	i := addInterface(t, r, "a")
	for n := range 20 {
		i.Record(capture.Outbound, udp4(n, 1000))
	}
	if err := r.Close(); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if s := r.Stats(); s.Packets+s.LostError != 20 || s.LostError == 0 {
		t.Errorf("%+v", s)
	}
}
