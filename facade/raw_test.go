package facade_test

import (
	"encoding/binary"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// privileged opens a socket that the kernel keeps for root.
func privileged(t *testing.T, m *facade.Module, family facade.Family, typ facade.Type, proto int) *facade.Socket {
	t.Helper()
	s, err := m.Socket(family, typ, proto)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		testenv.Skip(t, "the kernel keeps these sockets for root")
	}
	must(t, err)
	closeAtEnd(t, s)
	must(t, s.SetTimeout(patience))
	return s
}

func echoRequest(t *testing.T, id int, data string) []byte {
	t.Helper()
	m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: id, Seq: 1, Data: []byte(data)}}
	b, err := m.Marshal(nil)
	must(t, err)
	return b
}

// TestRawSocket pings the loopback through a raw socket of ICMP, which shows the
// headers of IP.
func TestRawSocket(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s := privileged(t, m, facade.AF_INET, facade.SOCK_RAW, facade.IPPROTO_ICMP)
		_, err := s.SendTo(echoRequest(t, 4711, "raw"), facade.InetAddr{Host: "127.0.0.1"})
		must(t, err)
		for {
			b, from, err := s.RecvFrom(1500)
			must(t, err)
			h, err := ipv4.ParseHeader(b)
			must(t, err)
			reply, err := icmp.ParseMessage(facade.IPPROTO_ICMP, b[h.Len:])
			must(t, err)
			if reply.Type != ipv4.ICMPTypeEchoReply {
				continue // the request, which the loopback shows too
			}
			body := reply.Body.(*icmp.Echo)
			if h.Protocol != facade.IPPROTO_ICMP || body.ID != 4711 || string(body.Data) != "raw" {
				t.Errorf("reply %+v in %v", body, h)
			}
			if from != (facade.Addr(facade.InetAddr{Host: "127.0.0.1"})) {
				t.Errorf("reply from %v", from)
			}
			return
		}
	})
}

// TestPingSocket pings the loopback without privileges.
func TestPingSocket(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		s := privileged(t, m, facade.AF_INET, facade.SOCK_DGRAM, facade.IPPROTO_ICMP)
		must(t, s.Bind(facade.InetAddr{Host: "127.0.0.1"}))
		own, err := s.GetSockName()
		must(t, err)
		_, err = s.SendTo(echoRequest(t, 1, "ping"), facade.InetAddr{Host: "127.0.0.1"})
		must(t, err)
		b, err := s.Recv(1500)
		must(t, err)
		reply, err := icmp.ParseMessage(facade.IPPROTO_ICMP, b)
		must(t, err)
		body, ok := reply.Body.(*icmp.Echo)
		if !ok || reply.Type != ipv4.ICMPTypeEchoReply || body.ID != own.(facade.InetAddr).Port || string(body.Data) != "ping" {
			t.Errorf("reply %+v, %+v to the socket of identifier %v", reply, reply.Body, own)
		}
	})
}

// TestPacketSocket sees a datagram on the loopback, by the link's name.
func TestPacketSocket(t *testing.T) {
	const etherTypeIPv4 = 0x0800
	onPaths(t, func(t *testing.T, m *facade.Module) {
		proto, err := facade.Htons(etherTypeIPv4)
		must(t, err)
		s := privileged(t, m, facade.AF_PACKET, facade.SOCK_DGRAM, int(proto))
		must(t, s.Bind(facade.PacketAddr{Interface: "lo", Protocol: etherTypeIPv4}))
		own, err := s.GetSockName()
		must(t, err)
		if a := own.(facade.PacketAddr); a.Interface != "lo" || a.Protocol != etherTypeIPv4 || a.HardwareType != 772 {
			t.Errorf("getsockname: %+v", a)
		}
		pair := datagramPair(t, m)
		_, err = pair[0].Send([]byte("seen on the link"))
		must(t, err)
		b, from, err := s.RecvFrom(1500)
		must(t, err)
		h, err := ipv4.ParseHeader(b)
		if err != nil || h.Protocol != facade.IPPROTO_UDP || string(b[h.Len+8:]) != "seen on the link" {
			t.Errorf("packet %v, %v: %q", h, err, b)
		}
		if a := from.(facade.PacketAddr); a.Interface != "lo" || a.Protocol != etherTypeIPv4 ||
			a.PacketType != facade.PACKET_HOST && a.PacketType != facade.PACKET_OUTGOING {
			t.Errorf("from %+v", a)
		}
		if _, err := m.Socket(facade.AF_PACKET, facade.SOCK_STREAM, 0); err == nil {
			t.Error("a packet socket is a stream")
		}
		wantErrno(t, "bind to an unknown link", s.Bind(facade.PacketAddr{Interface: "no-such-link"}), syscall.ENODEV)
	})
}

