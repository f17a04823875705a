package link

import (
	"bytes"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// addressTable is the filtering database of a switch (IEEE 802.1D-2004 section
// 7.9): where each station was last heard, for a time, up to a number of them.
type addressTable struct {
	max    int
	ageing time.Duration

	mu      sync.RWMutex
	entries map[mac]*addressEntry
	sweepAt time.Duration // when an entry may have aged
}

type addressEntry struct {
	port *SwitchPort // changed with the table's mu held
	seen atomic.Int64
}

// touchInterval is how old seen may be: it is not written for each frame.
const touchInterval = time.Second

type learned int

const (
	known learned = iota
	isNew
	moved
	tableFull
)

// learn notes that m was heard on a port at now.
func (t *addressTable) learn(m mac, p *SwitchPort, now time.Duration) learned {
	t.mu.RLock()
	e := t.entries[m]
	current := e != nil && e.port == p
	t.mu.RUnlock()
	if !current {
		return t.put(m, p, now)
	}
	if now-time.Duration(e.seen.Load()) >= min(touchInterval, t.ageing/2) {
		e.seen.Store(int64(now))
	}
	return known
}

func (t *addressTable) put(m mac, p *SwitchPort, now time.Duration) learned {
	t.mu.Lock()
	defer t.mu.Unlock()
	result := moved
	e := t.entries[m]
	if e == nil {
		t.sweep(now)
		if len(t.entries) >= t.max {
			return tableFull
		}
		e, result = &addressEntry{}, isNew
		t.entries[m] = e
	}
	e.port = p
	e.seen.Store(int64(now))
	return result
}

// sweep removes what has aged, looking no more often than something can have.
func (t *addressTable) sweep(now time.Duration) {
	if now < t.sweepAt {
		return
	}
	t.sweepAt = now + t.ageing
	for m, e := range t.entries {
		if t.aged(e, now) {
			delete(t.entries, m)
		} else {
			t.sweepAt = min(t.sweepAt, time.Duration(e.seen.Load())+t.ageing)
		}
	}
}

func (t *addressTable) aged(e *addressEntry, now time.Duration) bool {
	return now-time.Duration(e.seen.Load()) >= t.ageing
}

// lookup returns the port of a station, nil if it is not known.
func (t *addressTable) lookup(m mac, now time.Duration) *SwitchPort {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if e := t.entries[m]; e != nil && !t.aged(e, now) {
		return e.port
	}
	return nil
}

// forget removes the stations of a port.
func (t *addressTable) forget(p *SwitchPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for m, e := range t.entries {
		if e.port == p {
			delete(t.entries, m)
		}
	}
}

// SwitchAddress is a station that a switch has heard.
type SwitchAddress struct {
	MAC  net.HardwareAddr
	Port *SwitchPort
	// Age is the time since a frame of it was noted, by a second exact.
	Age time.Duration
}

func (t *addressTable) list(now time.Duration) []SwitchAddress {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var list []SwitchAddress
	for m, e := range t.entries {
		if !t.aged(e, now) {
			list = append(list, SwitchAddress{net.HardwareAddr(m[:]), e.port, now - time.Duration(e.seen.Load())})
		}
	}
	slices.SortFunc(list, func(a, b SwitchAddress) int { return bytes.Compare(a.MAC, b.MAC) })
	return list
}
