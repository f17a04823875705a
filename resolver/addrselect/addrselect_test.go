package addrselect_test

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver/addrselect"
)

func TestMain(m *testing.M) { os.Exit(testenv.RunInNetns(m)) }

func addrs(text string) []netip.Addr {
	var all []netip.Addr
	for _, f := range strings.Fields(text) {
		all = append(all, netip.MustParseAddr(f))
	}
	return all
}

func texts(all []netip.Addr) string {
	var texts []string
	for _, a := range all {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, " ")
}

var errNoRoute = errors.New("no route")

// from is SourceFor of "destination source" pairs.
func from(pairs ...string) func(netip.Addr) (netip.Addr, error) {
	sources := map[netip.Addr]netip.Addr{}
	for _, pair := range pairs {
		p := addrs(pair)
		sources[p[0]] = p[1]
	}
	return func(dst netip.Addr) (netip.Addr, error) {
		if src, ok := sources[dst]; ok {
			return src, nil
		}
		return netip.Addr{}, errNoRoute
	}
}

// oneOf tells whether a source is one of a list.
func oneOf(text string) func(netip.Addr) bool {
	return func(a netip.Addr) bool { return slices.Contains(addrs(text), a) }
}

func prefixLen(n int) func(netip.Addr) int { return func(netip.Addr) int { return n } }

// cases are in the wanted order, which the other one must give too. Section 10.2 of
// RFC 6724 but for Mobile IP, and each rule alone.
var cases = []struct {
	name string
	want string
	host addrselect.Host
}{
	{"10.2, prefer matching scope", "2001:db8::1 198.51.100.121", addrselect.Host{
		SourceFor: from("2001:db8::1 2001:db8::2", "198.51.100.121 169.254.13.78")}},
	{"10.2, prefer matching scope, IPv4", "198.51.100.121 2001:db8::1", addrselect.Host{
		SourceFor: from("2001:db8::1 fe80::1", "198.51.100.121 198.51.100.117")}},
	{"10.2, prefer higher precedence", "2001:db8::1 10.1.2.3", addrselect.Host{
		SourceFor: from("2001:db8::1 2001:db8::2", "10.1.2.3 10.1.2.4")}},
	{"10.2, prefer smaller scope", "fe80::1 2001:db8::1", addrselect.Host{
		SourceFor: from("2001:db8::1 2001:db8::2", "fe80::1 fe80::2")}},
	{"10.2, avoid deprecated addresses", "2001:db8::1 fe80::1", addrselect.Host{
		SourceFor: from("2001:db8::1 2001:db8::2", "fe80::1 fe80::2"), Deprecated: oneOf("fe80::2")}},
	{"10.2, longest matching prefix", "2001:db8::1 2001:db8:3ffe::1", addrselect.Host{
		SourceFor: from("2001:db8::1 2001:db8::2", "2001:db8:3ffe::1 2001:db8:3f44::2")}},
	{"10.2, prefer matching label", "2002:c633:6401::1 2001:db8:1::1", addrselect.Host{
		SourceFor: from("2002:c633:6401::1 2002:c633:6401::2", "2001:db8:1::1 2002:c633:6401::2")}},
	{"10.2, prefer higher precedence over 6to4", "2001:db8:1::1 2002:c633:6401::1", addrselect.Host{
		SourceFor: from("2002:c633:6401::1 2002:c633:6401::2", "2001:db8:1::1 2001:db8:1::2")}},
	{"10.3, prefer IPv4 by policy", "10.1.2.3 2001:db8::1", addrselect.Host{
		SourceFor: from("2001:db8::1 2001:db8::2", "10.1.2.3 10.1.2.4"),
		Policy:    append([]addrselect.Row{{Prefix: netip.MustParsePrefix("::ffff:0:0/96"), Precedence: 100, Label: 4}}, addrselect.DefaultPolicy()...)}},
	{"a policy of an IPv4 network", "10.1.2.3 2001:db8::1 192.0.2.1", addrselect.Host{
		SourceFor: from("2001:db8::1 2001:db8::2", "10.1.2.3 10.1.2.4", "192.0.2.1 192.0.2.2"),
		Policy:    append(addrselect.DefaultPolicy(), addrselect.Row{Prefix: netip.MustParsePrefix("10.0.0.0/8"), Precedence: 100, Label: 4})}},
	{"rule 1, avoid unusable destinations", "10.1.2.3 2001:db8::1", addrselect.Host{SourceFor: from("10.1.2.3 10.1.2.4")}},
	{"rule 6 without any source", "::1 2001:db8::1 10.1.2.3 2002::1 2001::1 fd00::1", addrselect.Host{SourceFor: from()}},
	{"rule 2, multicast", "ff05::1 ff0e::1", addrselect.Host{
		SourceFor: from("ff05::1 fec0::1", "ff0e::1 fe80::1"), Policy: []addrselect.Row{}}},
	{"rule 3", "2001:db8::1 2001:db8::2", addrselect.Host{
		SourceFor: from("2001:db8::1 2001:db8::3", "2001:db8::2 2001:db8::4"), Deprecated: oneOf("2001:db8::4")}},
	{"rule 5", "fd00::1 2001:db8::1", addrselect.Host{SourceFor: from("fd00::1 fd00::2", "2001:db8::1 fd00::2")}},
	{"rule 7, prefer native transport", "2001:db8::1 2001:db8:1::1", addrselect.Host{
		SourceFor: from("2001:db8::1 2001:db8:2::2", "2001:db8:1::1 2001:db8:1::2"), Encapsulated: oneOf("2001:db8:1::1")}},
	{"rule 8, multicast", "ff01::1 ff02::1 ff05::1 ff0e::1", addrselect.Host{SourceFor: from()}},
	{"rule 8, IPv4", "169.254.1.1 239.255.1.1 239.192.1.1 192.168.1.1", addrselect.Host{SourceFor: from()}},
	{"rule 8, IPv4-mapped", "::ffff:127.0.0.1 192.0.2.1", addrselect.Host{SourceFor: from()}},
	{"rule 8, a zone", "fe80::1%eth0 2001:db8::1", addrselect.Host{
		SourceFor: from("fe80::1%eth0 fe80::2%eth0", "2001:db8::1 2001:db8::2")}},
	{"rule 9, IPv6", "2001:db8:0:1::1 2001:db8:0:3::1 2001:db8:0:1000::1", addrselect.Host{
		SourceFor: from("2001:db8:0:1::1 2001:db8:0:1::9", "2001:db8:0:3::1 2001:db8:0:1::9", "2001:db8:0:1000::1 2001:db8:0:1::9")}},
	{"rule 9, IPv4, the source's network first", "10.1.2.200 10.1.3.1", addrselect.Host{
		SourceFor: from("10.1.2.200 10.1.2.4", "10.1.3.1 10.1.2.4"), PrefixLen: prefixLen(24)}},
	{"rule 9, IPv4, all bits in the source's network", "10.1.2.5 10.1.2.200", addrselect.Host{
		SourceFor: from("10.1.2.5 10.1.2.4", "10.1.2.200 10.1.2.4"), PrefixLen: prefixLen(24)}},
}

