package endpoint_test

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

func TestSockaddrRoundTrip(t *testing.T) {
	addr := netip.MustParseAddr
	for name, c := range map[string]struct {
		sa          endpoint.Sockaddr
		family, len int
		want        netip.AddrPort
		flow, scope uint32
	}{
		"IPv4": {sa: endpoint.SockaddrInet4(addr("192.0.2.1"), 80),
			family: endpoint.AF_INET, len: 16, want: netip.MustParseAddrPort("192.0.2.1:80")},
		"IPv4 from mapped": {sa: endpoint.SockaddrInet4(addr("::ffff:192.0.2.1"), 65535),
			family: endpoint.AF_INET, len: 16, want: netip.MustParseAddrPort("192.0.2.1:65535")},
		"IPv4 without address": {sa: endpoint.SockaddrInet4(netip.Addr{}, 1),
			family: endpoint.AF_INET, len: 16, want: netip.MustParseAddrPort("0.0.0.0:1")},
		"IPv4 from IPv6": {sa: endpoint.SockaddrInet4(addr("2001:db8::1"), 1),
			family: endpoint.AF_INET, len: 16, want: netip.MustParseAddrPort("0.0.0.0:1")},
		"IPv6": {sa: endpoint.SockaddrInet6(addr("2001:db8::1"), 443, 0xfedcb, 0),
			family: endpoint.AF_INET6, len: 28, want: netip.MustParseAddrPort("[2001:db8::1]:443"), flow: 0xfedcb},
		"IPv6 link-local": {sa: endpoint.SockaddrInet6(addr("fe80::1%eth0"), 0, 0, 7),
			family: endpoint.AF_INET6, len: 28, want: netip.MustParseAddrPort("[fe80::1]:0"), scope: 7},
		"IPv6 from IPv4": {sa: endpoint.SockaddrInet6(addr("192.0.2.1"), 80, 0, 0),
			family: endpoint.AF_INET6, len: 28, want: netip.MustParseAddrPort("[::ffff:192.0.2.1]:80")},
		"IPv6 without address": {sa: endpoint.SockaddrInet6(netip.Addr{}, 80, 0, 0),
			family: endpoint.AF_INET6, len: 28, want: netip.MustParseAddrPort("[::]:80")},
	} {
		t.Run(name, func(t *testing.T) {
			sa := c.sa
			got, ok := sa.AddrPort()
			if !ok || got != c.want {
				t.Errorf("AddrPort %v %v, want %v", got, ok, c.want)
			}
			if sa.Family() != c.family || sa.Len() != c.len || sa.IsZero() {
				t.Errorf("family %d, length %d", sa.Family(), sa.Len())
			}
			if sa.FlowInfo() != c.flow || sa.ScopeID() != c.scope {
				t.Errorf("flow %#x, scope %d", sa.FlowInfo(), sa.ScopeID())
			}
			copied, ok := endpoint.SockaddrFromBytes(sa.Bytes())
			if !ok || copied != sa {
				t.Errorf("from its own bytes: %v, %v", copied, ok)
			}
		})
	}
}

