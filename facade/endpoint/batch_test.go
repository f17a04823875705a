package endpoint_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// script is an endpoint that takes and gives so many bytes per call, and then
// fails.
type script struct {
	endpoint.Endpoint
	sizes []int
	errno endpoint.Errno
	calls int
	flags int
}

func (s *script) next() (int, endpoint.Errno) {
	if s.calls++; s.calls > len(s.sizes) {
		return 0, s.errno
	}
	return s.sizes[s.calls-1], 0
}

func (s *script) Send(*endpoint.Message) (int, endpoint.Errno) { return s.next() }

func (s *script) Recv(m *endpoint.Message) (int, endpoint.Errno) {
	m.Flags = s.flags
	return s.next()
}

// messages has n of two slices, of 3 and 5 bytes.
func messages(n int) []endpoint.Message {
	ms := make([]endpoint.Message, n)
	for i := range ms {
		ms[i].Iov = [][]byte{[]byte("abc"), []byte("defgh")}
	}
	return ms
}

func text(m endpoint.Message) string {
	s := ""
	for _, b := range m.Iov {
		s += string(b)
	}
	return s
}

func TestSendEach(t *testing.T) {
	for name, c := range map[string]struct {
		sizes []int
		errno endpoint.Errno
		taken int
		want  endpoint.Errno
		left  string // of the first that was not taken
	}{
		"all":                         {sizes: []int{8, 8, 8}, taken: 3},
		"error at once":               {errno: endpoint.EPIPE, want: endpoint.EPIPE, left: "abcdefgh"},
		"error after some":            {sizes: []int{8, 8}, errno: endpoint.ECONNRESET, taken: 2, want: endpoint.ECONNRESET, left: "abcdefgh"},
		"EAGAIN after some":           {sizes: []int{8}, errno: endpoint.EAGAIN, taken: 1, want: endpoint.EAGAIN, left: "abcdefgh"},
		"part of the first slice":     {sizes: []int{8, 2}, taken: 1, want: endpoint.EAGAIN, left: "cdefgh"},
		"just the first slice":        {sizes: []int{8, 3}, taken: 1, want: endpoint.EAGAIN, left: "defgh"},
		"part of the second slice":    {sizes: []int{7}, taken: 0, want: endpoint.EAGAIN, left: "h"},
		"nothing, but without errors": {sizes: []int{0}, taken: 0, want: endpoint.EAGAIN, left: "abcdefgh"},
	} {
		t.Run(name, func(t *testing.T) {
			ms := messages(3)
			n, errno := endpoint.SendEach(&script{sizes: c.sizes, errno: c.errno}, ms)
			if n != c.taken || errno != c.want {
				t.Errorf("%d, %v; want %d, %v", n, errno, c.taken, c.want)
			}
			if n < len(ms) && text(ms[n]) != c.left {
				t.Errorf("%q is left, want %q", text(ms[n]), c.left)
			}
			for i := range n {
				if text(ms[i]) != "abcdefgh" {
					t.Errorf("message %d was changed to %q", i, text(ms[i]))
				}
			}
		})
	}
}

func TestRecvEach(t *testing.T) {
	for name, c := range map[string]struct {
		sizes []int
		errno endpoint.Errno
		want  endpoint.Errno
		texts []string
	}{
		"all":                       {sizes: []int{8, 3, 0}, texts: []string{"abcdefgh", "abc", ""}},
		"nothing there":             {errno: endpoint.EAGAIN, want: endpoint.EAGAIN},
		"some, then nothing":        {sizes: []int{4, 1}, errno: endpoint.EAGAIN, texts: []string{"abcd", "a"}},
		"error at once":             {errno: endpoint.ECONNREFUSED, want: endpoint.ECONNREFUSED},
		"some, then an error":       {sizes: []int{2}, errno: endpoint.ECONNRESET, want: endpoint.ECONNRESET, texts: []string{"ab"}},
		"real length of a cut data": {sizes: []int{100, 8, 8}, texts: []string{"abcdefgh", "abcdefgh", "abcdefgh"}},
	} {
		t.Run(name, func(t *testing.T) {
			ms := messages(3)
			e := &script{sizes: c.sizes, errno: c.errno, flags: endpoint.MSG_TRUNC}
			n, errno := endpoint.RecvEach(e, ms)
			if n != len(c.texts) || errno != c.want {
				t.Fatalf("%d, %v; want %d, %v", n, errno, len(c.texts), c.want)
			}
			for i, want := range c.texts {
				if text(ms[i]) != want || ms[i].Flags != endpoint.MSG_TRUNC {
					t.Errorf("message %d: %q, flags %#x; want %q", i, text(ms[i]), ms[i].Flags, want)
				}
			}
		})
	}
}

func TestBatchOfNone(t *testing.T) {
	e := &script{errno: endpoint.EPIPE}
	if n, errno := endpoint.SendEach(e, nil); n != 0 || errno != 0 {
		t.Errorf("SendEach: %d, %v", n, errno)
	}
	if n, errno := endpoint.RecvEach(e, nil); n != 0 || errno != 0 {
		t.Errorf("RecvEach: %d, %v", n, errno)
	}
	if e.calls != 0 {
		t.Errorf("%d calls", e.calls)
	}
}
