package resolver

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// What the functions of inet(3) refuse.
var (
	// ErrAddressText refuses text that is no address of the family.
	ErrAddressText = errors.New("illegal IP address string")
	// ErrAddressLength refuses a packed address of the wrong length.
	ErrAddressLength = errors.New("packed IP wrong length")
	// ErrAddressFamily refuses a family other than AF_INET and AF_INET6.
	ErrAddressFamily = errors.New("unknown address family")
)

// InetAton reads an IPv4 address in any form of inet(3): one to four parts
// between dots, each decimal, octal (0…) or hexadecimal (0x…), of which the last
// fills the bytes that are left. It returns 4 bytes. As glibc's, it reads up to white
// space, whatever follows.
func InetAton(text string) ([]byte, error) {
	if end := strings.IndexAny(text, whiteSpace); end >= 0 {
		text = text[:end]
	}
	return inetAton(text)
}

// whiteSpace is that of isspace(3).
const whiteSpace = " \t\n\v\f\r"

// inetAton is InetAton of the whole text, as getaddrinfo(3) reads it.
func inetAton(text string) ([]byte, error) {
	parts := strings.Split(text, ".")
	if len(parts) > 4 {
		return nil, ErrAddressText
	}
	var packed uint64
	for i, part := range parts {
		width := 8 // bits
		if i == len(parts)-1 {
			width = 8 * (4 - i)
		}
		v, ok := inetPart(part)
		if !ok || v >= 1<<width {
			return nil, ErrAddressText
		}
		packed = packed<<width | v
	}
	return binary.BigEndian.AppendUint32(nil, uint32(packed)), nil
}

// inetPart reads an integer as in C, without a sign or underscores.
func inetPart(s string) (uint64, bool) {
	base := 10
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	v, err := strconv.ParseUint(s, base, 64)
	return v, err == nil
}

// InetNtoa returns the dotted quad of an IPv4 address of 4 bytes.
func InetNtoa(packed []byte) (string, error) {
	return InetNtop(endpoint.AF_INET, packed)
}

// InetPton reads an address of AF_INET, a dotted quad, or of AF_INET6, without a
// scope; it returns 4 or 16 bytes. It is as strict as inet_pton(3).
func InetPton(family int, text string) ([]byte, error) {
	if family != endpoint.AF_INET && family != endpoint.AF_INET6 {
		return nil, ErrAddressFamily
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" || a.Is4() != (family == endpoint.AF_INET) {
		return nil, ErrAddressText
	}
	return a.AsSlice(), nil
}

// InetNtop returns the text of 4 bytes of AF_INET or 16 bytes of AF_INET6, in the
// form of inet_ntop(3): RFC 5952, with IPv4-compatible addresses as "::1.2.3.4".
func InetNtop(family int, packed []byte) (string, error) {
	length, ok := map[int]int{endpoint.AF_INET: 4, endpoint.AF_INET6: 16}[family]
	if !ok {
		return "", ErrAddressFamily
	}
	if len(packed) != length {
		return "", ErrAddressLength
	}
	a, _ := netip.AddrFromSlice(packed)
	return addrText(a), nil
}

// addrText is an address as inet_ntop(3) of glibc spells it.
func addrText(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	b := a.As16()
	if [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0) {
		return "::" + netip.AddrFrom4([4]byte(b[12:])).String()
	}
	return a.String()
}
