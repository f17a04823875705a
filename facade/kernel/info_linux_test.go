package kernel_test

import (
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
)

func TestInfo(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	l := listener(t, p, loopbacks[0].any)
	c := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	ok(t, "connect", connect(t, c, local(t, l)))
	ok(t, "wait", wait(t, l, endpoint.Readable, func() endpoint.Errno {
		if l.Ready()&endpoint.POLLIN == 0 {
			return endpoint.EAGAIN
		}
		return 0
	}))

	var info endpoint.Info
	l.Info(&info)
	exact := endpoint.InfoState | endpoint.InfoRecvQueue | endpoint.InfoBacklog
	if info.State != endpoint.TCP_LISTEN || info.RecvQueue != 1 || info.Backlog != 128 || info.Exact != exact {
		t.Errorf("listener: %+v", info)
	}
	server, _ := accept(t, l)
	_, errno := send(t, c, []byte("hello"))
	ok(t, "Send", errno)
	_, errno = recv(t, server, make([]byte, 2))
	ok(t, "Recv", errno)
	server.Info(&info)
	exact = endpoint.InfoState | endpoint.InfoRecvQueue | endpoint.InfoSendQueue |
		endpoint.InfoRTT | endpoint.InfoRTO | endpoint.InfoCongestion
	if info.Exact != exact || info.State != endpoint.TCP_ESTABLISHED || info.RecvQueue != 3 ||
		info.RTT <= 0 || info.RTO <= 0 || info.CongestionWindow == 0 || info.Algorithm == "" ||
		info.Proto != endpoint.IPPROTO_TCP || info.Peer != local(t, c) || info.Local != local(t, l) {
		t.Errorf("connection: %+v", info)
	}

	a, _ := udpPair(t, p)
	a.Info(&info)
	if info.State != endpoint.TCP_ESTABLISHED || info.Proto != endpoint.IPPROTO_UDP || info.Exact != 0 ||
		info.Derived != endpoint.InfoState|endpoint.InfoRecvQueue|endpoint.InfoSendQueue || info.RecvQueue != 0 {
		t.Errorf("datagrams: %+v", info)
	}
	pair, errno := p.Pair(endpoint.AF_UNIX, endpoint.SOCK_STREAM, 0, endpoint.Cred{UID: 5})
	ok(t, "Pair", errno)
	_, errno = send(t, pair[0], []byte("hello"))
	ok(t, "Send", errno)
	pair[1].Info(&info)
	if info.RecvQueue != 5 || info.Exact != endpoint.InfoRecvQueue || info.Cred.UID != 5 || info.Cookie == 0 {
		t.Errorf("AF_UNIX: %+v", info)
	}
}
