package testenv

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// OpenFiles skips the test unless the process may have n open files. Root may
// raise the limit, and does.
func OpenFiles(t testing.TB, n int) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur < uint64(n) {
		limit.Cur, limit.Max = uint64(n), max(limit.Max, uint64(n))
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
			return
		}
		Skip(t, fmt.Sprintf("%d open files are needed, and may not be had", n))
	}
}
