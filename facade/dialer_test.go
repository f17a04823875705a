package facade_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

// dialerPort, in the environment of this test binary, makes it a process that
// opens connections to that port, greets on each, and closes them when its
// standard input ends.
const dialerPort = "USERNET_TEST_DIALER_PORT"

// runDialer is that process; it returns the exit status.
func runDialer(port string) int {
	err := dialMany(port)
	if err == nil {
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dialer:", err)
		return 1
	}
	return 0
}

func dialMany(port string) error {
	n, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	m := facade.New(facade.Config{Kernel: facade.KernelAlways})
	for range connections {
		s, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		if err := s.Connect(facade.InetAddr{Host: "127.0.0.1", Port: n}); err != nil {
			return err
		}
		if err := s.SendAll([]byte(greeting)); err != nil {
			return err
		}
	}
	return nil
}

// serveDialers takes the connections of another process, all open at once, and
// closes them.
func serveDialers(t *testing.T, m *facade.Module) {
	t.Helper()
	l, a := listening(t, m, facade.InetAddr{Host: "127.0.0.1"})
	defer l.Close()
	must(t, l.Listen(facade.SOMAXCONN)) // the dialer is faster
	must(t, l.SetTimeout(patience))
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), dialerPort+"="+strconv.Itoa(a.(facade.InetAddr).Port))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	all := make([]*facade.Socket, connections)
	for i := range all {
		all[i], _, err = l.Accept()
		must(t, err)
		wantGreeting(t, all[i])
	}
	for _, s := range all {
		must(t, s.Close())
	}
	must(t, stdin.Close())
	must(t, cmd.Wait())
}
