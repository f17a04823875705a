package facade

import "unicode/utf8"

// lineLimit is where ReadLine cuts a line that does not end.
type lineLimit struct {
	size int  // how much was asked for; negative is the whole line
	text bool // size counts characters, otherwise bytes
	most int  // how many bytes are collected at most

	// The characters that were counted, and their bytes: however a peer cuts
	// its text, each is counted once.
	characters, counted int
}

// cut is where a line that b begins with is cut at the latest; -1 when b is too
// short to tell. Each b of a line begins with the one before. tooLong tells that
// less was collected than was asked for.
func (l *lineLimit) cut(b []byte) (n int, tooLong bool) {
	if n := l.asked(b); n >= 0 && n <= l.most {
		return n, false
	}
	if len(b) > l.most {
		return whole(b, l.most, l.text), true
	}
	return -1, false
}

// asked is how many bytes of b are what was asked for; -1 when b has less.
func (l *lineLimit) asked(b []byte) int {
	switch {
	case l.size < 0 || len(b) < l.size:
		return -1
	case !l.text:
		return l.size
	}
	for ; l.characters < l.size; l.characters++ {
		if l.counted == len(b) {
			return -1
		}
		_, size := utf8.DecodeRune(b[l.counted:])
		l.counted += size
	}
	return l.counted
}

// whole is n, or less so as not to cut a character of text in two.
func whole(b []byte, n int, text bool) int {
	if !text {
		return n
	}
	for back := n; back > max(0, n-utf8.UTFMax) && back < len(b); back-- {
		if utf8.RuneStart(b[back]) {
			return back
		}
	}
	return n
}
