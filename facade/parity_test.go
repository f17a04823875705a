package facade_test

import (
	"os"
	"slices"
	"testing"

	"github.com/usernet-stack/usernet/internal/parity"
)

//go:generate go run ../internal/parity/generate

// pending are the names whose counterpart does not exist yet. A name leaves the
// list with the change that brings the counterpart.
var pending = []string{
	"SocketType", "socketpair()", "fromfd()", "socket.ioctl()", "socket.makefile()",

	"socket.sendmsg()", "socket.recvmsg()", "socket.recvmsg_into()", "socket.sendfile()",
	"socket.dup()", "socket.detach()", "socket.get_inheritable()", "socket.set_inheritable()",
	"create_server()", "has_dualstack_ipv6()", "if_nameindex()", "if_nametoindex()", "if_indextoname()",
	"CMSG_LEN()", "CMSG_SPACE()", "send_fds()", "recv_fds()", "close(fd)", "socket(fileno=)",
}

func documented(t *testing.T) []parity.Name {
	t.Helper()
	document, err := os.ReadFile("testdata/python-socket-module.rst")
	must(t, err)
	return parity.Parse(string(document))
}

func parityFacade(t *testing.T) *parity.Facade {
	t.Helper()
	f, err := parity.Load("..", constantRows(t))
	must(t, err)
	return f
}

// TestParity: every name of the reference has a Go counterpart, and a test that
// calls it.
func TestParity(t *testing.T) {
	names := documented(t)
	if len(names) < 80 {
		t.Fatalf("the reference has only %d names", len(names))
	}
	f := parityFacade(t)
	evidence, err := parity.LoadEvidence("..")
	must(t, err)
	all := append(names, parity.Customary...)
	for _, n := range all {
		name, ok, err := f.Counterpart(n)
		if err != nil {
			t.Error(err)
			continue
		}
		switch waits := slices.Contains(pending, n.String()); {
		case ok && waits:
			t.Errorf("%s has its counterpart %s: take it off the pending list", n, name)
		case !ok && !waits:
			t.Errorf("%s has no counterpart %s", n, name)
		case ok:
			if err := evidence.Check(n, name); err != nil {
				t.Error(err)
			}
		}
	}
	for _, p := range pending {
		if !slices.ContainsFunc(all, func(n parity.Name) bool { return n.String() == p }) {
			t.Errorf("%s is pending, but nowhere documented", p)
		}
	}
}

// TestParityTableIsFresh: what go generate would write is there.
func TestParityTableIsFresh(t *testing.T) {
	want, err := parity.Table(documented(t), parity.Customary, parityFacade(t))
	must(t, err)
	got, err := os.ReadFile("../docs/parity.md")
	must(t, err)
	if string(got) != want {
		t.Error("docs/parity.md is stale: run go generate ./facade")
	}
}
