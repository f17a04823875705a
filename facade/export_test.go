package facade

import (
	"context"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// TableOf is the table of the sockets that carry AF_INET.
func TableOf(m *Module) *endpoint.Table {
	p, _ := m.provider(endpoint.AF_INET)
	return p.Table()
}

// addrSocket is what an address is given to and comes from in tests.
func addrSocket(m *Module, family, proto int) *traffic {
	return &traffic{m: m, description: &description{family: family, proto: proto}}
}

// SockaddrOf is the sockaddr of an address for a socket of a protocol.
func SockaddrOf(m *Module, a Addr, proto int) (endpoint.Sockaddr, error) {
	t := addrSocket(m, int(a.Family()), proto)
	return call{ctx: context.Background(), op: "test", d: t.description, m: m}.toSockaddr(a)
}

// AddrOf is the address in a sockaddr that a socket of a protocol received.
func AddrOf(m *Module, sa endpoint.Sockaddr, proto int) Addr {
	return addrSocket(m, sa.Family(), proto).addr(sa)
}
