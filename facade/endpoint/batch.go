package endpoint

// SendEach is SendBatch for endpoints that have nothing better than Send.
func SendEach(e Endpoint, ms []Message) (int, Errno) {
	for i := range ms {
		m := &ms[i]
		n, errno := e.Send(m)
		if errno != 0 {
			return i, errno
		}
		if n < m.Len() {
			advance(m, n)
			return i, EAGAIN
		}
	}
	return len(ms), 0
}

// advance reslices Iov to what is left after n bytes were taken.
func advance(m *Message, n int) {
	for i, b := range m.Iov {
		k := min(n, len(b))
		m.Iov[i] = b[k:]
		n -= k
	}
}

// RecvEach is RecvBatch for endpoints that have nothing better than Recv.
func RecvEach(e Endpoint, ms []Message) (int, Errno) {
	for i := range ms {
		n, errno := e.Recv(&ms[i])
		if errno != 0 {
			if i > 0 && errno == EAGAIN {
				errno = 0
			}
			return i, errno
		}
		trim(&ms[i], n)
	}
	return len(ms), 0
}

// trim reslices Iov to the n bytes that were received.
func trim(m *Message, n int) {
	for i, b := range m.Iov {
		k := min(n, len(b))
		m.Iov[i] = b[:k]
		n -= k
	}
}
