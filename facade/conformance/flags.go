package conformance

import (
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var flagTests = []test{
	{"Flags/PeekLeavesStreamData", peekStream},
	{"Flags/PeekLeavesDatagram", peekDatagram},
	{"Flags/DontWait", dontWait},
	{"Flags/WaitAllFillsBuffer", waitAll},
	{"Flags/WaitAllEndsWithStream", waitAllEnds},
	{"Flags/WaitAllWithPeek", waitAllPeek},
	{"Flags/WaitAllTimesOutWithWhatCame", waitAllTimeout},
	{"Flags/TruncTellsDatagramSize", truncDatagram},
	{"Flags/TruncDiscardsStreamData", truncStream},
}

func peekStream(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SendAll([]byte("twice")))
	for range 2 {
		b, err := server.Recv(16, facade.MSG_PEEK)
		must(t, err)
		if len(b) == 0 || string(b) != "twice"[:len(b)] {
			t.Fatalf("peeked %q", b)
		}
	}
	wantData(t, server, "twice")
}

func peekDatagram(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	send(t, from, "twice", a)
	for _, flags := range []int{facade.MSG_PEEK, 0} {
		b, err := to.Recv(16, flags)
		if err != nil || string(b) != "twice" {
			t.Fatalf("recv with flags %#x: %q, %v", flags, b, err)
		}
	}
}

func dontWait(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, server.SetBlocking(true))
	_, err := server.Recv(1, facade.MSG_DONTWAIT)
	wantErrno(t, "recv", err, syscall.EAGAIN)
	chunk := make([]byte, 64<<10)
	for err = nil; err == nil; {
		_, err = client.Send(chunk, facade.MSG_DONTWAIT)
	}
	wantErrno(t, "send", err, syscall.EAGAIN)
}

func waitAll(t *testing.T, env Env) {
	client, server := env.pair(t)
	got := await(func() string { b, _ := server.Recv(9, facade.MSG_WAITALL); return string(b) })
	for _, part := range []string{"one", "two", "six"} {
		must(t, client.SendAll([]byte(part)))
	}
	if s := got(t); s != "onetwosix" {
		t.Fatalf("recv: %q", s)
	}
}

func waitAllEnds(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SendAll([]byte("short")))
	must(t, client.Shutdown(facade.SHUT_WR))
	b, err := server.Recv(100, facade.MSG_WAITALL)
	if err != nil || string(b) != "short" {
		t.Fatalf("recv: %q, %v", b, err)
	}
	wantEOF(t, server)
}

func waitAllPeek(t *testing.T, env Env) {
	client, server := env.pair(t)
	got := await(func() string { b, _ := server.Recv(6, facade.MSG_WAITALL|facade.MSG_PEEK); return string(b) })
	must(t, client.SendAll([]byte("one")))
	must(t, client.SendAll([]byte("two")))
	if s := got(t); s != "onetwo" {
		t.Fatalf("peek: %q", s)
	}
	wantData(t, server, "onetwo")
}

func waitAllTimeout(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SendAll([]byte("part")))
	must(t, server.SetTimeout(short))
	b, err := server.Recv(100, facade.MSG_WAITALL)
	if err != nil || string(b) != "part" {
		t.Fatalf("recv: %q, %v", b, err)
	}
	_, err = server.Recv(100, facade.MSG_WAITALL)
	wantTimeout(t, "recv of nothing", err)
}

func truncDatagram(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	send(t, from, "longer than the buffer", a)
	send(t, from, "next", a)
	buf := make([]byte, 6)
	n, err := to.RecvInto(buf, facade.MSG_TRUNC)
	if err != nil || n != len("longer than the buffer") || string(buf) != "longer" {
		t.Fatalf("recv_into: %d, %q, %v", n, buf, err)
	}
	if n, err = to.RecvInto(buf); err != nil || string(buf[:n]) != "next" {
		t.Fatalf("the next datagram: %q, %v", buf[:n], err)
	}
}

func truncStream(t *testing.T, env Env) {
	client, server := env.pair(t)
	must(t, client.SendAll([]byte("discardedkept")))
	_, err := server.Recv(13, facade.MSG_PEEK|facade.MSG_WAITALL)
	must(t, err)
	buf := make([]byte, len("discarded"))
	n, err := server.RecvInto(buf, facade.MSG_TRUNC)
	if err != nil || n != len(buf) || buf[0] != 0 {
		t.Fatalf("recv_into: %d, %q, %v", n, buf, err)
	}
	wantData(t, server, "kept")
}
