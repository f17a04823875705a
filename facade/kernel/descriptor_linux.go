package kernel

import "sync/atomic"

// opened is the bit of descriptor.state that close takes away; the bits below
// count the calls under way.
const opened = 1 << 62

// descriptor counts who uses a file descriptor, so that its number is given
// back to the kernel only when the last call has left: a call must never meet
// another file under the same number. The zero value is closed.
type descriptor struct {
	n     int
	state atomic.Int64
}

func (d *descriptor) init(fd int) {
	d.n = fd
	d.state.Store(opened)
}

// disown forgets the descriptor, unused so far, without its end.
func (d *descriptor) disown() { d.state.Store(0) }

// acquire begins a use; false when it is closed.
func (d *descriptor) acquire() bool {
	for {
		s := d.state.Load()
		if s&opened == 0 {
			return false
		}
		if d.state.CompareAndSwap(s, s+1) {
			return true
		}
	}
}

// release ends a use, and tells whether it was the last one of a closed
// descriptor: the caller has to end it.
func (d *descriptor) release() (last bool) { return d.state.Add(-1) == 0 }

// close keeps further uses out. first is true in one call only, and last as in
// release.
func (d *descriptor) close() (first, last bool) {
	for {
		s := d.state.Load()
		if s&opened == 0 {
			return false, false
		}
		if d.state.CompareAndSwap(s, s&^opened) {
			return true, s&^opened == 0
		}
	}
}
