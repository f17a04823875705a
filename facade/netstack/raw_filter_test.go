package netstack_test

import (
	"encoding/binary"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// experimental is a protocol number for experiments (RFC 3692).
const experimental = 254

// TestConnectedRawSocketsHearTheirPeer: a group's packets from somebody else are not
// for a connected socket (raw_v6_match of the kernel).
func TestConnectedRawSocketsHearTheirPeer(t *testing.T) {
	a, b := hosts(t)
	connected := protocolSocket(t, a, endpoint.AF_INET6, endpoint.SOCK_RAW, experimental)
	ok(t, "Connect", connected.Connect(inet6("[::1]:0", 0)))
	witness := protocolSocket(t, a, endpoint.AF_INET6, endpoint.SOCK_RAW, experimental)
	stranger := protocolSocket(t, b, endpoint.AF_INET6, endpoint.SOCK_RAW, experimental)
	const eth0 = 2
	sendTo(t, stranger, "not from the peer", inet6("[ff02::1]:0", eth0))
	wantData(t, witness, "not from the peer")
	send(t, connected, "from the peer")
	wantData(t, connected, "from the peer")
}

// icmpAbout is an ICMP message about a packet of a protocol from lo to lo.
func icmpAbout(protocol byte, broken bool) []byte {
	m := make([]byte, 8+20+8)
	m[0], m[1] = 3, 3
	ip := m[8:]
	ip[0], ip[3], ip[8], ip[9] = 0x45, 28, 64, protocol
	copy(ip[12:], []byte{127, 0, 0, 1, 127, 0, 0, 1})
	sum := ^checksum.Checksum(m, 0)
	if broken {
		sum++
	}
	binary.BigEndian.PutUint16(m[2:], sum)
	return m
}

// TestBrokenICMPErrorsAreNone: what has a wrong checksum is no error of a socket.
func TestBrokenICMPErrorsAreNone(t *testing.T) {
	p := host(t)
	lo := inet4("127.0.0.1:0")
	r := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_RAW, experimental)
	ok(t, "Connect", r.Connect(lo))
	icmp := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_RAW, endpoint.IPPROTO_ICMP)
	sendTo(t, icmp, string(icmpAbout(experimental, true)), lo)
	send(t, r, "a packet after it")
	wantArrived(t, r)
	if errno := getInt(t, r, endpoint.SOL_SOCKET, endpoint.SO_ERROR); errno != 0 {
		t.Errorf("SO_ERROR %d of a message with a wrong checksum", errno)
	}
	sendTo(t, icmp, string(icmpAbout(experimental, false)), lo)
	eventually(t, "a message with the right one", func() bool { return r.Ready()&endpoint.POLLERR != 0 })
}

// wantArrived waits until something can be read.
func wantArrived(t *testing.T, e endpoint.Endpoint) {
	t.Helper()
	eventually(t, "arrival", func() bool { return e.Ready()&endpoint.POLLIN != 0 })
}

// TestLookingLeavesErrors: poll and FIONREAD of a socket that filters groups do not
// take an error away.
func TestLookingLeavesErrors(t *testing.T) {
	p := host(t)
	lo := inet4("127.0.0.1:0")
	r := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_RAW, experimental)
	ok(t, "SetSockOpt", setInt(r, endpoint.IPPROTO_IP, endpoint.IP_MULTICAST_ALL, 0))
	ok(t, "Connect", r.Connect(lo))
	send(t, r, "waits")
	wantArrived(t, r)
	icmp := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_RAW, endpoint.IPPROTO_ICMP)
	sendTo(t, icmp, string(icmpAbout(experimental, false)), lo)
	eventually(t, "the error", func() bool { return r.Ready()&endpoint.POLLERR != 0 })
	for range 3 {
		if ready := r.Ready(); ready&endpoint.POLLERR == 0 {
			t.Errorf("ready %#x after a look", ready)
		}
		r.Ioctl(endpoint.FIONREAD, make([]byte, 4))
	}
	if errno := getInt(t, r, endpoint.SOL_SOCKET, endpoint.SO_ERROR); errno != int(endpoint.ECONNREFUSED) {
		t.Errorf("SO_ERROR %d", errno)
	}
}

// TestFullRawSocketsCount: what does not fit is counted.
func TestFullRawSocketsCount(t *testing.T) {
	p := host(t)
	lo := inet4("127.0.0.1:0")
	r := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_RAW, experimental)
	ok(t, "SetSockOpt", setInt(r, endpoint.SOL_SOCKET, endpoint.SO_RCVBUF, 1))
	const sent = 100
	for range sent {
		sendTo(t, r, string(make([]byte, 1000)), lo)
	}
	info := make([]byte, 36)
	_, errno := r.GetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_MEMINFO, info)
	ok(t, "GetSockOpt", errno)
	if charged := binary.NativeEndian.Uint32(info); charged < 1000 {
		t.Errorf("SO_MEMINFO: %d bytes wait", charged)
	}
	received := 0
	for {
		if _, errno := atOnce(r); errno != 0 {
			break
		}
		received++
	}
	lost := r.Drops().Full
	if received+int(lost) != sent || lost == 0 || binary.NativeEndian.Uint32(info[32:]) != uint32(lost) {
		t.Errorf("%d received, %d dropped of %d; SO_MEMINFO says %d", received, lost, sent, binary.NativeEndian.Uint32(info[32:]))
	}
}

// TestChecksumsLeftOut: IPV6_CHECKSUM does not look for a checksum on links that leave
// it out.
func TestChecksumsLeftOut(t *testing.T) {
	p := host(t)
	r := protocolSocket(t, p, endpoint.AF_INET6, endpoint.SOCK_RAW, endpoint.IPPROTO_UDP)
	const offsetInUDP = 6
	ok(t, "SetSockOpt", setInt(r, endpoint.IPPROTO_IPV6, endpoint.IPV6_CHECKSUM, offsetInUDP))
	u := open(t, p, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
	sendTo(t, u, "hello", inet6("[::1]:9", 0))
	if got, _ := recv(t, r); len(got) < 8 || got[8:] != "hello" {
		t.Errorf("received %q", got)
	}
}
