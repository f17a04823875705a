package interop_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// relay is a host on a stack that takes what comes to its port 53 to the servers in
// the namespace: from 10.0.0.N to 127.0.0.N, and from fd00::2 to ::1.
type relay struct {
	m        *facade.Module
	wg       sync.WaitGroup
	datagram atomic.Int64 // from clients
	stream   atomic.Int64 // connections

	mu sync.Mutex
	// open are the relay's sockets in the namespace, and out the addresses of those
	// that it has ever had.
	open   map[net.Conn]bool
	out    map[netip.AddrPort]bool
	closed bool
}

// network returns the stack of our resolver, which has ownAddrs, and the relay on
// the other end of its cable. What does not listen in the namespace refuses there as
// well.
func network(t testing.TB) (*stack.Stack, *relay) {
	t.Helper()
	near, far := link.NewCable(link.CableConfig{})
	other, _ := link.NewCable(link.CableConfig{})
	ours := newStack(t, stack.Config{
		Links: []stack.LinkConfig{
			{Endpoint: near, Addresses: prefixes(ownAddrs[0], ownAddrs[2])},
			{Endpoint: other, Addresses: prefixes(ownAddrs[1], ownAddrs[3])},
		},
	})
	addrs := prefixes("fd00::2/64")
	for n := firstServer; n <= lastServer; n++ {
		addrs = append(addrs, netip.MustParsePrefix(fmt.Sprintf("10.0.0.%d/24", n)))
	}
	theirs := newStack(t, stack.Config{Links: []stack.LinkConfig{{Endpoint: far, Addresses: addrs}}})
	r := &relay{m: facade.New(facade.Config{Stack: theirs}), open: make(map[net.Conn]bool), out: make(map[netip.AddrPort]bool)}
	t.Cleanup(r.close)
	r.start(t, "[fd00::2]:53", "[::1]:53", true)
	for n := firstServer; n <= lastServer; n++ {
		if n == closedServer {
			continue
		}
		r.start(t, fmt.Sprintf("10.0.0.%d:53", n), serverAddr(n), !faulty[n].noTCP)
	}
	return ours, r
}

func newStack(t testing.TB, c stack.Config) *stack.Stack {
	t.Helper()
	s, err := stack.New(c)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func prefixes(all ...string) []netip.Prefix {
	var parsed []netip.Prefix
	for _, p := range all {
		parsed = append(parsed, netip.MustParsePrefix(p))
	}
	return parsed
}

func (r *relay) close() {
	r.m.Close()
	r.mu.Lock()
	r.closed = true
	for c := range r.open {
		c.Close()
	}
	r.mu.Unlock()
	r.wg.Wait()
}

// start relays one address.
func (r *relay) start(t testing.TB, at, to string, withTCP bool) {
	t.Helper()
	pc, err := r.m.ListenPacket("udp", at)
	must(t, err)
	r.wg.Go(func() { r.datagrams(pc, to) })
	if !withTCP {
		return
	}
	l, err := r.m.Listen("tcp", at)
	must(t, err)
	r.wg.Go(func() { r.connections(l, to) })
}

// idle is how long a client's socket in the namespace is kept after its last query:
// longer than any answer takes on a busy machine.
const idle = patience

// largestUDP is more than any of the servers sends by UDP.
const largestUDP = 8192

// datagrams gives every client a socket in the namespace.
func (r *relay) datagrams(pc net.PacketConn, to string) {
	var mu sync.Mutex
	clients := make(map[string]net.Conn)
	buf := make([]byte, largestUDP)
	for {
		n, from, err := pc.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error: the client is gone
		}
		r.datagram.Add(1)
		mu.Lock()
		c, ok := clients[from.String()]
		if !ok {
			if c, err = r.dial("udp", to); err == nil {
				clients[from.String()] = c
				r.wg.Go(func() {
					r.answersBack(c, pc, from, func() {
						mu.Lock()
						defer mu.Unlock()
						delete(clients, from.String())
					})
				})
			}
		}
		if err == nil {
			c.SetReadDeadline(time.Now().Add(idle))
			c.Write(buf[:n])
		}
		mu.Unlock()
	}
}

// answersBack takes what servers send, until there has been no query for a while.
func (r *relay) answersBack(c net.Conn, pc net.PacketConn, to net.Addr, forget func()) {
	defer r.hangUp(c)
	defer forget()
	buf := make([]byte, largestUDP)
	for {
		n, err := c.Read(buf)
		if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err == nil {
			pc.WriteTo(buf[:n], to)
		}
	}
}

func (r *relay) connections(l net.Listener, to string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		r.stream.Add(1)
		r.wg.Go(func() {
			defer c.Close()
			server, err := r.dial("tcp", to)
			if err != nil {
				return
			}
			defer r.hangUp(server)
			r.wg.Go(func() {
				io.Copy(server, c)
				server.(*net.TCPConn).CloseWrite()
			})
			io.Copy(c, server)
		})
	}
}

// dial opens a socket in the namespace, which hangUp or the end of the relay closes.
func (r *relay) dial(network, to string) (net.Conn, error) {
	c, err := net.Dial(network, to)
	if err != nil {
		return nil, err
	}
	local, err := netip.ParseAddrPort(c.LocalAddr().String())
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || r.closed {
		c.Close()
		return nil, net.ErrClosed
	}
	r.open[c], r.out[local] = true, true
	return c, nil
}

func (r *relay) hangUp(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
	c.Close()
}

// sent tells whether the relay has had a socket with that address.
func (r *relay) sent(a netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out[a]
}
