package capture_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack/capture"
)

// gate is a writer that blocks until it is opened.
type gate struct {
	entered chan struct{}
	open    chan struct{}
	once    sync.Once
	bytes.Buffer
}

func newGate() *gate { return &gate{entered: make(chan struct{}), open: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	g.once.Do(func() { close(g.entered) })
	<-g.open
	return g.Buffer.Write(p)
}

func TestSlowTargetLosesPacketsAndSaysSo(t *testing.T) {
	testenv.LeakCheck(t)
	g := newGate()
	r := newWriter(t, g, capture.Config{Buffer: 100_000, FlushInterval: -1})
	a, b := addInterface(t, r, "a"), addInterface(t, r, "b")
	<-g.entered
	const sent = 1000
	for n := range sent {
		a.Record(capture.Outbound, udp4(n, 1000))
	}
	b.Record(capture.Inbound, udp4(0, 1000))
	lost := r.Stats().LostBuffer
	if lost < sent-100 || lost > sent {
		t.Errorf("%d of %d packets lost in a buffer of 100,000 bytes", lost, sent+1)
	}
	close(g.open)
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	a.Begin(capture.Outbound, 100).Discard() // takes nothing from the count
	a.Record(capture.Outbound, udp4(sent, 1000))
	a.Record(capture.Outbound, udp4(sent+1, 1000))
	closeRecorder(t, r)

	rec := read(t, g.Bytes())
	here := len(rec.packets)
	if uint64(here)+lost != sent+3 {
		t.Errorf("%d packets in the recording, %d lost, of %d", here, lost, sent+3)
	}
	after := rec.packets[here-2]
	if after.dropped != lost-1 || len(after.comments) != 1 || !strings.Contains(after.comments[0], "packets before this one") {
		t.Errorf("the packet after the lost ones: %d, %q", after.dropped, after.comments)
	}
	if last := rec.packets[here-1]; last.dropped != 0 || len(last.comments) != 0 {
		t.Errorf("the packet after it: %+v", last)
	}
	if s := rec.statistics[0]; s.PacketsDropped != lost-1 || s.PacketsReceived != sent+2 {
		t.Errorf("statistics of a: %+v", s)
	}
	if s := rec.statistics[1]; s.PacketsDropped != 1 || s.PacketsReceived != 1 {
		t.Errorf("statistics of b: %+v", s)
	}
}

func TestTargetThatBlocksForEver(t *testing.T) {
	testenv.LeakCheck(t)
	g := newGate()
	clock := faketime.NewManualClock()
	r := newWriter(t, g, capture.Config{Clock: clock, FlushInterval: -1, CloseTimeout: time.Minute})
	i := addInterface(t, r, "a")
	<-g.entered
	i.Record(capture.Outbound, udp4(0, 100))
	flushed, closed := make(chan error), make(chan error)
	go func() { flushed <- r.Flush() }()
	for range 2 {
		go func() { closed <- r.Close() }()
	}
	for range 3 {
		// The clock may be advanced before Close has set its timer.
		for done := false; !done; {
			select {
			case err := <-flushed:
				flushed, done = nil, true
				if !errors.Is(err, capture.ErrTimeout) {
					t.Errorf("Flush: %v", err)
				}
			case err := <-closed:
				done = true
				if !errors.Is(err, capture.ErrTimeout) {
					t.Errorf("Close: %v", err)
				}
			default:
				clock.Advance(time.Minute)
			}
		}
	}
	i.Record(capture.Outbound, udp4(0, 100))
	if err := r.Close(); !errors.Is(err, capture.ErrTimeout) {
		t.Errorf("Close again: %v", err)
	}
	close(g.open) // for the goroutine that is left
}

func TestFlushInterval(t *testing.T) {
	testenv.LeakCheck(t)
	clock := faketime.NewManualClock()
	g := newGate()
	close(g.open)
	r := newWriter(t, g, capture.Config{Clock: clock})
	addInterface(t, r, "a").Record(capture.Outbound, udp4(0, 4))
	clock.Advance(capture.DefaultFlushInterval - 1)
	select {
	case <-g.entered:
		t.Error("written before its time")
	default:
	}
	clock.Advance(1)
	<-g.entered
}

type failingWriter struct{ left int }

var errDiskFull = errors.New("disk full")

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errDiskFull
	}
	return len(p), nil
}

func TestErrorIsToldOnce(t *testing.T) {
	testenv.LeakCheck(t)
	var log bytes.Buffer
	r := newWriter(t, &failingWriter{left: 50_000}, capture.Config{Clock: faketime.NewManualClock(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	i := addInterface(t, r, "a")
	const sent = 100
	for n := range sent {
		i.Record(capture.Outbound, udp4(n, 1000))
		if n%10 == 9 {
			r.Flush()
		}
	}
	if err := r.Flush(); !errors.Is(err, errDiskFull) {
		t.Errorf("Flush: %v", err)
	}
	for range 2 {
		if err := r.Close(); !errors.Is(err, errDiskFull) || !errors.Is(r.Err(), errDiskFull) {
			t.Errorf("Close: %v; Err: %v", err, r.Err())
		}
	}
	if s := r.Stats(); s.Packets != 40 || s.LostError != sent-40 {
		t.Errorf("%+v", s)
	}
	if n := strings.Count(log.String(), "disk full"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, &log)
	}
	if !strings.Contains(log.String(), "error=60") {
		t.Errorf("lost packets are not in the log:\n%s", &log)
	}
}

type shortWriter struct{}

func (shortWriter) Write(p []byte) (int, error) { return len(p) - 1, nil }

func TestShortWrite(t *testing.T) {
	r := newWriter(t, shortWriter{}, capture.Config{})
	addInterface(t, r, "a")
	if err := r.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
}

func TestRecordingEndsAtItsSize(t *testing.T) {
	testenv.LeakCheck(t)
	for _, size := range []int64{4096, 4097, 5000, 10_000, 300_000, 300_001, 300_002} {
		var file, log bytes.Buffer
		r := newWriter(t, &file, capture.Config{MaxSize: size, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		a := addInterface(t, r, "a")
		addInterface(t, r, "b")
		const sent = 500
		for n := range sent {
			a.Record(capture.Outbound, udp4(n, 1000), "a comment")
		}
		late := addInterface(t, r, "c")
		late.Record(capture.Outbound, udp4(0, 1000))
		closeRecorder(t, r)
		rec := read(t, file.Bytes())
		if int64(file.Len()) > size || int64(file.Len()) < size-1500 {
			t.Errorf("MaxSize %d: %d bytes", size, file.Len())
		}
		s, here := r.Stats(), uint64(len(rec.packets))
		if !s.Full || s.Packets != here || s.LostFull != sent+1-here {
			t.Errorf("MaxSize %d, %d packets: %+v", size, here, s)
		}
		if got := rec.statistics[0]; got.PacketsDropped != sent-here || got.PacketsReceived != sent {
			t.Errorf("MaxSize %d: %+v", size, got)
		}
		if n := strings.Count(log.String(), "size cap"); n != 1 {
			t.Errorf("MaxSize %d: logged %d times", size, n)
		}
	}
}
