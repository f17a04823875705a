package netstack_test

import (
	"encoding/binary"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// TestFullLinksHoldRawSocketsBack fills a link with each kind of socket: the send
// is EAGAIN, POLLOUT is withheld, and comes back with the room.
func TestFullLinksHoldRawSocketsBack(t *testing.T) {
	onCable := endpoint.SockaddrLinklayer(endpoint.Linklayer{Ifindex: 2, Protocol: endpoint.ETH_P_IP})
	for name, c := range map[string]struct {
		family, typ, proto int
		data               []byte
		to                 endpoint.Sockaddr
	}{
		"raw":          {endpoint.AF_INET, endpoint.SOCK_RAW, 200, []byte("datagram"), inet4("10.0.0.2:0")},
		"raw, IPv6":    {endpoint.AF_INET6, endpoint.SOCK_RAW, 200, []byte("datagram"), inet6("[fd00::2]:0", 0)},
		"whole packet": {endpoint.AF_INET, endpoint.SOCK_RAW, endpoint.IPPROTO_RAW, wholePacket("10.0.0.2"), inet4("10.0.0.2:0")},
		"ping":         {endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP, echo(8, 0, ""), inet4("10.0.0.2:0")},
		"packet":       {endpoint.AF_PACKET, endpoint.SOCK_RAW, 0, wholePacket("10.0.0.2"), onCable},
	} {
		t.Run(name, func(t *testing.T) {
			p, g := narrow(t)
			e := protocolSocket(t, p, c.family, c.typ, c.proto)
			send := func() endpoint.Errno {
				n, errno := e.Send(&endpoint.Message{Iov: [][]byte{c.data}, Addr: c.to})
				if errno == 0 && n != len(c.data) {
					t.Errorf("sent %d of %d bytes", n, len(c.data))
				}
				return errno
			}
			taken := int64(0)
			for ; taken < 100; taken++ {
				if errno := send(); errno != 0 {
					want(t, "Send to a full link", errno, endpoint.EAGAIN)
					break
				}
			}
			if taken == 0 || taken == 100 {
				t.Fatalf("the link took %d packets", taken)
			}
			if ready := e.Ready(); ready != 0 {
				t.Errorf("ready for %#x", ready)
			}
			if c.typ == endpoint.SOCK_RAW && c.family != endpoint.AF_PACKET && sendQueue(t, e) == 0 {
				t.Error("SIOCOUTQ is 0")
			}
			g.release()
			becomes(t, "room", e, out)
			ok(t, "Send", send())
			eventually(t, "all packets", func() bool { return g.taken.Load() == taken+2 })
			eventually(t, "an empty queue", func() bool { return sendQueue(t, e) == 0 })
		})
	}
}

// sendQueue is SIOCOUTQ, 0 where there is none.
func sendQueue(t *testing.T, e endpoint.Endpoint) uint32 {
	t.Helper()
	var arg [4]byte
	if _, errno := e.Ioctl(endpoint.SIOCOUTQ, arg[:]); errno != 0 {
		want(t, "SIOCOUTQ", errno, endpoint.ENOTTY)
		return 0
	}
	return binary.NativeEndian.Uint32(arg[:])
}

// wholePacket is one of protocol 200 from its IPv4 header on, unfilled.
func wholePacket(to string) []byte {
	b := make([]byte, 28)
	b[0], b[8], b[9] = 0x45, 64, 200
	dst := addrPort4(to)
	copy(b[16:], dst[:])
	return b
}

func addrPort4(addr string) [4]byte {
	sa := inet4(addr + ":0")
	return [4]byte(sa.Bytes()[4:8])
}

// TestSendBuffersOfRawSocketsHaveAnEnd: what links hold is charged to the socket.
func TestSendBuffersOfRawSocketsHaveAnEnd(t *testing.T) {
	p, g := narrow(t)
	e := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_RAW, 200)
	ok(t, "SO_SNDBUF", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_SNDBUF, 0))
	limit := uint32(getInt(t, e, endpoint.SOL_SOCKET, endpoint.SO_SNDBUF))
	m := endpoint.Message{Iov: [][]byte{make([]byte, 1400)}, Addr: inet4("10.0.0.2:0")}
	sent := 0
	for ; sendQueue(t, e) < limit; sent++ {
		if _, errno := e.Send(&m); errno != 0 {
			break
		}
	}
	_, errno := e.Send(&m)
	want(t, "Send beyond it", errno, endpoint.EAGAIN)
	if ready := e.Ready(); ready != 0 || sent == 0 {
		t.Errorf("ready for %#x after %d packets", ready, sent)
	}
	g.release()
	becomes(t, "room", e, out)
}
