// Package testenv holds what tests need to know of the machine that they run
// on, and the check that they leave nothing running.
package testenv

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Tool returns the path of an external program. Without it the test is
// skipped, see Skip.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Skip(t, name+" is not installed")
	}
	return path
}

// Root skips the test unless it runs as root, see Skip.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "root is needed")
	}
}

// Skip says why a test is skipped. With USERNET_REQUIRE=all in the environment
// nothing may be skipped, and the test fails.
func Skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("USERNET_REQUIRE") == "all" {
		t.Fatalf("%s, and USERNET_REQUIRE=all forbids to skip", why)
	}
	t.Skip(why)
}

// leakDeadline is how long goroutines that are ending may take on a busy
// machine under the race detector.
const leakDeadline = 10 * time.Second

// LeakCheck fails the test if, after its other cleanups, goroutines are left
// that were not there when LeakCheck was called. It is not for tests that run
// in parallel with others.
func LeakCheck(t testing.TB) {
	t.Helper()
	before := goroutines()
	t.Cleanup(func() {
		deadline := time.Now().Add(leakDeadline)
		leaked := newSince(before)
		for pause := 10 * time.Microsecond; len(leaked) > 0 && time.Now().Before(deadline); pause = min(2*pause, 50*time.Millisecond) {
			runtime.Gosched()
			<-time.After(pause)
			leaked = newSince(before)
		}
		if len(leaked) > 0 {
			t.Errorf("%d goroutines left:\n\n%s", len(leaked), strings.Join(leaked, "\n\n"))
		}
	})
}

func newSince(before map[string]string) []string {
	var leaked []string
	for id, stack := range goroutines() {
		if _, ok := before[id]; !ok {
			leaked = append(leaked, stack)
		}
	}
	return leaked
}

// goroutines returns the stack of every goroutine by its identity.
func goroutines() map[string]string {
	buf := make([]byte, 1<<16)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	stacks := make(map[string]string)
	for s := range bytes.SplitSeq(buf, []byte("\n\n")) {
		// "goroutine 18 [running]:" and so on
		if fields := strings.Fields(string(s)); len(fields) > 1 {
			stacks[fields[1]] = string(s)
		}
	}
	return stacks
}
