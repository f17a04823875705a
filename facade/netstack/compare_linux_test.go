package netstack_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// talk runs the same calls on the stack and on the kernel, and writes down what
// they answer.
type talk struct {
	t     *testing.T
	p     endpoint.Provider
	lines []string
	open  []endpoint.Endpoint
	// mask blanks out of what is received what no two sockets have alike.
	mask func([]byte)
}

func (k *talk) note(format string, args ...any) {
	k.lines = append(k.lines, fmt.Sprintf(format, args...))
}

func name(errno endpoint.Errno) string {
	if errno == 0 {
		return "ok"
	}
	return errno.Name()
}

func (k *talk) socket(family, typ int) endpoint.Endpoint {
	k.t.Helper()
	return k.protocol(family, typ, 0)
}

func (k *talk) protocol(family, typ, proto int) endpoint.Endpoint {
	k.t.Helper()
	e, errno := k.p.Socket(family, typ, proto, endpoint.Cred{})
	ok(k.t, "Socket", errno)
	k.open = append(k.open, e)
	return e
}

func (k *talk) bound(addr endpoint.Sockaddr) endpoint.Endpoint {
	k.t.Helper()
	e := k.socket(addr.Family(), endpoint.SOCK_DGRAM)
	ok(k.t, "SO_REUSEADDR", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_REUSEADDR, 1))
	ok(k.t, "Bind", e.Bind(addr))
	return e
}

func (k *talk) set(e endpoint.Endpoint, level, opt int, v []byte) {
	k.note("set %d/%d % x: %s", level, opt, v, name(e.SetSockOpt(level, opt, v)))
}

func (k *talk) get(e endpoint.Endpoint, level, opt int, v []byte) {
	n, errno := e.GetSockOpt(level, opt, v)
	if errno != 0 {
		n = 0
	}
	k.note("get %d/%d: %s % x", level, opt, name(errno), v[:n])
}

// send tells whether it went out.
func (k *talk) send(e endpoint.Endpoint, data string, to endpoint.Sockaddr, control []byte) bool {
	m := endpoint.Message{Iov: [][]byte{[]byte(data)}, Addr: to, Control: control}
	n, errno := e.Send(&m)
	k.note("send %.20q: %d, %s", data, n, name(errno))
	return errno == 0
}

// recv waits for a datagram and writes it down with its control data in a buffer
// of so many bytes. Timestamps are only counted.
func (k *talk) recv(e endpoint.Endpoint, flags, room int) {
	k.t.Helper()
	m := endpoint.Message{Iov: [][]byte{make([]byte, 64)}, NeedAddr: true}
	control := make([]byte, room)
	n := 0
	errno := wait(k.t, e, func() (errno endpoint.Errno) {
		m.Flags, m.Control = flags, control
		n, errno = e.Recv(&m)
		return errno
	})
	k.noteMessage(&m, n, errno)
}

// tryRecv is recv that does not wait.
func (k *talk) tryRecv(e endpoint.Endpoint, flags, room int) {
	k.t.Helper()
	m := endpoint.Message{Iov: [][]byte{make([]byte, 64)}, NeedAddr: true, Flags: flags, Control: make([]byte, room)}
	n, errno := e.Recv(&m)
	k.noteMessage(&m, n, errno)
}

func (k *talk) noteMessage(m *endpoint.Message, n int, errno endpoint.Errno) {
	if errno != 0 {
		k.note("recv: %s", name(errno))
		return
	}
	if k.mask != nil {
		k.mask(m.Iov[0][:min(n, 64)])
	}
	k.note("recv %q from % x, flags %#x, %d bytes of control", m.Iov[0][:min(n, 64)], m.Addr.Bytes(), m.Flags, len(m.Control))
	for c, bad := range endpoint.Cmsgs(m.Control) {
		if bad != 0 {
			k.note("malformed")
		} else if c.Level == endpoint.SOL_SOCKET {
			k.note("  %d/%d of %d bytes", c.Level, c.Type, len(c.Data))
		} else {
			k.note("  %d/%d % x", c.Level, c.Type, c.Data)
		}
	}
}

// close ends the sockets that the script left open.
func (k *talk) close() {
	for _, e := range k.open {
		e.Close()
	}
	k.open = nil
}

// Addresses of the namespace's second link, and of the stack's.
const (
	silentIndex = 2
	local4      = "192.0.2.1"
	local6      = "2001:db8::1"
)

// compare runs a script on the kernel and on a stack with the same links and
// addresses, and compares line by line.
func compare(t *testing.T, script func(k *talk)) {
	t.Helper()
	if !testenv.InNetns() {
		testenv.Skip(t, "a network namespace is needed")
	}
	ours, theirs := stackTalk(t), &talk{t: t, p: kernelProvider(t)}
	for _, k := range []*talk{ours, theirs} {
		script(k)
		k.close()
	}
	for i, line := range ours.lines {
		if i >= len(theirs.lines) || theirs.lines[i] != line {
			t.Errorf("line %d\nstack:  %s\nkernel: %s", i, line, strings.Join(theirs.lines[min(i, len(theirs.lines)):min(i+1, len(theirs.lines))], ""))
		}
	}
	if len(ours.lines) != len(theirs.lines) || len(ours.lines) == 0 {
		t.Errorf("%d lines, %d of the kernel", len(ours.lines), len(theirs.lines))
	}
	if testing.Verbose() && t.Failed() {
		t.Logf("stack:\n%s", strings.Join(ours.lines, "\n"))
		t.Logf("kernel:\n%s", strings.Join(theirs.lines, "\n"))
	}
}

func stackTalk(t *testing.T) *talk {
	t.Helper()
	end, _ := link.NewCable(link.CableConfig{})
	return &talk{t: t, p: newProvider(t, newStack(t, stack.Config{
		Links: []stack.LinkConfig{linkConfig(end, local4+"/24", local6+"/64")},
	}))}
}

func kernelProvider(t *testing.T) endpoint.Provider {
	t.Helper()
	p, err := kernel.New(kernel.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}
