package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

// AF_UNIX is the kernel's in every module.
var unixTests = []test{
	{"Unix/AbstractName", abstractName},
	{"Unix/LongestAbstractName", longestName},
	{"Unix/LongerNameIsRefused", longerName},
	{"Unix/AbstractNameOfAnyBytes", anyBytes},
	{"Unix/AutobindIsUnique", autobind},
	{"Unix/UnboundNameIsEmpty", unboundName},
	{"Unix/Pathname", pathname},
	{"Unix/PathnameOfAnyBytes", pathnameOfAnyBytes},
}

func (env Env) unixSocket(t testing.TB) *facade.Socket {
	t.Helper()
	env.linuxOnly(t)
	s, err := env.Client.Socket(facade.AF_UNIX, facade.SOCK_STREAM, 0)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.SetTimeout(patience))
	return s
}

// shortDir is a directory whose name leaves room for a pathname of AF_UNIX.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// freeName is an abstract name that nobody has, of n bytes or more: NUL, prefix
// and the process's number.
func freeName(prefix string, n int) facade.UnixAddr {
	name := "\x00" + prefix + strconv.Itoa(os.Getpid())
	return facade.UnixAddr{Path: name + strings.Repeat("h", max(0, n-len(name)))}
}

// wantUnixServer serves at a, which every way of asking returns.
func wantUnixServer(t *testing.T, env Env, a facade.UnixAddr) {
	t.Helper()
	l, client := env.unixSocket(t), env.unixSocket(t)
	must(t, l.Bind(a))
	if name, err := l.GetSockName(); err != nil || name != a {
		t.Fatalf("getsockname: %q, %v, want %q", name, err, a)
	}
	must(t, l.Listen(1))
	must(t, client.Connect(a))
	if peer, err := client.GetPeerName(); err != nil || peer != a {
		t.Errorf("getpeername: %q, %v", peer, err)
	}
	server, from, err := l.Accept()
	must(t, err)
	defer server.Close()
	if name, err := server.GetSockName(); err != nil || name != a {
		t.Errorf("getsockname of the accepted socket: %q, %v", name, err)
	}
	if from != (facade.UnixAddr{}) {
		t.Errorf("accept from %q, want the empty name", from)
	}
	sendMessage(t, client, server)
	wantData(t, server, message)
}

func abstractName(t *testing.T, env Env) {
	wantUnixServer(t, env, freeName("usernet\x00conformance\x00", 0))
}

// sizeofPath is that of sun_path of unix(7).
const sizeofPath = 108

func longestName(t *testing.T, env Env) {
	a := freeName("", sizeofPath)
	if len(a.Path) != sizeofPath {
		t.Fatalf("%d bytes", len(a.Path))
	}
	wantUnixServer(t, env, a)
}

func longerName(t *testing.T, env Env) {
	s := env.unixSocket(t)
	wantArgumentError(t, "bind to a name of 109 bytes", s.Bind(freeName("", sizeofPath+1)))
	wantArgumentError(t, "bind to a path of 108 bytes", s.Bind(facade.UnixAddr{Path: strings.Repeat("h", sizeofPath)}))
	must(t, s.Bind(freeName("after", 0)))
}

func anyBytes(t *testing.T, env Env) {
	wantUnixServer(t, env, freeName("\xff\x00\xfe\x80\n", 0))
}

func autobind(t *testing.T, env Env) {
	form := regexp.MustCompile(`^\x00[0-9a-f]{5}$`)
	seen := map[string]bool{}
	for range 3 {
		s := env.unixSocket(t)
		must(t, s.Bind(facade.UnixAddr{}))
		a, err := s.GetSockName()
		must(t, err)
		name := a.(facade.UnixAddr).Path
		if !form.MatchString(name) || seen[name] {
			t.Errorf("%q, after %v", name, seen)
		}
		seen[name] = true
	}
}

func unboundName(t *testing.T, env Env) {
	a, err := env.unixSocket(t).GetSockName()
	if err != nil || a != (facade.UnixAddr{}) {
		t.Errorf("getsockname: %#v, %v", a, err)
	}
}

func pathname(t *testing.T, env Env) {
	path := filepath.Join(shortDir(t), "socket")
	wantUnixServer(t, env, facade.UnixAddr{Path: path})
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}

func pathnameOfAnyBytes(t *testing.T, env Env) {
	wantUnixServer(t, env, facade.UnixAddr{Path: filepath.Join(shortDir(t), "s\xff\xfe\u1234")})
}
