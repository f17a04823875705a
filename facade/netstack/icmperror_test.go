package netstack_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
)

func TestICMPErrors(t *testing.T) {
	four := append([]byte{0x46, 0, 0, 32, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 1, 1, 1}, "payload!"...)
	six := append(append([]byte{0x60, 0, 0, 0, 0, 8, 58, 64}, make([]byte, 32)...), "payload!"...)
	fragment := append([]byte(nil), four...)
	fragment[7] = 1
	for name, c := range map[string]struct {
		six       bool
		typ, code byte
		packet    []byte
		want      endpoint.Errno // 0: none for a socket
	}{
		"port":                     {false, 3, 3, four, endpoint.ECONNREFUSED},
		"protocol":                 {false, 3, 2, four, endpoint.ENOPROTOOPT},
		"administrative":           {false, 3, 13, four, endpoint.EHOSTUNREACH},
		"parameter":                {false, 12, 0, four, endpoint.EPROTO},
		"host, which passes":       {false, 3, 1, four, 0},
		"time, which passes":       {false, 11, 0, four, 0},
		"echo reply":               {false, 0, 0, four, 0},
		"short":                    {false, 3, 3, four[:31], 0},
		"no header":                {false, 3, 3, four[:19], 0},
		"a later fragment":         {false, 3, 3, fragment, 0},
		"a header too short":       {false, 3, 3, append([]byte{0x44}, four[1:]...), 0},
		"IPv6 port":                {true, 1, 4, six, endpoint.ECONNREFUSED},
		"IPv6 administrative":      {true, 1, 1, six, endpoint.EACCES},
		"IPv6 parameter":           {true, 4, 2, six, endpoint.EPROTO},
		"IPv6 route, which passes": {true, 1, 0, six, 0},
		"IPv6 short":               {true, 1, 4, six[:47], 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := append([]byte{c.typ, c.code, 0, 0, 0, 0, 0, 0}, c.packet...)
			errno, payload, ok := netstack.ParseICMPError(c.six, b)
			want(t, "error", errno, c.want)
			if ok != (c.want != 0) || ok && string(payload) != "payload!" {
				t.Errorf("%v, payload %q", ok, payload)
			}
		})
	}
}
