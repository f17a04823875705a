package conformance

import (
	"bytes"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var bufferTests = []test{
	{"Buffers/RecvIntoArray", func(t *testing.T, env Env) { wantFilled(t, env, array(), recvInto) }},
	{"Buffers/RecvIntoSlice", func(t *testing.T, env Env) { wantFilled(t, env, make([]byte, 1024), recvInto) }},
	{"Buffers/RecvIntoPartOfSlice", func(t *testing.T, env Env) { intoPart(t, env, recvInto) }},
	{"Buffers/RecvFromIntoArray", func(t *testing.T, env Env) { wantFilled(t, env, array(), recvFromInto) }},
	{"Buffers/RecvFromIntoSlice", func(t *testing.T, env Env) { wantFilled(t, env, make([]byte, 1024), recvFromInto) }},
	{"Buffers/RecvFromIntoPartOfSlice", func(t *testing.T, env Env) { intoPart(t, env, recvFromInto) }},
	{"Buffers/SmallBufferLeavesRemainder", smallBuffer},
	{"Buffers/EmptyBufferConsumesNothing", emptyBufferOfStream},
}

type receiver func(s *facade.Socket, b []byte) (int, error)

func recvInto(s *facade.Socket, b []byte) (int, error) { return s.RecvInto(b) }

func recvFromInto(s *facade.Socket, b []byte) (int, error) {
	n, _, err := s.RecvFromInto(b)
	return n, err
}

// array is the whole of an array.
func array() []byte { return new([1024]byte)[:] }

// wantFilled receives message into b.
func wantFilled(t *testing.T, env Env, b []byte, receive receiver) {
	t.Helper()
	client, server := env.pair(t)
	sendMessage(t, client, server)
	n, err := receive(server, b)
	if err != nil || string(b[:n]) != message {
		t.Errorf("%d, %v, %q", n, err, b[:n])
	}
}

// intoPart receives into the middle of a slice: what lies around it, also within
// its capacity, stays as it is.
func intoPart(t *testing.T, env Env, receive receiver) {
	around := bytes.Repeat([]byte("#"), 1024)
	part := around[100 : 100+len(message)]
	wantFilled(t, env, part, receive)
	copy(part, bytes.Repeat([]byte("#"), len(part)))
	if i := bytes.IndexFunc(around, func(r rune) bool { return r != '#' }); i >= 0 {
		t.Errorf("byte %d has been written", i)
	}
}

// smallBuffer: a receive asks for as much as its buffer is long, never for more.
func smallBuffer(t *testing.T, env Env) {
	for _, receive := range []receiver{recvInto, recvFromInto} {
		client, server := env.pair(t)
		sendMessage(t, client, server)
		roomy := make([]byte, few, 1024)
		n, err := receive(server, roomy)
		wantMessage(t, "the first part", roomy[:n], err, message[:few])
		if rest := roomy[few:cap(roomy)]; !bytes.Equal(rest, make([]byte, len(rest))) {
			t.Errorf("the capacity has been written: %q", rest)
		}
		wantData(t, server, message[few:])
	}
}

func emptyBufferOfStream(t *testing.T, env Env) {
	client, server := env.pair(t)
	sendMessage(t, client, server)
	for _, receive := range []receiver{recvInto, recvFromInto} {
		if n, err := receive(server, nil); n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	wantData(t, server, message)
}
