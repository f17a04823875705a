package facade_test

import (
	"bytes"
	"io"
	"math"
	"os"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

// streamPair makes two connected streams.
func streamPair(t *testing.T, m *facade.Module, family facade.Family) [2]*facade.Socket {
	t.Helper()
	pair, err := m.SocketPair(family, facade.SOCK_STREAM, 0)
	must(t, err)
	for _, s := range pair {
		closeAtEnd(t, s)
		must(t, s.SetTimeout(patience))
	}
	return pair
}

// TestSendMsg gathers and scatters, on streams and datagrams.
func TestSendMsg(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		parts := [][]byte{[]byte("ab"), nil, []byte("cde"), []byte("f")}
		for _, typ := range []facade.Type{facade.SOCK_STREAM, facade.SOCK_DGRAM} {
			pair, err := m.SocketPair(facade.AF_INET6, typ, 0)
			must(t, err)
			defer pair[0].Close()
			defer pair[1].Close()
			if n, err := pair[0].SendMsg(parts, nil, 0, nil); n != 6 || err != nil {
				t.Errorf("%v: sendmsg: %d, %v", typ, n, err)
			}
			into := [][]byte{make([]byte, 1), make([]byte, 4), make([]byte, 4)}
			r, err := pair[1].RecvMsgInto(into, 0)
			must(t, err)
			if got := string(bytes.Join(into, nil)[:r.N]); got != "abcdef" || r.Flags != 0 || r.Ancillary != nil {
				t.Errorf("%v: recvmsg_into: %q, %+v", typ, got, r)
			}
			if peer, _ := pair[0].GetSockName(); typ == facade.SOCK_DGRAM && r.Addr != peer {
				t.Errorf("datagram from %v, want %v", r.Addr, peer)
			}
			_, err = pair[0].SendMsg(make([][]byte, 1025), nil, 0, nil)
			wantErrno(t, "sendmsg of 1025 buffers", err, syscall.EMSGSIZE)
			_, err = pair[1].RecvMsgInto(make([][]byte, 1025), 0)
			wantErrno(t, "recvmsg_into of 1025 buffers", err, syscall.EMSGSIZE)
		}
	})
}

// TestSendMsgTakesAll: in blocking mode a stream takes more than fits, from many
// buffers; MSG_WAITALL scatters it.
func TestSendMsgTakesAll(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := streamPair(t, m, facade.AF_INET)
		must(t, pair[0].SetBlocking(true))
		const count, size = 64, 256 << 10
		var buffers [][]byte
		for i := range count {
			buffers = append(buffers, bytes.Repeat([]byte{byte(i)}, size))
		}
		sent := make(chan error, 1)
		go func() {
			n, err := pair[0].SendMsg(buffers, nil, 0, nil)
			if err == nil && n != count*size {
				err = io.ErrShortWrite
			}
			sent <- err
		}()
		into := make([][]byte, count)
		for i := range into {
			into[i] = make([]byte, size)
		}
		r, err := pair[1].RecvMsgInto(into, 0, facade.MSG_WAITALL)
		if err != nil || r.N != count*size {
			t.Fatalf("recvmsg_into: %+v, %v", r, err)
		}
		for i := range into {
			if !bytes.Equal(into[i], buffers[i]) {
				t.Fatalf("buffer %d differs", i)
			}
		}
		must(t, <-sent)
	})
}

// TestDescriptorsOverUnix passes a pipe to the other end of a pair.
func TestDescriptorsOverUnix(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := streamPair(t, m, facade.AF_UNIX)
		r, w, err := os.Pipe()
		must(t, err)
		defer r.Close()
		if n, err := pair[0].SendFDs([][]byte{[]byte("fd")}, []int{int(w.Fd())}, 0, nil); n != 2 || err != nil {
			t.Fatalf("send_fds: %d, %v", n, err)
		}
		must(t, w.Close())
		got, fds, err := pair[1].RecvFDs(10, 4)
		if err != nil || string(got.Data) != "fd" || len(fds) != 1 {
			t.Fatalf("recv_fds: %+v, %v, %v", got, fds, err)
		}
		received := os.NewFile(uintptr(fds[0]), "pipe")
		_, err = received.WriteString("through")
		must(t, err)
		must(t, received.Close())
		if b, err := io.ReadAll(r); err != nil || string(b) != "through" {
			t.Errorf("the pipe gave %q, %v", b, err)
		}
	})
}

