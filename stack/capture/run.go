package capture

import (
	"errors"
	"fmt"
)

// batchSize is how many bytes of packets are written together, and do not wait
// for FlushInterval.
const batchSize = 256 << 10

// due tells whether there is something to write. These are called with mu
// held, and so are those up to step.
func (r *Recorder) due() bool {
	return len(r.queue) > 0 && r.queue[0].state != undecided || r.described < len(r.interfaces)
}

// decided counts the packets that may be written.
func (r *Recorder) decided() int {
	n := r.inFlight
	for _, p := range r.queue {
		if p.state == undecided {
			break
		}
		n++
	}
	return n
}

// schedule has what is due written in time.
func (r *Recorder) schedule() {
	switch {
	case r.running || r.closing || !r.due(): // run looks again before it ends
	case r.noReader:
		r.arm()
	case r.cfg.FlushInterval < 0 || r.held >= batchSize:
		r.start()
	default:
		r.arm()
	}
}

func (r *Recorder) arm() {
	if r.timer != nil {
		return
	}
	interval := r.cfg.FlushInterval
	if interval < 0 {
		interval = DefaultFlushInterval
	}
	// Not in the clock's own goroutine: the clock may hold a lock of its own.
	r.timer = r.cfg.Clock.AfterFunc(interval, func() { go r.tick() })
}

func (r *Recorder) disarm() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
}

func (r *Recorder) tick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closing && r.due() {
		r.start()
	}
	r.disarm()
}

// start begins to write, unless that goes on or is through. There is no
// goroutine while there is nothing to write.
func (r *Recorder) start() {
	if r.running || r.finished {
		return
	}
	r.disarm()
	r.running = true
	go r.run()
}

func (r *Recorder) run() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.step() {
		r.progress.Broadcast()
	}
	r.running = false
	r.schedule()
	r.progress.Broadcast()
}

// step writes a batch and tells whether to go on.
func (r *Recorder) step() bool {
	if !r.due() && !r.closing {
		return false
	}
	if !r.open() {
		return false
	}
	batch := r.take()
	r.output.interfaces = r.interfaces
	if len(batch) == 0 && r.closing {
		r.finish()
		return false
	}
	if r.err == nil {
		r.unlocked(func() error { return r.write(batch) })
	}
	r.settle(batch)
	return true
}

// settle counts a batch that has been dealt with.
func (r *Recorder) settle(batch []*Pending) {
	for _, p := range batch {
		r.held -= p.size
		p.pieces = nil
		if p.lost != notLost {
			r.lose(p.intf, p.lost)
			p.intf.lostSince += p.lostBefore
		}
	}
	r.taken += uint64(len(batch))
	r.inFlight = 0
	r.described = len(r.output.interfaces)
	r.lost[lostError] += r.output.spoilt
	r.output.spoilt = 0
	r.count()
}

// unlocked calls fn without mu. Its error ends the recording.
func (r *Recorder) unlocked(fn func() error) {
	r.mu.Unlock()
	if err := fn(); err != nil {
		r.fail(fmt.Errorf("capture: %w", err))
	}
	r.mu.Lock()
}

// open tells whether there is a file, or none is needed. A pipe without a
// reader is tried again later.
func (r *Recorder) open() bool {
	if r.output.w != nil || r.err != nil {
		return true
	}
	var noReader bool
	r.unlocked(func() error {
		err := r.output.open()
		if noReader = errors.Is(err, ErrNoReader); noReader {
			return nil
		}
		return err
	})
	r.noReader = noReader
	if !noReader {
		return true
	}
	if r.closing {
		r.mu.Unlock()
		r.fail(ErrNoReader)
		r.mu.Lock()
	}
	return r.closing
}

// take moves packets whose fate is known from the queue to a batch.
func (r *Recorder) take() []*Pending {
	n, size := 0, 0
	for n < len(r.queue) && r.queue[n].state != undecided && size < batchSize {
		size += r.queue[n].size
		n++
	}
	batch := r.queue[:n:n]
	if r.queue = r.queue[n:]; len(r.queue) == 0 {
		r.queue = nil
	}
	r.inFlight = n
	reason := notLost
	switch {
	case r.err != nil:
		reason = lostError
	case r.full:
		reason = lostFull
	}
	for _, p := range batch {
		if p.state == kept {
			p.lost = reason
		}
	}
	return batch
}

// write writes a batch, without mu, and marks what is lost.
func (r *Recorder) write(batch []*Pending) error {
	err := r.output.describe()
	for _, p := range batch {
		if p.state != kept || p.lost != notLost {
			continue
		}
		if err == nil || errors.Is(err, errFull) && r.output.rotate {
			err = r.writePending(p)
		}
		switch {
		case errors.Is(err, errFull):
			p.lost = lostFull
		case err != nil:
			p.lost = lostError
		}
	}
	if errors.Is(err, errFull) {
		err = nil
		r.setFull()
	}
	if err != nil {
		r.output.spoil()
		return err
	}
	return r.output.flush()
}

func (r *Recorder) writePending(p *Pending) error {
	opts := p.options()
	for i, piece := range p.pieces {
		if i == 1 {
			opts.DropCount, opts.Comments = nil, p.comments
		}
		ci, data := p.info(piece, r.cfg.SnapLen)
		if err := r.output.packet(ci, data, opts); err != nil {
			return err
		}
		p.intf.received++
	}
	p.intf.received += p.lostBefore
	p.intf.dropped += p.lostBefore
	return nil
}

// setFull ends the recording at MaxSize, unless it rotates: then it was one
// packet that is larger than a file.
func (r *Recorder) setFull() {
	if r.output.rotate {
		return
	}
	r.mu.Lock()
	first := !r.full
	r.full = true
	r.mu.Unlock()
	if first {
		r.cfg.Logger.Warn("capture: recording ended at its size cap", "bytes", r.cfg.MaxSize)
	}
}

// finish ends the last file.
func (r *Recorder) finish() {
	for _, i := range r.interfaces {
		i.received += i.lostSince
		i.dropped += i.lostSince
		i.lostSince = 0
	}
	r.described = len(r.interfaces)
	failed := r.err != nil
	r.unlocked(func() error {
		if failed {
			return r.output.target.close()
		}
		if err := r.output.describe(); err != nil && !errors.Is(err, errFull) {
			return err
		}
		return r.output.end(r.ended)
	})
	r.count()
	r.finished = true
	close(r.done)
}

func (r *Recorder) count() {
	r.stats.Packets, r.stats.Bytes, r.stats.Files = r.output.total, r.output.bytes, r.output.files
}

func lostComment(n uint64) string {
	return fmt.Sprintf("%d packets before this one are not in the recording", n)
}
