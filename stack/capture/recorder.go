package capture

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/gopacket/gopacket/pcapgo"
	"gvisor.dev/gvisor/pkg/tcpip"
)

// ErrTimeout means that the target did not take the rest of the recording
// within Config.CloseTimeout.
var ErrTimeout = errors.New("capture: the target does not take the rest of the recording")

// Recorder writes packets of any number of interfaces. Its methods may be
// called from several goroutines at once. See NewFile and NewWriter.
type Recorder struct {
	cfg  Config
	done chan struct{} // closed when the target is
	over chan struct{} // closed when Close is through

	mu         sync.Mutex
	progress   *sync.Cond // Flush waits on it
	interfaces []*Interface
	queue      []*Pending
	held       int    // bytes of packets that are not written yet
	taken      uint64 // packets that left the queue and are dealt with
	inFlight   int    // packets that left the queue and are being written
	running    bool   // there is a goroutine that writes
	finished   bool   // it has ended the last file
	timer      tcpip.Timer
	described  int  // interfaces that the target knows
	noReader   bool // the pipe had no reader when it was last tried
	full       bool
	closing    bool
	ended      time.Time // when Close was called
	err        error
	stats      Stats
	lost       [lossReasons]uint64

	output output // the goroutine's
}

// Stats is what a Recorder has counted.
type Stats struct {
	Packets uint64 // packets written; a super-segment counts as its segments
	Bytes   uint64 // bytes of pcapng that the target took
	Files   int    // files begun
	Full    bool   // MaxSize ended the recording

	// Packets not written, for lack of room in the buffer, within MaxSize, and
	// because the target failed.
	LostBuffer, LostFull, LostError uint64
}

// NewFile returns a recorder that writes to the file of that name, which it
// creates or empties at once, or to the named pipe, for whose reader it does
// not wait. With Config.Files the names are numbered from 1: x.pcapng gives
// x.000001.pcapng. Files of an earlier recording are removed only if this one
// comes to the same number.
//
// A pipe shows a recording as it is made:
//
//	mkfifo /tmp/usernet; wireshark -k -i /tmp/usernet
//
// Its reader may come later; when it leaves, the recording ends with EPIPE.
func NewFile(path string, cfg Config) (*Recorder, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	f, err := newFiles(path, cfg)
	if err != nil {
		return nil, err
	}
	r := newRecorder(f, cfg)
	if err := r.output.open(); err != nil && !errors.Is(err, ErrNoReader) {
		return nil, fmt.Errorf("capture: %w", err)
	}
	r.stats.Files = r.output.files
	return r, nil
}

// NewWriter returns a recorder that writes to w, from one goroutine, whole
// blocks at a time. w may block, and is not closed: it may be the standard
// input of wireshark -k -i -. If it has a SetWriteDeadline method, Close uses
// that to end a write that blocks longer than Config.CloseTimeout; otherwise
// the goroutine stays until the write returns.
func NewWriter(w io.Writer, cfg Config) (*Recorder, error) {
	if w == nil {
		return nil, errors.New("capture: a writer is required")
	}
	if cfg.Files != 0 {
		return nil, errors.New("capture: a writer cannot rotate")
	}
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	return newRecorder(writer{w}, cfg), nil
}

func newRecorder(t target, cfg Config) *Recorder {
	r := &Recorder{cfg: cfg, done: make(chan struct{}), over: make(chan struct{})}
	r.progress = sync.NewCond(&r.mu)
	r.output = output{
		target: t, max: cfg.MaxSize, rotate: cfg.Files != 0,
		section: pcapgo.NgSectionInfo{Application: "usernet", Comment: text(cfg.Comment)},
	}
	return r
}

// refusal tells why a packet of some size finds no place. It is called with mu
// held.
func (r *Recorder) refusal(size int) lossReason {
	switch {
	case r.closing:
		return lostClosed
	case r.err != nil:
		return lostError
	case r.full:
		return lostFull
	case r.held > 0 && r.held+size > r.cfg.Buffer:
		return lostBuffer
	}
	return notLost
}

// Flush waits until the target has taken all packets that were kept before
// the call, and returns the first error there was. It may block as long as the
// target does, until Close gives up; it does not wait for the reader of a
// pipe, and returns ErrNoReader.
func (r *Recorder) Flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	until := r.taken + uint64(r.decided())
	known := len(r.interfaces)
	r.start()
	for (r.taken < until || r.described < known) && r.err == nil && !r.full {
		if r.noReader && !r.running {
			return ErrNoReader
		}
		r.progress.Wait()
	}
	return r.err
}

// Err returns the first error of the target. It has disturbed nothing but the
// recording.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Stats returns the counters.
func (r *Recorder) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Full = r.full
	s.LostBuffer, s.LostFull, s.LostError = r.lost[lostBuffer], r.lost[lostFull], r.lost[lostError]
	return s
}

// Close writes the rest and the statistics of the interfaces, closes the file,
// and returns the first error there was. Packets whose fate is not known are
// left out, and later ones ignored. It waits Config.CloseTimeout at most, and
// then fails with ErrTimeout.
func (r *Recorder) Close() error {
	if r.beginClose() {
		expired := make(chan struct{})
		timer := r.cfg.Clock.AfterFunc(r.cfg.CloseTimeout, func() { close(expired) })
		select {
		case <-r.done:
		case <-expired:
			r.fail(ErrTimeout)
			r.output.target.abort()
		}
		timer.Stop()
		r.reportLosses()
		close(r.over)
	}
	<-r.over
	return r.Err()
}

func (r *Recorder) beginClose() (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return false
	}
	r.closing = true
	r.ended = r.cfg.Clock.Now()
	r.queue = slices.DeleteFunc(r.queue, func(p *Pending) bool { return p.state == undecided })
	r.disarm()
	r.start()
	return true
}

// fail ends the recording with its first error.
func (r *Recorder) fail(err error) {
	r.mu.Lock()
	first := r.err == nil
	if first {
		r.err = err
	}
	r.progress.Broadcast()
	r.mu.Unlock()
	if first {
		r.cfg.Logger.Error("capture: recording failed", "error", err)
	}
}

func (r *Recorder) reportLosses() {
	if s := r.Stats(); s.LostBuffer+s.LostFull+s.LostError > 0 {
		r.cfg.Logger.Warn("capture: packets are not in the recording",
			"buffer", s.LostBuffer, "full", s.LostFull, "error", s.LostError)
	}
}
