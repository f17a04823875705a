package facade

import (
	"strconv"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Send wraps send(2): in blocking mode a stream takes all of b, otherwise it may
// take a part; the number tells. An error comes without bytes, unless a context or
// a Close ended the call when some were sent. b is not kept.
func (s *Socket) Send(b []byte, flags ...int) (int, error) {
	const op = "send"
	e, err := s.engineFor(op)
	if err != nil {
		return 0, err
	}
	n, r := s.send(e, b, flagsOf(flags), noAddr)
	return n, newError(op, nil, r)
}

func (s *Socket) send(e *engine, b []byte, flags int, to endpoint.Sockaddr) (int, result) {
	o := newSend(e, b, flags, to)
	defer o.free()
	return s.deliver(e, o, flags)
}

// deliver sends o as sendmsg(2) of the kernel does: of a stream in blocking mode all
// of it, or what goes within SO_SNDTIMEO.
func (s *Socket) deliver(e *engine, o *op, flags int) (int, result) {
	w := s.patience(&e.wr, flags)
	if !e.isStream() || w.timeout != NoTimeout && w.onExpiry == 0 {
		return e.sendOnce(o, w)
	}
	n, r := e.sendWhole(o, w)
	if n > 0 && r.outcome == done {
		e.keepError(r)
		return n, result{}
	}
	return n, r
}

// SendAll sends all of b within the socket's timeout, which counts for the whole
// call. After an error there is no telling how much went.
func (s *Socket) SendAll(b []byte, flags ...int) error {
	const op = "sendall"
	e, err := s.engineFor(op)
	if err != nil {
		return err
	}
	f := flagsOf(flags)
	_, r := e.sendAll(b, f, s.patience(&e.wr, f))
	return newError(op, nil, r)
}

// SendTo wraps sendto(2): it sends b to address. Streams ignore the address once
// they are connected.
func (s *Socket) SendTo(b []byte, address Addr, flags ...int) (int, error) {
	const op = "sendto"
	e, err := s.engineFor(op)
	if err != nil {
		return 0, err
	}
	to, err := s.call(op).toSockaddr(address)
	if err != nil {
		return 0, err
	}
	n, r := s.send(e, b, flagsOf(flags), to)
	return n, newError(op, address, r)
}

// Recv wraps recv(2) into a new buffer of up to bufsize bytes. A stream's end is
// an empty result without an error.
func (s *Socket) Recv(bufsize int, flags ...int) ([]byte, error) {
	const op = "recv"
	b, err := buffer(op, bufsize)
	if err != nil {
		return nil, err
	}
	n, err := s.recvInto(op, b, flags)
	return b[:min(n, len(b))], err
}

// RecvInto wraps recv(2): it receives up to len(buf) bytes into buf and returns
// how many, or the whole datagram's size with MSG_TRUNC. An empty buf reads and
// consumes nothing.
func (s *Socket) RecvInto(buf []byte, flags ...int) (int, error) {
	return s.recvInto("recv_into", buf, flags)
}

func (s *Socket) recvInto(op string, buf []byte, flags []int) (int, error) {
	e, err := s.engineFor(op)
	if err != nil || len(buf) == 0 {
		return 0, err
	}
	f := flagsOf(flags)
	n, r := e.recv(buf, f, nil, s.patience(&e.rd, f))
	return n, newError(op, nil, r)
}

// RecvFrom is Recv that also returns the sender's address; on a stream that is
// nil.
func (s *Socket) RecvFrom(bufsize int, flags ...int) ([]byte, Addr, error) {
	const op = "recvfrom"
	b, err := buffer(op, bufsize)
	if err != nil {
		return nil, nil, err
	}
	n, from, err := s.recvFromInto(op, b, flags)
	return b[:min(n, len(b))], from, err
}

// RecvFromInto is RecvInto that also returns the sender's address. Unlike
// RecvInto, an empty buf takes a datagram from the queue.
func (s *Socket) RecvFromInto(buf []byte, flags ...int) (int, Addr, error) {
	return s.recvFromInto("recvfrom_into", buf, flags)
}

func (s *Socket) recvFromInto(op string, buf []byte, flags []int) (int, Addr, error) {
	e, err := s.engineFor(op)
	if err != nil {
		return 0, nil, err
	}
	f := flagsOf(flags)
	var from endpoint.Sockaddr
	n, r := e.recv(buf, f, &from, s.patience(&e.rd, f))
	if !r.ok() {
		return 0, nil, newError(op, nil, r)
	}
	return n, e.addr(from), nil
}

// maxReceive bounds what one call allocates: the kernel's own limit for a read,
// MAX_RW_COUNT.
const maxReceive = 1<<31 - 4096

func buffer(op string, size int) ([]byte, error) {
	if size < 0 {
		return nil, badArgument(op, "negative buffersize")
	}
	if size > maxReceive {
		return nil, badArgument(op, "buffersize is over "+strconv.Itoa(maxReceive))
	}
	return make([]byte, size), nil
}
