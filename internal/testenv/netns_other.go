//go:build !linux

package testenv

import "testing"

// RunInNetns runs the tests: network namespaces are Linux's.
func RunInNetns(m *testing.M) int { return m.Run() }

// InNetns is false: network namespaces are Linux's.
func InNetns() bool { return false }

// OpenFiles skips the test: the kernel path, which needs descriptors, is Linux's.
func OpenFiles(t testing.TB, _ int) {
	t.Helper()
	Skip(t, "the kernel path is Linux's")
}
