package netstack_test

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// sendAs sends with control data.
func sendAs(t testing.TB, e endpoint.Endpoint, data string, to endpoint.Sockaddr, control []byte) endpoint.Errno {
	t.Helper()
	_, errno := e.Send(&endpoint.Message{Iov: [][]byte{[]byte(data)}, Addr: to, Control: control})
	return errno
}

// TestDatagramsFromAChosenSource sends from each address of a link, over a cable
// whose other end verifies the checksums.
func TestDatagramsFromAChosenSource(t *testing.T) {
	eachPacketInfo(t, func(t *testing.T, f family, from, to endpoint.Endpoint, control []byte, source endpoint.Sockaddr) {
		for _, size := range []int{0, 1, 5, 1400, 3000, 20000} {
			data := strings.Repeat("x", size)
			ok(t, "Send", sendAs(t, from, data, f.receiver, control))
			m := endpoint.Message{Iov: [][]byte{make([]byte, 1<<15)}, NeedAddr: true}
			n := 0
			ok(t, "Recv", wait(t, to, func() (errno endpoint.Errno) { n, errno = to.Recv(&m); return errno }))
			if n != size || m.Addr != source {
				t.Errorf("%d bytes from % x, want %d from % x", n, m.Addr.Bytes(), size, source.Bytes())
			}
			sendTo(t, to, "answer", m.Addr)
			wantData(t, from, "answer")
		}
	})
}

// eachPacketInfo runs a test for each family and address of the sender's link.
func eachPacketInfo(t *testing.T, test func(t *testing.T, f family, from, to endpoint.Endpoint, control []byte, source endpoint.Sockaddr)) {
	for name, f := range families {
		for i, source := range f.senders {
			t.Run(name+" "+[]string{"first", "second"}[i], func(t *testing.T) {
				a, b := groupHosts(t)
				addr := addrPort(t, source).Addr()
				var control []byte
				if f.level == endpoint.SOL_IP {
					a4 := addr.Unmap().As4()
					control = endpoint.AppendCmsg(nil, f.level, endpoint.IP_PKTINFO, append(append(int32Bytes(0), a4[:]...), 0, 0, 0, 0))
				} else {
					control = endpoint.AppendCmsg(nil, f.level, endpoint.IPV6_PKTINFO, append(addr.AsSlice(), int32Bytes(0)...))
				}
				from := open(t, a, f.any.Family(), endpoint.SOCK_DGRAM)
				ok(t, "Bind", from.Bind(wildcard(f.any.Family(), 7001)))
				test(t, f, from, bound(t, b, endpoint.SOCK_DGRAM, f.any), control, source)
			})
		}
	}
}

func timespec(t *testing.T, control []byte) time.Time {
	t.Helper()
	for c, errno := range endpoint.Cmsgs(control) {
		if errno != 0 || c.Level != endpoint.SOL_SOCKET || c.Type != endpoint.SCM_TIMESTAMPNS || len(c.Data) != 16 {
			t.Fatalf("%v, %v", c, errno)
		}
		return time.Unix(int64(binary.NativeEndian.Uint64(c.Data)), int64(binary.NativeEndian.Uint64(c.Data[8:])))
	}
	t.Fatal("no control data")
	return time.Time{}
}

func addr4(s string, port uint16) endpoint.Sockaddr {
	return endpoint.SockaddrInet4(netip.MustParseAddr(s), port)
}

func addr6(s string, port uint16) endpoint.Sockaddr {
	return endpoint.SockaddrInet6(netip.MustParseAddr(s), port, 0, 0)
}

func wildcard(family int, port uint16) endpoint.Sockaddr {
	if family == endpoint.AF_INET6 {
		return addr6("::", port)
	}
	return addr4("0.0.0.0", port)
}

// TestClassOfOneDatagramIsOfNoOther sends with a TOS of its own while others send
// without.
func TestClassOfOneDatagramIsOfNoOther(t *testing.T) {
	p := host(t)
	e := bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	ok(t, "IP_RECVTOS", setInt(e, endpoint.SOL_IP, endpoint.IP_RECVTOS, 1))
	ok(t, "SO_RCVBUF", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_RCVBUF, 1<<20))
	from, to := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM), local(t, e)
	ok(t, "IP_TOS", setInt(from, endpoint.SOL_IP, endpoint.IP_TOS, 4))
	const each = 500
	var senders sync.WaitGroup
	for data, control := range map[string][]byte{
		"\x04": nil, "\x08": endpoint.AppendCmsg(nil, endpoint.SOL_IP, endpoint.IP_TOS, []byte{8}),
	} {
		senders.Go(func() {
			for range each {
				want(t, "Send", sendAs(t, from, data, to, control), 0)
			}
		})
	}
	for range 2 * each {
		m := endpoint.Message{Iov: [][]byte{make([]byte, 1)}, Control: make([]byte, 24)}
		ok(t, "Recv", wait(t, e, func() endpoint.Errno {
			m.Control = m.Control[:cap(m.Control)]
			_, errno := e.Recv(&m)
			return errno
		}))
		if tos := m.Control[endpoint.SizeofCmsghdr]; tos != m.Iov[0][0] {
			t.Fatalf("TOS %#x, want %#x", tos, m.Iov[0][0])
		}
	}
	senders.Wait()
	if tos := getInt(t, from, endpoint.SOL_IP, endpoint.IP_TOS); tos != 4 {
		t.Errorf("the socket's TOS is %#x", tos)
	}
}

