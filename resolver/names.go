package resolver

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// isHostName tells whether a name has only what names of hosts have (RFC 1123 section
// 2.1), underscores and the asterisk-free rest of res_hnok(3) included: what comes from
// servers is trusted no further.
func isHostName(name string) bool {
	if name == "" || name[0] == '-' {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// ascii gives a name the form of DNS (RFC 5890). An ASCII one stays as it is.
func ascii(name string) (string, EAI) {
	for i := range len(name) {
		if name[i] >= 0x80 {
			encoded, err := idna.Lookup.ToASCII(name)
			if err != nil {
				return "", EAI_IDN_ENCODE
			}
			return encoded, 0
		}
	}
	return name, 0
}

// unicode is a name as people read it, for AI_CANONIDN and NI_IDN.
func unicode(name string) string {
	decoded, err := idna.Display.ToUnicode(name)
	if err != nil {
		return name
	}
	return decoded
}

// ReverseName is the name under which DNS keeps the names of an address: RFC 1035
// section 3.5, RFC 3596 section 2.5. It has no dot at its end.
func ReverseName(a netip.Addr) string {
	b := a.AsSlice()
	var name strings.Builder
	for i := len(b) - 1; i >= 0; i-- {
		if a.Is4() {
			name.WriteString(strconv.Itoa(int(b[i])) + ".")
			continue
		}
		name.WriteByte("0123456789abcdef"[b[i]&15])
		name.WriteByte('.')
		name.WriteByte("0123456789abcdef"[b[i]>>4])
		name.WriteByte('.')
	}
	if a.Is4() {
		return name.String() + "in-addr.arpa"
	}
	return name.String() + "ip6.arpa"
}

// reversed is the inverse of ReverseName.
func reversed(name string) (netip.Addr, bool) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if quad, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		parts := strings.Split(quad, ".")
		if len(parts) != 4 {
			return netip.Addr{}, false
		}
		a, err := netip.ParseAddr(parts[3] + "." + parts[2] + "." + parts[1] + "." + parts[0])
		return a, err == nil
	}
	nibbles, ok := strings.CutSuffix(name, ".ip6.arpa")
	if !ok || len(nibbles) != 63 {
		return netip.Addr{}, false
	}
	var b [16]byte
	for i := range 32 {
		n := strings.IndexByte("0123456789abcdef", nibbles[2*i])
		if n < 0 || i < 31 && nibbles[2*i+1] != '.' {
			return netip.Addr{}, false
		}
		b[15-i/2] |= byte(n) << (4 * (i % 2))
	}
	return netip.AddrFrom16(b), true
}
