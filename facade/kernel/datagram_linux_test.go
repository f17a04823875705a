package kernel_test

import (
	"bytes"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"golang.org/x/sys/unix"
)

func TestUDPExchange(t *testing.T) {
	for _, lo := range loopbacks {
		t.Run(lo.name, func(t *testing.T) {
			p := newProvider(t, kernel.Config{})
			a := bound(t, p, endpoint.SOCK_DGRAM, lo.any)
			b := bound(t, p, endpoint.SOCK_DGRAM, lo.any)
			for _, data := range []string{"hello", "", "again"} {
				n, errno := a.Send(&endpoint.Message{Iov: [][]byte{[]byte(data)}, Addr: local(t, b)})
				if errno != 0 || n != len(data) {
					t.Fatalf("Send(%q): %d, %v", data, n, errno)
				}
				buf := make([]byte, 16)
				m := endpoint.Message{Iov: [][]byte{buf[:2], nil, buf[2:]}, NeedAddr: true}
				n, errno = recvMessage(t, b, &m)
				if errno != 0 || string(buf[:n]) != data || m.Addr != local(t, a) {
					t.Fatalf("Recv: %q from %v, %v", buf[:n], m.Addr, errno)
				}
			}
			m := endpoint.Message{Iov: [][]byte{make([]byte, 1)}, NeedAddr: true}
			_, errno := b.Recv(&m)
			want(t, "Recv of nothing", errno, endpoint.EAGAIN)
			if !m.Addr.IsZero() {
				t.Error("an address was left by a Recv that failed")
			}
		})
	}
}

func TestDatagramTruncation(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	a, b := udpPair(t, p)
	for _, c := range []struct{ flags, size, n int }{
		{0, 3, 3}, {endpoint.MSG_TRUNC, 3, 10}, {0, 0, 0}, {endpoint.MSG_TRUNC, 0, 10},
	} {
		_, errno := send(t, a, []byte("0123456789"))
		ok(t, "Send", errno)
		m := endpoint.Message{Flags: c.flags}
		if c.size > 0 {
			m.Iov = [][]byte{make([]byte, c.size)}
		}
		n, errno := recvMessage(t, b, &m)
		if errno != 0 || n != c.n || m.Flags != endpoint.MSG_TRUNC {
			t.Errorf("%+v: %d, flags %#x, %v", c, n, m.Flags, errno)
		}
	}
	_, errno := a.Send(&endpoint.Message{Iov: [][]byte{make([]byte, 65508)}})
	want(t, "Send of 65,508 bytes", errno, endpoint.EMSGSIZE)
}

// udpPair is two sockets that are connected to each other.
func udpPair(t testing.TB, p *kernel.Provider) (a, b *kernel.Endpoint) {
	t.Helper()
	a = bound(t, p, endpoint.SOCK_DGRAM, loopbacks[0].any)
	b = bound(t, p, endpoint.SOCK_DGRAM, loopbacks[0].any)
	ok(t, "Connect", a.Connect(local(t, b)))
	ok(t, "Connect", b.Connect(local(t, a)))
	return a, b
}

func TestManyBuffers(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	a, b := udpPair(t, p)
	var iov, into [][]byte
	var sent []byte
	for i := range 1024 {
		iov = append(iov, []byte{byte(i)})
		into = append(into, make([]byte, 1))
		sent = append(sent, byte(i))
	}
	if n, errno := a.Send(&endpoint.Message{Iov: iov}); n != 1024 || errno != 0 {
		t.Fatalf("Send: %d, %v", n, errno)
	}
	n, errno := recvMessage(t, b, &endpoint.Message{Iov: into})
	if errno != 0 || n != 1024 || !bytes.Equal(bytes.Join(into, nil), sent) {
		t.Fatalf("Recv: %d, %v", n, errno)
	}
	_, errno = a.Send(&endpoint.Message{Iov: append(iov, nil)})
	want(t, "Send of 1,025 buffers", errno, endpoint.EMSGSIZE)
	_, errno = b.Recv(&endpoint.Message{Iov: append(into, nil)})
	want(t, "Recv into 1,025 buffers", errno, endpoint.EMSGSIZE)
}

func TestControlData(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	pair, errno := p.Pair(endpoint.AF_UNIX, endpoint.SOCK_SEQPACKET, 0, endpoint.Cred{})
	ok(t, "Pair", errno)
	rights := unix.UnixRights(pair[0].(*kernel.Endpoint).FD())
	msg := endpoint.Message{Iov: [][]byte{[]byte("fd")}, Control: rights}

	_, errno = pair[0].Send(&msg)
	ok(t, "Send", errno)
	m := endpoint.Message{Iov: [][]byte{make([]byte, 8)}, Control: make([]byte, 128)}
	_, errno = recvMessage(t, pair[1], &m)
	ok(t, "Recv", errno)
	if len(m.Control) != len(rights) || m.Flags != 0 {
		t.Fatalf("%d bytes of control data, flags %#x", len(m.Control), m.Flags)
	}
	scms, err := unix.ParseSocketControlMessage(m.Control)
	if err != nil || len(scms) != 1 {
		t.Fatal(scms, err)
	}
	fds, err := unix.ParseUnixRights(&scms[0])
	if err != nil || len(fds) != 1 {
		t.Fatal(fds, err)
	}
	if flags, _ := unix.FcntlInt(uintptr(fds[0]), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
		t.Error("a received descriptor would be inherited")
	}
	got, errno := p.Adopt(fds[0])
	ok(t, "Adopt", errno)
	got.Close()

	_, errno = pair[0].Send(&msg)
	ok(t, "Send", errno)
	m = endpoint.Message{Iov: [][]byte{make([]byte, 8)}, Control: make([]byte, 4)}
	_, errno = recvMessage(t, pair[1], &m)
	if errno != 0 || m.Flags&endpoint.MSG_CTRUNC == 0 || len(m.Control) > 4 {
		t.Errorf("short control buffer: %d bytes, flags %#x, %v", len(m.Control), m.Flags, errno)
	}
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	a, b := udpPair(t, p)
	out := endpoint.Message{Iov: [][]byte{make([]byte, 100)}, Addr: endpoint.Sockaddr{}}
	in := endpoint.Message{Iov: [][]byte{make([]byte, 100)}, NeedAddr: true}
	if n := testing.AllocsPerRun(200, func() {
		if _, errno := a.Send(&out); errno != 0 {
			t.Fatal(errno)
		}
		if _, errno := b.Recv(&in); errno != 0 {
			t.Fatal(errno)
		}
		b.Ready()
	}); n != 0 {
		t.Errorf("%v allocations for a send and a receive", n)
	}
}
