package link

import (
	"container/heap"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// lane is one direction of an Impairment.
type lane struct {
	m         *Impairment
	direction Direction
	start     tcpip.MonotonicTime
	counts    [fateKinds]atomic.Uint64

	mu          sync.Mutex
	idle        sync.Cond // draining has ended
	faults      Faults
	dice        dice
	number      uint64 // of the next packet
	transmitter transmitter
	held        heldPackets
	heldBytes   int
	sequence    uint64        // of the next held packet
	latest      time.Duration // when the last packet leaves that is not reordered
	timer       tcpip.Timer
	armed       bool
	armedAt     time.Duration
	draining    bool
	closed      bool
}

func (l *lane) init(m *Impairment, d Direction, seed uint64) {
	l.m, l.direction, l.dice = m, d, newDice(seed, d)
	l.start = m.clock.NowMonotonic()
	l.idle.L = &l.mu
}

func (l *lane) now() time.Duration { return l.m.clock.NowMonotonic().Sub(l.start) }

func (l *lane) set(f Faults) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.Burst.Enter == 0 {
		l.dice.bad = false
	}
	if f.Rate != l.faults.Rate {
		l.transmitter.rest = 0
	}
	l.faults = f.withDefaults()
}

func (l *lane) get() Faults {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults
}

// carry takes a packet: it passes it on, holds it or drops it. The answer is
// that of the link below, if it was asked.
func (l *lane) carry(protocol tcpip.NetworkProtocolNumber, pkt *gstack.PacketBuffer) tcpip.Error {
	l.mu.Lock()
	p := heldPacket{number: l.number, protocol: protocol, pkt: pkt}
	l.number++
	r := l.dice.roll(&l.faults)
	end := l.end(&r)
	l.mu.Unlock()
	if end.Dropped() {
		l.report(end, &p)
		return nil
	}
	// What the clone shares with pkt is not changed: gVisor copies it first.
	var second *heldPacket
	if r.duplicated {
		l.report(Duplicated, &p)
		second = &heldPacket{number: p.number, protocol: protocol, pkt: pkt.Clone(), owned: true, copy: true}
	}
	if r.corrupted {
		p.pkt, p.owned = corrupt(pkt, r.bit), true
		l.report(Corrupted, &p)
	}
	if r.reordered {
		l.report(Reordered, &p)
	}
	err := l.send(&p, &r)
	if second != nil {
		l.send(second, &r)
	}
	return err
}

// end says whether the packet is lost, and how. Called with mu held.
func (l *lane) end(r *roll) FateKind {
	switch {
	case l.closed:
		return Discarded
	case l.faults.Partition:
		return Partitioned
	case r.burstLost:
		return BurstLost
	case r.lost:
		return Lost
	}
	return Delivered
}

// send passes p on when it is due: now, or later.
func (l *lane) send(p *heldPacket, r *roll) tcpip.Error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		l.report(Discarded, p)
		p.release()
		return nil
	}
	now := l.now()
	size := p.pkt.Size()
	ok := l.schedule(p, r, size, now)
	direct := ok && p.due <= now && !l.draining && (len(l.held) == 0 || l.held[0].due > now)
	if ok && !direct {
		l.hold(p, size)
	}
	overdue := len(l.held) > 0 && l.held[0].due <= now
	if !overdue {
		l.arm()
	}
	l.mu.Unlock()
	if overdue {
		l.drain()
	}
	switch {
	case !ok:
		l.report(QueueFull, p)
		p.release()
		return nil
	case direct:
		defer p.release()
		return l.pass(p)
	}
	return nil
}

// schedule sets when p is due. It reports false if there is no room for it.
func (l *lane) schedule(p *heldPacket, r *roll, size int, now time.Duration) bool {
	f := &l.faults
	mayWait := f.Rate > 0 || f.Latency > 0 || f.KeepOrder || l.draining
	if mayWait && (len(l.held) >= f.HeldLen || len(l.held) > 0 && l.heldBytes+size > f.HeldBytes) {
		return false
	}
	if r.reordered {
		p.due = now
		return true
	}
	sent, ok := l.transmitter.send(f, size, now)
	if !ok {
		return false
	}
	p.due = sent + r.delay(f)
	if f.KeepOrder {
		p.due = max(p.due, l.latest)
	}
	l.latest = max(l.latest, p.due)
	return true
}

func (l *lane) hold(p *heldPacket, size int) {
	h := *p
	if !h.owned {
		h.pkt, h.owned = h.pkt.Clone(), true
	}
	h.size, h.sequence = size, l.sequence
	l.sequence++
	l.heldBytes += size
	heap.Push(&l.held, &h)
}

// drain passes on what is due. Only one goroutine does so at a time, so that the
// order is kept; what becomes due meanwhile is left to it.
func (l *lane) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.draining {
		return
	}
	l.draining = true
	for len(l.held) > 0 && l.held[0].due <= l.now() {
		h := heap.Pop(&l.held).(*heldPacket)
		l.heldBytes -= h.size
		l.mu.Unlock()
		l.pass(h)
		h.release()
		l.mu.Lock()
	}
	l.draining = false
	l.idle.Broadcast()
	l.arm()
}

// arm sets the timer for the next packet. Called with mu held.
func (l *lane) arm() {
	if len(l.held) == 0 || l.draining || l.armed && l.armedAt <= l.held[0].due {
		return
	}
	l.armed, l.armedAt = true, l.held[0].due
	wait := l.armedAt - l.now()
	if l.timer == nil {
		l.timer = l.m.clock.AfterFunc(wait, l.wake)
		return
	}
	l.timer.Stop()
	l.timer.Reset(wait)
}

func (l *lane) wake() {
	l.mu.Lock()
	l.armed = false
	l.mu.Unlock()
	l.drain()
}

// discard drops what is held.
func (l *lane) discard(forGood bool) {
	l.mu.Lock()
	l.closed = l.closed || forGood
	held := l.held
	l.held, l.heldBytes, l.armed = nil, 0, false
	if l.timer != nil {
		l.timer.Stop()
	}
	l.mu.Unlock()
	for _, h := range held {
		l.report(Discarded, h)
		h.release()
	}
}

func (l *lane) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.draining {
		l.idle.Wait()
	}
}

// pass hands p on. Called without locks held.
func (l *lane) pass(p *heldPacket) tcpip.Error {
	if l.direction == Inbound {
		up := l.m.dispatcher.Load()
		if up == nil {
			l.report(Discarded, p)
			return nil
		}
		l.report(Delivered, p)
		(*up).DeliverNetworkPacket(p.protocol, p.pkt)
		return nil
	}
	told := *p
	if l.m.onFate != nil {
		told.pkt = p.pkt.Clone() // the link may keep the other
		defer told.pkt.DecRef()
	}
	err := writeOne(l.m.lower, p.pkt)
	if err != nil {
		l.report(Refused, &told)
	} else {
		l.report(Delivered, &told)
	}
	return err
}

// report counts what happened to p and tells who wants to know.
func (l *lane) report(kind FateKind, p *heldPacket) {
	l.counts[kind].Add(1)
	c := &l.m.counters
	switch kind {
	case Lost, BurstLost, Partitioned:
		c.droppedImpaired.Add(1)
	case QueueFull:
		c.droppedQueue.Add(1)
	case Discarded:
		c.droppedUndelivered.Add(1)
	}
	if l.m.onFate == nil {
		return
	}
	l.m.onFate(Fate{
		Kind: kind, Direction: l.direction, Number: p.number, Copy: p.copy,
		At: l.m.clock.Now(), Protocol: p.protocol, Packet: p.pkt,
	})
}