// TestControlLengths compares the lengths of control data with what cmsg(3) says
// of a 64-bit machine.
func TestControlLengths(t *testing.T) {
	for _, c := range []struct{ data, len, space int }{{0, 16, 16}, {1, 17, 24}, {4, 20, 24}, {8, 24, 24}, {12, 28, 32}, {-100, 16, 16}, {math.MaxInt, 16, 16}} {
		if l, s := facade.CMSG_LEN(c.data), facade.CMSG_SPACE(c.data); l != c.len || s != c.space {
			t.Errorf("%d bytes: %d and %d, want %d and %d", c.data, l, s, c.len, c.space)
		}
	}
}

// TestPacketInfo: a datagram comes with the address that it was sent to, and a
// buffer that is too small for it is told.
func TestPacketInfo(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := datagramPair(t, m)
		must(t, pair[1].SetSockOpt(facade.IPPROTO_IP, facade.IP_PKTINFO, 1))
		must(t, pair[1].SetTimeout(patience))
		const sizeofPacketInfo = 12
		for _, c := range []struct {
			room, flags int
			want        string
		}{
			{facade.CMSG_SPACE(sizeofPacketInfo), 0, "\x7f\x00\x00\x01"},
			{0, facade.MSG_CTRUNC, ""},
		} {
			_, err := pair[0].Send([]byte("datagram"))
			must(t, err)
			r, err := pair[1].RecvMsg(100, c.room)
			if err != nil || string(r.Data) != "datagram" || r.Flags != c.flags {
				t.Fatalf("recvmsg: %+v, %v", r, err)
			}
			var to string
			for _, a := range r.Ancillary {
				if a.Level == facade.IPPROTO_IP && a.Type == facade.IP_PKTINFO && len(a.Data) == sizeofPacketInfo {
					to = string(a.Data[8:]) // ipi_addr
				}
			}
			if to != c.want {
				t.Errorf("with room for %d bytes: %q, want %q", c.room, to, c.want)
			}
		}
	})
}

// TestWaitAllStopsAtDescriptors: a receive that is to fill its buffer still delivers
// every descriptor that came with a part of it.
func TestWaitAllStopsAtDescriptors(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := streamPair(t, m, facade.AF_UNIX)
		r, w, err := os.Pipe()
		must(t, err)
		defer r.Close()
		defer w.Close()
		_, err = pair[0].SendFDs([][]byte{[]byte("abc")}, []int{int(w.Fd())}, 0, nil)
		must(t, err)
		must(t, pair[0].SendAll([]byte("def")))
		got, fds, err := pair[1].RecvFDs(6, 1, facade.MSG_WAITALL)
		if err != nil || string(got.Data) != "abc" || len(fds) != 1 {
			t.Fatalf("recv_fds: %+v, %v, %v", got, fds, err)
		}
		must(t, os.NewFile(uintptr(fds[0]), "pipe").Close())
		if b, err := pair[1].Recv(10); string(b) != "def" || err != nil {
			t.Errorf("recv: %q, %v", b, err)
		}
	})
}

// TestPartialSendLeavesReceiveAlone: the EPIPE of a send that had moved bytes is
// nobody else's.
func TestPartialSendLeavesReceiveAlone(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := streamPair(t, m, facade.AF_INET)
		must(t, pair[0].SetBlocking(true))
		must(t, pair[1].SendAll([]byte("hello")))
		sent := make(chan int, 1)
		go func() {
			n, _ := pair[0].Send(make([]byte, 64<<20))
			sent <- n
		}()
		if n, err := facade.Poll([]facade.PollFD{{Socket: pair[1], Events: facade.POLLIN}}, patience); n != 1 || err != nil {
			t.Fatalf("poll: %d, %v", n, err)
		}
		must(t, pair[0].Shutdown(facade.SHUT_WR))
		if n := <-sent; n == 0 {
			t.Error("nothing was sent")
		}
		if b, err := pair[0].Recv(10); string(b) != "hello" || err != nil {
			t.Errorf("recv: %q, %v", b, err)
		}
	})
}
