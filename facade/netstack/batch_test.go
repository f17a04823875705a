package netstack_test

import (
	"bytes"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

func TestBatchOfDatagrams(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			from, to := bound(t, p, endpoint.SOCK_DGRAM, addr), bound(t, p, endpoint.SOCK_DGRAM, addr)
			texts := []string{"one", "", "three and more"}
			var out []endpoint.Message
			for _, s := range texts {
				out = append(out, endpoint.Message{Iov: [][]byte{[]byte(s)}, Addr: local(t, to)})
			}
			n, errno := from.SendBatch(out)
			if n != len(out) || errno != 0 {
				t.Fatalf("SendBatch: %d, %s", n, errno.Name())
			}
			got := make([]endpoint.Message, 5)
			for i := range got {
				got[i] = endpoint.Message{Iov: [][]byte{make([]byte, 2), make([]byte, 3)}, NeedAddr: true}
			}
			n, errno = to.RecvBatch(got)
			if n != len(texts) || errno != 0 {
				t.Fatalf("RecvBatch: %d, %s", n, errno.Name())
			}
			for i, want := range []string{"one", "", "three"} {
				if text := string(bytes.Join(got[i].Iov, nil)); text != want {
					t.Errorf("message %d: %q, want %q", i, text, want)
				}
				if got[i].Addr != local(t, from) {
					t.Errorf("message %d: from % x", i, got[i].Addr.Bytes())
				}
				if truncated := got[i].Flags&endpoint.MSG_TRUNC != 0; truncated != (i == 2) {
					t.Errorf("message %d: flags %#x", i, got[i].Flags)
				}
			}
			_, errno = to.RecvBatch(got)
			want(t, "RecvBatch of nothing", errno, endpoint.EAGAIN)
		})
	}
}

func TestBatchEndsAtTheFirstError(t *testing.T) {
	p := host(t)
	from, to := bound(t, p, endpoint.SOCK_DGRAM, loopback4), bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	n, errno := from.SendBatch([]endpoint.Message{
		{Iov: [][]byte{[]byte("one")}, Addr: local(t, to)},
		{Iov: [][]byte{make([]byte, 1<<16)}, Addr: local(t, to)},
		{Iov: [][]byte{[]byte("three")}, Addr: local(t, to)},
	})
	if n != 1 || errno != endpoint.EMSGSIZE {
		t.Errorf("%d, %s", n, errno.Name())
	}
	wantData(t, to, "one")
	isReady(t, "after the first", to, out)
}

func TestBatchOfAStreamLeavesWhatWasNotTaken(t *testing.T) {
	p := host(t)
	a, b := tcpPair(t, p, loopback4)
	ms := make([]endpoint.Message, 64)
	for i := range ms {
		ms[i].Iov = [][]byte{bytes.Repeat([]byte{byte(i)}, 1<<20)}
	}
	n, errno := a.SendBatch(ms)
	if n == len(ms) || errno != endpoint.EAGAIN {
		t.Fatalf("%d messages, %s", n, errno.Name())
	}
	taken := n<<20 + 1<<20 - ms[n].Len()
	buf := make([]byte, 1<<20)
	for got := 0; got < taken; {
		m := endpoint.Message{Iov: [][]byte{buf}}
		k := 0
		ok(t, "Recv", wait(t, b, func() (errno endpoint.Errno) {
			k, errno = b.Recv(&m)
			return errno
		}))
		for i, c := range buf[:k] {
			if c != byte((got+i)>>20) {
				t.Fatalf("byte %d is %d", got+i, c)
			}
		}
		got += k
	}
}