func TestSort(t *testing.T) {
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			dsts := addrs(tt.want)
			addrselect.Sort(dsts, tt.host)
			if got := texts(dsts); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			slices.Reverse(dsts)
			addrselect.Sort(dsts, tt.host)
			if got := texts(dsts); got != tt.want {
				t.Errorf("reversed: %s, want %s", got, tt.want)
			}
		})
	}
}

// Rule 10: what is alike keeps its order.
func TestSortIsStable(t *testing.T) {
	same4 := from("192.0.2.1 10.1.2.4", "198.51.100.1 10.1.2.4", "10.1.2.200 10.1.2.4")
	for _, tt := range []struct {
		name, dsts string
		host       addrselect.Host
	}{
		{"IPv4 in other networks", "198.51.100.1 192.0.2.1", addrselect.Host{SourceFor: same4, PrefixLen: prefixLen(24)}},
		{"IPv4 without prefix lengths", "198.51.100.1 192.0.2.1 10.1.2.200", addrselect.Host{SourceFor: same4}},
		{"interface identifiers", "2001:db8::8000:0:0:1 2001:db8::3 2001:db8::4000:0:0:1", addrselect.Host{
			SourceFor: from("2001:db8::8000:0:0:1 2001:db8::2", "2001:db8::3 2001:db8::2", "2001:db8::4000:0:0:1 2001:db8::2")}},
		{"the same twice", "192.0.2.1 192.0.2.1", addrselect.Host{SourceFor: same4}},
		{"two families and no policy", "198.51.100.1 2001:db8::1 192.0.2.1", addrselect.Host{SourceFor: from(), Policy: []addrselect.Row{}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, dsts := range [][]netip.Addr{addrs(tt.dsts), reversed(addrs(tt.dsts))} {
				want := texts(dsts)
				addrselect.Sort(dsts, tt.host)
				if got := texts(dsts); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
}

func reversed(all []netip.Addr) []netip.Addr {
	slices.Reverse(all)
	return all
}

func TestEachSourceIsAskedForOnce(t *testing.T) {
	asked := map[netip.Addr]int{}
	dsts := addrs("2001:db8::1 192.0.2.1 fe80::1 ::1 10.0.0.1")
	addrselect.Sort(dsts, addrselect.Host{SourceFor: func(dst netip.Addr) (netip.Addr, error) {
		asked[dst]++
		return dst, nil
	}})
	for _, dst := range dsts {
		if asked[dst] != 1 {
			t.Errorf("%v: %d times", dst, asked[dst])
		}
	}
}

func TestDefaultPolicyIsACopy(t *testing.T) {
	addrselect.DefaultPolicy()[0] = addrselect.Row{}
	if got := addrselect.DefaultPolicy()[0].Precedence; got != 50 {
		t.Errorf("::1 has precedence %d", got)
	}
}

// pool has addresses of every kind, near to one another and not.
var pool = addrs(`::1 2001:db8::1 2001:db8::2 2001:db8:0:8000::1 2001:db8:1::1 2002:c633:6401::1 2001::1 fd00::1 fd00:1::1
	fe80::1 fe80::2%eth0 fec0::1 3ffe::1 ::192.0.2.1 ff02::1 ff05::1 ff0e::1 127.0.0.1 10.1.2.3 10.1.2.4 10.1.2.200
	10.1.3.1 192.0.2.1 169.254.1.1 224.0.0.1 239.255.0.1 ::ffff:192.0.2.2`)

// TestSortIsAnOrder sorts lists of random addresses from random sources: the result
// is a permutation, sorting it again changes nothing, and two destinations that have
// an order have it in every list.
func TestSortIsAnOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		host := randomHost(r)
		var dsts []netip.Addr
		for range 1 + r.IntN(8) {
			dsts = append(dsts, pool[r.IntN(len(pool))])
		}
		sorted := slices.Clone(dsts)
		addrselect.Sort(sorted, host)
		again := slices.Clone(sorted)
		addrselect.Sort(again, host)
		if !slices.Equal(again, sorted) {
			t.Fatalf("%s is sorted to %s", texts(sorted), texts(again))
		}
		slices.SortFunc(again, netip.Addr.Compare)
		slices.SortFunc(dsts, netip.Addr.Compare)
		if !slices.Equal(again, dsts) {
			t.Fatalf("%s has become %s", texts(dsts), texts(sorted))
		}
		for i, a := range sorted {
			for _, b := range sorted[i+1:] {
				if before(b, a, host) {
					t.Fatalf("%v is before %v, but not in %s", b, a, texts(sorted))
				}
			}
		}
	}
}

// before tells whether a comes first whatever the order of the two.
func before(a, b netip.Addr, host addrselect.Host) bool {
	one, other := []netip.Addr{a, b}, []netip.Addr{b, a}
	addrselect.Sort(one, host)
	addrselect.Sort(other, host)
	return a != b && one[0] == a && other[0] == a
}

func randomHost(r *rand.Rand) addrselect.Host {
	sources := map[netip.Addr]netip.Addr{}
	for _, dst := range pool {
		if src := pool[r.IntN(len(pool))]; r.IntN(4) > 0 && src.Unmap().Is4() == dst.Unmap().Is4() {
			sources[dst] = src
		}
	}
	host := addrselect.Host{SourceFor: func(dst netip.Addr) (netip.Addr, error) {
		if src, ok := sources[dst]; ok {
			return src, nil
		}
		return netip.Addr{}, errNoRoute
	}}
	deprecated, tunnelled := pool[r.IntN(len(pool))], pool[r.IntN(len(pool))]
	host.Deprecated = func(src netip.Addr) bool { return src == deprecated }
	host.Encapsulated = func(dst netip.Addr) bool { return dst == tunnelled }
	if r.IntN(2) == 0 {
		host.PrefixLen = prefixLen(r.IntN(130) - 1)
	}
	if r.IntN(2) == 0 {
		host.Policy = addrselect.DefaultPolicy()[:r.IntN(9)]
	}
	return host
}
