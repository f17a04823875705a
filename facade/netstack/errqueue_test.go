package netstack_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// The queue of extended errors has no bound in gVisor; none of what fills it may
// stay in it.

func TestRefusedDatagramsLeaveNoErrorsBehind(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			e := open(t, p, addr.Family(), endpoint.SOCK_DGRAM)
			ok(t, "Connect", e.Connect(closedPort(t, p, endpoint.SOCK_DGRAM, addr)))
			refused := 0
			for range 500 {
				_, errno := e.Send(&endpoint.Message{Iov: [][]byte{make([]byte, 1000)}})
				switch errno {
				case 0:
				case endpoint.ECONNREFUSED:
					refused++
				default:
					t.Fatal(errno)
				}
			}
			if refused == 0 {
				t.Error("nothing was refused")
			}
			if e.QueuedErrors() {
				t.Error("extended errors are queued")
			}
		})
	}
}

func TestTooLongDatagramsLeaveNoErrorsBehind(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			e := open(t, p, addr.Family(), endpoint.SOCK_DGRAM)
			ok(t, "Connect", e.Connect(closedPort(t, p, endpoint.SOCK_DGRAM, addr)))
			for range 3 {
				_, errno := e.Send(&endpoint.Message{Iov: [][]byte{make([]byte, 1<<16)}})
				want(t, "Send", errno, endpoint.EMSGSIZE)
			}
			if e.QueuedErrors() {
				t.Error("extended errors are queued")
			}
		})
	}
}

// TestExtendedErrorsAreBounded lets errors pile up: they stop at SO_RCVBUF.
func TestExtendedErrorsAreBounded(t *testing.T) {
	for name, addr := range loopbacks {
		t.Run(name, func(t *testing.T) {
			p := host(t)
			e := open(t, p, addr.Family(), endpoint.SOCK_DGRAM)
			level, opt := endpoint.SOL_IP, endpoint.IP_RECVERR
			if addr.Family() == endpoint.AF_INET6 {
				level, opt = endpoint.SOL_IPV6, endpoint.IPV6_RECVERR
			}
			ok(t, "RECVERR", setInt(e, level, opt, 1))
			ok(t, "SO_RCVBUF", setInt(e, endpoint.SOL_SOCKET, endpoint.SO_RCVBUF, 4096))
			room := getInt(t, e, endpoint.SOL_SOCKET, endpoint.SO_RCVBUF)
			ok(t, "Connect", e.Connect(closedPort(t, p, endpoint.SOCK_DGRAM, addr)))
			const sent = 40 // of a burst, gVisor answers 50 with ICMP
			for range sent {
				send(t, e, "0123456789")
				_, errno := e.GetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_ERROR, make([]byte, 4))
				ok(t, "SO_ERROR", errno)
			}
			queued := 0
			for e.Ready()&endpoint.POLLERR != 0 {
				m := endpoint.Message{Iov: [][]byte{make([]byte, 64)}, Flags: endpoint.MSG_ERRQUEUE}
				n, errno := e.Recv(&m)
				ok(t, "Recv", errno)
				if n != 10 {
					t.Fatalf("%d bytes of the datagram", n)
				}
				queued++
			}
			if most := room / 512; queued == 0 || queued > most {
				t.Errorf("%d errors, want 1 to %d", queued, most)
			}
			if dropped := int(e.Drops().Errors); queued+dropped != sent {
				t.Errorf("%d were queued and %d dropped, of %d", queued, dropped, sent)
			}
		})
	}
}

// TestExtendedErrorsWake waits for POLLERR with nothing but the list of waiters,
// over a cable.
func TestExtendedErrorsWake(t *testing.T) {
	for name, addrs := range map[string][2]string{"IPv4": {"10.0.0.1:0", "10.0.0.2:9"}, "IPv6": {"[fd00::1]:0", "[fd00::2]:9"}} {
		t.Run(name, func(t *testing.T) {
			a, _ := hosts(t)
			from, to := inet4, inet4
			if name == "IPv6" {
				from = func(s string) endpoint.Sockaddr { return inet6(s, 0) }
				to = from
			}
			e := bound(t, a, endpoint.SOCK_DGRAM, from(addrs[0]))
			ok(t, "IP_RECVERR", setInt(e, endpoint.SOL_IP, endpoint.IP_RECVERR, 1))
			if name == "IPv6" {
				ok(t, "IPV6_RECVERR", setInt(e, endpoint.SOL_IPV6, endpoint.IPV6_RECVERR, 1))
			}
			ok(t, "Connect", e.Connect(to(addrs[1])))
			send(t, e, "hello")
			becomes(t, "refused", e, out|pollE)
			m := endpoint.Message{Iov: [][]byte{make([]byte, 64)}, Flags: endpoint.MSG_ERRQUEUE, NeedAddr: true}
			n, errno := e.Recv(&m)
			if string(m.Iov[0][:n]) != "hello" || errno != 0 || m.Flags != endpoint.MSG_ERRQUEUE|endpoint.MSG_CTRUNC || m.Addr != to(addrs[1]) {
				t.Errorf("%d bytes, %s, flags %#x, to % x", n, errno.Name(), m.Flags, m.Addr.Bytes())
			}
			isReady(t, "taken", e, out)
		})
	}
}
