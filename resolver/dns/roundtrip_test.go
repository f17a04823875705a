package dns_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// TestRoundTrip: records of every type, at the end of chains of every length,
// shuffled and with others between them, are what a lookup returns in the
// server's order.
func TestRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 500 {
		body := bodies[round%len(bodies)]
		name := "host" + strconv.Itoa(round) + ".test."
		want, all, aliases, end := zone(random, name, body)
		n := newNetworkOf(answered(func(m *dnsmessage.Message) { m.Answers = all }))
		typ := typeOf(t, body(random))
		got, err := lookup(t, client(n, dns.Servers{}), name, typ)
		if err != nil || !sameRecords(got.Records, want) || got.Name+"." != end || !slices.Equal(got.Aliases, aliases) {
			t.Fatalf("round %d, %s: %+v, %v; want %+v of %s by %q", round, dns.TypeName(typ), got, err, want, end, aliases)
		}
		again, err := lookup(t, client(n, dns.Servers{UseTCP: true}), name, typ)
		if err != nil || !sameRecords(again.Records, want) {
			t.Fatalf("round %d over TCP: %+v, %v", round, again, err)
		}
	}
}

// zone makes an answer section, and what a lookup of name is to find in it.
func zone(random *rand.Rand, name string, body func(*rand.Rand) dnsmessage.ResourceBody) (want, all []dnsmessage.Resource, aliases []string, end string) {
	end = name
	links := random.IntN(5)
	if _, ok := body(random).(*dnsmessage.CNAMEResource); ok {
		links = 0
	}
	for i := range links {
		next := "link" + strconv.Itoa(i) + "." + name
		all = append(all, cname(end, next, random.Uint32N(86400)))
		aliases = append(aliases, end[:len(end)-1])
		end = next
	}
	for range 1 + random.IntN(20) {
		all = append(all,
			dnsmessage.Resource{Header: header(end, random.Uint32N(86400)), Body: body(random)},
			dnsmessage.Resource{Header: header("other."+name, random.Uint32N(86400)), Body: body(random)})
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, r := range all {
		if _, link := r.Body.(*dnsmessage.CNAMEResource); r.Header.Name.String() == end && (!link || links == 0) {
			want = append(want, r)
		}
	}
	return want, all, aliases, end
}

var bodies = []func(*rand.Rand) dnsmessage.ResourceBody{
	func(r *rand.Rand) dnsmessage.ResourceBody { return &dnsmessage.AResource{A: [4]byte(some(r, 4))} },
	func(r *rand.Rand) dnsmessage.ResourceBody {
		return &dnsmessage.AAAAResource{AAAA: [16]byte(some(r, 16))}
	},
	func(r *rand.Rand) dnsmessage.ResourceBody { return &dnsmessage.CNAMEResource{CNAME: someName(r)} },
	func(r *rand.Rand) dnsmessage.ResourceBody { return &dnsmessage.PTRResource{PTR: someName(r)} },
	func(r *rand.Rand) dnsmessage.ResourceBody { return &dnsmessage.NSResource{NS: someName(r)} },
	func(r *rand.Rand) dnsmessage.ResourceBody {
		return &dnsmessage.MXResource{Pref: uint16(r.Uint32()), MX: someName(r)}
	},
	func(r *rand.Rand) dnsmessage.ResourceBody {
		return &dnsmessage.SRVResource{Priority: uint16(r.Uint32()), Port: uint16(r.Uint32()), Target: someName(r)}
	},
	func(r *rand.Rand) dnsmessage.ResourceBody {
		return &dnsmessage.SOAResource{NS: someName(r), MBox: someName(r), Serial: r.Uint32(), MinTTL: r.Uint32()}
	},
	func(r *rand.Rand) dnsmessage.ResourceBody {
		return &dnsmessage.TXTResource{TXT: []string{string(some(r, r.IntN(256))), string(some(r, r.IntN(256)))}}
	},
	func(r *rand.Rand) dnsmessage.ResourceBody {
		return &dnsmessage.HTTPSResource{SVCBResource: dnsmessage.SVCBResource{
			Priority: 1, Target: someName(r), Params: []dnsmessage.SVCParam{{Key: 1, Value: some(r, 5)}, {Key: 4, Value: some(r, 4)}},
		}}
	},
	func(r *rand.Rand) dnsmessage.ResourceBody {
		return &dnsmessage.UnknownResource{Type: 65280, Data: some(r, r.IntN(300))}
	},
}

func some(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// someName has bytes of every kind but dots, which no name in this form can have.
func someName(r *rand.Rand) dnsmessage.Name {
	label := slices.DeleteFunc(some(r, 1+r.IntN(63)), func(c byte) bool { return c == '.' })
	return dnsmessage.MustNewName("x" + string(label[:min(len(label), 62)]) + ".test.")
}

// typeOf is the type that a body is packed as.
func typeOf(t testing.TB, body dnsmessage.ResourceBody) dns.Type {
	t.Helper()
	m := dnsmessage.Message{Answers: []dnsmessage.Resource{{Header: header(".", 0), Body: body}}}
	packed := pack(m)
	if err := m.Unpack(packed); err != nil {
		t.Fatal(err)
	}
	return m.Answers[0].Header.Type
}
