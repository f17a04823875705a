package endpoint_test

import (
	"bytes"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

func TestCmsgSizes(t *testing.T) {
	for _, c := range []struct{ n, align, length, space int }{
		{0, 0, 16, 16}, {1, 8, 17, 24}, {4, 8, 20, 24}, {8, 8, 24, 24}, {9, 16, 25, 32}, {20, 24, 36, 40},
	} {
		if a, l, s := endpoint.CmsgAlign(c.n), endpoint.CmsgLen(c.n), endpoint.CmsgSpace(c.n); a != c.align || l != c.length || s != c.space {
			t.Errorf("%d: align %d, len %d, space %d; want %d, %d, %d", c.n, a, l, s, c.align, c.length, c.space)
		}
	}
}

// collect parses control data into lines for comparison.
func collect(control []byte) (all []endpoint.Cmsg, errno endpoint.Errno) {
	for c, err := range endpoint.Cmsgs(control) {
		if err != 0 {
			return all, err
		}
		all = append(all, c)
	}
	return all, 0
}

func TestAppendedCmsgsAreParsed(t *testing.T) {
	control := endpoint.AppendCmsg(nil, endpoint.SOL_IP, endpoint.IP_TTL, []byte{7, 0, 0, 0})
	control = endpoint.AppendCmsg(control, endpoint.SOL_SOCKET, endpoint.SCM_RIGHTS, nil)
	control = endpoint.AppendCmsg(control, -1, -2, []byte("123456789"))
	if want := endpoint.CmsgSpace(4) + endpoint.CmsgSpace(0) + endpoint.CmsgSpace(9); len(control) != want {
		t.Fatalf("%d bytes, want %d", len(control), want)
	}
	for _, cut := range []int{0, 7} { // the last padding may be missing
		all, errno := collect(control[:len(control)-cut])
		if errno != 0 || len(all) != 3 {
			t.Fatalf("without %d: %v, %v", cut, all, errno)
		}
		if c := all[0]; c.Level != endpoint.SOL_IP || c.Type != endpoint.IP_TTL || !bytes.Equal(c.Data, []byte{7, 0, 0, 0}) {
			t.Errorf("first: %v", c)
		}
		if c := all[2]; c.Level != -1 || c.Type != -2 || string(c.Data) != "123456789" {
			t.Errorf("third: %v", c)
		}
	}
}

func TestMalformedCmsgs(t *testing.T) {
	good := endpoint.AppendCmsg(nil, 0, 2, []byte{1, 0, 0, 0})
	length := func(n byte) []byte {
		b := bytes.Clone(good)
		b[0] = n
		return b
	}
	for name, c := range map[string]struct {
		control []byte
		n       int
		errno   endpoint.Errno
	}{
		"empty":                           {nil, 0, 0},
		"short of a header":               {good[:15], 0, 0},
		"a length of nothing":             {length(0), 0, endpoint.EINVAL},
		"a length below that of a header": {length(15), 0, endpoint.EINVAL},
		"a length beyond the end":         {length(25), 0, endpoint.EINVAL},
		"data is cut":                     {good[:19], 0, endpoint.EINVAL},
		"trailing bytes":                  {append(bytes.Clone(good), make([]byte, 15)...), 1, 0},
		"a second without length":         {append(bytes.Clone(good), make([]byte, 16)...), 1, endpoint.EINVAL},
	} {
		if all, errno := collect(c.control); len(all) != c.n || errno != c.errno {
			t.Errorf("%s: %d messages, %v; want %d, %v", name, len(all), errno, c.n, c.errno)
		}
	}
	huge := bytes.Repeat([]byte{0xff}, 24)
	if all, errno := collect(huge); len(all) != 0 || errno != endpoint.EINVAL {
		t.Errorf("the greatest length: %v, %v", all, errno)
	}
}

// TestCmsgBufferCuts follows put_cmsg of the kernel, net/core/scm.c.
func TestCmsgBufferCuts(t *testing.T) {
	for _, c := range []struct {
		room, filled, length int
		truncated            bool
	}{
		{0, 0, 0, true}, {15, 0, 0, true}, {16, 16, 16, true}, {19, 19, 19, true},
		{20, 20, 20, false}, {23, 23, 20, false}, {24, 24, 20, false}, {100, 24, 20, false},
	} {
		b := endpoint.NewCmsgBuffer(make([]byte, c.room))
		b.Put(endpoint.SOL_IP, endpoint.IP_TTL, []byte{64, 0, 0, 0})
		if len(b.Bytes()) != c.filled || b.Truncated() != c.truncated {
			t.Errorf("room for %d: %d bytes, truncated %v", c.room, len(b.Bytes()), b.Truncated())
		}
		if c.length > 0 && int(b.Bytes()[0]) != c.length {
			t.Errorf("room for %d: length %d, want %d", c.room, b.Bytes()[0], c.length)
		}
	}
}

func FuzzCmsgs(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(endpoint.AppendCmsg(nil, 0, 2, []byte{1, 0, 0, 0}))
	f.Add(endpoint.AppendCmsg(endpoint.AppendCmsg(nil, 1, 29, make([]byte, 16)), 0, 1, []byte{1}))
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, control []byte) {
		all, errno := collect(control)
		if errno != 0 && errno != endpoint.EINVAL {
			t.Fatal(errno)
		}
		var again []byte
		for _, c := range all {
			again = endpoint.AppendCmsg(again, c.Level, c.Type, c.Data)
		}
		back, errno := collect(again)
		if errno != 0 || len(back) != len(all) {
			t.Fatalf("%d messages became %d, %v", len(all), len(back), errno)
		}
		for i, c := range back {
			if c.Level != all[i].Level || c.Type != all[i].Type || !bytes.Equal(c.Data, all[i].Data) {
				t.Fatalf("%v became %v", all[i], c)
			}
		}
	})
}
