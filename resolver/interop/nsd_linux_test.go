package interop_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/internal/testenv"
)

const (
	// nsdServer is the number of Debian's server.
	nsdServer = 2
	// patience is how long something may take that ought to happen at once.
	patience = 30 * time.Second
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// startNSD serves the zones of testdata on 127.0.0.2 and ::1 until the test ends,
// and returns once it answers.
func startNSD(t testing.TB) {
	t.Helper()
	program := testenv.Tool(t, "nsd")
	dir := t.TempDir()
	config := writeZones(t, dir)
	var log bytes.Buffer
	cmd := exec.Command(program, "-d", "-c", config)
	cmd.Stdout, cmd.Stderr = &log, &log
	// As init of a PID namespace it takes its children with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGKILL)
		<-ended
		if t.Failed() {
			t.Logf("nsd said:\n%s", log.String())
		}
	})
	for end := time.Now().Add(patience); !answers(serverAddr(nsdServer)); {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nsd ended: %v", err)
		default:
		}
		if time.Now().After(end) {
			t.Fatal("nsd does not answer")
		}
	}
}

// writeZones fills dir with the zones and a configuration, and returns the path of
// that.
func writeZones(t testing.TB, dir string) string {
	t.Helper()
	must(t, os.CopyFS(dir, os.DirFS("testdata/zones")))
	zone := filepath.Join(dir, "example.test.zone")
	f, err := os.OpenFile(zone, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	for _, set := range bigSets {
		for i := range set.n {
			fmt.Fprintf(f, "%s A %s\n", set.name, set.addr(i))
		}
	}
	must(t, f.Close())
	config, err := os.ReadFile("testdata/nsd.conf")
	must(t, err)
	path := filepath.Join(dir, "nsd.conf")
	must(t, os.WriteFile(path, bytes.ReplaceAll(config, []byte("%d"), []byte(dir)), 0o600))
	return path
}

// bigSet is a name of example.test with n addresses.
type bigSet struct {
	name string
	n    int
}

func (s bigSet) addr(i int) string { return fmt.Sprintf("10.1.%d.%d", s.n&0xff, i+1) }

// bigSets are sets of records whose answers take more than 512 bytes (a datagram
// without EDNS0), more than 1232 and more than 4096.
var bigSets = []bigSet{{"big512", 35}, {"big1232", 100}, {"big4096", 254}}

// serverAddr is the address of a server in the namespace.
func serverAddr(n int) string { return fmt.Sprintf("127.0.0.%d:53", n) }

// answers tells whether a server gives any answer; a refusal takes no time.
func answers(server string) bool {
	question, _ := (&dnsmessage.Message{Questions: []dnsmessage.Question{{
		Name: dnsmessage.MustNewName("example.test."), Type: dnsmessage.TypeSOA, Class: dnsmessage.ClassINET,
	}}}).Pack()
	return forward(question, server, time.Second) != nil
}

// forward asks a server in the namespace over UDP; nil is no answer in time.
func forward(question []byte, server string, wait time.Duration) []byte {
	c, err := net.Dial("udp", server)
	if err != nil {
		return nil
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(wait))
	if _, err := c.Write(question); err != nil {
		return nil
	}
	reply := make([]byte, 65535)
	n, err := c.Read(reply)
	if err != nil {
		return nil
	}
	return reply[:n]
}

// inNamespace skips the test where there is no namespace of its own to have servers
// on port 53 in.
func inNamespace(t testing.TB) {
	t.Helper()
	testenv.Root(t)
	if !testenv.InNetns() {
		testenv.Skip(t, "it takes a network namespace of its own")
	}
	for _, a := range ownAddrs {
		// Those of earlier tests stay.
		out, err := exec.Command("ip", "address", "replace", a, "dev", "silent0", "nodad").CombinedOutput()
		if err != nil {
			t.Fatalf("ip address replace %s: %v: %s", a, err, out)
		}
	}
}

// ownAddrs are the addresses that both hosts have, the namespace and the stack of
// our resolver: RFC 6724 depends on them.
var ownAddrs = strings.Fields("10.0.0.1/24 192.0.2.1/24 fd00::1/64 2001:db8::1/64")
