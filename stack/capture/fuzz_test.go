package capture_test

import (
	"bytes"
	"strings"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"

	"github.com/usernet-stack/usernet/stack/capture"
)

// FuzzRecording reads with pcapgo what was written of anything at all.
func FuzzRecording(f *testing.F) {
	f.Add("eth0", "dropped: loss", []byte{0x45}, 0, 2)
	f.Add("", "\xff", []byte{}, 3, 0)
	f.Add(strings.Repeat("n", 2000), strings.Repeat("c", 2000), make([]byte, 3000), 100, 9)
	f.Fuzz(func(t *testing.T, name, comment string, data []byte, snapLen, copies int) {
		snapLen, copies = int(uint16(snapLen)), int(uint8(copies))
		var file bytes.Buffer
		r := newWriter(t, &file, capture.Config{Clock: faketime.NewManualClock(), SnapLen: snapLen, MaxSize: 20_000, Comment: comment})
		i := addInterface(t, r, name)
		for range copies {
			i.Record(capture.Direction(copies), data, comment, name)
		}
		closeRecorder(t, r)
		if file.Len() > 20_000 {
			t.Errorf("%d bytes", file.Len())
		}
		rec := read(t, file.Bytes())
		if uint64(len(rec.packets))+r.Stats().LostFull != uint64(copies) {
			t.Errorf("%d packets of %d", len(rec.packets), copies)
		}
		want := data
		if snapLen > 0 {
			want = data[:min(len(data), snapLen)]
		}
		for _, p := range rec.packets {
			if !bytes.Equal(p.data, want) || p.length != len(data) {
				t.Errorf("%d bytes of %d", len(p.data), p.length)
			}
		}
	})
}
