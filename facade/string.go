package facade

import (
	"fmt"
	"strings"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// String is for people: what the socket is, its descriptor if Fileno has made one
// or the kernel has, and the addresses that it has while it is open. It does not
// block.
func (s *Socket) String() string {
	e, err := s.engineFor("repr")
	if err != nil {
		return fmt.Sprintf("<socket [closed] fd=%d, %s>", noFD, s.kind())
	}
	var b strings.Builder
	b.WriteString("<socket ")
	if fd := e.shownFD(); fd != noFD {
		fmt.Fprintf(&b, "fd=%d, ", fd)
	}
	b.WriteString(s.kind())
	local, _ := e.ep.LocalAddr()
	peer, _ := e.ep.PeerAddr()
	b.WriteString(e.shownAddr("laddr", local) + e.shownAddr("raddr", peer) + ">")
	return b.String()
}

func (s *Socket) kind() string {
	return fmt.Sprintf("family=%v, type=%v, proto=%d", s.Family(), s.Type(), s.Proto())
}

// shownAddr is nothing for no address and for one without text, as of an AF_UNIX
// socket without a name.
func (t *traffic) shownAddr(name string, sa endpoint.Sockaddr) string {
	a := t.addr(sa)
	if a == nil || a.String() == "" {
		return ""
	}
	return ", " + name + "=" + a.String()
}

// shownFD is the descriptor of an open socket, as far as there is one.
func (t *traffic) shownFD() int {
	if own, ok := t.ep.(descriptor); ok {
		return own.FD()
	}
	t.filenoMu.Lock()
	defer t.filenoMu.Unlock()
	return t.fd
}
