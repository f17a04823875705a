package netstack_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// script makes calls on sockets of one path and notes what they answer.
type script func(*notes)

// notes is what a script has seen.
type notes struct {
	t     *testing.T
	p     endpoint.Provider
	lines []string
}

// likeTheKernel runs a script on the stack and on the kernel's sockets in a
// namespace, and compares.
func likeTheKernel(t *testing.T, run script) {
	t.Helper()
	testenv.Root(t)
	if !testenv.InNetns() {
		testenv.Skip(t, "a network namespace is needed")
	}
	testenv.LeakCheck(t)
	k, err := kernel.New(kernel.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	theirs := &notes{t: t, p: k}
	run(theirs)
	ours := &notes{t: t, p: silentHost(t)}
	run(ours)
	for i, line := range ours.lines {
		if i >= len(theirs.lines) || line != theirs.lines[i] {
			t.Errorf("stack:  %s\nkernel: %s", line, strings.Join(theirs.lines[min(i, len(theirs.lines)):min(i+1, len(theirs.lines))], ""))
		}
	}
}

// silentHost is a host like the namespace: its link silent0, 192.0.2.1/24, leads
// to nobody who answers.
func silentHost(t *testing.T) *netstack.Provider {
	a, b := link.NewCable(link.CableConfig{})
	c := linkConfig(a, "192.0.2.1/24", "2001:db8::1/64")
	c.Name = "silent0"
	newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(b)}})
	return newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{c}}))
}

func (n *notes) note(format string, args ...any) {
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) socket(family, typ, proto int) endpoint.Endpoint {
	n.t.Helper()
	e, errno := n.p.Socket(family, typ, proto, endpoint.Cred{})
	if errno != 0 {
		n.t.Fatalf("socket(%d, %d, %d): %s", family, typ, proto, errno.Name())
	}
	n.t.Cleanup(func() { e.Close() })
	return e
}

func (n *notes) refused(family, typ, proto int) {
	e, errno := n.p.Socket(family, typ, proto, endpoint.Cred{})
	if e != nil {
		e.Close()
	}
	n.note("socket(%d, %d, %#x): %s", family, typ, proto, errno.Name())
}

func (n *notes) bind(e endpoint.Endpoint, sa endpoint.Sockaddr) {
	n.note("bind % x: %s", sa.Bytes(), e.Bind(sa).Name())
	n.name(e)
}

func (n *notes) connect(e endpoint.Endpoint, sa endpoint.Sockaddr) {
	n.note("connect % x: %s", sa.Bytes(), e.Connect(sa).Name())
	n.name(e)
	n.peer(e)
}

func (n *notes) name(e endpoint.Endpoint) {
	sa, errno := e.LocalAddr()
	n.note("getsockname: % x %s", sa.Bytes(), errno.Name())
}

func (n *notes) peer(e endpoint.Endpoint) {
	sa, errno := e.PeerAddr()
	n.note("getpeername: % x %s", sa.Bytes(), errno.Name())
}

func (n *notes) send(e endpoint.Endpoint, data []byte, to endpoint.Sockaddr, flags int) {
	m := endpoint.Message{Iov: [][]byte{data}, Addr: to, Flags: flags}
	k, errno := e.Send(&m)
	n.note("send %d bytes to % x: %d %s", len(data), to.Bytes(), k, errno.Name())
}

// recv waits for a datagram and notes it, with what mask blanks out.
func (n *notes) recv(e endpoint.Endpoint, size, flags int, mask func([]byte)) []byte {
	n.t.Helper()
	b := make([]byte, size)
	m := endpoint.Message{Iov: [][]byte{b}, NeedAddr: true}
	k := 0
	errno := wait(n.t, e, func() (errno endpoint.Errno) {
		m.Flags = flags
		k, errno = e.Recv(&m)
		return errno
	})
	if errno == endpoint.ETIMEDOUT {
		n.t.FailNow()
	}
	b = b[:min(k, len(b))]
	raw := append([]byte(nil), b...)
	if mask != nil {
		mask(b)
	}
	n.note("recv: %d bytes % x from % x flags %#x %s", k, b, m.Addr.Bytes(), m.Flags, errno.Name())
	return raw
}

// nothing notes whether there is something to receive at once.
func (n *notes) nothing(e endpoint.Endpoint) {
	m := endpoint.Message{Iov: [][]byte{make([]byte, 100)}}
	_, errno := e.Recv(&m)
	n.note("recv at once: %s", errno.Name())
}

func (n *notes) get(e endpoint.Endpoint, level, name, size int) {
	v := make([]byte, size)
	k, errno := e.GetSockOpt(level, name, v)
	n.note("getsockopt(%d, %d): % x %s", level, name, v[:k], errno.Name())
}

func (n *notes) set(e endpoint.Endpoint, level, name int, v []byte) {
	n.note("setsockopt(%d, %d, % x): %s", level, name, v, e.SetSockOpt(level, name, v).Name())
}

func (n *notes) ioctl(e endpoint.Endpoint, req uint, arg []byte) {
	_, errno := e.Ioctl(req, arg)
	if errno != 0 {
		arg = nil
	}
	n.note("ioctl(%#x): % x %s", req, arg, errno.Name())
}

// plain notes the calls that these sockets mostly do not have.
func (n *notes) plain(e endpoint.Endpoint) {
	n.note("listen: %s", e.Listen(1).Name())
	_, _, errno := e.Accept()
	n.note("accept: %s", errno.Name())
	n.note("shutdown: %s", e.Shutdown(endpoint.SHUT_RD).Name())
	n.peer(e)
}

// maskIP blanks out the identification and checksum of an IPv4 header.
func maskIP(b []byte) {
	if len(b) >= 12 {
		clear(b[4:6])
		clear(b[10:12])
	}
}

// in4 is a sockaddr_in.
func in4(addr string, port uint16) endpoint.Sockaddr {
	return endpoint.SockaddrInet4(netip.MustParseAddr(addr), port)
}

// in6 is a sockaddr_in6.
func in6(addr string, port uint16) endpoint.Sockaddr {
	return endpoint.SockaddrInet6(netip.MustParseAddr(addr), port, 0, 0)
}

// ipv4Header is one with an option-free length of its own say-so, unfilled.
func ipv4Header(ihl, version byte, src, dst string, payload int) []byte {
	b := make([]byte, 20+payload)
	b[0] = version<<4 | ihl
	b[8], b[9] = 64, 253
	s, d := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	copy(b[12:], s[:])
	copy(b[16:], d[:])
	for i := range payload {
		b[20+i] = 'd'
	}
	return b
}
