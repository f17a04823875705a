package netstack_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
)

func receiveAll(e endpoint.Endpoint, mode int) endpoint.Errno {
	_, errno := e.Ioctl(endpoint.SIO_RCVALL, int32Bytes(mode))
	return errno
}

// sniffer is a socket of the reference's example, on an address.
func sniffer(t testing.TB, p *netstack.Provider, proto int, addr endpoint.Sockaddr) *netstack.Endpoint {
	t.Helper()
	e := protocolSocket(t, p, addr.Family(), endpoint.SOCK_RAW, proto)
	ok(t, "Bind", e.Bind(addr))
	return e
}

// Example_sniffer is the last example of CPython's documentation of its socket
// module: a network sniffer with a raw socket, as on Windows.
func Example_sniffer() {
	s, err := stack.New(stack.Config{})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	p := netstack.New(s, netstack.Config{})
	defer p.Close()
	host := endpoint.SockaddrInet4(netip.MustParseAddr("127.0.0.1"), 0)

	// Create a raw socket and bind it to the interface.
	sniffer, _ := p.Socket(endpoint.AF_INET, endpoint.SOCK_RAW, endpoint.IPPROTO_IP, endpoint.Cred{})
	sniffer.Bind(host)

	// Include IP headers.
	sniffer.SetSockOpt(endpoint.IPPROTO_IP, endpoint.IP_HDRINCL, int32Bytes(1))

	// Receive all packets.
	sniffer.Ioctl(endpoint.SIO_RCVALL, int32Bytes(endpoint.RCVALL_ON))

	// Somebody sends something.
	udp, _ := p.Socket(endpoint.AF_INET, endpoint.SOCK_DGRAM, 0, endpoint.Cred{})
	udp.Bind(host)
	self, _ := udp.LocalAddr()
	udp.Send(&endpoint.Message{Iov: [][]byte{[]byte("Hello, world")}, Addr: self})

	// Receive a packet.
	b := make([]byte, 65565)
	m := endpoint.Message{Iov: [][]byte{b}, NeedAddr: true}
	n, _ := sniffer.Recv(&m)
	from, _ := m.Addr.AddrPort()
	fmt.Printf("%d bytes, protocol %d, from %v: %s\n", n, b[9], from, b[28:n])

	// Disable promiscuous mode.
	sniffer.Ioctl(endpoint.SIO_RCVALL, int32Bytes(endpoint.RCVALL_OFF))
	// Output: 40 bytes, protocol 17, from 127.0.0.1:0: Hello, world
}

func TestSniffersSeeBothDirectionsOnce(t *testing.T) {
	for name, mode := range map[string]int{"RCVALL_ON": endpoint.RCVALL_ON, "RCVALL_IPLEVEL": endpoint.RCVALL_IPLEVEL} {
		t.Run(name, func(t *testing.T) {
			a, b := hosts(t)
			e := sniffer(t, a, endpoint.IPPROTO_IP, inet4("10.0.0.1:0"))
			ok(t, "SIO_RCVALL", receiveAll(e, mode))
			here, there := bound(t, a, endpoint.SOCK_DGRAM, inet4("10.0.0.1:7")), bound(t, b, endpoint.SOCK_DGRAM, inet4("10.0.0.2:7"))
			sendTo(t, here, "out", inet4("10.0.0.2:7"))
			wantData(t, there, "out")
			sendTo(t, there, "in", inet4("10.0.0.1:7"))
			wantData(t, here, "in")
			// Neither other links nor IPv6 are seen.
			sendTo(t, bound(t, a, endpoint.SOCK_DGRAM, loopback4), "over lo", inet4("127.0.0.1:9"))
			sendTo(t, bound(t, b, endpoint.SOCK_DGRAM, inet6("[fd00::2]:0", 0)), "six", inet6("[fd00::1]:9", 0))
			sendTo(t, there, "last", inet4("10.0.0.1:7"))
			wantData(t, here, "last")
			for _, c := range []struct{ from, data string }{{"10.0.0.1:0", "out"}, {"10.0.0.2:0", "in"}, {"10.0.0.2:0", "last"}} {
				got, from := recv(t, e)
				if got[28:] != c.data || from != inet4(c.from) {
					t.Errorf("saw %q from % x, want %q", got[28:], from.Bytes(), c.data)
				}
			}
			_, errno := atOnce(e)
			want(t, "afterwards", errno, endpoint.EAGAIN)
		})
	}
}

