package dns

import (
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	maxLabel = 63
	// maxName is RFC 1035's 255 bytes less the root's and the first length byte.
	maxName = 253
)

// parseName returns an absolute name, whose last dot is optional. "." is the root.
func parseName(text string) (dnsmessage.Name, error) {
	if text == "." {
		return dnsmessage.NewName(text)
	}
	text = strings.TrimSuffix(text, ".")
	if len(text) > maxName {
		return dnsmessage.Name{}, ErrName
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > maxLabel {
			return dnsmessage.Name{}, ErrName
		}
	}
	return dnsmessage.NewName(text + ".")
}

// printName leaves out the last dot, but for the root's.
func printName(absolute string) string {
	if absolute == "." {
		return absolute
	}
	return strings.TrimSuffix(absolute, ".")
}

// sameName compares as RFC 4343 does: without regard to the case of ASCII letters.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// within tells whether an absolute name is zone or below it.
func within(name, zone string) bool {
	if zone == "." {
		return true
	}
	cut := len(name) - len(zone)
	return cut >= 0 && (cut == 0 || name[cut-1] == '.') && sameName(name[cut:], zone)
}

func lowerName(name string) string {
	b := []byte(name)
	for i := range b {
		b[i] = lower(b[i])
	}
	return string(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
