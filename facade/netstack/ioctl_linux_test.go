package netstack_test

import (
	"encoding/binary"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// ifreqOf is a struct ifreq with a name.
func ifreqOf(name string) []byte {
	b := make([]byte, endpoint.SizeofIfreq)
	copy(b, name)
	return b
}

// ifRequests are those about a link that the name alone picks.
var ifRequests = []uint{
	endpoint.SIOCGIFFLAGS, endpoint.SIOCGIFADDR, endpoint.SIOCGIFDSTADDR, endpoint.SIOCGIFBRDADDR,
	endpoint.SIOCGIFNETMASK, endpoint.SIOCGIFMETRIC, endpoint.SIOCGIFMTU, endpoint.SIOCGIFHWADDR,
	endpoint.SIOCGIFINDEX, endpoint.SIOCGIFMAP, endpoint.SIOCGIFCOUNT,
}

func TestIoctlsAreTheKernels(t *testing.T) {
	sockets := map[string][3]int{
		"UDP": {inet, dgram, 0}, "TCP": {inet, endpoint.SOCK_STREAM, 0}, "UDP over IPv6": {inet6Family, dgram, 0},
		"raw": {inet, rawType, 1}, "ping": {inet, dgram, 1}, "packet": {packet, rawType, 0},
	}
	testenv.Root(t)
	for name, c := range sockets {
		t.Run(name, func(t *testing.T) {
			likeTheKernel(t, func(n *notes) {
				e := n.socket(c[0], c[1], c[2])
				for _, req := range ifRequests {
					n.ioctl(e, req, ifreqOf("lo"))
					n.ioctl(e, req, ifreqOf("nowhere9"))
				}
				for _, req := range []uint{endpoint.SIOCGIFADDR, endpoint.SIOCGIFNETMASK, endpoint.SIOCGIFMTU, endpoint.SIOCGIFHWADDR, endpoint.SIOCGIFFLAGS, endpoint.SIOCGIFINDEX} {
					n.ioctl(e, req, ifreqOf("silent0"))
				}
				for _, index := range []uint32{0, 1, 99} {
					arg := make([]byte, endpoint.SizeofIfreq)
					binary.NativeEndian.PutUint32(arg[endpoint.IFNAMSIZ:], index)
					n.ioctl(e, endpoint.SIOCGIFNAME, arg)
				}
				n.ioctl(e, endpoint.SIOCATMARK, make([]byte, 4))
				n.ioctl(e, endpoint.FIONREAD, make([]byte, 4))
				if c[0] == inet && c[1] == rawType {
					n.ioctl(e, endpoint.SIOCOUTQ, make([]byte, 4))
				}
			})
		})
	}
	t.Run("listener", func(t *testing.T) {
		likeTheKernel(t, func(n *notes) {
			e := n.socket(inet, endpoint.SOCK_STREAM, 0)
			ok(n.t, "Listen", e.Listen(1))
			for _, req := range []uint{endpoint.FIONREAD, endpoint.SIOCOUTQ, endpoint.SIOCATMARK} {
				n.ioctl(e, req, make([]byte, 4))
			}
		})
	})
}
