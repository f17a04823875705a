package testenv

import (
	"testing"

	"golang.org/x/sys/unix"
)

// OpenFiles is how many files the process may have open, which the test may ask
// to be raised to want.
func OpenFiles(t testing.TB, want int) int {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	raised := unix.Rlimit{Cur: uint64(want), Max: max(limit.Max, uint64(want))}
	if limit.Cur >= uint64(want) || unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
		return want
	}
	return int(limit.Cur)
}
