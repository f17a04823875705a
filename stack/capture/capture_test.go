package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/capture"
)

type packet struct {
	at        time.Time
	intf      int
	data      []byte
	length    int
	direction pcapgo.NgEpbFlag
	comments  []string
	dropped   uint64
}

type recording struct {
	comment    string
	interfaces []pcapgo.NgInterface
	packets    []packet
	statistics map[int]pcapgo.NgInterfaceStatistics
}

func read(t testing.TB, file []byte) recording {
	t.Helper()
	rec := recording{statistics: make(map[int]pcapgo.NgInterfaceStatistics)}
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{
		WantMixedLinkType:  true,
		StatisticsCallback: func(i int, s pcapgo.NgInterfaceStatistics) { rec.statistics[i] = s },
	})
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, ci, opts, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p := packet{at: ci.Timestamp, intf: ci.InterfaceIndex, data: slices.Clone(data), length: ci.Length, comments: opts.Comments}
		if opts.Flags != nil {
			p.direction = opts.Flags.Direction
		}
		if opts.DropCount != nil {
			p.dropped = *opts.DropCount
		}
		rec.packets = append(rec.packets, p)
	}
	rec.comment = r.SectionInfo().Comment
	for i := range r.NInterfaces() {
		intf, err := r.Interface(i)
		if err != nil {
			t.Fatal(err)
		}
		rec.interfaces = append(rec.interfaces, intf)
	}
	return rec
}

// udp4 is an IPv4 packet with a UDP datagram of size bytes, whose first four
// are n. Its checksums are right; that of UDP is left out.
func udp4(n, size int) []byte {
	p := make([]byte, 28+size)
	copy(p, []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x27, 0x10, 0x27, 0x11})
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	binary.BigEndian.PutUint16(p[24:], uint16(8+size))
	var sum uint32
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	binary.BigEndian.PutUint16(p[10:], ^uint16(sum+sum>>16))
	binary.BigEndian.PutUint32(p[28:], uint32(n))
	return p
}

func number(p []byte) int { return int(binary.BigEndian.Uint32(p[28:])) }

