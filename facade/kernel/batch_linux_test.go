package kernel_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
)

func TestBatch(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	a := bound(t, p, endpoint.SOCK_DGRAM, loopbacks[0].any)
	b := bound(t, p, endpoint.SOCK_DGRAM, loopbacks[0].any)
	to := local(t, b)
	const count = 40
	out := make([]endpoint.Message, count)
	for i := range out {
		out[i] = endpoint.Message{Iov: [][]byte{fmt.Appendf(nil, "%d.", i), nil, bytes.Repeat([]byte("x"), i)}, Addr: to}
	}
	out[7].Flags = endpoint.MSG_CONFIRM // another system call from here on
	n, errno := a.SendBatch(out)
	if n != count || errno != 0 {
		t.Fatalf("SendBatch: %d, %v", n, errno)
	}
	got := 0
	for got < count {
		in := make([]endpoint.Message, count)
		for i := range in {
			in[i] = endpoint.Message{Iov: [][]byte{make([]byte, 4), make([]byte, 64)}, NeedAddr: true}
		}
		ok(t, "RecvBatch", wait(t, b, endpoint.Readable, func() (errno endpoint.Errno) {
			n, errno = b.RecvBatch(in)
			return errno
		}))
		for i := range n {
			data := bytes.Join(in[i].Iov, nil)
			if !bytes.Equal(data, bytes.Join(out[got].Iov, nil)) || in[i].Addr != local(t, a) {
				t.Fatalf("message %d: %q from %v", got, data, in[i].Addr)
			}
			got++
		}
		for i := n; i < len(in); i++ {
			if !in[i].Addr.IsZero() || in[i].Len() != 68 {
				t.Fatalf("message %d was not received, but changed", i)
			}
		}
	}
	n, errno = b.RecvBatch(make([]endpoint.Message, 2))
	if n != 0 {
		t.Errorf("RecvBatch of nothing: %d", n)
	}
	want(t, "RecvBatch of nothing", errno, endpoint.EAGAIN)
	for _, f := range []func([]endpoint.Message) (int, endpoint.Errno){a.SendBatch, a.RecvBatch} {
		if n, errno := f(nil); n != 0 || errno != 0 {
			t.Errorf("empty batch: %d, %v", n, errno)
		}
	}
}

func TestBatchTellsTheFirstError(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	a := bound(t, p, endpoint.SOCK_DGRAM, loopbacks[0].any)
	to := local(t, bound(t, p, endpoint.SOCK_DGRAM, loopbacks[0].any))
	out := []endpoint.Message{{Addr: to}, {Addr: to}, {Addr: to, Iov: [][]byte{make([]byte, 70000)}}, {Addr: to}}
	n, errno := a.SendBatch(out)
	if n != 2 {
		t.Errorf("%d messages taken, want 2", n)
	}
	want(t, "SendBatch", errno, endpoint.EMSGSIZE)
}

func TestBatchEndsWhereFlagsDiffer(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	a, b := udpPair(t, p)
	out := make([]endpoint.Message, 3)
	_, errno := a.SendBatch(out)
	ok(t, "SendBatch", errno)
	in := make([]endpoint.Message, 3)
	in[2].Flags = endpoint.MSG_PEEK
	for _, wanted := range []int{2, 1} {
		n, errno := b.RecvBatch(in)
		if n != wanted || errno != 0 {
			t.Fatalf("RecvBatch: %d, %v, want %d", n, errno, wanted)
		}
		in = in[n:]
	}
}

func TestStreamBatchTakesAPart(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	client, server := tcpPair(t, p, loopbacks[0].any)
	ok(t, "SetSockOpt", client.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_SNDBUF, int32Bytes(256<<10)))
	want := make([]byte, 4<<20)
	for i := range want {
		want[i] = byte(i * 7 / 5)
	}
	done := make(chan []byte)
	go func() {
		var got []byte
		buf := make([]byte, 64<<10)
		for {
			n, errno := recv(t, server, buf)
			if n == 0 || errno != 0 {
				done <- got
				return
			}
			got = append(got, buf[:n]...)
		}
	}()
	ms := []endpoint.Message{{Iov: [][]byte{want[:3<<20]}}, {Iov: [][]byte{want[3<<20 : 3<<20+10], want[3<<20+10:]}}}
	errno := wait(t, client, endpoint.Writable, func() endpoint.Errno {
		n, errno := client.SendBatch(ms)
		ms = ms[n:]
		return errno
	})
	ok(t, "SendBatch", errno)
	ok(t, "Shutdown", client.Shutdown(endpoint.SHUT_WR))
	if got := <-done; !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrived, not the %d that were sent", len(got), len(want))
	}
}
