package conformance

import (
	"errors"
	"math"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var basicTests = []test{
	{"Basics/NameAfterBind", nameAfterBind},
	{"Basics/ReuseAddress", reuseAddressFlag},
	{"Basics/SendAfterClose", sendAfterClose},
	{"Basics/AttributesAreThoseGiven", attributes},
	{"Basics/ListenBacklogs", listenBacklogs},
	{"Basics/BacklogOverflow", backlogOverflow},
	{"Basics/FlowInfo", flowInfo},
	{"Basics/DatagramThroughRecv", datagramThroughRecv},
	{"Basics/DatagramThroughRecvFrom", datagramThroughRecvFrom},
	{"Basics/TimeoutsAreErrors", timeoutsAreErrors},
	{"Basics/IoctlOfNegativeRequest", negativeIoctl},
	{"Basics/KeepAliveValues", keepAliveValues},
}

func nameAfterBind(t *testing.T, env Env) {
	for _, typ := range []facade.Type{facade.SOCK_STREAM, facade.SOCK_DGRAM} {
		s, a := env.bound(t, typ) // finds a free port
		must(t, s.Close())
		s = env.socket(t, env.Server, typ)
		must(t, s.Bind(a))
		name, err := s.GetSockName()
		if err != nil || name != a || hostOf(name) != env.Host {
			t.Errorf("getsockname: %v, %v, want %v", name, err, a)
		}
	}
}

func reuseAddressFlag(t *testing.T, env Env) {
	s := env.socket(t, env.Server, facade.SOCK_STREAM)
	for _, on := range []bool{false, true} {
		wantOption(t, s, facade.SOL_SOCKET, facade.SO_REUSEADDR, on)
		must(t, s.SetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEADDR, 1))
	}
}

// sendAfterClose fails at once, although the socket had a timeout.
func sendAfterClose(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	must(t, s.SetTimeout(patience))
	must(t, s.Close())
	_, err := s.Send([]byte("spam"))
	wantErrno(t, "send", err, syscall.EBADF)
	wantErrno(t, "sendall", s.SendAll([]byte("spam")), syscall.EBADF)
	_, err = s.SendTo([]byte("spam"), env.addr(env.Host, 1))
	wantErrno(t, "sendto", err, syscall.EBADF)
}

func attributes(t *testing.T, env Env) {
	for _, c := range []struct {
		typ   facade.Type
		proto int
	}{
		{facade.SOCK_STREAM, 0}, {facade.SOCK_STREAM, facade.IPPROTO_TCP},
		{facade.SOCK_DGRAM, 0}, {facade.SOCK_DGRAM, facade.IPPROTO_UDP},
	} {
		s, err := env.Client.Socket(env.Family, c.typ, c.proto)
		must(t, err)
		if s.Family() != env.Family || s.Type() != c.typ || s.Proto() != c.proto {
			t.Errorf("socket(%v, %v, %d) is %v", env.Family, c.typ, c.proto, s)
		}
		must(t, s.Close())
		if s.Family() != env.Family || s.Type() != c.typ || s.Proto() != c.proto {
			t.Errorf("when it is closed: %v", s)
		}
	}
}

func listenBacklogs(t *testing.T, env Env) {
	for _, backlog := range []int{0, -1, facade.SOMAXCONN, math.MaxInt32} {
		l, a := env.listener(t, backlog)
		must(t, env.socket(t, env.Client, facade.SOCK_STREAM).Connect(a))
		must(t, l.Close())
	}
}

func backlogOverflow(t *testing.T, env Env) {
	s, _ := env.bound(t, facade.SOCK_STREAM)
	backlog := int64(math.MaxInt32 + 1)
	if int64(int(backlog)) == backlog { // not where int has 32 bits
		wantArgumentError(t, "listen", s.Listen(int(backlog)))
	}
	wantOption(t, s, facade.SOL_SOCKET, facade.SO_ACCEPTCONN, false)
}

func flowInfo(t *testing.T, env Env) {
	s, err := env.Server.Socket(facade.AF_INET6, facade.SOCK_DGRAM, 0)
	must(t, err)
	defer s.Close()
	a := facade.Inet6Addr{Host: "::1", FlowInfo: 1 << 20}
	wantArgumentError(t, "bind with 21 bits of flowinfo", s.Bind(a))
	wantArgumentError(t, "connect with them", s.Connect(a))
	a.FlowInfo--
	must(t, s.Bind(a))
}

func datagramThroughRecv(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	send(t, from, message, a)
	b, err := to.Recv(len(message))
	wantMessage(t, "recv", b, err, message)
}

func datagramThroughRecvFrom(t *testing.T, env Env) {
	from, to, a := env.datagramPair(t)
	send(t, from, message, a)
	b, sender, err := to.RecvFrom(1024)
	wantMessage(t, "recvfrom", b, err, message)
	name, err := from.GetSockName()
	if err != nil || portOf(t, sender) != portOf(t, name) {
		t.Errorf("from %v, %v, want %v", sender, err, name)
	}
}

// timeoutsAreErrors: a timeout is an error of the socket's like any other.
func timeoutsAreErrors(t *testing.T, env Env) {
	s, _ := env.bound(t, facade.SOCK_DGRAM)
	must(t, s.SetTimeout(short))
	_, timeout := s.Recv(1)
	_, other := s.GetPeerName()
	for _, err := range []error{timeout, other} {
		var e *facade.Error
		if !errors.As(err, &e) || e.Timeout() != (err == timeout) {
			t.Errorf("%T: %v", err, err)
		}
	}
}

func negativeIoctl(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	_, err := s.Ioctl(-1, nil)
	wantArgumentError(t, "ioctl(-1)", err)
	_, err = s.IoctlInt(-1, 1)
	wantArgumentError(t, "ioctl(-1) with an int", err)
}

// keepAliveValues is Windows's, which the stack has: on Linux's own sockets it is
// no request.
func keepAliveValues(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	err := s.SetKeepAliveValues(facade.KeepAliveValues{On: true, Idle: 100e9, Interval: 100e9})
	if err != nil {
		wantErrno(t, "ioctl(SIO_KEEPALIVE_VALS)", err, syscall.ENOTTY)
	}
	wantOption(t, s, facade.SOL_SOCKET, facade.SO_KEEPALIVE, err == nil)
	idle, err2 := s.GetSockOpt(facade.IPPROTO_TCP, facade.TCP_KEEPIDLE)
	if err2 != nil || (idle == 100) != (err == nil) {
		t.Errorf("TCP_KEEPIDLE: %d, %v", idle, err2)
	}
}
