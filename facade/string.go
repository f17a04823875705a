package facade

import (
	"fmt"
	"strings"
)

// String is for people: what the socket is, its descriptor if Fileno has made one
// or the kernel has, and its addresses while it is open. It does not block.
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
	if a, errno := e.ep.LocalAddr(); errno == 0 && !a.IsZero() {
		fmt.Fprintf(&b, ", laddr=%v", e.addr(a))
	}
	if a, errno := e.ep.PeerAddr(); errno == 0 && !a.IsZero() {
		fmt.Fprintf(&b, ", raddr=%v", e.addr(a))
	}
	b.WriteByte('>')
	return b.String()
}

func (s *Socket) kind() string {
	return fmt.Sprintf("family=%v, type=%v, proto=%d", s.Family(), s.Type(), s.Proto())
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
