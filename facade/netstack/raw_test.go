package netstack_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// protocolSocket is a socket with a protocol.
func protocolSocket(t testing.TB, p *netstack.Provider, family, typ, proto int) *netstack.Endpoint {
	t.Helper()
	e, errno := p.Socket(family, typ, proto, endpoint.Cred{})
	ok(t, "Socket", errno)
	return e.(*netstack.Endpoint)
}

// atOnce is a receive that does not wait.
func atOnce(e endpoint.Endpoint) (int, endpoint.Errno) {
	return e.Recv(&endpoint.Message{Iov: [][]byte{make([]byte, 100)}})
}

// Both protocols that gVisor has and one that it has not.
var protocols = map[string]int{"UDP": 17, "unassigned": 200}

func TestRawSocketsOverACable(t *testing.T) {
	for name, proto := range protocols {
		t.Run(name, func(t *testing.T) {
			a, b := hosts(t)
			tx := protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_RAW, proto)
			rx := protocolSocket(t, b, endpoint.AF_INET, endpoint.SOCK_RAW, proto)
			sendTo(t, tx, "12345678 and more", inet4("10.0.0.2:9"))
			got, from := recv(t, rx)
			if len(got) != 37 || got[20:] != "12345678 and more" || got[9] != byte(proto) || from != inet4("10.0.0.1:0") {
				t.Errorf("received % x from % x", got, from.Bytes())
			}
			tx = protocolSocket(t, a, endpoint.AF_INET6, endpoint.SOCK_RAW, proto)
			rx = protocolSocket(t, b, endpoint.AF_INET6, endpoint.SOCK_RAW, proto)
			sendTo(t, tx, "12345678 and more", inet6("[fe80::2]:0", 2))
			got, from = recv(t, rx)
			if got != "12345678 and more" || from != inet6("[fe80::1]:0", 2) {
				t.Errorf("received %q from % x", got, from.Bytes())
			}
		})
	}
}

func TestRawSocketsGetWholeDatagrams(t *testing.T) {
	a, b := hosts(t)
	tx := protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_RAW, 1)
	rx := protocolSocket(t, b, endpoint.AF_INET, endpoint.SOCK_RAW, 1)
	message := make([]byte, 10000) // an echo reply, so that nobody answers
	sendTo(t, tx, string(message), inet4("10.0.0.2:0"))
	buffer := make([]byte, 20000)
	m := endpoint.Message{Iov: [][]byte{buffer}}
	ok(t, "Recv", wait(t, rx, func() (errno endpoint.Errno) {
		n, errno := rx.Recv(&m)
		if errno == 0 && n != 20+len(message) {
			t.Errorf("received %d bytes", n)
		}
		return errno
	}))
	if length := binary.BigEndian.Uint16(buffer[2:]); length != 20+10000 {
		t.Errorf("total length %d", length)
	}
	if buffer[6] != 0 || buffer[7] != 0 {
		t.Errorf("fragment flags and offset % x", buffer[6:8])
	}
}

// TestRawSocketsGetNothingInTransit has a router with a raw socket.
func TestRawSocketsGetNothingInTransit(t *testing.T) {
	for name, proto := range protocols {
		t.Run(name, func(t *testing.T) {
			a1, b1 := link.NewCable(link.CableConfig{})
			a2, b2 := link.NewCable(link.CableConfig{})
			route := func(via string) []stack.Route {
				return []stack.Route{{Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr(via)}}
			}
			client := newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(a1, "10.0.0.1/24")}, Routes: route("10.0.0.254")}))
			router := newProvider(t, newStack(t, stack.Config{Forwarding: true, Links: []stack.LinkConfig{
				linkConfig(b1, "10.0.0.254/24"), linkConfig(a2, "10.0.1.254/24")}}))
			server := newProvider(t, newStack(t, stack.Config{Links: []stack.LinkConfig{linkConfig(b2, "10.0.1.2/24")}, Routes: route("10.0.1.254")}))
			spy := protocolSocket(t, router, endpoint.AF_INET, endpoint.SOCK_RAW, proto)
			rx := protocolSocket(t, server, endpoint.AF_INET, endpoint.SOCK_RAW, proto)
			tx := protocolSocket(t, client, endpoint.AF_INET, endpoint.SOCK_RAW, proto)
			sendTo(t, tx, "12345678 through", inet4("10.0.1.2:0"))
			recv(t, rx)
			sendTo(t, tx, "12345678 to the router", inet4("10.0.0.254:0"))
			if got, _ := recv(t, spy); got[20:] != "12345678 to the router" {
				t.Errorf("the router received %q", got[20:])
			}
		})
	}
}

