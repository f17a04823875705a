package netstack_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// networkOrder is an EtherType as socket(2) takes it.
func networkOrder(n uint16) int {
	return int(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n)))
}

func packetSocket(t testing.TB, p *netstack.Provider, typ int, protocol uint16) *netstack.Endpoint {
	t.Helper()
	return protocolSocket(t, p, endpoint.AF_PACKET, typ, networkOrder(protocol))
}

func linklayer(t testing.TB, sa endpoint.Sockaddr) endpoint.Linklayer {
	t.Helper()
	l, ok := sa.Linklayer()
	if !ok {
		t.Fatalf("% x is no sockaddr_ll", sa.Bytes())
	}
	return l
}

// wantPacket receives an IPv4 packet that ends with data and came so.
func wantPacket(t testing.TB, e endpoint.Endpoint, data string, index int, kind uint8) {
	t.Helper()
	got, from := recv(t, e)
	l := linklayer(t, from)
	if len(got) < 28 || got[0] != 0x45 || got[28:] != data {
		t.Errorf("received % x", got)
	}
	if l.Ifindex != index || l.Pkttype != kind || l.Protocol != endpoint.ETH_P_IP || l.Hatype != endpoint.ARPHRD_NONE || len(l.Addr) != 0 {
		t.Errorf("from %+v", l)
	}
}

func TestPacketSocketsOnACable(t *testing.T) {
	a, b := hosts(t)
	tx, rx := bound(t, a, endpoint.SOCK_DGRAM, inet4("10.0.0.1:7")), bound(t, b, endpoint.SOCK_DGRAM, inet4("10.0.0.2:7"))
	var seen [4]*netstack.Endpoint
	for i, p := range []*netstack.Provider{a, b} {
		seen[2*i] = packetSocket(t, p, endpoint.SOCK_RAW, endpoint.ETH_P_ALL)
		seen[2*i+1] = packetSocket(t, p, endpoint.SOCK_DGRAM, endpoint.ETH_P_IP)
	}
	sendTo(t, tx, "there", inet4("10.0.0.2:7"))
	wantData(t, rx, "there")
	wantPacket(t, seen[0], "there", 2, endpoint.PACKET_OUTGOING)
	wantPacket(t, seen[2], "there", 2, endpoint.PACKET_HOST)
	wantPacket(t, seen[3], "there", 2, endpoint.PACKET_HOST)
	sendTo(t, rx, "back", inet4("10.0.0.1:7"))
	wantPacket(t, seen[0], "back", 2, endpoint.PACKET_HOST)
	wantPacket(t, seen[1], "back", 2, endpoint.PACKET_HOST)
	wantPacket(t, seen[2], "back", 2, endpoint.PACKET_OUTGOING)
}

// TestPacketSocketsSend has one send what another captured.
func TestPacketSocketsSend(t *testing.T) {
	a, b := hosts(t)
	rx := bound(t, b, endpoint.SOCK_DGRAM, inet4("10.0.0.2:7"))
	spy := packetSocket(t, a, endpoint.SOCK_RAW, endpoint.ETH_P_ALL)
	sendTo(t, bound(t, a, endpoint.SOCK_DGRAM, inet4("10.0.0.1:7")), "again and again", inet4("10.0.0.2:7"))
	wantData(t, rx, "again and again")
	frame, _ := recv(t, spy)
	for name, typ := range map[string]int{"SOCK_RAW": endpoint.SOCK_RAW, "SOCK_DGRAM": endpoint.SOCK_DGRAM} {
		e := packetSocket(t, a, typ, 0)
		sendTo(t, e, frame, endpoint.SockaddrLinklayer(endpoint.Linklayer{Ifindex: 2, Protocol: endpoint.ETH_P_IP}))
		if got, _ := recv(t, rx); got != "again and again" {
			t.Errorf("%s: received %q", name, got)
		}
		got, from := recv(t, spy)
		if got != frame || linklayer(t, from).Pkttype != endpoint.PACKET_OUTGOING {
			t.Errorf("%s: sent % x", name, got)
		}
	}
	// Without a protocol the version of the packet tells.
	sendTo(t, packetSocket(t, a, endpoint.SOCK_RAW, 0), frame, endpoint.SockaddrLinklayer(endpoint.Linklayer{Ifindex: 2}))
	wantData(t, rx, "again and again")
}

func TestPacketSocketsSeeLaterLinks(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	p := newProvider(t, s)
	every := packetSocket(t, p, endpoint.SOCK_DGRAM, endpoint.ETH_P_ALL)
	ea, eb := link.NewCable(link.CableConfig{})
	other := newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(eb, "10.0.0.2/24")}}))
	index, err := s.AddLink(linkConfig(ea, "10.0.0.1/24"))
	if err != nil {
		t.Fatal(err)
	}
	one := packetSocket(t, p, endpoint.SOCK_DGRAM, 0)
	ok(t, "Bind", one.Bind(endpoint.SockaddrLinklayer(endpoint.Linklayer{Ifindex: index, Protocol: endpoint.ETH_P_IP})))
	sendTo(t, open(t, other, endpoint.AF_INET, endpoint.SOCK_DGRAM), "hello", inet4("10.0.0.1:9"))
	wantPacket(t, every, "hello", index, endpoint.PACKET_HOST)
	wantPacket(t, one, "hello", index, endpoint.PACKET_HOST)
}

