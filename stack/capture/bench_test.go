package capture_test

import (
	"io"
	"testing"

	"github.com/usernet-stack/usernet/stack/capture"
)

// BenchmarkRecord waits for the target as often as the buffer asks for it: no
// packet is lost.
func BenchmarkRecord(b *testing.B) {
	r := newWriter(b, io.Discard, capture.Config{})
	i := addInterface(b, r, "a")
	p := udp4(1, 1472)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for n := range b.N {
		i.Record(capture.Outbound, p)
		if n%4096 == 0 {
			r.Flush()
		}
	}
	closeRecorder(b, r)
	if s := r.Stats(); s.Packets != uint64(b.N) {
		b.Fatalf("%+v", s)
	}
}