func newWriter(t testing.TB, w io.Writer, cfg capture.Config) *capture.Recorder {
	t.Helper()
	r, err := capture.NewWriter(w, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func addInterface(t testing.TB, r *capture.Recorder, name string) *capture.Interface {
	t.Helper()
	i, err := r.Interface(capture.InterfaceConfig{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func closeRecorder(t testing.TB, r *capture.Recorder) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRecordingSaysWhatHappened(t *testing.T) {
	testenv.LeakCheck(t)
	clock := faketime.NewManualClock()
	clock.Advance(1234567890123456789)
	begun := clock.Now()
	var file bytes.Buffer
	r := newWriter(t, &file, capture.Config{Clock: clock, SnapLen: 60, Comment: "a test"})
	eth, err := r.Interface(capture.InterfaceConfig{Name: "eth0", Description: "uplink", LinkType: capture.LinkEthernet})
	if err != nil {
		t.Fatal(err)
	}
	eth.Record(capture.Inbound, bytes.Repeat([]byte{7}, 61))
	clock.Advance(1)
	tun := addInterface(t, r, "tun0")
	data := udp4(1, 4)
	tun.Record(capture.Outbound, data, "first", "", strings.Repeat("é", 1000), "not \xff UTF-8")
	data[31] = 9 // the recorder has a copy
	clock.Advance(1)
	tun.RecordDrop(capture.Unknown, data, "queue full")
	clock.Advance(1)
	closeRecorder(t, r)

	rec := read(t, file.Bytes())
	if rec.comment != "a test" || len(rec.interfaces) != 2 || len(rec.packets) != 3 {
		t.Fatalf("%q, %d interfaces, %d packets", rec.comment, len(rec.interfaces), len(rec.packets))
	}
	for i, want := range []pcapgo.NgInterface{
		{Name: "eth0", Description: "uplink", LinkType: layers.LinkTypeEthernet, SnapLength: 60},
		{Name: "tun0", LinkType: layers.LinkTypeRaw, SnapLength: 60},
	} {
		got := rec.interfaces[i]
		if got.Name != want.Name || got.Description != want.Description || got.LinkType != want.LinkType || got.SnapLength != want.SnapLength {
			t.Errorf("interface %d: %+v", i, got)
		}
	}
	for i, want := range []packet{
		{intf: 0, data: bytes.Repeat([]byte{7}, 60), length: 61, direction: pcapgo.NgEpbFlagDirectionInbound},
		{intf: 1, data: udp4(1, 4), length: 32, direction: pcapgo.NgEpbFlagDirectionOutbound, comments: []string{"first", strings.Repeat("é", 512), "not  UTF-8"}},
		{intf: 1, data: data, length: 32, comments: []string{"dropped: queue full"}},
	} {
		got := rec.packets[i]
		if !got.at.Equal(begun.Add(time.Duration(i))) || got.intf != want.intf || !bytes.Equal(got.data, want.data) ||
			got.length != want.length || got.direction != want.direction || !slices.Equal(got.comments, want.comments) {
			t.Errorf("packet %d: %+v", i, got)
		}
	}
	if s := rec.statistics[1]; s.PacketsReceived != 2 || s.PacketsDropped != 0 ||
		!s.StartTime.Equal(begun.Add(1)) || !s.EndTime.Equal(begun.Add(3)) {
		t.Errorf("statistics: %+v", s)
	}
	if s := r.Stats(); s.Packets != 3 || s.Bytes != uint64(file.Len()) || s.Files != 1 || s.Full || s.LostBuffer+s.LostError+s.LostFull != 0 {
		t.Errorf("%+v", s)
	}
}

func TestPendingPacketsKeepTheirPlace(t *testing.T) {
	testenv.LeakCheck(t)
	clock := faketime.NewManualClock()
	var file bytes.Buffer
	r := newWriter(t, &file, capture.Config{Clock: clock})
	a, b := addInterface(t, r, "a"), addInterface(t, r, "b")
	begin := func(i *capture.Interface, n int) *capture.Pending {
		p := i.Begin(capture.Outbound, 100)
		if !p.Wanted() {
			t.Fatal("no room")
		}
		p.Fill(udp4(n, 4))
		clock.Advance(time.Millisecond)
		return p
	}
	first := begin(a, 1)
	second := begin(b, 2)
	begin(a, 3).Discard()
	b.Record(capture.Inbound, udp4(4, 4))
	super := a.Begin(capture.Outbound, 100)
	super.Fill(udp4(5, 4), udp4(6, 4))
	super.Keep("two")
	undecided := begin(a, 7)
	b.Record(capture.Inbound, udp4(8, 4))
	second.Comment("late")
	second.Keep()
	second.Keep()
	second.Discard()
	if err := r.Flush(); err != nil || r.Stats().Packets != 0 {
		t.Errorf("written before the first packet is decided: %v, %+v", err, r.Stats())
	}
	first.Keep()
	if err := r.Flush(); err != nil || r.Stats().Packets != 5 {
		t.Errorf("%v, %+v", err, r.Stats())
	}
	closeRecorder(t, r)
	undecided.Keep()
	b.Record(capture.Inbound, udp4(9, 4))

	var numbers []int
	var comments []string
	rec := read(t, file.Bytes())
	for i, p := range rec.packets {
		if i > 0 && p.at.Before(rec.packets[i-1].at) {
			t.Errorf("packet %d is older than the one before", i)
		}
		numbers = append(numbers, number(p.data))
		comments = append(comments, strings.Join(p.comments, "|"))
	}
	if !slices.Equal(numbers, []int{1, 2, 4, 5, 6, 8}) || !slices.Equal(comments, []string{"", "late", "", "two", "two", ""}) {
		t.Errorf("packets %v, comments %q", numbers, comments)
	}
}

func TestConcurrentUse(t *testing.T) {
	testenv.LeakCheck(t)
	var file bytes.Buffer
	r := newWriter(t, &file, capture.Config{FlushInterval: time.Millisecond})
	const links, each = 8, 500
	var wg sync.WaitGroup
	for range links {
		wg.Go(func() {
			i := addInterface(t, r, "a")
			for n := range each {
				p := i.Begin(capture.Outbound, 100)
				if p.Wanted() {
					p.Fill(udp4(n, 100))
				}
				p.Keep()
				if n%100 == 0 {
					if err := r.Flush(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	for range 4 {
		wg.Go(func() { r.Close() })
	}
	wg.Wait()
	next := make(map[int]int)
	rec := read(t, file.Bytes())
	for _, p := range rec.packets {
		if n := number(p.data); n != next[p.intf] {
			t.Fatalf("packet %d of interface %d after %d", n, p.intf, next[p.intf]-1)
		}
		next[p.intf]++
	}
	if len(rec.packets) != links*each {
		t.Errorf("%d packets", len(rec.packets))
	}
}

func TestClosedRecorder(t *testing.T) {
	var file bytes.Buffer
	r := newWriter(t, &file, capture.Config{})
	closeRecorder(t, r)
	if _, err := r.Interface(capture.InterfaceConfig{}); !errors.Is(err, capture.ErrClosed) {
		t.Error(err)
	}
	if err := r.Flush(); err != nil {
		t.Error(err)
	}
	if file.Len() != 0 {
		t.Errorf("%d bytes of a recording without interfaces", file.Len())
	}
}

func TestBadConfig(t *testing.T) {
	for _, cfg := range []capture.Config{
		{SnapLen: -1}, {Buffer: -1}, {CloseTimeout: -1}, {MaxSize: -1}, {MaxSize: 4095}, {Files: 1}, {Files: 2, MaxSize: 10000},
	} {
		if _, err := capture.NewWriter(io.Discard, cfg); err == nil {
			t.Errorf("accepted: %+v", cfg)
		}
	}
	if _, err := capture.NewWriter(nil, capture.Config{}); err == nil {
		t.Error("no writer: accepted")
	}
}