func TestSockaddrLayoutIsLinuxs(t *testing.T) {
	for name, c := range map[string]struct {
		sa   endpoint.Sockaddr
		tail []byte // behind the family
	}{
		"sockaddr_in": {endpoint.SockaddrInet4(netip.MustParseAddr("192.0.2.1"), 0x1234),
			[]byte{0x12, 0x34, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
		"sockaddr_in6": {endpoint.SockaddrInet6(netip.MustParseAddr("2001:db8::1"), 0x1234, 0x01020304, 0),
			[]byte{0x12, 0x34, 1, 2, 3, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.sa.Bytes()[2:]; !bytes.Equal(got, c.tail) {
				t.Errorf("% x, want % x", got, c.tail)
			}
		})
	}
}

func TestSockaddrIsComparable(t *testing.T) {
	one := endpoint.SockaddrInet4(netip.MustParseAddr("192.0.2.1"), 80)
	if one != endpoint.SockaddrInet4(netip.MustParseAddr("::ffff:192.0.2.1"), 80) {
		t.Error("equal addresses differ")
	}
	for name, other := range map[string]endpoint.Sockaddr{
		"port":   endpoint.SockaddrInet4(netip.MustParseAddr("192.0.2.1"), 81),
		"family": endpoint.SockaddrInet6(netip.MustParseAddr("192.0.2.1"), 80, 0, 0),
		"none":   {},
	} {
		if other == one {
			t.Errorf("%s: different addresses are equal", name)
		}
	}
	seen := map[endpoint.Sockaddr]bool{one: true}
	if !seen[endpoint.SockaddrInet4(netip.MustParseAddr("192.0.2.1"), 80)] {
		t.Error("not found as a map's key")
	}
}

func TestSockaddrFromBytesLimits(t *testing.T) {
	for _, c := range []struct {
		size int
		ok   bool
	}{{0, false}, {1, false}, {2, true}, {16, true}, {127, true}, {128, true}, {129, false}, {4096, false}} {
		raw := bytes.Repeat([]byte{0xff}, c.size)
		sa, ok := endpoint.SockaddrFromBytes(raw)
		if ok != c.ok {
			t.Errorf("%d bytes: %v", c.size, ok)
		}
		if !ok && (!sa.IsZero() || sa != endpoint.Sockaddr{}) {
			t.Errorf("%d bytes: refused, but not empty", c.size)
		}
		if ok && !bytes.Equal(sa.Bytes(), raw) {
			t.Errorf("%d bytes: % x", c.size, sa.Bytes())
		}
	}
}

func TestSockaddrFromBytesCopies(t *testing.T) {
	raw := []byte{1, 0, 'a'}
	sa, _ := endpoint.SockaddrFromBytes(raw)
	raw[2] = 'b'
	if sa.Bytes()[2] != 'a' {
		t.Error("the address aliases its source")
	}
}

// cut is an address short of its last bytes.
func cut(sa endpoint.Sockaddr, n int) endpoint.Sockaddr {
	short, _ := endpoint.SockaddrFromBytes(sa.Bytes()[:n])
	return short
}

func TestAddrPortOfShortAndForeignAddresses(t *testing.T) {
	four := endpoint.SockaddrInet4(netip.MustParseAddr("192.0.2.1"), 80)
	six := endpoint.SockaddrInet6(netip.MustParseAddr("fe80::1"), 80, 5, 3)
	unix, _ := endpoint.SockaddrFromBytes(append([]byte{endpoint.AF_UNIX, 0}, make([]byte, 100)...))
	for name, c := range map[string]struct {
		sa endpoint.Sockaddr
		ok bool
	}{
		"zero value":               {endpoint.Sockaddr{}, false},
		"AF_UNSPEC":                {endpoint.SockaddrUnspec(), false},
		"AF_UNIX":                  {unix, false},
		"IPv4 of 15 bytes":         {cut(four, 15), false},
		"IPv4 of 2 bytes":          {cut(four, 2), false},
		"IPv6 of 23 bytes":         {cut(six, 23), false},
		"IPv6 without scope":       {cut(six, 24), true},
		"IPv6 with half its scope": {cut(six, 27), true},
	} {
		t.Run(name, func(t *testing.T) {
			if ap, ok := c.sa.AddrPort(); ok != c.ok || !ok && ap.IsValid() {
				t.Errorf("%v, %v", ap, ok)
			}
			if c.sa.ScopeID() != 0 {
				t.Errorf("scope %d", c.sa.ScopeID())
			}
		})
	}
}

func TestUnspecIsAnAddress(t *testing.T) {
	sa := endpoint.SockaddrUnspec()
	if sa.IsZero() || sa.Family() != endpoint.AF_UNSPEC || sa == (endpoint.Sockaddr{}) {
		t.Errorf("%v", sa)
	}
}

func FuzzSockaddrFromBytes(f *testing.F) {
	four := endpoint.SockaddrInet4(netip.MustParseAddr("192.0.2.1"), 80)
	six := endpoint.SockaddrInet6(netip.MustParseAddr("fe80::1"), 80, 5, 3)
	for _, seed := range [][]byte{
		nil, {0}, {0, 0}, {2, 0, 0}, four.Bytes(), six.Bytes(), six.Bytes()[:24], four.Bytes()[:8],
		append([]byte{endpoint.AF_UNIX, 0}, "/run/socket\x00"...), make([]byte, 128), make([]byte, 129),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		sa, ok := endpoint.SockaddrFromBytes(raw)
		if want := len(raw) >= 2 && len(raw) <= 128; ok != want {
			t.Fatalf("%d bytes: %v", len(raw), ok)
		}
		if !ok {
			return
		}
		if !bytes.Equal(sa.Bytes(), raw) || sa.Len() != len(raw) || sa.IsZero() {
			t.Fatalf("% x became % x", raw, sa.Bytes())
		}
		flow, scope := sa.FlowInfo(), sa.ScopeID()
		ap, ok := sa.AddrPort()
		if !ok {
			return
		}
		made := endpoint.SockaddrInet4(ap.Addr(), ap.Port())
		if sa.Family() == endpoint.AF_INET6 {
			made = endpoint.SockaddrInet6(ap.Addr(), ap.Port(), flow, scope)
		}
		again, ok := made.AddrPort()
		if !ok || again != ap || made.FlowInfo() != flow || made.ScopeID() != scope {
			t.Fatalf("%v became %v", ap, again)
		}
	})
}
