package endpoint

import "syscall"

// Host returns the host's errno, which on Linux is the same number.
func (e Errno) Host() syscall.Errno { return syscall.Errno(e) }
