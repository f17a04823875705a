package differential

import (
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
)

// world is one of the two paths, with the sockets of a program.
type world struct {
	m       *facade.Module
	sockets [slots]*facade.Socket
	kinds   [slots]kind
	// ports are the names of the ports that the path has chosen.
	ports map[portKey]port
	// views are what was seen last of the sockets.
	views [slots]view
	// had says which sockets had a port ahead of the call.
	had  [slots]bool
	call int // of the program
	// isolated says that packets to foreign addresses go nowhere.
	isolated bool
	buffer   []byte
	fds      [slots]facade.PollFD
}

func newWorld(m *facade.Module) *world {
	return &world{m: m, ports: make(map[portKey]port), buffer: make([]byte, 1<<16)}
}

// portKey is a port: TCP and UDP have their own.
type portKey struct {
	typ    facade.Type
	number int
}

// port names a port by where it was seen first, because its number is each
// path's own choice.
type port struct {
	known bool
	call  int16 // of the program
	slot  int8  // noSlot for an answer
}

const noSlot = -1

// address is an address with its port named.
type address struct {
	host string
	port port
	// number is that of a port that has no name: 0, or one that the program
	// itself names.
	number int
}

// answer is what a call answers.
type answer struct {
	errno syscall.Errno
	// failure is an error that is no errno.
	failure string
	n       int
	data    string
	addr    address
}

// argumentError stands for all errors of the facade about arguments, which are
// refused before a path is asked.
const argumentError = "bad argument"

// failed makes an answer of an error.
func failed(err error) answer {
	var errno syscall.Errno
	var argument *facade.ArgumentError
	switch {
	case err == nil:
		return answer{}
	case errors.As(err, &argument):
		return answer{failure: argumentError, errno: argument.Errno}
	case errors.Is(err, net.ErrClosed):
		return answer{failure: "closed"}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return answer{failure: "timed out"}
	case errors.As(err, &errno):
		return answer{errno: errno}
	}
	return answer{failure: err.Error()}
}

// nameAddress names the port of an address that a socket of typ shows.
func (w *world) nameAddress(a facade.Addr, typ facade.Type, s int) address {
	host, number := hostPort(a)
	if number == 0 || number == closedPortNumber {
		return address{host: host, number: number}
	}
	key := portKey{typ, number}
	p, ok := w.ports[key]
	if !ok {
		p = port{known: true, call: int16(w.call), slot: int8(s)}
		w.ports[key] = p
	}
	return address{host: host, port: p}
}

func hostPort(a facade.Addr) (host string, number int) {
	switch a := a.(type) {
	case facade.InetAddr:
		return a.Host, a.Port
	case facade.Inet6Addr:
		return a.Host, a.Port
	case nil:
		return "", 0
	}
	return a.String(), 0
}

// address makes the address that a call names.
func (w *world) address(c call, h, p uint8) facade.Addr {
	if h == unspec {
		return facade.RawAddr{Sockaddr: endpoint.SockaddrUnspec()}
	}
	number := w.portNumber(p)
	six := w.kinds[c.slot].family == facade.AF_INET6
	if six != (h == wrongFamily) {
		return facade.Inet6Addr{Host: hosts[h].v6, Port: number}
	}
	return facade.InetAddr{Host: hosts[h].v4, Port: number}
}

func (w *world) portNumber(p uint8) int {
	switch {
	case p == anyPort:
		return 0
	case p >= closedPort:
		return closedPortNumber
	}
	if s := w.sockets[p]; s != nil {
		if a, err := s.GetSockName(); err == nil {
			_, number := hostPort(a)
			return number
		}
	}
	return closedPortNumber
}

// begin is ahead of a call.
func (w *world) begin(i int) {
	w.call = i
	for s := range w.views {
		w.had[s] = w.views[s].local.addr.port.known
	}
}

// put fills an empty slot.
func (w *world) put(s slot, sock *facade.Socket, k kind) {
	sock.SetTimeout(0)
	if k.typ == facade.SOCK_STREAM {
		sock.SetSockOpt(facade.IPPROTO_TCP, facade.TCP_NODELAY, 1)
	}
	w.sockets[s], w.kinds[s] = sock, k
}

// drop empties a slot.
func (w *world) drop(s slot) {
	w.sockets[s] = nil
	w.views[s] = view{}
}

// forget drops the names of ports that no socket shows any more: the path may
// choose them again.
func (w *world) forget() {
	for key, p := range w.ports {
		if !w.shows(p) {
			delete(w.ports, key)
		}
	}
}

func (w *world) shows(p port) bool {
	for s := range w.views {
		if v := &w.views[s]; w.sockets[s] != nil && (v.local.addr.port == p || v.peer.addr.port == p) {
			return true
		}
	}
	return false
}

// close ends all sockets so that no port lingers.
func (w *world) close() {
	for s, sock := range w.sockets {
		if sock == nil {
			continue
		}
		if w.kinds[s].typ == facade.SOCK_STREAM {
			sock.SetSockOptBytes(facade.SOL_SOCKET, facade.SO_LINGER, lingerZero)
		}
		sock.Close()
		w.drop(slot(s))
	}
	clear(w.ports)
}

// lingerZero is struct linger of socket(7): on, for no time.
var lingerZero = encodeInts(1, 0)

// samePortByChance tells whether a call chose a port that another socket has: not
// the program, which names ports of sockets in a bind, nor an accept.
func (w *world) samePortByChance(c call) bool {
	switch c.op {
	case opBind:
		if c.args[1] < slots {
			return false
		}
	case opConnect, opConnectWait, opListen, opSendTo, opSend, opSendAll:
	default:
		return false
	}
	v := &w.views[c.slot]
	p := v.local.addr.port
	return p.known && !w.had[c.slot] && int(p.call) != w.call
}
