package endpoint

import (
	"cmp"
	"slices"
	"sync"
)

// Entry is one live socket.
type Entry struct {
	// Cookie names the socket, once in the table's life: SO_COOKIE.
	Cookie uint64
	// Inode is what /proc/net/tcp and ss(8) would show; it equals the cookie's
	// low 32 bits, as the stack has no inodes of its own.
	Inode uint32
	// Family, Type and Proto are those of socket(2).
	Family, Type, Proto int
	// Cred is who made it.
	Cred     Cred
	Endpoint Endpoint
}

// Table is every live socket of a provider. It is safe for concurrent use.
type Table struct {
	max int

	mu      sync.Mutex
	last    uint64
	entries map[uint64]Entry
	refused uint64
	closed  bool
}

// NewTable makes an empty table of at most limit sockets; 0 or less is no limit.
func NewTable(limit int) *Table {
	return &Table{max: limit, entries: make(map[uint64]Entry)}
}

// Add enters a socket: ENFILE when the table is full, EBADF after Close. Cookie
// and Inode of e are ignored; assign is told the cookie before anybody can find
// the socket, and must not call the table.
func (t *Table) Add(e Entry, assign func(cookie uint64)) Errno {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return EBADF
	}
	if t.max > 0 && len(t.entries) >= t.max {
		t.refused++
		return ENFILE
	}
	t.last++
	e.Cookie, e.Inode = t.last, uint32(t.last)
	assign(e.Cookie)
	t.entries[e.Cookie] = e
	return 0
}

// Close has further sockets refused, and returns those that are live for the
// caller to close.
func (t *Table) Close() []Entry {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	return t.All()
}

// Remove takes a socket out; an unknown cookie does nothing.
func (t *Table) Remove(cookie uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.entries, cookie)
	if len(t.entries) == 0 {
		// A map never gives its buckets back.
		t.entries = make(map[uint64]Entry)
	}
}

// Get finds a socket by its cookie.
func (t *Table) Get(cookie uint64) (Entry, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.entries[cookie]
	return e, ok
}

// Len returns the number of live sockets.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.entries)
}

// Refused returns how many sockets were turned away because the table was full.
func (t *Table) Refused() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refused
}

// All returns the live sockets in the order in which they were made.
func (t *Table) All() []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Entry, 0, len(t.entries))
	for _, e := range t.entries {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Cookie, b.Cookie) })
	return all
}
