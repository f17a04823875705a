package conformance

import (
	"encoding/binary"
	"errors"
	"math"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var inetTests = []test{
	{"Names/ByteOrder", byteOrder},
	{"Names/ByteOrderOverflow", byteOrderOverflow},
	{"Names/AtonIsFourBytes", atonIsFourBytes},
	{"Names/PtonIPv4", ptonIPv4},
	{"Names/PtonIPv6", ptonIPv6},
	{"Names/NtopIPv4", ntopIPv4},
	{"Names/NtopIPv6", ntopIPv6},
	{"Names/UnknownAddressFamily", unknownAddressFamily},
}

// byteOrder: two conversions are none, and one puts the bytes in order in memory.
func byteOrder(t *testing.T, _ Env) {
	for _, x := range []uint32{0, 1, 2, 0xffff, 0xffff0000, 0x01234567, 0x76543210, math.MaxUint32} {
		n, err := facade.Htonl(x)
		back, err2 := facade.Ntohl(n)
		if binary.BigEndian.Uint32(binary.NativeEndian.AppendUint32(nil, n)) != x || back != x || err != nil || err2 != nil {
			t.Errorf("htonl(%#x): %#x, %v, and back %#x, %v", x, n, err, back, err2)
		}
		x := uint16(x)
		n16, err := facade.Htons(x)
		back16, err2 := facade.Ntohs(n16)
		if binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, n16)) != x || back16 != x || err != nil || err2 != nil {
			t.Errorf("htons(%#x): %#x, %v, and back %#x, %v", x, n16, err, back16, err2)
		}
	}
}

func byteOrderOverflow(t *testing.T, _ Env) {
	long := []func(int64) error{
		func(x int64) error { _, err := facade.Htonl(x); return err },
		func(x int64) error { _, err := facade.Ntohl(x); return err },
	}
	short := []func(int64) error{
		func(x int64) error { _, err := facade.Htons(x); return err },
		func(x int64) error { _, err := facade.Ntohs(x); return err },
	}
	for i := range long {
		for _, x := range []int64{-1, -2, 1 << 32, 1 << 34, math.MinInt32 - 1, math.MinInt64, math.MaxInt64} {
			wantArgumentError(t, "32 bits", long[i](x))
			wantArgumentError(t, "16 bits", short[i](x))
		}
		for _, x := range []int64{1 << 16, math.MaxInt32, math.MaxInt32 + 1} {
			must(t, long[i](x))
			wantArgumentError(t, "16 bits", short[i](x))
		}
		must(t, long[i](math.MaxUint32))
		must(t, short[i](math.MaxUint16))
	}
	_, err := facade.Htonl(uint64(math.MaxUint64))
	wantArgumentError(t, "an unsigned one", err)
}

// packing is a row of addresses as text and as bytes.
type packing struct{ text, packed string }

func wantPacked(t *testing.T, pack func(string) ([]byte, error), all []packing) {
	t.Helper()
	for _, c := range all {
		if b, err := pack(c.text); string(b) != c.packed || err != nil {
			t.Errorf("%q: % x, %v, want % x", c.text, b, err, c.packed)
		}
	}
}

func wantText(t *testing.T, text func([]byte) (string, error), all []packing) {
	t.Helper()
	for _, c := range all {
		if s, err := text([]byte(c.packed)); s != c.text || err != nil {
			t.Errorf("% x: %q, %v, want %q", c.packed, s, err, c.text)
		}
	}
}

// wantNoAddress fails unless each text is refused with an error of the socket's.
func wantNoAddress(t *testing.T, pack func(string) ([]byte, error), all ...string) {
	t.Helper()
	for _, text := range all {
		b, err := pack(text)
		var e *facade.Error
		if !errors.As(err, &e) || b != nil {
			t.Errorf("%q: % x, %v", text, b, err)
		}
	}
}

func pton(family facade.Family) func(string) ([]byte, error) {
	return func(s string) ([]byte, error) { return facade.InetPton(family, s) }
}

func ntop(family facade.Family) func([]byte) (string, error) {
	return func(b []byte) (string, error) { return facade.InetNtop(family, b) }
}

// atonIsFourBytes, also of the short forms of inet(3).
func atonIsFourBytes(t *testing.T, _ Env) {
	wantPacked(t, facade.InetAton, []packing{
		{"0.0.0.0", "\x00\x00\x00\x00"}, {"255.255.255.255", "\xff\xff\xff\xff"}, {"1", "\x00\x00\x00\x01"},
		{"127.1", "\x7f\x00\x00\x01"}, {"0x7f.1", "\x7f\x00\x00\x01"}, {"10.0.011", "\x0a\x00\x00\x09"},
		{"4294967295", "\xff\xff\xff\xff"},
	})
}