// TestTimestampsAreOfTheStacksClock compares with the clock before and after.
func TestTimestampsAreOfTheStacksClock(t *testing.T) {
	p := host(t)
	e := bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	ok(t, "SO_TIMESTAMPNS", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_TIMESTAMPNS, 1))
	clock := p.Executor()
	before := clock.Now()
	sendTo(t, e, "hello", local(t, e))
	after := clock.Now()
	m := endpoint.Message{Iov: [][]byte{make([]byte, 8)}, Control: make([]byte, 64)}
	_, errno := e.Recv(&m)
	ok(t, "Recv", errno)
	if at := timespec(t, m.Control); at.Before(before) || at.After(after) {
		t.Errorf("%v is not between %v and %v", at, before, after)
	}
}

// TestWhatTheStackCannotSendIsRefused: never ignored.
func TestWhatTheStackCannotSendIsRefused(t *testing.T) {
	p := host(t)
	for name, c := range map[string]struct {
		to         endpoint.Sockaddr
		level, typ int
	}{
		"IP_RETOPTS":    {addr4("127.0.0.1", 9), endpoint.SOL_IP, endpoint.IP_RETOPTS},
		"SO_MARK":       {addr4("127.0.0.1", 9), endpoint.SOL_SOCKET, endpoint.SO_MARK},
		"UDP_SEGMENT":   {addr4("127.0.0.1", 9), endpoint.SOL_UDP, endpoint.UDP_SEGMENT},
		"IPV6_HOPOPTS":  {addr6("::1", 9), endpoint.SOL_IPV6, endpoint.IPV6_HOPOPTS},
		"IPV6_DONTFRAG": {addr6("::1", 9), endpoint.SOL_IPV6, endpoint.IPV6_DONTFRAG},
	} {
		e := open(t, p, c.to.Family(), endpoint.SOCK_DGRAM)
		control := endpoint.AppendCmsg(nil, c.level, c.typ, int32Bytes(1))
		want(t, name, sendAs(t, e, "hello", c.to, control), endpoint.EOPNOTSUPP)
	}
}

// FuzzSendControl feeds sends with control data.
func FuzzSendControl(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(endpoint.AppendCmsg(nil, endpoint.SOL_IP, endpoint.IP_TTL, int32Bytes(7)))
	f.Add(endpoint.AppendCmsg(nil, endpoint.SOL_IP, endpoint.IP_PKTINFO, make([]byte, 12)))
	f.Add(endpoint.AppendCmsg(nil, endpoint.SOL_IPV6, endpoint.IPV6_PKTINFO, make([]byte, 20)))
	p := newProvider(f, newStack(f, stack.Config{}))
	four, six := open(f, p, endpoint.AF_INET, endpoint.SOCK_DGRAM), open(f, p, endpoint.AF_INET6, endpoint.SOCK_DGRAM)
	f.Fuzz(func(t *testing.T, control []byte) {
		sendAs(t, four, "x", addr4("127.0.0.1", 9), control)
		sendAs(t, six, "x", addr6("::1", 9), control)
		sendAs(t, six, "x", addr4("127.0.0.1", 9), control)
	})
}

// TestClassOfOneDatagram: the class that one datagram goes out with is not seen by who
// reads or sets the option meanwhile.
func TestClassOfOneDatagram(t *testing.T) {
	p := host(t)
	u := bound(t, p, endpoint.SOCK_DGRAM, loopback4)
	to := local(t, u)
	class := endpoint.AppendCmsg(nil, endpoint.SOL_IP, endpoint.IP_TOS, int32Bytes(0x20))
	var sending sync.WaitGroup
	done := make(chan struct{})
	sending.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				u.Send(&endpoint.Message{Iov: [][]byte{[]byte("x")}, Addr: to, Control: class})
				u.Recv(&endpoint.Message{Iov: [][]byte{make([]byte, 10)}})
			}
		}
	})
	for i := range 5000 {
		set := i % 2 * 0x10
		ok(t, "SetSockOpt", setInt(u, endpoint.IPPROTO_IP, endpoint.IP_TOS, set))
		if got := getInt(t, u, endpoint.IPPROTO_IP, endpoint.IP_TOS); got != set {
			t.Errorf("IP_TOS set to %#x is %#x", set, got)
			break
		}
	}
	close(done)
	sending.Wait()
}
