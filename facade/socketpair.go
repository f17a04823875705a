package facade

import (
	"net/netip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// SocketPair wraps socketpair(2): two sockets that are connected to each other,
// with the module's default timeout. Family AF_UNSPEC is AF_UNIX, or AF_INET where
// there is none. A pair of AF_INET or AF_INET6, which the kernel does not make, is
// connected over the loopback; EADDRNOTAVAIL where there is none.
func (m *Module) SocketPair(family Family, typ Type, proto int) ([2]*Socket, error) {
	const op = "socketpair"
	if m == nil {
		return [2]*Socket{}, errnoError(op, nil, endpoint.EBADF)
	}
	pair, errno := m.pair(family, int(typ), proto)
	if errno == endpoint.EAFNOSUPPORT && family == AF_UNSPEC {
		pair, errno = m.pair(AF_INET, int(typ), proto)
	}
	if errno != 0 {
		return [2]*Socket{}, errnoError(op, nil, errno)
	}
	var sockets [2]*Socket
	for i, e := range pair {
		if typ&SOCK_NONBLOCK != 0 {
			e.timeout.Store(0)
		}
		sockets[i] = &Socket{e: e}
	}
	return sockets, nil
}

func (m *Module) pair(family Family, typ, proto int) (pair [2]*engine, errno endpoint.Errno) {
	switch family {
	case AF_INET, AF_INET6:
		return m.loopbackPair(int(family), typ, proto)
	case AF_UNSPEC:
		family = AF_UNIX
	}
	return m.providedPair(int(family), typ, proto)
}

// providedPair asks the family's provider.
func (m *Module) providedPair(family, typ, proto int) (pair [2]*engine, errno endpoint.Errno) {
	p, errno := m.provider(family)
	if errno != 0 {
		return pair, errno
	}
	eps, errno := p.Pair(family, typ, proto, m.cred)
	if errno != 0 {
		return pair, errno
	}
	for i, ep := range eps {
		pair[i] = newEngine(m, p, ep, family, plainType(typ), proto)
	}
	return pair, 0
}

// loopbackPair connects two sockets of an Internet family.
func (m *Module) loopbackPair(family, typ, proto int) (pair [2]*engine, errno endpoint.Errno) {
	var made [2]*engine
	for i := range made {
		if made[i], errno = m.open(family, typ, proto); errno != 0 {
			break
		}
		if errno = made[i].ep.Bind(loopbackSockaddr(family)); errno != 0 {
			break
		}
	}
	if errno == 0 {
		if plainType(typ) == endpoint.SOCK_STREAM {
			errno = connectStreams(&made)
		} else {
			errno = connectDatagrams(made)
		}
	}
	if errno == 0 {
		return made, 0
	}
	for _, e := range made {
		if e != nil {
			e.close()
		}
	}
	return pair, errno
}

func loopbackSockaddr(family int) endpoint.Sockaddr {
	if family == endpoint.AF_INET6 {
		return endpoint.SockaddrInet6(netip.IPv6Loopback(), 0, 0, 0)
	}
	return endpoint.SockaddrInet4(loopback(4), 0)
}

// connectStreams connects pair[1] to pair[0], which becomes the connection that
// it accepted. Somebody else who is faster at connecting is sent away.
func connectStreams(pair *[2]*engine) endpoint.Errno {
	listener, client := pair[0], pair[1]
	defer listener.close()
	pair[0] = nil
	errno := listener.ep.Listen(1)
	if errno != 0 {
		return errno
	}
	to, errno := listener.ep.LocalAddr()
	if errno != 0 {
		return errno
	}
	if r := client.connect(to, patience{timeout: NoTimeout}); !r.ok() {
		return r.failure()
	}
	want, errno := client.ep.LocalAddr()
	if errno != 0 {
		return errno
	}
	for {
		server, from, r := listener.accept(patience{timeout: NoTimeout})
		if !r.ok() {
			return r.failure()
		}
		if from == want {
			pair[0] = server
			return 0
		}
		server.close()
	}
}

// connectDatagrams connects two bound sockets to each other.
func connectDatagrams(pair [2]*engine) endpoint.Errno {
	for i, e := range pair {
		to, errno := pair[1-i].ep.LocalAddr()
		if errno != 0 {
			return errno
		}
		if r := e.connect(to, patience{timeout: NoTimeout}); !r.ok() {
			return r.failure()
		}
	}
	return 0
}

// failure is the errno of a result that is not ok and met no deadline.
func (r result) failure() endpoint.Errno {
	if r.errno == 0 {
		return endpoint.EBADF
	}
	return r.errno
}

// plainType is a socket type without its flags.
func plainType(typ int) int { return typ &^ (endpoint.SOCK_NONBLOCK | endpoint.SOCK_CLOEXEC) }