func ptonIPv4(t *testing.T, _ Env) {
	for _, pack := range []func(string) ([]byte, error){facade.InetAton, pton(facade.AF_INET)} {
		wantPacked(t, pack, []packing{
			{"0.0.0.0", "\x00\x00\x00\x00"}, {"255.0.255.0", "\xff\x00\xff\x00"}, {"170.170.170.170", "\xaa\xaa\xaa\xaa"},
			{"1.2.3.4", "\x01\x02\x03\x04"}, {"255.255.255.255", "\xff\xff\xff\xff"},
		})
		wantNoAddress(t, pack, "", "0.0.0.", "300.0.0.0", "a.0.0.0", "1.2.3.4.5", "::1", " 1.2.3.4", "-1.2.3.4")
	}
	wantNoAddress(t, pton(facade.AF_INET), "1.2.3.4 ", "127.1", "0x7f.0.0.1", "010.0.0.1", "1.2.3")
}

func ptonIPv6(t *testing.T, _ Env) {
	const zero4 = "\x00\x00\x00\x00"
	wantPacked(t, pton(facade.AF_INET6), []packing{
		{"::", zero4 + zero4 + zero4 + zero4},
		{"0::0", zero4 + zero4 + zero4 + zero4},
		{"1::", "\x00\x01\x00\x00" + zero4 + zero4 + zero4},
		{"45ef:76cb:1a:56ef:afeb:bac:1924:aeae", "\x45\xef\x76\xcb\x00\x1a\x56\xef\xaf\xeb\x0b\xac\x19\x24\xae\xae"},
		{"ad42:abc::127:0:254:2", "\xad\x42\x0a\xbc" + zero4 + "\x01\x27\x00\x00\x02\x54\x00\x02"},
		{"12:a::", "\x00\x12\x00\x0a" + zero4 + zero4 + zero4},
		{"::254.42.23.64", zero4 + zero4 + zero4 + "\xfe\x2a\x17\x40"},
		{"42::a29b:254.42.23.64", "\x00\x42\x00\x00" + zero4 + "\x00\x00\xa2\x9b\xfe\x2a\x17\x40"},
		{"42:a8b9:0:2:ffff:a29b:254.42.23.64", "\x00\x42\xa8\xb9\x00\x00\x00\x02\xff\xff\xa2\x9b\xfe\x2a\x17\x40"},
	})
	wantNoAddress(t, pton(facade.AF_INET6),
		"", "0x20::", ":::", "::0::", "1::abc::", "1::abc::def", "1:2:3:4:5:6", "1:2:3:4:5:6:", "1:2:3:4:5:6:7:8:0",
		"1:2:3:4:5:6:7:8:", "255.254.253.252", "1::260.2.3.0", "1::0.be.e.0", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:0",
		"0.100.200.0:3:4:5:6:7:8", "fe80::1%lo", "[::1]",
	)
}

func ntopIPv4(t *testing.T, _ Env) {
	for _, text := range []func([]byte) (string, error){facade.InetNtoa, ntop(facade.AF_INET)} {
		wantText(t, text, []packing{
			{"1.0.1.0", "\x01\x00\x01\x00"}, {"170.85.170.85", "\xaa\x55\xaa\x55"},
			{"255.255.255.255", "\xff\xff\xff\xff"}, {"1.2.3.4", "\x01\x02\x03\x04"},
		})
	}
	for _, length := range []int{0, 3, 5, 16} {
		_, err := facade.InetNtop(facade.AF_INET, make([]byte, length))
		wantArgumentError(t, "inet_ntop", err)
		var e *facade.Error // where CPython's inet_ntop has a ValueError, its inet_ntoa has an OSError
		if s, err := facade.InetNtoa(make([]byte, length)); !errors.As(err, &e) {
			t.Errorf("inet_ntoa of %d bytes: %q, %v", length, s, err)
		}
	}
}

func ntopIPv6(t *testing.T, _ Env) {
	const zero12 = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	wantText(t, ntop(facade.AF_INET6), []packing{
		{"::", zero12 + "\x00\x00\x00\x00"},
		{"::1", zero12 + "\x00\x00\x00\x01"},
		{"aef:b01:506:1001:ffff:9997:55:170", "\x0a\xef\x0b\x01\x05\x06\x10\x01\xff\xff\x99\x97\x00\x55\x01\x70"},
		{"::1.2.3.4", zero12 + "\x01\x02\x03\x04"},
		{"::ffff:1.2.3.4", zero12[:10] + "\xff\xff\x01\x02\x03\x04"},
	})
	for _, length := range []int{0, 4, 15, 17} {
		_, err := facade.InetNtop(facade.AF_INET6, make([]byte, length))
		wantArgumentError(t, "inet_ntop", err)
	}
}

func unknownAddressFamily(t *testing.T, _ Env) {
	_, err := facade.InetPton(facade.AF_UNIX, "1.2.3.4")
	wantErrno(t, "inet_pton", err, syscall.EAFNOSUPPORT)
	_, err = facade.InetNtop(facade.AF_UNIX, make([]byte, 4))
	wantErrno(t, "inet_ntop", err, syscall.EAFNOSUPPORT)
}
