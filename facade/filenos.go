package facade

import "sync"

// filenos is what the descriptors that Fileno and Detach gave out stand for. The
// zero value is ready for use.
type filenos struct {
	mu     sync.Mutex
	closed bool
	byFD   map[int]*traffic
}

// add enters a descriptor; not any more after close.
func (f *filenos) add(fd int, t *traffic) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	if f.byFD == nil {
		f.byFD = make(map[int]*traffic)
	}
	f.byFD[fd] = t
	return true
}

func (f *filenos) find(fd int) *traffic {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byFD[fd]
}

// forget takes out what stands for t. It is called before the number may come to
// stand for something else.
func (f *filenos) forget(fd int, t *traffic) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byFD[fd] == t {
		delete(f.byFD, fd)
	}
}

// close closes every descriptor that stands for a socket, and what was detached.
func (f *filenos) close() {
	f.mu.Lock()
	f.closed = true
	all := f.byFD
	f.byFD = nil
	f.mu.Unlock()
	for _, t := range all {
		t.closeFileno()
		if t.detached.Load() {
			t.close()
		}
	}
}
