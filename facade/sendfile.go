package facade

import "io"

// SendFile sends a file from offset on, up to count bytes, or with count 0 to its
// end, over a stream in blocking or timeout mode; the timeout counts for the
// whole. It returns how many bytes were sent, after an error too, and leaves the
// file, which must be seekable to begin with, behind the last of them. A negative
// offset or count, a datagram socket and non-blocking mode are refused.
func (s *Socket) SendFile(file io.ReadSeeker, offset, count int64) (int64, error) {
	const op = "sendfile"
	e, err := s.engineFor(op)
	if err != nil {
		return 0, err
	}
	w := s.patience(&e.wr, 0)
	switch {
	case file == nil:
		return 0, badArgument(op, "file is nil")
	case offset < 0 || count < 0:
		return 0, badArgument(op, "offset and count must not be negative")
	case !e.isStream():
		return 0, badArgument(op, "only SOCK_STREAM sockets are supported")
	case w.timeout == 0:
		return 0, badArgument(op, "non-blocking sockets are not supported")
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	sent, err := e.sendFrom(op, limited(file, count), w)
	if _, seek := file.Seek(offset+sent, io.SeekStart); err == nil {
		err = seek
	}
	return sent, err
}

// limited reads up to count bytes of r; all with 0.
func limited(r io.Reader, count int64) io.Reader {
	if count == 0 {
		return r
	}
	return io.LimitReader(r, count)
}

func (e *engine) sendFrom(op string, r io.Reader, w patience) (int64, error) {
	b := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(b)
	var sent int64
	end := e.deadline(w.timeout)
	for {
		n, err := io.ReadFull(r, b[:])
		if n > 0 {
			if w.timeout = e.left(end); w.timeout <= 0 {
				return sent, newError(op, nil, w.expiry())
			}
			k, r := e.sendAll(b[:n], 0, w)
			sent += int64(k)
			if err := newError(op, nil, r); err != nil {
				return sent, err
			}
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return sent, nil
		default:
			return sent, err
		}
	}
}
