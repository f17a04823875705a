package netstack_test

import (
	"maps"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/stack"
)

// calls is every method of an endpoint that has an error.
var calls = map[string]func(*netstack.Endpoint) endpoint.Errno{
	"Bind":   func(e *netstack.Endpoint) endpoint.Errno { return e.Bind(loopback4) },
	"Listen": func(e *netstack.Endpoint) endpoint.Errno { return e.Listen(1) },
	"Accept": func(e *netstack.Endpoint) endpoint.Errno { _, _, errno := e.Accept(); return errno },
	"Connect": func(e *netstack.Endpoint) endpoint.Errno {
		return e.Connect(inet4("127.0.0.1:1"))
	},
	"disconnect": func(e *netstack.Endpoint) endpoint.Errno { return e.Connect(endpoint.SockaddrUnspec()) },
	"Send":       func(e *netstack.Endpoint) endpoint.Errno { _, errno := e.Send(&endpoint.Message{}); return errno },
	"Recv":       func(e *netstack.Endpoint) endpoint.Errno { _, errno := e.Recv(&endpoint.Message{}); return errno },
	"SendBatch": func(e *netstack.Endpoint) endpoint.Errno {
		_, errno := e.SendBatch(make([]endpoint.Message, 1))
		return errno
	},
	"RecvBatch": func(e *netstack.Endpoint) endpoint.Errno {
		_, errno := e.RecvBatch(make([]endpoint.Message, 1))
		return errno
	},
	"Shutdown":  func(e *netstack.Endpoint) endpoint.Errno { return e.Shutdown(endpoint.SHUT_RDWR) },
	"LocalAddr": func(e *netstack.Endpoint) endpoint.Errno { _, errno := e.LocalAddr(); return errno },
	"PeerAddr":  func(e *netstack.Endpoint) endpoint.Errno { _, errno := e.PeerAddr(); return errno },
	"SetSockOpt": func(e *netstack.Endpoint) endpoint.Errno {
		return e.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_REUSEADDR, int32Bytes(1))
	},
	"GetSockOpt": func(e *netstack.Endpoint) endpoint.Errno {
		_, errno := e.GetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_REUSEADDR, make([]byte, 4))
		return errno
	},
	"Ioctl": func(e *netstack.Endpoint) endpoint.Errno {
		_, errno := e.Ioctl(endpoint.FIONREAD, make([]byte, 4))
		return errno
	},
}

func TestEndpointsThatAreNotOpen(t *testing.T) {
	p := host(t)
	closed := func(typ int) *netstack.Endpoint {
		e := open(t, p, endpoint.AF_INET, typ)
		ok(t, "Close", e.Close())
		return e
	}
	for name, e := range map[string]*netstack.Endpoint{
		"closed stream":   closed(endpoint.SOCK_STREAM),
		"closed datagram": closed(endpoint.SOCK_DGRAM),
		"zero":            {},
		"nil":             nil,
	} {
		t.Run(name, func(t *testing.T) {
			for call, fn := range calls {
				want(t, call, fn(e), endpoint.EBADF)
			}
			if ready := e.Ready(); ready != endpoint.AllEvents {
				t.Errorf("ready for %#x", ready)
			}
			info := endpoint.Info{RecvQueue: 1}
			e.Info(&info)
			if info.State != endpoint.TCP_CLOSE || info.RecvQueue != 0 || info.Cookie != e.Cookie() {
				t.Errorf("%+v", info)
			}
			e.Abort()
			want(t, "Close", e.Close(), 0)
		})
	}
}

func TestCloseMarksWaitersOnce(t *testing.T) {
	p := host(t)
	for name, end := range map[string]func(*netstack.Endpoint){
		"Close": func(e *netstack.Endpoint) { e.Close() },
		"Abort": (*netstack.Endpoint).Abort,
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
			var marked endpoint.Events
			w := &endpoint.Waiter{Mark: func(ev endpoint.Events) { marked |= ev }}
			e.Subscribe(w)
			end(e)
			if marked != endpoint.AllEvents {
				t.Errorf("marked with %#x", marked)
			}
			marked = 0
			end(e)
			if marked != 0 {
				t.Errorf("marked with %#x by the second call", marked)
			}
			if n := p.Table().Len(); n != 0 {
				t.Errorf("%d sockets in the table", n)
			}
		})
	}
}

