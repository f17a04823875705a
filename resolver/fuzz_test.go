package resolver_test

import (
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver"
)

// FuzzInetAton: what is read is 4 bytes, whose quad is read as the same.
func FuzzInetAton(f *testing.F) {
	for _, seed := range []string{"1.2.3.4", "0x7f.1", "017", "1.2.3.", "4294967295"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		packed, err := resolver.InetAton(text)
		if err != nil {
			return
		}
		quad, err := resolver.InetNtoa(packed)
		if err != nil {
			t.Fatalf("%q: %x: %v", text, packed, err)
		}
		again, err := resolver.InetPton(endpoint.AF_INET, quad)
		if err != nil || string(again) != string(packed) {
			t.Errorf("%q: %x, as %q %x, %v", text, packed, quad, again, err)
		}
	})
}

// FuzzInetNtop: the text of 16 bytes is read as the same.
func FuzzInetNtop(f *testing.F) {
	for _, seed := range []string{"::", "::1", "::1.2.3.4", "::ffff:1.2.3.4", "1:0:0:2:0:0:0:3"} {
		f.Add(netip.MustParseAddr(seed).AsSlice())
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		text, err := resolver.InetNtop(endpoint.AF_INET6, packed)
		if (err == nil) != (len(packed) == 16) {
			t.Fatalf("%x: %q, %v", packed, text, err)
		}
		if err != nil {
			return
		}
		again, err := resolver.InetPton(endpoint.AF_INET6, text)
		if err != nil || string(again) != string(packed) {
			t.Errorf("%x is %q, which is %x, %v", packed, text, again, err)
		}
	})
}

// FuzzGetAddrInfo: a call gives results, or an error that says why.
func FuzzGetAddrInfo(f *testing.F) {
	f.Add("fe80::1%lo", "80", 10, 1, 6, 0)
	f.Add("localhost", "http", 0, 0, 0, resolver.AI_CANONNAME)
	f.Add("", "65536", 2, 3, 0, resolver.AI_PASSIVE)
	f.Fuzz(func(t *testing.T, host, service string, family, typ, proto, flags int) {
		hints := resolver.Hints{Family: family, Type: typ, Proto: proto, Flags: flags}
		infos, err := lo().GetAddrInfo(t.Context(), host, service, hints)
		if (err == nil) != (len(infos) > 0) {
			t.Fatalf("%v, %v", infos, err)
		}
		for _, i := range infos {
			if !i.Addr.IsValid() || i.Addr.Addr().Zone() != "" || family != 0 && i.Family != family || typ != 0 && i.Type != typ {
				t.Errorf("%+v for %+v", i, hints)
			}
		}
	})
}
