package files

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// ErrTooLarge refuses a file over its cap: 64 MiB or 2 Mi names of hosts(5), 1 MiB
// of the others.
var ErrTooLarge = errors.New("file is too large")

const (
	maxLine  = 64 << 10
	maxSize  = 1 << 20
	maxHosts = 64 << 20
	maxNames = 2 << 20 // in hosts(5)
)

// eachLine calls f with every line, without its end, up to the first error. A line
// of maxLine bytes or more is left out.
func eachLine(r io.Reader, size int64, f func(line []byte) error) error {
	limited := &io.LimitedReader{R: r, N: size + 1}
	b := bufio.NewReaderSize(limited, maxLine)
	for long := false; ; {
		line, err := b.ReadSlice('\n')
		if limited.N == 0 {
			return ErrTooLarge
		}
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return err
		}
		if !long && err != bufio.ErrBufferFull {
			if err := f(trimLine(line)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		long = err == bufio.ErrBufferFull
	}
}

func trimLine(line []byte) []byte {
	line, _, _ = bytes.Cut(line, []byte{0})
	return bytes.TrimSuffix(line, []byte("\n"))
}

// fields are the words before a comment.
func fields(line []byte) []string {
	line, _, _ = bytes.Cut(line, []byte("#"))
	return words(string(line))
}

// words are what is between the white space of the C locale.
func words(s string) []string { return strings.FieldsFunc(s, isSpace) }

func isSpace(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' }

// eachEntry calls f with the words of every line that has at least two.
func eachEntry(r io.Reader, size int64, f func(words []string) error) error {
	return eachLine(r, size, func(line []byte) error {
		if words := fields(line); len(words) >= 2 {
			return f(words)
		}
		return nil
	})
}

// number reads a decimal without a sign, up to a largest.
func number(s string, largest int) (int, bool) {
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = 10*n + int(c-'0'); n > largest {
			return 0, false
		}
	}
	return n, s != ""
}
