package conformance

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
)

var droppedTests = []test{
	{"Dropped/SocketIsClosedAndLogged", droppedSocket},
	{"Dropped/DuplicateKeepsConnection", droppedDuplicate},
}

// lines is a log handler that gives away each message.
type lines chan string

func (lines) Enabled(context.Context, slog.Level) bool { return true }
func (l lines) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l lines) WithGroup(string) slog.Handler          { return l }

func (l lines) Handle(_ context.Context, r slog.Record) error {
	select {
	case l <- r.Level.String() + " " + r.Message:
	default:
	}
	return nil
}

// logged makes a module on env's path, and what it logs.
func (env Env) logged(t testing.TB) (*facade.Module, lines) {
	t.Helper()
	if env.Logged == nil {
		env.Skip(t, "the log cannot be read here")
	}
	l := make(lines, 100)
	m := env.Logged(slog.New(l))
	t.Cleanup(func() { must(t, m.Close()) })
	return m, l
}

// wantDropped collects garbage until the log tells of a socket.
func (l lines) wantDropped(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); runtime.Gosched() {
		runtime.GC()
		select {
		case line := <-l:
			if strings.HasSuffix(line, "socket was not closed") {
				if !strings.HasPrefix(line, slog.LevelDebug.String()) {
					t.Errorf("the line is %q", line)
				}
				return
			}
		default:
		}
	}
	t.Fatal("nobody has closed the socket")
}

// droppedSocket: the peer of a socket that nobody holds sees the end.
func droppedSocket(t *testing.T, env Env) {
	m, l := env.logged(t)
	kept := keepOne(t, m, env.Family, nil)
	l.wantDropped(t)
	wantEOF(t, kept)
	must(t, kept.Close())
}

// keepOne makes a pair and keeps one end, and what hold makes of the other. It is
// a function of its own so that no variable holds that other end any more.
//
//go:noinline
func keepOne(t testing.TB, m *facade.Module, family facade.Family, hold func(*facade.Socket)) *facade.Socket {
	t.Helper()
	pair, err := m.SocketPair(family, facade.SOCK_STREAM, 0)
	must(t, err)
	if hold != nil {
		hold(pair[1])
	}
	must(t, pair[0].SetTimeout(patience))
	return pair[0]
}

func droppedDuplicate(t *testing.T, env Env) {
	env.linuxOnly(t)
	m, l := env.logged(t)
	var duplicate *facade.Socket
	kept := keepOne(t, m, env.Family, func(s *facade.Socket) {
		var err error
		duplicate, err = s.Dup()
		must(t, err)
	})
	l.wantDropped(t)
	must(t, duplicate.SendAll([]byte(message)))
	wantData(t, kept, message)
	must(t, duplicate.Close())
	wantEOF(t, kept)
	must(t, kept.Close())
}