func TestSocketsThatTheStackDoesNotHave(t *testing.T) {
	p := host(t)
	for name, c := range map[string]struct {
		family, typ, proto int
		want               endpoint.Errno
	}{
		"AF_UNIX":              {endpoint.AF_UNIX, endpoint.SOCK_STREAM, 0, endpoint.EAFNOSUPPORT},
		"AF_UNSPEC":            {endpoint.AF_UNSPEC, endpoint.SOCK_STREAM, 0, endpoint.EAFNOSUPPORT},
		"negative family":      {-1, endpoint.SOCK_STREAM, 0, endpoint.EAFNOSUPPORT},
		"SOCK_SEQPACKET":       {endpoint.AF_INET, endpoint.SOCK_SEQPACKET, 0, endpoint.ESOCKTNOSUPPORT},
		"type 0":               {endpoint.AF_INET, 0, 0, endpoint.ESOCKTNOSUPPORT},
		"UDP over a stream":    {endpoint.AF_INET, endpoint.SOCK_STREAM, endpoint.IPPROTO_UDP, endpoint.EPROTONOSUPPORT},
		"TCP over datagrams":   {endpoint.AF_INET6, endpoint.SOCK_DGRAM, endpoint.IPPROTO_TCP, endpoint.EPROTONOSUPPORT},
		"MPTCP":                {endpoint.AF_INET, endpoint.SOCK_STREAM, 262, endpoint.EPROTONOSUPPORT},
		"SCTP":                 {endpoint.AF_INET, endpoint.SOCK_STREAM, 132, endpoint.EPROTONOSUPPORT},
		"UDP-Lite":             {endpoint.AF_INET, endpoint.SOCK_DGRAM, 136, endpoint.EPROTONOSUPPORT},
		"flags are no protest": {endpoint.AF_INET, endpoint.SOCK_STREAM | endpoint.SOCK_CLOEXEC | endpoint.SOCK_NONBLOCK, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			e, errno := p.Socket(c.family, c.typ, c.proto, endpoint.Cred{})
			want(t, "Socket", errno, c.want)
			if (e == nil) != (errno != 0) {
				t.Errorf("endpoint %v", e)
			}
		})
	}
	for family, errno := range map[int]endpoint.Errno{
		endpoint.AF_INET: endpoint.EOPNOTSUPP, endpoint.AF_INET6: endpoint.EOPNOTSUPP, endpoint.AF_UNIX: endpoint.EAFNOSUPPORT,
	} {
		_, got := p.Pair(family, endpoint.SOCK_STREAM, 0, endpoint.Cred{})
		want(t, "Pair", got, errno)
	}
}

func TestSocketsBeyondTheCap(t *testing.T) {
	s := newStack(t, stack.Config{Caps: stack.Caps{Sockets: 3}})
	p := newProvider(t, s)
	l := listener(t, p, loopback4)
	client := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	third := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	_, errno := p.Socket(endpoint.AF_INET, endpoint.SOCK_DGRAM, 0, endpoint.Cred{})
	want(t, "a fourth socket", errno, endpoint.ENFILE)
	ok(t, "connect", connect(t, client, local(t, l)))
	want(t, "Accept", wait(t, l, func() endpoint.Errno { _, _, errno := l.Accept(); return errno }), endpoint.ENFILE)
	third.Close()
	open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	if n := p.Table().Refused(); n != 2 {
		t.Errorf("%d refused", n)
	}
}

func TestCallsThatNeedAnotherState(t *testing.T) {
	p := host(t)
	for name, c := range map[string]struct {
		typ  int
		want map[string]endpoint.Errno
	}{
		"fresh stream": {endpoint.SOCK_STREAM, map[string]endpoint.Errno{
			"Accept": endpoint.EINVAL, "Send": endpoint.EPIPE, "Recv": endpoint.ENOTCONN,
			"Shutdown": endpoint.ENOTCONN, "PeerAddr": endpoint.ENOTCONN, "disconnect": 0,
		}},
		"fresh datagram": {endpoint.SOCK_DGRAM, map[string]endpoint.Errno{
			"Accept": endpoint.EOPNOTSUPP, "Listen": endpoint.EOPNOTSUPP, "Send": endpoint.EDESTADDRREQ,
			"Recv": endpoint.EAGAIN, "Shutdown": endpoint.ENOTCONN, "PeerAddr": endpoint.ENOTCONN, "disconnect": 0,
		}},
	} {
		for call := range maps.Keys(c.want) {
			t.Run(name+" "+call, func(t *testing.T) {
				e := open(t, p, endpoint.AF_INET, c.typ)
				want(t, call, calls[call](e), c.want[call])
			})
		}
	}
	t.Run("shutdown of an unknown direction", func(t *testing.T) {
		e := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
		want(t, "Shutdown(3)", e.Shutdown(3), endpoint.EINVAL)
		want(t, "Shutdown(-1)", e.Shutdown(-1), endpoint.EINVAL)
	})
}
