package facade_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
)

// connections are open at once in TestManyConnections.
const connections = 10000

// memory is what the heap and the goroutines' stacks hold after two collections.
func memory() (inUse uint64) {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapInuse + s.StackInuse
}

// greeting is what each connection carries.
const greeting = "hello"

func wantGreeting(t *testing.T, s *facade.Socket) {
	t.Helper()
	b, err := s.Recv(len(greeting), facade.MSG_WAITALL)
	if err != nil || string(b) != greeting {
		t.Fatalf("recv: %q, %v", b, err)
	}
}

// openAndClose opens connections at once and closes them again.
func openAndClose(t *testing.T, m *facade.Module, n int) {
	t.Helper()
	l, a := listening(t, m, facade.InetAddr{Host: "127.0.0.1"})
	defer l.Close()
	all := make([]*facade.Socket, 0, 2*n)
	for range n {
		client, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
		must(t, err)
		must(t, client.Connect(a))
		server, _, err := l.Accept()
		must(t, err)
		all = append(all, client, server)
	}
	for i := 0; i < len(all); i += 2 {
		must(t, all[i].SendAll([]byte(greeting)))
		wantGreeting(t, all[i+1])
	}
	for _, s := range all {
		must(t, s.Close())
	}
}

// TestManyConnectionsOnStack: what 10,000 connections took comes back when
// TIME-WAIT is over, by the stack's clock.
func TestManyConnectionsOnStack(t *testing.T) {
	testenv.LeakCheck(t)
	clock := newManualClock()
	s, err := stack.New(stack.Config{Clock: clock})
	must(t, err)
	closeAtEnd(t, s)
	m := facade.New(facade.Config{Stack: s})
	closeAtEnd(t, m)
	wantAllBack(t, m, func() {
		openAndClose(t, m, connections)
		settle(t, s, clock)
	})
}

// TestManyConnectionsOnKernel is the same on the kernel path. The clients are in
// another process, as one may not have the descriptors of both ends.
func TestManyConnectionsOnKernel(t *testing.T) {
	testenv.OpenFiles(t, connections+100)
	testenv.LeakCheck(t)
	m := facade.New(facade.Config{Kernel: facade.KernelAlways})
	closeAtEnd(t, m)
	wantAllBack(t, m, func() { serveDialers(t, m) })
}

// wantAllBack has round open and close connections, and compares what is in use
// with what was before.
func wantAllBack(t *testing.T, m *facade.Module, round func()) {
	t.Helper()
	// Tables, such as gVisor's of ports and flows, keep the size that they once
	// had: they are grown when the measurement begins.
	round()
	round()
	before, goroutines := memory(), runtime.NumGoroutine()
	round()
	wantNoGrowth(t, before)
	if n := runtime.NumGoroutine(); n != goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := facade.TableOf(m).Len(); n != 0 {
		t.Errorf("%d sockets are left in the table", n)
	}
}

// wantNoGrowth fails if what is in use is over 10 % more than before.
func wantNoGrowth(t *testing.T, before uint64) {
	t.Helper()
	after := memory()
	t.Logf("heap and stacks: %d KiB before, %d KiB after", before>>10, after>>10)
	if after > before+before/10 {
		t.Errorf("heap and stacks in use grew from %d to %d bytes", before, after)
	}
}

// settle lets the peers exchange what is left and has TIME-WAIT pass, until the
// stack knows no connection any more.
func settle(t *testing.T, s *stack.Stack, clock *manualClock) {
	t.Helper()
	deadline := time.After(patience)
	for s.Counters().TCP.Connected != 0 {
		clock.Advance(time.Minute)
		select {
		case <-deadline:
			t.Fatalf("%d connections are left in the stack", s.Counters().TCP.Connected)
		default:
			runtime.Gosched()
		}
	}
}

// TestTableIsBounded: a full table refuses sockets with ENFILE, and takes them
// again when there is room.
func TestTableIsBounded(t *testing.T) {
	s, err := stack.New(stack.Config{Caps: stack.Caps{Sockets: 3}})
	must(t, err)
	closeAtEnd(t, s)
	m := facade.New(facade.Config{Stack: s})
	closeAtEnd(t, m)
	var all [3]*facade.Socket // kept, so that none is collected
	for i := range all {
		all[i], err = m.Socket(facade.AF_INET6, facade.SOCK_DGRAM, 0)
		must(t, err)
	}
	_, err = m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	wantError(t, err, facade.Error{Op: "socket", Errno: endpoint.ENFILE.Host()}, "socket: ENFILE: too many open files in system", false, endpoint.ENFILE.Host())
	must(t, all[2].Close())
	_, err = m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	must(t, err)
	runtime.KeepAlive(all)
}
