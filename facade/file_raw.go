package facade

import (
	"context"
	"io"
	"sync/atomic"
)

// rawFile is the reference's SocketIO: a file without buffers.
type rawFile struct {
	f *File
	// ctx ends receives when the file is closed.
	ctx      context.Context
	timedOut atomic.Bool
}

// receive receives once, at least a byte or an error: io.EOF at the end.
func (r *rawFile) receive(op string, b []byte) (int, error) {
	if r.timedOut.Load() {
		return 0, &Error{Op: op, sentinel: ErrTimedOutFile}
	}
	e := r.f.e
	w := r.f.s.patience(&e.rd, 0)
	w.ctx = r.ctx
	n, result := e.recv(b, 0, nil, w)
	switch {
	case !result.ok() && r.f.Closed():
		return 0, fileClosed(op)
	case result.outcome == timedOut:
		r.timedOut.Store(true)
	case result.ok() && n == 0:
		return 0, io.EOF
	}
	return min(n, len(b)), newError(op, nil, result)
}

// send sends b. Without an error all of it went.
func (r *rawFile) send(op string, b []byte) (int, error) {
	e := r.f.e
	n, result := e.sendAll(b, 0, r.f.s.patience(&e.wr, 0))
	return n, newError(op, nil, result)
}
