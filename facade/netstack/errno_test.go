package netstack_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// gvisorErrorTypes reads from gVisor's source which types are its errors.
func gvisorErrorTypes(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command(testenv.Tool(t, "go"), "list", "-f", "{{.Dir}}", "gvisor.dev/gvisor/pkg/tcpip").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of gVisor: %v", err)
	}
	var names []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "isError" || f.Recv == nil {
				continue
			}
			receiver := f.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			names = append(names, receiver.(*ast.Ident).Name)
		}
	}
	slices.Sort(names)
	return names
}

func TestEveryErrorTypeOfGvisorHasItsErrno(t *testing.T) {
	theirs, ours := gvisorErrorTypes(t), netstack.ErrorTypes()
	if len(theirs) < 40 {
		t.Fatalf("found only %d types: %v", len(theirs), theirs)
	}
	for _, name := range theirs {
		if !slices.Contains(ours, name) {
			t.Errorf("%s is missing from the table", name)
		}
	}
	for _, name := range ours {
		if !slices.Contains(theirs, name) {
			t.Errorf("%s is in the table, but not in gVisor", name)
		}
	}
}

func TestErrnoOfErrors(t *testing.T) {
	for _, c := range []struct {
		err  tcpip.Error
		want endpoint.Errno
	}{
		{nil, 0},
		{&tcpip.ErrWouldBlock{}, endpoint.EAGAIN},
		{&tcpip.ErrConnectStarted{}, endpoint.EINPROGRESS},
		{&tcpip.ErrAlreadyConnecting{}, endpoint.EALREADY},
		{&tcpip.ErrAlreadyConnected{}, endpoint.EISCONN},
		{&tcpip.ErrConnectionRefused{}, endpoint.ECONNREFUSED},
		{&tcpip.ErrConnectionReset{}, endpoint.ECONNRESET},
		{&tcpip.ErrTimeout{}, endpoint.ETIMEDOUT},
		{&tcpip.ErrHostUnreachable{}, endpoint.EHOSTUNREACH},
		{&tcpip.ErrNetworkUnreachable{}, endpoint.ENETUNREACH},
		{&tcpip.ErrClosedForSend{}, endpoint.EPIPE},
		{&tcpip.ErrMessageTooLong{}, endpoint.EMSGSIZE},
		{&tcpip.ErrPortInUse{}, endpoint.EADDRINUSE},
		{&tcpip.ErrNoPortAvailable{}, endpoint.EADDRNOTAVAIL},
		{&tcpip.ErrBadLocalAddress{}, endpoint.EADDRNOTAVAIL},
		{&tcpip.ErrBroadcastDisabled{}, endpoint.EACCES},
		{&tcpip.ErrDestinationRequired{}, endpoint.EDESTADDRREQ},
		{&tcpip.ErrNotConnected{}, endpoint.ENOTCONN},
		{&tcpip.ErrNoBufferSpace{}, endpoint.ENOBUFS},
		{&tcpip.ErrUnknownProtocolOption{}, endpoint.ENOPROTOOPT},
	} {
		want(t, "error "+typeName(c.err), netstack.ToErrno(c.err), c.want)
	}
}

func typeName(err tcpip.Error) string {
	if err == nil {
		return "nil"
	}
	return err.String()
}
