package facade

import "sync"

// fileRefs counts the files of a socket. Socket.Close notes the wish while there
// are any, and the last file's Close grants it.
type fileRefs struct {
	mu     sync.Mutex
	open   int
	wished bool
}

// retain counts one file more.
func (r *fileRefs) retain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
}

// release counts one file less, and tells whether the socket is to be closed now.
func (r *fileRefs) release() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	return r.wished && r.open == 0
}

// postpone notes the wish to close the socket, and tells whether files keep it.
func (r *fileRefs) postpone() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wished = true
	return r.open > 0
}