// TestUnknownProtocolsAreRefusedUnlessRaw: who has a raw socket for a protocol has
// it spoken.
func TestUnknownProtocolsAreRefusedUnlessRaw(t *testing.T) {
	a, b := hosts(t)
	icmp := protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_RAW, 1)
	tx := protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_RAW, 200)
	rx := protocolSocket(t, b, endpoint.AF_INET, endpoint.SOCK_RAW, 200)
	sendTo(t, tx, "taken", inet4("10.0.0.2:0"))
	recv(t, rx)
	ok(t, "Close", rx.Close())
	sendTo(t, tx, "refused", inet4("10.0.0.2:0"))
	got, _ := recv(t, icmp)
	if got[20] != 3 || got[21] != 2 || got[len(got)-7:] != "refused" {
		t.Errorf("ICMP % x", got)
	}
	_, errno := atOnce(icmp)
	want(t, "a second message", errno, endpoint.EAGAIN)
}

func TestConnectedRawSocketsHearErrors(t *testing.T) {
	a, _ := hosts(t)
	for name, c := range map[string]struct {
		proto int
		to    endpoint.Sockaddr
		want  endpoint.Errno
	}{
		"protocol unreachable": {200, inet4("10.0.0.2:0"), endpoint.ENOPROTOOPT},
		"port unreachable":     {17, inet4("10.0.0.2:0"), endpoint.ECONNREFUSED},
	} {
		t.Run(name, func(t *testing.T) {
			e := protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_RAW, c.proto)
			bystander := protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_RAW, c.proto)
			ok(t, "connect", e.Connect(c.to))
			// A UDP header to port 9 from port 9.
			send(t, e, "\x00\x09\x00\x09\x00\x08\x00\x00")
			becomes(t, "error", e, endpoint.POLLOUT|endpoint.POLLERR)
			want(t, "SO_ERROR", endpoint.Errno(getInt(t, e, endpoint.SOL_SOCKET, endpoint.SO_ERROR)), c.want)
			becomes(t, "after the error", e, endpoint.POLLOUT)
			becomes(t, "bystander", bystander, endpoint.POLLOUT)
		})
	}
}

func TestReceiveBuffersHaveAnEnd(t *testing.T) {
	for name, data := range map[string]string{"full": string(make([]byte, 1000)), "empty": ""} {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			rx := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_RAW, 200)
			ok(t, "SO_RCVBUF", setInt(rx, endpoint.SOL_SOCKET, endpoint.SO_RCVBUF, 8192))
			tx := protocolSocket(t, p, endpoint.AF_INET, endpoint.SOCK_RAW, 200)
			limit := getInt(t, rx, endpoint.SOL_SOCKET, endpoint.SO_RCVBUF)
			for range limit / 100 {
				sendTo(t, tx, data, inet4("127.0.0.1:0"))
			}
			count := 0
			for {
				if _, errno := atOnce(rx); errno != 0 {
					break
				}
				count++
			}
			if most := limit/(len(data)+20) + 1; count == 0 || count > most || count >= limit/100 {
				t.Errorf("%d datagrams in a buffer of %d bytes, %d sent", count, limit, limit/100)
			}
			sendTo(t, tx, "room again", inet4("127.0.0.1:0"))
			if got, _ := recv(t, rx); got[20:] != "room again" {
				t.Errorf("received %q", got)
			}
		})
	}
}

func TestBoundToDevice(t *testing.T) {
	a, b := hosts(t)
	rx := protocolSocket(t, b, endpoint.AF_INET, endpoint.SOCK_RAW, 200)
	ok(t, "SO_BINDTODEVICE", rx.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_BINDTODEVICE, []byte("eth0\x00")))
	here := protocolSocket(t, b, endpoint.AF_INET, endpoint.SOCK_RAW, 200)
	sendTo(t, here, "over lo", inet4("127.0.0.1:0"))
	recv(t, here)
	sendTo(t, protocolSocket(t, a, endpoint.AF_INET, endpoint.SOCK_RAW, 200), "over the cable", inet4("10.0.0.2:0"))
	if got, _ := recv(t, rx); got[20:] != "over the cable" {
		t.Errorf("received %q", got)
	}
}

