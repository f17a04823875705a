package facade_test

import (
	"bytes"
	"io"
	"os"
	"strings"
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

// TestSendFile sends parts of a file, and leaves it behind them.
func TestSendFile(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := streamPair(t, m, facade.AF_INET)
		text := strings.Repeat("0123456789", 30000)
		for _, c := range []struct{ offset, count, want int64 }{
			{0, 0, 300000}, {5, 0, 299995}, {5, 10, 10}, {299990, 100, 10}, {300000, 0, 0}, {400000, 0, 0},
		} {
			file := strings.NewReader(text)
			received := make(chan []byte, 1)
			go func() {
				b := make([]byte, c.want)
				n, _ := io.ReadFull(reader{pair[1]}, b)
				received <- b[:n]
			}()
			n, err := pair[0].SendFile(file, c.offset, c.count)
			if n != c.want || err != nil {
				t.Errorf("sendfile(%d, %d): %d, %v", c.offset, c.count, n, err)
			}
			if got := <-received; string(got) != text[min(int(c.offset), len(text)):][:c.want] {
				t.Errorf("sendfile(%d, %d): %d bytes, not those", c.offset, c.count, len(got))
			}
			if at, _ := file.Seek(0, io.SeekCurrent); at != c.offset+c.want {
				t.Errorf("sendfile(%d, %d) leaves the file at %d", c.offset, c.count, at)
			}
		}
		must(t, pair[0].SetBlocking(false))
		for name, call := range map[string]func() (int64, error){
			"non-blocking":    func() (int64, error) { return pair[0].SendFile(strings.NewReader(text), 0, 0) },
			"negative count":  func() (int64, error) { return pair[1].SendFile(strings.NewReader(text), 0, -1) },
			"negative offset": func() (int64, error) { return pair[1].SendFile(strings.NewReader(text), -1, 0) },
			"no file":         func() (int64, error) { return pair[1].SendFile(nil, 0, 0) },
		} {
			_, err := call()
			if _, ok := err.(*facade.ArgumentError); !ok {
				t.Errorf("sendfile, %s: %v, want an ArgumentError", name, err)
			}
		}
	})
}

// reader makes a stream an io.Reader.
type reader struct{ s *facade.Socket }

func (r reader) Read(b []byte) (int, error) {
	n, err := r.s.RecvInto(b)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}
