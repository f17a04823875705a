package facade

import (
	"bytes"
	"strconv"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// UnixAddr is the reference's string of AF_UNIX: see unix(7).
type UnixAddr struct {
	// Path is a pathname; an abstract name of Linux, which begins with a NUL
	// byte and may hold others; or "", which is the name of a socket without
	// one. A Bind to "" takes a free abstract name.
	Path string
}

var _ Addr = UnixAddr{}

// sizeofUnixPath is that of sun_path.
const sizeofUnixPath = 108

// Family returns AF_UNIX.
func (UnixAddr) Family() Family { return AF_UNIX }

// Network returns "unix".
func (UnixAddr) Network() string { return "unix" }

// IsAbstract tells whether the name is in Linux's abstract name space.
func (a UnixAddr) IsAbstract() bool { return a.Path != "" && a.Path[0] == 0 }

// String returns the path. An abstract name is quoted, with "@" for its NUL.
func (a UnixAddr) String() string {
	if a.IsAbstract() {
		return "@" + strconv.Quote(a.Path[1:])
	}
	return a.Path
}

func (a UnixAddr) sockaddr(c call) (endpoint.Sockaddr, error) {
	raw := appendFamily(nil, AF_UNIX)
	switch {
	case a.IsAbstract():
		if len(a.Path) > sizeofUnixPath {
			return endpoint.Sockaddr{}, c.refuse("AF_UNIX name is over 108 bytes")
		}
		raw = append(raw, a.Path...)
	case len(a.Path) >= sizeofUnixPath:
		return endpoint.Sockaddr{}, c.refuse("AF_UNIX path is over 107 bytes")
	case bytes.IndexByte([]byte(a.Path), 0) >= 0:
		return endpoint.Sockaddr{}, c.refuse("AF_UNIX path holds a NUL byte")
	case a.Path != "":
		raw = append(append(raw, a.Path...), 0)
	}
	sa, _ := endpoint.SockaddrFromBytes(raw)
	return sa, nil
}

func decodeUnix(_ *traffic, sa endpoint.Sockaddr) (Addr, bool) {
	path := sa.Bytes()[2:]
	if len(path) > 0 && path[0] != 0 {
		path, _, _ = bytes.Cut(path, []byte{0})
	}
	return UnixAddr{Path: string(path)}, true
}
