package netstack_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
)

func TestICMPErrors(t *testing.T) {
	four := append([]byte{0x46, 0, 0, 32, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 1, 1, 1}, "payload!"...)
	six := append(append([]byte{0x60, 0, 0, 0, 0, 8, 58, 64}, make([]byte, 32)...), "payload!"...)
	extended := func(next byte, extension ...byte) []byte {
		b := append(append([]byte(nil), six[:40]...), extension...)
		b[6] = next
		return append(b, "payload!"...)
	}
	options := extended(0, 58, 0, 1, 4, 0, 0, 0, 0)
	first, later := extended(44, 58, 0, 0, 1, 0, 0, 0, 9), extended(44, 58, 0, 0, 8, 0, 0, 0, 9)
	fragment := append([]byte(nil), four...)
	fragment[7] = 1
	for name, c := range map[string]struct {
		six       bool
		typ, code byte
		packet    []byte
		want      endpoint.Errno // 0: none for a socket
		hard      bool
	}{
		"port":                     {false, 3, 3, four, endpoint.ECONNREFUSED, true},
		"protocol":                 {false, 3, 2, four, endpoint.ENOPROTOOPT, true},
		"administrative":           {false, 3, 13, four, endpoint.EHOSTUNREACH, true},
		"parameter":                {false, 12, 0, four, endpoint.EPROTO, true},
		"host, which passes":       {false, 3, 1, four, endpoint.EHOSTUNREACH, false},
		"time, which passes":       {false, 11, 0, four, endpoint.EHOSTUNREACH, false},
		"echo reply":               {false, 0, 0, four, 0, false},
		"short":                    {false, 3, 3, four[:31], 0, false},
		"no header":                {false, 3, 3, four[:19], 0, false},
		"a later fragment":         {false, 3, 3, fragment, 0, false},
		"a header too short":       {false, 3, 3, append([]byte{0x44}, four[1:]...), 0, false},
		"IPv6 port":                {true, 1, 4, six, endpoint.ECONNREFUSED, true},
		"IPv6 administrative":      {true, 1, 1, six, endpoint.EACCES, true},
		"IPv6 parameter":           {true, 4, 2, six, endpoint.EPROTO, true},
		"IPv6 route, which passes": {true, 1, 0, six, endpoint.ENETUNREACH, false},
		"time of reassembly":       {false, 11, 1, four, 0, false},
		"IPv6 options":             {true, 1, 4, options, endpoint.ECONNREFUSED, true},
		"IPv6 first fragment":      {true, 1, 4, first, endpoint.ECONNREFUSED, true},
		"IPv6 later fragment":      {true, 1, 4, later, 0, false},
		"IPv6 options cut short":   {true, 1, 4, options[:55], 0, false},
		"IPv6 short":               {true, 1, 4, six[:47], 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := append([]byte{c.typ, c.code, 0, 0, 0, 0, 0, 0}, c.packet...)
			errno, hard, payload, ok := netstack.ParseICMPError(c.six, b)
			want(t, "error", errno, c.want)
			if ok != (c.want != 0) || ok && string(payload) != "payload!" || hard != c.hard {
				t.Errorf("%v, hard %v, payload %q", ok, hard, payload)
			}
		})
	}
}