func TestInfoOfRawSockets(t *testing.T) {
	p := host(t)
	for name, c := range map[string]struct {
		family, typ, proto int
		connect            endpoint.Sockaddr
		state              int
	}{
		"raw":              {endpoint.AF_INET, endpoint.SOCK_RAW, 200, endpoint.Sockaddr{}, endpoint.TCP_CLOSE},
		"raw, connected":   {endpoint.AF_INET, endpoint.SOCK_RAW, 200, loopback4, endpoint.TCP_ESTABLISHED},
		"ping":             {endpoint.AF_INET6, endpoint.SOCK_DGRAM, 58, endpoint.Sockaddr{}, endpoint.TCP_CLOSE},
		"ping, connected":  {endpoint.AF_INET6, endpoint.SOCK_DGRAM, 58, loopback6, endpoint.TCP_ESTABLISHED},
		"packet":           {endpoint.AF_PACKET, endpoint.SOCK_RAW, 0x300, endpoint.Sockaddr{}, endpoint.TCP_CLOSE},
		"IPPROTO_IP, too":  {endpoint.AF_INET, endpoint.SOCK_RAW, 0, endpoint.Sockaddr{}, endpoint.TCP_CLOSE},
		"IPPROTO_RAW, too": {endpoint.AF_INET6, endpoint.SOCK_RAW, 255, endpoint.Sockaddr{}, endpoint.TCP_CLOSE},
	} {
		t.Run(name, func(t *testing.T) {
			e := protocolSocket(t, p, c.family, c.typ, c.proto)
			if !c.connect.IsZero() {
				ok(t, "connect", e.Connect(c.connect))
			}
			i := info(e)
			if i.State != c.state || i.Family != c.family || i.Type != c.typ || i.Proto != c.proto || i.Local != local(t, e) {
				t.Errorf("%+v", i)
			}
			if entry, found := p.Table().Get(e.Cookie()); !found || entry.Endpoint != endpoint.Endpoint(e) {
				t.Error("not in the table")
			}
		})
	}
}

// TestCloseWakesReaders closes each kind of socket while somebody waits.
func TestCloseWakesReaders(t *testing.T) {
	p := host(t)
	for name, c := range map[string][3]int{
		"raw":    {endpoint.AF_INET, endpoint.SOCK_RAW, 200},
		"ping":   {endpoint.AF_INET, endpoint.SOCK_DGRAM, 1},
		"packet": {endpoint.AF_PACKET, endpoint.SOCK_RAW, 0x300},
	} {
		t.Run(name, func(t *testing.T) {
			e := protocolSocket(t, p, c[0], c[1], c[2])
			waiting := make(chan struct{})
			result := make(chan endpoint.Errno)
			go func() {
				first := true
				result <- wait(t, e, func() endpoint.Errno {
					_, errno := atOnce(e)
					if first {
						close(waiting)
						first = false
					}
					return errno
				})
			}()
			<-waiting
			ok(t, "Close", e.Close())
			want(t, "the reader", <-result, endpoint.EBADF)
			want(t, "a later send", sendErrno(e), endpoint.EBADF)
		})
	}
}

func sendErrno(e endpoint.Endpoint) endpoint.Errno {
	_, errno := e.Send(&endpoint.Message{Iov: [][]byte{make([]byte, 8)}, Addr: loopback4})
	return errno
}

// TestManyAtOnce sends, receives, binds and closes from many goroutines.
func TestManyAtOnce(t *testing.T) {
	p := host(t)
	done := make(chan struct{})
	const workers, rounds = 8, 30
	for w := range workers {
		go func() {
			defer func() { done <- struct{}{} }()
			for range rounds {
				for _, c := range [][3]int{
					{endpoint.AF_INET, endpoint.SOCK_RAW, 200}, {endpoint.AF_INET, endpoint.SOCK_RAW, 1},
					{endpoint.AF_INET, endpoint.SOCK_DGRAM, 1}, {endpoint.AF_PACKET, endpoint.SOCK_RAW, 0x300},
					{endpoint.AF_INET, endpoint.SOCK_RAW, 0},
				} {
					e, errno := p.Socket(c[0], c[1], c[2], endpoint.Cred{})
					if errno != 0 {
						t.Errorf("Socket: %s", errno.Name())
						return
					}
					e.Bind(loopback4)
					e.Ioctl(endpoint.SIO_RCVALL, int32Bytes(w%4))
					e.Send(&endpoint.Message{Iov: [][]byte{echo(8, 0, "hi")}, Addr: loopback4})
					atOnce(e)
					e.Ready()
					e.Close()
				}
			}
		}()
	}
	for range workers {
		<-done
	}
}

// echo is an ICMP echo message.
func echo(typ byte, ident uint16, data string) []byte {
	b := append([]byte{typ, 0, 0, 0, 0, 0, 0, 7}, data...)
	binary.BigEndian.PutUint16(b[4:], ident)
	return b
}
