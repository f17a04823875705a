package codec_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade/codec"
)

// golden is what CPython answers: testdata/golden.py writes it.
type golden struct {
	Names  map[string]string
	Tables map[string][]*string
	// Of each: encoding, errors, input, output or nil for an error.
	Decode, Encode [][4]*string
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	readJSON(t, "testdata/golden.json", &g)
	return g
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func lookup(t testing.TB, name string) *codec.Encoding {
	t.Helper()
	e := codec.Lookup(name)
	if e == nil {
		t.Fatalf("no encoding %q", name)
	}
	return e
}

func TestNamesAreCPythons(t *testing.T) {
	for alias, name := range readGolden(t).Names {
		if e := codec.Lookup(alias); e == nil || e.Name() != name {
			t.Errorf("%q is not %s", alias, name)
		}
	}
	for _, name := range []string{"", "utf-9", "rot13", "base64", "mbcs", "utf\x008x"} {
		if e := codec.Lookup(name); e != nil {
			t.Errorf("%q is %s", name, e.Name())
		}
	}
}

// check fails unless got and err are what CPython answers.
func check(t *testing.T, what string, got []byte, err error, want *string) {
	t.Helper()
	switch {
	case want == nil && !errors.Is(err, syscall.EILSEQ):
		t.Errorf("%s: %x, %v, want an error", what, got, err)
	case want != nil && (err != nil || hex.EncodeToString(got) != *want):
		t.Errorf("%s: %x, %v, want %s", what, got, err, *want)
	}
}

func TestCodePagesAreCPythons(t *testing.T) {
	g := readGolden(t)
	for name, table := range g.Tables {
		e := lookup(t, name)
		for b, want := range table {
			text, _, err := e.NewDecoder("strict").Decode(nil, []byte{byte(b)}, true)
			check(t, fmt.Sprintf("%s: byte %#02x", name, b), text, err, want)
			if want == nil {
				continue
			}
			back, _, err := e.NewEncoder("strict").Encode(nil, text, true)
			if err != nil || !bytes.Equal(back, []byte{byte(b)}) {
				t.Errorf("%s: byte %#02x is %q, and that is %x, %v", name, b, text, back, err)
			}
		}
	}
}

// TestPairsAreCPythons: the two-byte characters that CPython has, both ways.
func TestPairsAreCPythons(t *testing.T) {
	var tables map[string]map[string]string // encoding, lead byte: characters of the trail bytes from 0x40
	readJSON(t, "testdata/pairs.json", &tables)
	for name, rows := range tables {
		e := lookup(t, name)
		for lead, row := range rows {
			trail := byte(0x40 - 1)
			for _, want := range row {
				if trail++; want == ' ' {
					continue
				}
				b := append(unhex(t, lead), trail)
				text, _, err := e.NewDecoder("strict").Decode(nil, b, true)
				if err != nil || string(text) != string(want) {
					t.Errorf("%s: %x is %q, %v, want %q", name, b, text, err, want)
				}
				back, _, err := e.NewEncoder("strict").Encode(nil, text, true)
				if err != nil || !bytes.Equal(back, b) {
					t.Errorf("%s: %q is %x, %v, want %x", name, text, back, err, b)
				}
			}
		}
	}
}

func TestDecodingIsCPythons(t *testing.T) {
	for _, c := range readGolden(t).Decode {
		text, _, err := lookup(t, *c[0]).NewDecoder(*c[1]).Decode(nil, unhex(t, *c[2]), true)
		check(t, fmt.Sprint(*c[0], " ", *c[1], " ", *c[2]), text, err, c[3])
	}
}

func TestEncodingIsCPythons(t *testing.T) {
	for _, c := range readGolden(t).Encode {
		b, _, err := lookup(t, *c[0]).NewEncoder(*c[1]).Encode(nil, unhex(t, *c[2]), true)
		check(t, fmt.Sprint(*c[0], " ", *c[1], " ", *c[2]), b, err, c[3])
	}
}

// pieces decodes src in pieces of the sizes that cuts gives, and returns the text
// with a mark for each error.
func pieces(t testing.TB, e *codec.Encoding, handler string, src []byte, cuts func() int) []byte {
	t.Helper()
	d := e.NewDecoder(handler)
	var text, pending []byte
	for final := false; !final; {
		n := min(cuts(), len(src))
		pending = append(pending, src[:n]...)
		src = src[n:]
		final = len(src) == 0
		for {
			var took int
			var err error
			before := len(text)
			text, took, err = d.Decode(text, pending, final)
			pending = pending[took:]
			if err == nil {
				break
			}
			if took == 0 {
				t.Fatalf("%s: an error about nothing", e.Name())
			}
			if len(text) < before {
				t.Fatalf("%s: text was taken back", e.Name())
			}
			text = append(text, "<error>"...)
		}
		if len(pending) > 4 {
			t.Fatalf("%s: %x waits for more", e.Name(), pending)
		}
	}
	if len(pending) != 0 {
		t.Fatalf("%s: %x was left at the end", e.Name(), pending)
	}
	return text
}

// FuzzDecodeInPieces holds that text does not depend on how its bytes are cut.
func FuzzDecodeInPieces(f *testing.F) {
	names := []string{"utf-8", "utf-8-sig", "ascii", "latin-1", "utf-16", "utf-16-le", "utf-32", "utf-32-be", "cp1252",
		"cp037", "gb18030", "gbk", "big5", "euc_jp", "shift_jis", "iso2022_jp", "euc_kr"}
	handlers := codec.Handlers()
	for i := range names {
		f.Add([]byte("\xef\xbb\xbfcaf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80\xff\xed\xa0\x80"), []byte{1, 2, 1, 3}, i, i)
		f.Add([]byte("\xff\xfea\x00=\xd8\x00\xde\x00\x00"), []byte{1}, i, i+1)
		f.Add([]byte("a\x1b$BF|K\\\x1b(Bb~{VPND~}c\x1b$"), []byte{2, 1}, i, i+2)
		f.Add([]byte("\x84\x31\xa4\x37\x8fa\x88\x62\x81\x30\x81"), []byte{3, 1}, i, i+3)
	}
	f.Fuzz(func(t *testing.T, src, sizes []byte, name, handler int) {
		e := lookup(t, names[uint(name)%uint(len(names))])
		h := handlers[uint(handler)%uint(len(handlers))]
		whole := pieces(t, e, h, src, func() int { return len(src) })
		i := 0
		cut := func() int {
			if len(sizes) == 0 {
				return 1
			}
			i++
			return int(sizes[i%len(sizes)])%8 + 1
		}
		if got := pieces(t, e, h, src, cut); !bytes.Equal(got, whole) {
			t.Errorf("%s, %s: in pieces %q, at once %q", e.Name(), h, got, whole)
		}
	})
}

func TestUnknownHandlers(t *testing.T) {
	e := lookup(t, "utf-8")
	for _, h := range []string{"", "namereplace", "surrogatepass", "Strict"} {
		if e.NewDecoder(h) != nil || e.NewEncoder(h) != nil {
			t.Errorf("%q is an error handler", h)
		}
	}
	if !slices.Contains(codec.Handlers(), "strict") {
		t.Error("no handler strict")
	}
}

// An escaped byte comes back as it was, and valid text is never taken for one.
func TestSurrogateEscapeRoundTrip(t *testing.T) {
	for _, name := range []string{"ascii", "utf-8", "cp1252", "euc_jp"} {
		e := lookup(t, name)
		src := []byte("a\xc3\xa9\xff\x81\xed\xb2\xa9z")
		text, _, err := e.NewDecoder("surrogateescape").Decode(nil, src, true)
		if err != nil {
			t.Fatal(name, err)
		}
		back, _, err := e.NewEncoder("surrogateescape").Encode(nil, text, true)
		if err != nil || !bytes.Equal(back, src) {
			t.Errorf("%s: %x is %q, and that is %x, %v", name, src, text, back, err)
		}
	}
}

func TestEncodingLeavesIncompleteCharacter(t *testing.T) {
	e := lookup(t, "utf-16-le").NewEncoder("strict")
	b, n, err := e.Encode(nil, []byte("a\xe6\x97"), false)
	if err != nil || n != 1 || string(b) != "a\x00" {
		t.Fatalf("%q, %d, %v", b, n, err)
	}
	if b, n, err = e.Encode(nil, []byte("\xe6\x97\xa5"), false); err != nil || n != 3 || string(b) != "\xe5\x65" {
		t.Fatalf("%q, %d, %v", b, n, err)
	}
	if _, n, err = e.Encode(nil, []byte("\xe6\x97"), true); !errors.Is(err, syscall.EILSEQ) || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
}
