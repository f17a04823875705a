package facade

import (
	"bytes"
	"strings"
	"testing"
)

// TestLineLimitCountsOnce: what was counted is not looked at again. Each byte that
// was is made a character of its own, which a second look would count.
func TestLineLimitCountsOnce(t *testing.T) {
	const characters = 1000
	text := []byte(strings.Repeat("\u65e5", characters))
	l := lineLimit{size: characters, most: len(text), text: true}
	for n := 3; n < len(text); n += 3 {
		if cut, tooLong := l.cut(text[:n]); cut >= 0 || tooLong {
			t.Fatalf("%d bytes are cut at %d, %v", n, cut, tooLong)
		}
		copy(text, bytes.Repeat([]byte("x"), l.counted))
	}
	if cut, tooLong := l.cut(text); cut != len(text) || tooLong {
		t.Errorf("%d characters end at %d, %v, want %d", characters, cut, tooLong, len(text))
	}
}
