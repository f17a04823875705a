package testenv

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// OpenFiles skips the test unless the process may have n files open. Where it may,
// it raises the limit.
func OpenFiles(t testing.TB, n int) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	raised := unix.Rlimit{Cur: uint64(n), Max: max(limit.Max, uint64(n))}
	if limit.Cur < uint64(n) && unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) != nil {
		Skip(t, fmt.Sprintf("%d open files are needed, %d are allowed", n, limit.Cur))
	}
}
