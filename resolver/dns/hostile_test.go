package dns_test

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// full is a reply of nearly 64 KiB: as many of record as fit, whose owner is the
// question, or as write says.
func full(query []byte, write func(b []byte, i int) []byte) []byte {
	b := pack(replyTo(query))
	count := 0
	for {
		next := write(b, count)
		if len(next) > 1<<16-1 || count == 1<<16-1 {
			break
		}
		b, count = next, count+1
	}
	binary.BigEndian.PutUint16(b[6:], uint16(count))
	return b
}

// record appends a record with the owner at an offset.
func record(b []byte, owner int, t dns.Type, data []byte) []byte {
	b = append(b, 0xc0|byte(owner>>8), byte(owner))
	b = binary.BigEndian.AppendUint16(b, uint16(t))
	b = append(b, 0, 1, 0, 0, 0, 60)
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	return append(b, data...)
}

const questionAt = 12

// hostile are replies of 64 KiB for a lookup of A records of www.test.
var hostile = []struct {
	name  string
	reply func(query []byte) []byte
	kind  error
	count int // of records
}{
	{"addresses", func(q []byte) []byte {
		return full(q, func(b []byte, i int) []byte { return record(b, questionAt, dns.TypeA, []byte{10, 0, 0, byte(i)}) })
	}, nil, 1000},
	{"CNAMEs of the question", func(q []byte) []byte {
		return full(q, func(b []byte, i int) []byte {
			return record(b, questionAt, dns.TypeCNAME, []byte{0xc0, questionAt + 4})
		})
	}, dns.ErrNoData, 0},
	{"CNAMEs of others", func(q []byte) []byte {
		return full(q, func(b []byte, i int) []byte {
			return record(b, questionAt+4, dns.TypeCNAME, []byte{0xc0, questionAt})
		})
	}, dns.ErrNoData, 0},
	{"records of others", func(q []byte) []byte {
		return full(q, func(b []byte, i int) []byte { return record(b, questionAt+4, dns.TypeA, []byte{10, 0, 0, 1}) })
	}, dns.ErrNoData, 0},
	{"empty records of the root", func(q []byte) []byte {
		return full(q, func(b []byte, i int) []byte { return append(b, 0, 255, 0, 0, 1, 0, 0, 0, 60, 0, 0) })
	}, dns.ErrNoData, 0},
	{"long names behind pointers", longNames, dns.ErrNoData, 0},
	{"CNAMEs that go on and on", func(q []byte) []byte {
		return full(q, func(b []byte, i int) []byte {
			name := func(i int) []byte { return []byte{3, 'a' + byte(i/676%26), 'a' + byte(i/26%26), 'a' + byte(i%26), 0} }
			owner := name(i - 1)
			if i == 0 {
				owner = []byte{0xc0, questionAt}
			}
			return append(append(append(b, owner...), 0, 5, 0, 1, 0, 0, 0, 60, 0, 5), name(i)...)
		})
	}, dns.ErrServerFailure, 0},
	{"a header that promises 65,535 of all", func(q []byte) []byte {
		b := pack(replyTo(q))
		copy(b[6:], []byte{255, 255, 255, 255, 255, 255})
		return b
	}, dns.ErrTimeout, 0},
	{"a pointer to itself", func(q []byte) []byte {
		b := pack(replyTo(q))
		b[7] = 1
		return append(b, 0xc0, byte(len(b)), 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4)
	}, dns.ErrTimeout, 0},
	{"two pointers to each other", func(q []byte) []byte {
		b := pack(replyTo(q))
		b[7] = 1
		return append(b, 0xc0, byte(len(b)+2), 0xc0, byte(len(b)), 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4)
	}, dns.ErrTimeout, 0},
}

// longNames has owners of 254 bytes in 2, each 10 pointers away.
func longNames(q []byte) []byte {
	var base int
	return full(q, func(b []byte, i int) []byte {
		if i == 0 {
			label := append([]byte{62}, slices.Repeat([]byte{'x'}, 62)...)
			name := append(slices.Repeat(label, 4), 0)
			base = len(b) + 12
			b = record(b, questionAt, 65280, name)
			for hop := range 8 {
				at := base
				if hop > 0 {
					at = len(b) - 2
				}
				b = append(b, 0xc0|byte(at>>8), byte(at))
			}
			base = len(b) - 2
			data := len(name) + 16
			binary.BigEndian.PutUint16(b[base+2-data-2:], uint16(data))
			return b
		}
		return record(b, base, dns.TypeCNAME, []byte{0xc0 | byte(base>>8), byte(base)})
	})
}

// TestHostileAnswers: 64 KiB of anything take bounded memory, and end the way
// that the package documents.
func TestHostileAnswers(t *testing.T) {
	for _, test := range hostile {
		t.Run(test.name, func(t *testing.T) {
			for _, tcp := range []bool{false, true} {
				n := newNetworkOf(server(func(_ string, q []byte) []event { return []event{{message: test.reply(q)}} }))
				c := client(n, dns.Servers{Attempts: 1, UseTCP: tcp})
				got, err := lookup(t, c, "www.test", dns.TypeA)
				if !errors.Is(err, test.kind) || err == nil && test.kind != nil || len(got.Records) != test.count {
					t.Errorf("%d records, %v", len(got.Records), err)
				}
				if test.name == "addresses" && got.Omitted != 4094-1000 { // 4,094 fit
					t.Errorf("%d omitted", got.Omitted)
				}
			}
		})
	}
}

// TestHostileMemory: a hostile answer makes at most 4 MiB of garbage.
func TestHostileMemory(t *testing.T) {
	const runs = 5
	for _, test := range hostile {
		ask := askHostile(test.reply)
		ask(t.Context()) // which makes the buffers
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			ask(t.Context())
		}
		runtime.ReadMemStats(&after)
		bytes, allocations := (after.TotalAlloc-before.TotalAlloc)/runs, (after.Mallocs-before.Mallocs)/runs
		if bytes > 4<<20 || allocations > 20000 {
			t.Errorf("%s: %d bytes, %d allocations", test.name, bytes, allocations)
		}
	}
}

func BenchmarkHostileAnswers(b *testing.B) {
	for _, test := range hostile {
		b.Run(test.name, func(b *testing.B) {
			ask := askHostile(test.reply)
			b.ReportAllocs()
			for b.Loop() {
				ask(b.Context())
			}
		})
	}
}

// askHostile returns a lookup that gets the same reply each time.
func askHostile(reply func(query []byte) []byte) func(context.Context) {
	var made []byte
	n := newNetworkOf(server(func(_ string, q []byte) []event {
		if made == nil {
			made = reply(q)
		}
		copy(made, q[:2])
		return []event{{message: made}}
	}))
	c := dns.New(dns.Config{Dial: n.Dial, Now: n.Now, CacheBytes: -1})
	c.SetServers(dns.Servers{Addrs: both[:1], Attempts: 1})
	return func(ctx context.Context) {
		c.Lookup(ctx, "www.test", []dns.Type{dns.TypeA}, func(int, dns.Answer, error) {})
		n.forget()
	}
}
