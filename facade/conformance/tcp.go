package conformance

import (
	"bytes"
	"fmt"
	"math"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

// tcpTests run over connections that Connect made.
var tcpTests = overStreams("TCP/", Env.pair)

// overStreams is what every connected pair of streams must do, whoever has
// connected it.
func overStreams(group string, pair func(Env, testing.TB) (client, server *facade.Socket)) []test {
	var all []test
	for _, c := range []struct {
		name string
		run  func(*testing.T, Env, *facade.Socket, *facade.Socket)
	}{
		{"RecvTakesAll", recvTakesAll},
		{"RecvTakesRemainder", recvTakesRemainder},
		{"RecvFromTakesAll", recvFromTakesAll},
		{"RecvFromTakesRemainder", recvFromTakesRemainder},
		{"SendAllArrivesWhole", sendAllArrivesWhole},
		{"FromFDSharesConnection", fromFDShares},
		{"DupSharesConnection", dupShares},
		{"ShutdownDelivers", shutdownDelivers},
		{"ShutdownOfNoHalfIsRefused", shutdownOfNoHalf},
		{"DetachKeepsConnection", detachKeeps},
		{"CloseIsDeferred", closeIsDeferred},
	} {
		all = append(all, test{group + c.name, func(t *testing.T, env Env) {
			client, server := pair(env, t)
			c.run(t, env, client, server)
		}})
	}
	return all
}

// message is what the tests of streams send.
const message = "Michael Gilfix was here\u1234\r\n"

// sendMessage sends message, all of which has then arrived.
func sendMessage(t testing.TB, from, to *facade.Socket) {
	t.Helper()
	must(t, from.SendAll([]byte(message)))
	_, err := to.Recv(len(message), facade.MSG_PEEK|facade.MSG_WAITALL)
	must(t, err)
}

func wantMessage(t testing.TB, what string, got []byte, err error, want string) {
	t.Helper()
	if err != nil || string(got) != want {
		t.Fatalf("%s: %q, %v, want %q", what, got, err, want)
	}
}

func recvTakesAll(t *testing.T, _ Env, client, server *facade.Socket) {
	sendMessage(t, client, server)
	b, err := server.Recv(1024)
	wantMessage(t, "recv", b, err, message)
}

// few is shorter than message.
const few = len(message) - 3

func recvTakesRemainder(t *testing.T, _ Env, client, server *facade.Socket) {
	sendMessage(t, client, server)
	b, err := server.Recv(few)
	wantMessage(t, "recv", b, err, message[:few])
	b, err = server.Recv(1024)
	wantMessage(t, "the next recv", b, err, message[few:])
}

func recvFromTakesAll(t *testing.T, _ Env, client, server *facade.Socket) {
	sendMessage(t, client, server)
	b, from, err := server.RecvFrom(1024)
	wantMessage(t, "recvfrom", b, err, message)
	if from != nil {
		t.Errorf("a stream tells the sender: %v", from)
	}
}

func recvFromTakesRemainder(t *testing.T, _ Env, client, server *facade.Socket) {
	sendMessage(t, client, server)
	b, _, err := server.RecvFrom(few)
	wantMessage(t, "recvfrom", b, err, message[:few])
	b, _, err = server.RecvFrom(1024)
	wantMessage(t, "the next recvfrom", b, err, message[few:])
}

func sendAllArrivesWhole(t *testing.T, _ Env, client, server *facade.Socket) {
	want := bytes.Repeat([]byte("f"), 300<<10)
	sent := await(func() error {
		if err := server.SendAll(want); err != nil {
			return err
		}
		return server.Shutdown(facade.SHUT_WR)
	})
	var got []byte
	for {
		b, err := client.Recv(1024)
		must(t, err)
		if len(b) == 0 {
			break
		}
		got = append(got, b...)
	}
	must(t, sent(t))
	if !bytes.Equal(got, want) {
		t.Fatalf("%d bytes arrived of %d", len(got), len(want))
	}
}

// wantShared fails unless other is another socket on server's connection, which
// outlives it.
func wantShared(t *testing.T, client, server, other *facade.Socket) {
	t.Helper()
	must(t, other.SetTimeout(patience))
	for _, fd := range []func() (int, error){server.Fileno, other.Fileno} {
		if _, err := fd(); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := server.Fileno()
	b, _ := other.Fileno()
	if a == b {
		t.Errorf("both have descriptor %d", a)
	}
	if kind := fmt.Sprint(other.Family(), other.Type()); kind != fmt.Sprint(server.Family(), server.Type()) {
		t.Errorf("the duplicate is %s", kind)
	}
	sendMessage(t, client, server)
	wantData(t, other, message)
	must(t, server.Close())
	must(t, other.SendAll([]byte(message)))
	wantData(t, client, message)
	must(t, other.Close())
	wantEOF(t, client)
}

func fromFDShares(t *testing.T, env Env, client, server *facade.Socket) {
	other, err := env.Server.FromFD(env.fileno(t, server), env.Family, facade.SOCK_STREAM, 0)
	must(t, err)
	defer other.Close()
	if other.GetTimeout() != facade.NoTimeout {
		t.Errorf("timeout %v", other.GetTimeout())
	}
	wantShared(t, client, server, other)
}

func dupShares(t *testing.T, env Env, client, server *facade.Socket) {
	env.fileno(t, server)
	other, err := server.Dup()
	must(t, err)
	defer other.Close()
	if other.GetTimeout() != server.GetTimeout() {
		t.Errorf("timeout %v", other.GetTimeout())
	}
	wantShared(t, client, server, other)
}

func shutdownDelivers(t *testing.T, _ Env, client, server *facade.Socket) {
	must(t, server.SendAll([]byte(message)))
	must(t, server.Shutdown(facade.SHUT_RDWR))
	wantData(t, client, message)
	wantEOF(t, client)
}

// shutdownOfNoHalf has the numbers that a C int would cut to a known one, too.
func shutdownOfNoHalf(t *testing.T, _ Env, client, server *facade.Socket) {
	for _, how := range []int64{-1, 3, math.MaxInt32 + 1, facade.SHUT_RDWR + 1<<32} {
		wantErrno(t, fmt.Sprintf("shutdown(%d)", how), server.Shutdown(int(how)), syscall.EINVAL)
	}
	sendMessage(t, client, server)
	wantData(t, server, message)
}

func detachKeeps(t *testing.T, env Env, client, server *facade.Socket) {
	env.fileno(t, server)
	fd, err := server.Detach()
	must(t, err)
	if n, err := server.Fileno(); n != -1 {
		t.Errorf("fileno of the detached socket: %d, %v", n, err)
	}
	_, err = server.Recv(1)
	wantErrno(t, "recv of the detached socket", err, syscall.EBADF)
	must(t, server.Close())
	_, err = server.Detach()
	wantErrno(t, "detach again", err, syscall.EBADF)
	heir, err := env.Server.SocketFromFileno(fd)
	must(t, err)
	defer heir.Close()
	must(t, heir.SetTimeout(patience))
	sendMessage(t, client, heir)
	wantData(t, heir, message)
}

// closeIsDeferred is Go's with statement: open inside, closed behind it, also
// when it was closed inside.
func closeIsDeferred(t *testing.T, _ Env, client, server *facade.Socket) {
	func() {
		defer client.Close()
		sendMessage(t, client, server)
	}()
	wantErrno(t, "send behind", client.SendAll([]byte("x")), syscall.EBADF)
	wantData(t, server, message)
	wantEOF(t, server)
	func() {
		defer func() { must(t, server.Close()) }()
		must(t, server.Close())
		wantErrno(t, "send after the close inside", server.SendAll([]byte("x")), syscall.EBADF)
	}()
}
