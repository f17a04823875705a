package conformance

import (
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var optionTests = []test{
	{"Options/SetAndRead", setAndRead},
	{"Options/DescribeSocket", describeSocket},
	{"Options/ShortBuffers", shortBuffers},
	{"Options/BuffersAreDoubled", buffersAreDoubled},
	{"Options/UnknownIsENOPROTOOPT", unknownOption},
	{"Options/ReceiveTimeout", receiveTimeout},
}

// setAndRead sets options and reads them back.
func setAndRead(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	for _, o := range []struct{ level, name, value int }{
		{facade.SOL_SOCKET, facade.SO_REUSEADDR, 1},
		{facade.SOL_SOCKET, facade.SO_REUSEPORT, 1},
		{facade.SOL_SOCKET, facade.SO_KEEPALIVE, 1},
		{facade.SOL_SOCKET, facade.SO_BROADCAST, 1},
		{facade.IPPROTO_TCP, facade.TCP_NODELAY, 1},
		{facade.IPPROTO_TCP, facade.TCP_CORK, 1},
		{facade.IPPROTO_TCP, facade.TCP_KEEPIDLE, 30},
		{facade.IPPROTO_TCP, facade.TCP_KEEPINTVL, 10},
		{facade.IPPROTO_TCP, facade.TCP_KEEPCNT, 4},
		{facade.IPPROTO_TCP, facade.TCP_USER_TIMEOUT, 5000},
		{facade.IPPROTO_IP, facade.IP_TTL, 9},
		{facade.IPPROTO_IP, facade.IP_TOS, 0x20},
	} {
		if env.Family == facade.AF_INET6 && o.level == facade.IPPROTO_IP {
			o.level = facade.IPPROTO_IPV6
			if o.name == facade.IP_TTL {
				o.name = facade.IPV6_UNICAST_HOPS
			} else {
				o.name = facade.IPV6_TCLASS
			}
		}
		must(t, s.SetSockOpt(o.level, o.name, o.value))
		if v, err := s.GetSockOpt(o.level, o.name); err != nil || v != o.value {
			t.Errorf("option %d of level %d: %d, %v, want %d", o.name, o.level, v, err, o.value)
		}
	}
}

func describeSocket(t *testing.T, env Env) {
	l, _ := env.listener(t, 1)
	for _, o := range []struct{ name, value int }{
		{facade.SO_TYPE, int(facade.SOCK_STREAM)},
		{facade.SO_DOMAIN, int(env.Family)},
		{facade.SO_PROTOCOL, facade.IPPROTO_TCP},
		{facade.SO_ACCEPTCONN, 1},
		{facade.SO_ERROR, 0},
		{facade.SO_REUSEADDR, 0},
	} {
		if v, err := l.GetSockOpt(facade.SOL_SOCKET, o.name); err != nil || v != o.value {
			t.Errorf("option %d: %d, %v, want %d", o.name, v, err, o.value)
		}
	}
	if l.Family() != env.Family || l.Type() != facade.SOCK_STREAM || l.Proto() != 0 {
		t.Errorf("attributes: %v, %v, %d", l.Family(), l.Type(), l.Proto())
	}
}

// shortBuffers: a value that is too short changes nothing, a buffer that is too
// short is filled as far as it goes.
func shortBuffers(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	for _, value := range [][]byte{nil, {1}, {1, 0, 0}} {
		wantErrno(t, "setsockopt", s.SetSockOptBytes(facade.SOL_SOCKET, facade.SO_REUSEADDR, value), syscall.EINVAL)
		wantErrno(t, "setsockopt", s.SetSockOptBytes(facade.SOL_SOCKET, facade.SO_LINGER, value), syscall.EINVAL)
		wantErrno(t, "setsockopt", s.SetSockOptBytes(facade.SOL_SOCKET, facade.SO_RCVTIMEO, value), syscall.EINVAL)
	}
	if v, err := s.GetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEADDR); err != nil || v != 0 {
		t.Errorf("SO_REUSEADDR: %d, %v", v, err)
	}
	b, err := s.GetSockOptBytes(facade.SOL_SOCKET, facade.SO_TYPE, 1)
	if err != nil || len(b) != 1 || b[0] != byte(facade.SOCK_STREAM) {
		t.Errorf("SO_TYPE in one byte: %v, %v", b, err)
	}
}

func buffersAreDoubled(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_DGRAM)
	for _, name := range []int{facade.SO_RCVBUF, facade.SO_SNDBUF} {
		must(t, s.SetSockOpt(facade.SOL_SOCKET, name, 50000))
		if v, err := s.GetSockOpt(facade.SOL_SOCKET, name); err != nil || v != 100000 {
			t.Errorf("option %d set to 50000: %d, %v", name, v, err)
		}
	}
}

func unknownOption(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	wantErrno(t, "setsockopt", s.SetSockOpt(facade.SOL_SOCKET, 9999, 1), syscall.ENOPROTOOPT)
	_, err := s.GetSockOpt(facade.IPPROTO_TCP, 9999)
	wantErrno(t, "getsockopt", err, syscall.ENOPROTOOPT)
	d := env.socket(t, env.Client, facade.SOCK_DGRAM)
	wantErrno(t, "TCP_NODELAY of a datagram socket",
		d.SetSockOpt(facade.IPPROTO_TCP, facade.TCP_NODELAY, 1), syscall.ENOPROTOOPT)
}

// receiveTimeout: SO_RCVTIMEO of a blocking socket ends a wait with EAGAIN.
func receiveTimeout(t *testing.T, env Env) {
	s, _ := env.bound(t, facade.SOCK_DGRAM)
	must(t, s.SetBlocking(true))
	timeval := make([]byte, 16)
	timeval[9] = 0xc3 // 49,920 microseconds
	must(t, s.SetSockOptBytes(facade.SOL_SOCKET, facade.SO_RCVTIMEO, timeval))
	_, err := s.Recv(1)
	wantErrno(t, "recv", err, syscall.EAGAIN)
	b, err := s.GetSockOptBytes(facade.SOL_SOCKET, facade.SO_RCVTIMEO, 16)
	if err != nil || string(b) != string(timeval) {
		t.Errorf("SO_RCVTIMEO: %v, %v", b, err)
	}
}
