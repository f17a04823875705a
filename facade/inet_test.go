package facade_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

// TestInet: addresses to bytes and back.
func TestInet(t *testing.T) {
	for _, c := range []struct {
		family facade.Family
		text   string
		packed string
	}{
		{facade.AF_INET, "123.45.67.89", "\x7b\x2d\x43\x59"},
		{facade.AF_INET, "255.255.255.255", "\xff\xff\xff\xff"},
		{facade.AF_INET6, "5aef:2b::8", "\x5a\xef\x00\x2b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08"},
	} {
		b, err := facade.InetPton(c.family, c.text)
		if string(b) != c.packed || err != nil {
			t.Errorf("%s: %x, %v", c.text, b, err)
		}
		s, err := facade.InetNtop(c.family, b)
		if s != c.text || err != nil {
			t.Errorf("%x: %s, %v", b, s, err)
		}
	}
	b, err := facade.InetAton("0x7f.1")
	if s, err2 := facade.InetNtoa(b); s != "127.0.0.1" || err != nil || err2 != nil {
		t.Errorf("%x %s: %v, %v", b, s, err, err2)
	}
}

// TestByteOrder: two conversions are none.
func TestByteOrder(t *testing.T) {
	for _, x := range []uint32{0, 1, 0xffff0000, 0xffffffff, 0x12345678} {
		n, err := facade.Htonl(x)
		back, err2 := facade.Ntohl(n)
		if back != x || err != nil || err2 != nil {
			t.Errorf("%#x: %#x, %v, %v", x, back, err, err2)
		}
		n16, err := facade.Htons(x & 0xffff)
		back16, err2 := facade.Ntohs(n16)
		if uint32(back16) != x&0xffff || err != nil || err2 != nil {
			t.Errorf("%#x: %#x, %v, %v", x&0xffff, back16, err, err2)
		}
	}
}

// TestInetErrors: the reference's OverflowError and ValueError are ArgumentErrors,
// its socket.error is an Error.
func TestInetErrors(t *testing.T) {
	wide := int64(1) << 34
	for name, call := range map[string]func() error{
		"htonl wide":        func() error { _, err := facade.Htonl(wide); return err },
		"htonl negative":    func() error { _, err := facade.Htonl(-1); return err },
		"ntohl wide":        func() error { _, err := facade.Ntohl(wide); return err },
		"ntohl negative":    func() error { _, err := facade.Ntohl(-1); return err },
		"htons wide":        func() error { _, err := facade.Htons(65536); return err },
		"htons negative":    func() error { _, err := facade.Htons(-1); return err },
		"ntohs wide":        func() error { _, err := facade.Ntohs(65536); return err },
		"ntohs negative":    func() error { _, err := facade.Ntohs(-1); return err },
		"inet_ntop lengths": func() error { _, err := facade.InetNtop(facade.AF_INET6, make([]byte, 4)); return err },
	} {
		var refused *facade.ArgumentError
		if err := call(); !errors.As(err, &refused) || !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, call := range map[string]func() error{
		"inet_aton":        func() error { _, err := facade.InetAton("1.2.3.4.5"); return err },
		"inet_pton":        func() error { _, err := facade.InetPton(facade.AF_INET, "::1"); return err },
		"inet_ntoa":        func() error { _, err := facade.InetNtoa(make([]byte, 5)); return err },
		"inet_pton family": func() error { _, err := facade.InetPton(facade.AF_UNIX, "1.2.3.4"); return err },
		"inet_ntop family": func() error { _, err := facade.InetNtop(facade.AF_UNIX, make([]byte, 4)); return err },
	} {
		var socketError *facade.Error
		if err := call(); !errors.As(err, &socketError) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := facade.InetPton(facade.AF_UNIX, "1.2.3.4")
	if !errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Errorf("family: %v", err)
	}
}
