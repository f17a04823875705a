package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

// hello is what the client of the reference's example says.
const hello = "Hello, world"

// roundTrips is how many round trips the median is of.
const roundTrips = 200

// chunkSize is the size of the writes of the transfer.
const chunkSize = 64 << 10

// demo runs the reference's echo examples.
type demo struct {
	ctx  context.Context
	m    *facade.Module
	port int
	size int // of the transfer, in bytes
}

// candidate is an address to try: one result of getaddrinfo.
type candidate struct {
	family facade.Family
	host   string
}

func (c candidate) addr(port int) facade.Addr {
	if c.family == facade.AF_INET6 {
		return facade.Inet6Addr{Host: c.host, Port: port}
	}
	return facade.InetAddr{Host: c.host, Port: port}
}

// exchanges runs both examples. The second one listens on the first address
// family that there is, and connects to the first address that answers.
func (d demo) exchanges() ([]Exchange, error) {
	var all []Exchange
	for _, e := range []struct {
		name           string
		server, client []candidate
	}{
		{
			"IPv4",
			[]candidate{{facade.AF_INET, ""}},
			[]candidate{{facade.AF_INET, "127.0.0.1"}},
		}, {
			"IPv6 and IPv4",
			[]candidate{{facade.AF_INET6, ""}, {facade.AF_INET, ""}},
			[]candidate{{facade.AF_INET6, "::1"}, {facade.AF_INET, "127.0.0.1"}},
		},
	} {
		x, err := d.exchange(e.name, e.server, e.client)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		all = append(all, x)
	}
	return all, nil
}

func (d demo) exchange(name string, server, client []candidate) (Exchange, error) {
	listener, err := d.listen(server)
	if err != nil {
		return Exchange{}, err
	}
	defer listener.Close()
	defer context.AfterFunc(d.ctx, func() { listener.Close() })()
	bound, err := listener.GetSockName()
	if err != nil {
		return Exchange{}, err
	}
	x := Exchange{Name: name, Listening: bound.String()}
	served := make(chan serverResult, 1)
	go func() { served <- d.serve(listener) }()
	clientErr := d.runClient(&x, client, portOf(bound))
	if clientErr != nil {
		listener.Close() // so that the server does not wait for a client
	}
	s := <-served
	x.ConnectedBy, x.ServerReceived = s.peer, s.received
	return x, errors.Join(clientErr, s.err)
}

func portOf(a facade.Addr) int {
	switch a := a.(type) {
	case facade.InetAddr:
		return a.Port
	case facade.Inet6Addr:
		return a.Port
	}
	return 0
}

// listen takes the first address that can be bound.
func (d demo) listen(all []candidate) (*facade.Socket, error) {
	var first error
	for _, c := range all {
		s, err := d.m.Socket(c.family, facade.SOCK_STREAM, 0)
		if err == nil {
			err = errors.Join(
				s.SetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEADDR, 1),
				s.Bind(c.addr(d.port)), s.Listen(1))
			if err == nil {
				return s, nil
			}
			s.Close()
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// serverResult is what the server saw.
type serverResult struct {
	peer     string
	received string // at first
	err      error
}

// serve echoes one connection to its end.
func (d demo) serve(listener *facade.Socket) (r serverResult) {
	conn, peer, err := listener.Accept()
	if err != nil {
		r.err = err
		return r
	}
	defer conn.Close()
	defer context.AfterFunc(d.ctx, func() { conn.Close() })()
	r.peer = peer.String()
	buf := make([]byte, chunkSize)
	for {
		n, err := conn.RecvInto(buf)
		if err != nil || n == 0 {
			r.err = err
			return r
		}
		if r.received == "" {
			r.received = string(buf[:n])
		}
		if r.err = conn.SendAll(buf[:n]); r.err != nil {
			return r
		}
	}
}

func (d demo) runClient(x *Exchange, all []candidate, port int) error {
	s, addr, err := d.connect(all, port)
	if err != nil {
		return err
	}
	defer s.Close()
	defer context.AfterFunc(d.ctx, func() { s.Close() })()
	local, err := s.GetSockName()
	if err != nil {
		return err
	}
	x.Connected, x.Client, x.Sent = addr.String(), local.String(), hello
	if err := s.SendAll([]byte(hello)); err != nil {
		return err
	}
	reply, err := s.Recv(len(hello), facade.MSG_WAITALL)
	if err != nil {
		return err
	}
	if x.Received = string(reply); x.Received != hello {
		return fmt.Errorf("the server answered %q to %q", reply, hello)
	}
	if x.RoundTrip, err = measureRoundTrip(s); err != nil {
		return err
	}
	x.Transferred = d.size
	x.Took, err = transfer(s, d.size)
	return err
}

// connect takes the first address that answers.
func (d demo) connect(all []candidate, port int) (*facade.Socket, facade.Addr, error) {
	var last error
	for _, c := range all {
		s, err := d.m.Socket(c.family, facade.SOCK_STREAM, 0)
		if err == nil {
			a := c.addr(port)
			if err = s.Connect(a); err == nil {
				return s, a, s.SetSockOpt(facade.IPPROTO_TCP, facade.TCP_NODELAY, 1)
			}
			s.Close()
		}
		last = err
	}
	return nil, nil, last
}

// measureRoundTrip is the median of one byte there and back.
func measureRoundTrip(s *facade.Socket) (time.Duration, error) {
	all := make([]time.Duration, roundTrips)
	b := []byte{'x'}
	for i := range all {
		start := time.Now()
		if err := s.SendAll(b); err != nil {
			return 0, err
		}
		if n, err := s.RecvInto(b); err != nil || n != 1 {
			return 0, errors.Join(errors.New("round trip was cut short"), err)
		}
		all[i] = time.Since(start)
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

// transfer sends size bytes while it receives their echo, and checks what comes
// back.
func transfer(s *facade.Socket, size int) (time.Duration, error) {
	pattern := make([]byte, 2*chunkSize)
	for i := range pattern {
		pattern[i] = byte(i % chunkSize % 251)
	}
	chunk := pattern[:chunkSize]
	start := time.Now()
	sent := make(chan error, 1)
	go func() {
		for n := 0; n < size; n += len(chunk) {
			if err := s.SendAll(chunk); err != nil {
				sent <- err
				return
			}
		}
		sent <- s.Shutdown(facade.SHUT_WR)
	}()
	got, err := receive(s, pattern)
	if err != nil {
		s.Close() // so that the sender ends
	}
	err = errors.Join(err, <-sent)
	if err == nil && got != size {
		err = fmt.Errorf("%d of %d bytes came back", got, size)
	}
	return time.Since(start), err
}

// receive counts what comes back. The pattern is a chunk twice, so that any part
// of the stream is a slice of it.
func receive(s *facade.Socket, pattern []byte) (int, error) {
	buf := make([]byte, chunkSize)
	total := 0
	for {
		n, err := s.RecvInto(buf)
		if err != nil || n == 0 {
			return total, err
		}
		if at := total % chunkSize; !bytes.Equal(buf[:n], pattern[at:at+n]) {
			return total, fmt.Errorf("what came back after %d bytes was changed", total)
		}
		total += n
	}
}
