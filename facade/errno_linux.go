package facade

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// errnoName returns the symbolic name of an errno, "" for one without.
func errnoName(errno syscall.Errno) string { return unix.ErrnoName(errno) }