func TestPacketSocketsOfALinkThatGoes(t *testing.T) {
	testenv.LeakCheck(t)
	ea, _ := link.NewCable(link.CableConfig{})
	s := newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(ea, "10.0.0.1/24")}})
	p := newProvider(t, s)
	on := endpoint.SockaddrLinklayer(endpoint.Linklayer{Ifindex: 2, Protocol: endpoint.ETH_P_ALL})
	e := packetSocket(t, p, endpoint.SOCK_RAW, 0)
	ok(t, "Bind", e.Bind(on))
	every := packetSocket(t, p, endpoint.SOCK_RAW, endpoint.ETH_P_ALL)

	if err := s.SetLinkUp(2, false); err != nil {
		t.Fatal(err)
	}
	becomes(t, "down", e, endpoint.POLLOUT|endpoint.POLLERR)
	becomes(t, "another socket", every, endpoint.POLLOUT)
	_, errno := atOnce(e)
	want(t, "Recv", errno, endpoint.ENETDOWN)
	_, errno = atOnce(e)
	want(t, "Recv again", errno, endpoint.EAGAIN)
	_, errno = e.Send(&endpoint.Message{Iov: [][]byte{{0x45}}})
	want(t, "Send", errno, endpoint.ENETDOWN)
	late := packetSocket(t, p, endpoint.SOCK_RAW, 0)
	ok(t, "Bind to what is down", late.Bind(on))
	want(t, "SO_ERROR", endpoint.Errno(getInt(t, late, endpoint.SOL_SOCKET, endpoint.SO_ERROR)), endpoint.ENETDOWN)

	if err := s.SetLinkUp(2, true); err != nil {
		t.Fatal(err)
	}
	sendTo(t, e, "\x45", endpoint.Sockaddr{})
	if err := s.RemoveLink(2); err != nil {
		t.Fatal(err)
	}
	want(t, "SO_ERROR", endpoint.Errno(getInt(t, e, endpoint.SOL_SOCKET, endpoint.SO_ERROR)), endpoint.ENETDOWN)
	if l := linklayer(t, local(t, e)); l.Ifindex != 0 && l.Ifindex != -1 {
		t.Errorf("bound to %+v", l)
	}
	_, errno = e.Send(&endpoint.Message{Iov: [][]byte{{0x45}}})
	want(t, "Send", errno, endpoint.ENXIO)
	want(t, "Bind", e.Bind(on), endpoint.ENODEV)
}

// TestPacketStatistics counts what a full buffer drops.
func TestPacketStatistics(t *testing.T) {
	p := host(t)
	e := packetSocket(t, p, endpoint.SOCK_RAW, endpoint.ETH_P_IP)
	ok(t, "SO_RCVBUF", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_RCVBUF, 4096))
	tx := bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	const sent = 500
	for range sent {
		sendTo(t, tx, "hello", local(t, tx))
	}
	queued := 0
	for {
		if _, errno := atOnce(e); errno != 0 {
			break
		}
		queued++
	}
	var v [8]byte
	n, errno := e.GetSockOpt(endpoint.SOL_PACKET, endpoint.PACKET_STATISTICS, v[:])
	packets, drops := binary.NativeEndian.Uint32(v[:]), binary.NativeEndian.Uint32(v[4:])
	if n != 8 || errno != 0 || packets != sent || int(drops) != sent-queued || drops == 0 || queued == 0 {
		t.Errorf("%d packets, %d drops, %d queued, %s", packets, drops, queued, errno.Name())
	}
}

func TestPacketSocketsAreWhole(t *testing.T) {
	p := host(t)
	e := packetSocket(t, p, endpoint.SOCK_RAW, endpoint.ETH_P_ALL)
	tx := bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	sendTo(t, tx, string(make([]byte, 60000)), local(t, tx))
	m := endpoint.Message{Iov: [][]byte{make([]byte, 10)}, Flags: endpoint.MSG_TRUNC | endpoint.MSG_PEEK}
	n, errno := e.Recv(&m)
	if n != 14+28+60000 || errno != 0 || m.Flags != endpoint.MSG_TRUNC {
		t.Errorf("%d bytes, flags %#x, %s", n, m.Flags, errno.Name())
	}
}

func TestHardwareAddressesAndKinds(t *testing.T) {
	p := host(t)
	e := packetSocket(t, p, endpoint.SOCK_RAW, endpoint.ETH_P_IPV6)
	ok(t, "Bind", e.Bind(endpoint.SockaddrLinklayer(endpoint.Linklayer{Ifindex: 1})))
	l := linklayer(t, local(t, e))
	if l.Hatype != endpoint.ARPHRD_LOOPBACK || len(l.Addr) != 6 || l.Protocol != endpoint.ETH_P_IPV6 {
		t.Errorf("%+v", l)
	}
	tx := open(t, p, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
	sendTo(t, tx, "six", endpoint.SockaddrInet6(netip.IPv6Loopback(), 9, 0, 0))
	got, from := recv(t, e)
	if got[12:14] != "\x86\xdd" || got[14]>>4 != 6 || linklayer(t, from).Protocol != endpoint.ETH_P_IPV6 {
		t.Errorf("received % x from % x", got, from.Bytes())
	}
}