func TestSniffersSeeTheLoopbackOnce(t *testing.T) {
	p := host(t)
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			proto := endpoint.IPPROTO_UDP
			e := sniffer(t, p, proto, addr)
			ok(t, "SIO_RCVALL", receiveAll(e, endpoint.RCVALL_ON))
			d := bound(t, p, endpoint.SOCK_DGRAM, addr)
			sendTo(t, d, "one", local(t, d))
			sendTo(t, d, "two", local(t, d))
			for _, data := range []string{"one", "two"} {
				if got, _ := recv(t, e); got[len(got)-3:] != data || got[0]>>4 != map[int]byte{endpoint.AF_INET: 4, endpoint.AF_INET6: 6}[addr.Family()] {
					t.Errorf("saw % x", got)
				}
			}
			_, errno := atOnce(e)
			want(t, "afterwards", errno, endpoint.EAGAIN)
		})
	}
}

func TestSniffersEnd(t *testing.T) {
	p := host(t)
	e := sniffer(t, p, 200, loopback4)
	tx := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_RAW, 200)
	d := bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	for _, mode := range []int{endpoint.RCVALL_ON, endpoint.RCVALL_ON, endpoint.RCVALL_SOCKETLEVELONLY, endpoint.RCVALL_OFF, endpoint.RCVALL_OFF, endpoint.RCVALL_SOCKETLEVELONLY} {
		ok(t, "SIO_RCVALL", receiveAll(e, mode))
		sendTo(t, d, "another protocol", local(t, d))
		sendTo(t, tx, "its own", loopback4)
		if got, _ := recv(t, e); got[20:] != "its own" {
			t.Errorf("mode %d: received %q", mode, got[20:])
		}
		_, errno := atOnce(e)
		want(t, "a second time", errno, endpoint.EAGAIN)
	}
	all := sniffer(t, p, endpoint.IPPROTO_IP, loopback4)
	ok(t, "SIO_RCVALL", receiveAll(all, endpoint.RCVALL_ON))
	ok(t, "SIO_RCVALL", receiveAll(all, endpoint.RCVALL_OFF))
	sendTo(t, d, "not seen", local(t, d))
	_, errno := atOnce(all)
	want(t, "after RCVALL_OFF", errno, endpoint.EAGAIN)
}

func TestSniffersThatAreRefused(t *testing.T) {
	p := host(t)
	for name, c := range map[string]struct {
		family, typ, proto int
		bind               endpoint.Sockaddr
		arg                []byte
		want               endpoint.Errno
	}{
		"not bound":          {endpoint.AF_INET, endpoint.SOCK_RAW, 0, endpoint.Sockaddr{}, int32Bytes(1), endpoint.EINVAL},
		"bound to any":       {endpoint.AF_INET, endpoint.SOCK_RAW, 0, inet4("0.0.0.0:0"), int32Bytes(1), endpoint.EINVAL},
		"bound to a group":   {endpoint.AF_INET, endpoint.SOCK_RAW, 0, inet4("224.0.0.1:0"), int32Bytes(1), endpoint.EINVAL},
		"bound to broadcast": {endpoint.AF_INET, endpoint.SOCK_RAW, 0, inet4("255.255.255.255:0"), int32Bytes(1), endpoint.EINVAL},
		"unknown mode":       {endpoint.AF_INET, endpoint.SOCK_RAW, 0, loopback4, int32Bytes(4), endpoint.EINVAL},
		"short argument":     {endpoint.AF_INET, endpoint.SOCK_RAW, 0, loopback4, []byte{1}, endpoint.EINVAL},
		"UDP":                {endpoint.AF_INET, endpoint.SOCK_DGRAM, 0, loopback4, int32Bytes(1), endpoint.EOPNOTSUPP},
		"TCP":                {endpoint.AF_INET, endpoint.SOCK_STREAM, 0, loopback4, int32Bytes(1), endpoint.EOPNOTSUPP},
		"ping":               {endpoint.AF_INET, endpoint.SOCK_DGRAM, 1, loopback4, int32Bytes(1), endpoint.EOPNOTSUPP},
		"packet":             {endpoint.AF_PACKET, endpoint.SOCK_RAW, 0, endpoint.Sockaddr{}, int32Bytes(1), endpoint.EOPNOTSUPP},
	} {
		t.Run(name, func(t *testing.T) {
			e := protocolSocket(t, p, c.family, c.typ, c.proto)
			if !c.bind.IsZero() {
				ok(t, "Bind", e.Bind(c.bind))
			}
			_, errno := e.Ioctl(endpoint.SIO_RCVALL, c.arg)
			want(t, "SIO_RCVALL", errno, c.want)
		})
	}
}

// TestSniffersGoWithTheirStack closes a stack under a sniffer.
func TestSniffersGoWithTheirStack(t *testing.T) {
	testenv.LeakCheck(t)
	s := newStack(t, stack.Config{})
	p := newProvider(t, s)
	e := sniffer(t, p, 0, loopback4)
	ok(t, "SIO_RCVALL", receiveAll(e, endpoint.RCVALL_ON))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want(t, "SIO_RCVALL", receiveAll(e, endpoint.RCVALL_ON), endpoint.EBADF)
}