// TestIoctl asks how much waits, and for a link's properties, on both paths; the
// requests of Windows are the stack's.
func TestIoctl(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		pair := datagramPair(t, m)
		_, err := pair[0].Send([]byte("waiting"))
		must(t, err)
		if n, err := facade.Poll([]facade.PollFD{{Socket: pair[1], Events: facade.POLLIN}}, patience); n != 1 || err != nil {
			t.Fatalf("poll: %d, %v", n, err)
		}
		if n, err := pair[1].IoctlInt(facade.FIONREAD, 0); n != len("waiting") || err != nil {
			t.Errorf("FIONREAD: %d, %v", n, err)
		}
		index, err := m.IfNameToIndex("lo")
		must(t, err)
		ifreq := make([]byte, 40)
		copy(ifreq, "lo")
		_, err = pair[0].Ioctl(facade.SIOCGIFINDEX, ifreq)
		must(t, err)
		if n := int(binary.NativeEndian.Uint32(ifreq[16:])); n != index {
			t.Errorf("SIOCGIFINDEX of lo: %d, want %d", n, index)
		}
		_, err = pair[0].Ioctl(facade.SIOCGIFADDR, ifreq)
		must(t, err)
		if ip := net.IP(ifreq[20:24]); !ip.IsLoopback() {
			t.Errorf("SIOCGIFADDR of lo: %v", ip)
		}
		_, err = pair[0].Ioctl(0x1234, make([]byte, 40))
		wantErrno(t, "ioctl of an unknown request", err, syscall.ENOTTY)
	})
}

// TestIoctlsOfWindows: SIO_RCVALL is for raw sockets, SIO_KEEPALIVE_VALS for
// streams.
func TestIoctlsOfWindows(t *testing.T) {
	m := facade.New(facade.Config{})
	closeAtEnd(t, m)
	s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
	closeAtEnd(t, s)
	must(t, s.SetKeepAliveValues(facade.KeepAliveValues{On: true, Idle: 7 * time.Second, Interval: 3 * time.Second}))
	for _, o := range []struct{ level, name, want int }{
		{facade.SOL_SOCKET, facade.SO_KEEPALIVE, 1},
		{facade.IPPROTO_TCP, facade.TCP_KEEPIDLE, 7},
		{facade.IPPROTO_TCP, facade.TCP_KEEPINTVL, 3},
	} {
		if v, err := s.GetSockOpt(o.level, o.name); v != o.want || err != nil {
			t.Errorf("option %d of level %d: %d, %v, want %d", o.name, o.level, v, err, o.want)
		}
	}
	if _, err := s.IoctlInt(facade.SIO_RCVALL, facade.RCVALL_ON); err == nil {
		t.Error("a stream receives all")
	}
	r, err := m.Socket(facade.AF_INET, facade.SOCK_RAW, facade.IPPROTO_IP)
	must(t, err)
	closeAtEnd(t, r)
	_, err = r.IoctlInt(facade.SIO_RCVALL, facade.RCVALL_ON)
	wantErrno(t, "SIO_RCVALL of a socket that is not bound", err, syscall.EINVAL)
	must(t, r.Bind(facade.InetAddr{Host: "127.0.0.1"}))
	must(t, r.SetTimeout(patience))
	_, err = r.IoctlInt(facade.SIO_RCVALL, facade.RCVALL_ON)
	must(t, err)
	pair := datagramPair(t, m)
	_, err = pair[0].Send([]byte("sniffed"))
	must(t, err)
	b, err := r.Recv(1500)
	if err != nil || len(b) < 28 || string(b[28:]) != "sniffed" {
		t.Errorf("recv: %q, %v", b, err)
	}
	_, err = r.IoctlInt(facade.SIO_RCVALL, facade.RCVALL_OFF)
	must(t, err)
}

// TestSocketType: the type of the objects that Socket returns has the reference's
// name.
func TestSocketType(t *testing.T) {
	m := facade.New(facade.Config{})
	closeAtEnd(t, m)
	s, err := m.Socket(facade.AF_INET, facade.SOCK_DGRAM, 0)
	must(t, err)
	closeAtEnd(t, s)
	if _, ok := any(s).(*facade.SocketType); !ok {
		t.Errorf("%T is no SocketType", s)
	}
}
