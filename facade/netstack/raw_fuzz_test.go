package netstack_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// FuzzICMPErrors parses what a peer may send.
func FuzzICMPErrors(f *testing.F) {
	packet := append([]byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, echo(8, 7, "")...)
	f.Add(false, append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, packet...))
	f.Add(false, append([]byte{3, 13, 0, 0, 0, 0, 0, 0}, packet[:27]...))
	f.Add(true, append([]byte{1, 4, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 8, 58, 64}, make([]byte, 40)...))
	f.Add(true, append(append([]byte{1, 4, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 8, 0, 64}, make([]byte, 32)...), 0, 255, 0, 0, 0, 0, 0, 0, 0, 255))
	f.Fuzz(func(t *testing.T, six bool, b []byte) {
		errno, _, payload, ok := netstack.ParseICMPError(six, b)
		if !ok {
			return
		}
		if errno == 0 || len(payload) < 8 || !bytes.HasSuffix(b, payload) {
			t.Errorf("%s, payload % x of % x", errno.Name(), payload, b)
		}
	})
}

// FuzzWholePackets sends what programs may make up, with IP_HDRINCL and as
// frames, and reads what comes of it.
func FuzzWholePackets(f *testing.F) {
	udp := append([]byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1}, 0, 9, 0, 9, 0, 8, 0, 0)
	six := append([]byte{0x60, 0, 0, 0, 0, 8, 200, 64}, make([]byte, 40)...)
	six[23], six[39] = 1, 1
	f.Add(udp)
	f.Add(six)
	f.Add(append([]byte{0x46, 0, 0, 32, 0, 0, 0x20, 0, 64, 1, 0, 0, 127, 0, 0, 1, 10, 0, 0, 1, 7, 4, 4, 0}, echo(8, 7, "")...))
	f.Add(append(make([]byte, 12), append([]byte{8, 0}, udp...)...))
	a, b := link.NewCable(link.CableConfig{})
	newStackOn := func(c stack.Config) *netstack.Provider {
		s, err := stack.New(c)
		if err != nil {
			f.Fatal(err)
		}
		p := netstack.New(s, netstack.Config{})
		f.Cleanup(func() { p.Close(); s.Close() })
		return p
	}
	p := newStackOn(stack.Config{Links: []stack.LinkConfig{linkConfig(a, "10.0.0.1/24", "fd00::1/64")}})
	newStackOn(stack.Config{Forwarding: true, Links: []stack.LinkConfig{linkConfig(b, "10.0.0.2/24", "fd00::2/64")}})
	f.Fuzz(func(t *testing.T, b []byte) {
		var readers []endpoint.Endpoint
		reader := func(family, typ, proto int) *netstack.Endpoint {
			e := protocolSocket(t, p, family, typ, proto)
			readers = append(readers, e)
			return e
		}
		for _, proto := range []int{1, 17, 200} {
			reader(endpoint.AF_INET, endpoint.SOCK_RAW, proto)
			reader(endpoint.AF_INET6, endpoint.SOCK_RAW, proto)
		}
		reader(endpoint.AF_INET6, endpoint.SOCK_RAW, 58)
		reader(endpoint.AF_INET, endpoint.SOCK_DGRAM, 1)
		packets := reader(endpoint.AF_PACKET, endpoint.SOCK_RAW, networkOrder(endpoint.ETH_P_ALL))
		spy := reader(endpoint.AF_INET, endpoint.SOCK_RAW, 0)
		ok(t, "Bind", spy.Bind(loopback4))
		ok(t, "SIO_RCVALL", receiveAll(spy, endpoint.RCVALL_ON))

		write := func(family, typ, proto int, to endpoint.Sockaddr) {
			e := reader(family, typ, proto)
			n, errno := e.Send(&endpoint.Message{Iov: [][]byte{b}, Addr: to})
			if errno == 0 && n != len(b) {
				t.Errorf("sent %d of %d bytes", n, len(b))
			}
		}
		for _, to := range []endpoint.Sockaddr{loopback4, inet4("10.0.0.2:0"), inet4("10.0.0.1:0")} {
			write(endpoint.AF_INET, endpoint.SOCK_RAW, endpoint.IPPROTO_RAW, to)
			write(endpoint.AF_INET, endpoint.SOCK_DGRAM, endpoint.IPPROTO_ICMP, to)
		}
		for _, to := range []endpoint.Sockaddr{loopback6, inet6("[fd00::2]:0", 0)} {
			write(endpoint.AF_INET6, endpoint.SOCK_RAW, endpoint.IPPROTO_RAW, to)
			write(endpoint.AF_INET6, endpoint.SOCK_RAW, endpoint.IPPROTO_ICMPV6, to)
		}
		for index := range 3 {
			for _, protocol := range []uint16{0, endpoint.ETH_P_IP, endpoint.ETH_P_IPV6, endpoint.ETH_P_ARP} {
				to := endpoint.SockaddrLinklayer(endpoint.Linklayer{Ifindex: index, Protocol: protocol})
				write(endpoint.AF_PACKET, endpoint.SOCK_RAW, 0, to)
				write(endpoint.AF_PACKET, endpoint.SOCK_DGRAM, 0, to)
			}
		}
		for _, e := range readers {
			drain(t, e, e == endpoint.Endpoint(spy), e == endpoint.Endpoint(packets))
			e.Close()
		}
	})
}

// drain reads all, and looks whether what a sniffer got is an IPv4 packet.
func drain(t *testing.T, e endpoint.Endpoint, sniffer, packets bool) {
	buffer := make([]byte, 1<<17)
	for {
		m := endpoint.Message{Iov: [][]byte{buffer}, NeedAddr: true}
		n, errno := e.Recv(&m)
		if errno == endpoint.EAGAIN {
			return
		}
		if sniffer && (n < 20 || buffer[0]>>4 != 4) {
			t.Errorf("sniffed % x", buffer[:n])
		}
		if l, ok := m.Addr.Linklayer(); packets && errno == 0 && (!ok || l.Ifindex == 0) {
			t.Errorf("from % x", m.Addr.Bytes())
		}
	}
}

// FuzzIoctls passes arguments that programs may make up.
func FuzzIoctls(f *testing.F) {
	f.Add(uint(endpoint.SIOCGIFCONF), ifconf(80))
	f.Add(uint(endpoint.SIOCGIFADDR), append([]byte("lo"), make([]byte, 38)...))
	f.Add(uint(endpoint.SIO_KEEPALIVE_VALS), keepalive(1, 2, 3))
	s, err := stack.New(stack.Config{})
	if err != nil {
		f.Fatal(err)
	}
	p := netstack.New(s, netstack.Config{})
	f.Cleanup(func() { p.Close(); s.Close() })
	f.Fuzz(func(t *testing.T, req uint, arg []byte) {
		for _, c := range [][3]int{{endpoint.AF_INET, endpoint.SOCK_STREAM, 0}, {endpoint.AF_INET, endpoint.SOCK_RAW, 0}, {endpoint.AF_PACKET, endpoint.SOCK_DGRAM, 0}} {
			e := protocolSocket(t, p, c[0], c[1], c[2])
			e.Bind(loopback4)
			before := len(arg)
			if _, errno := e.Ioctl(req, arg); errno == 0 && req == endpoint.SIOCGIFCONF &&
				binary.NativeEndian.Uint64(arg[8:]) != 0 && int(binary.NativeEndian.Uint32(arg)) > before {
				t.Errorf("length % x", arg)
			}
			e.Close()
		}
	})
}
