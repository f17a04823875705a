//go:build !linux

package facade

import (
	"syscall"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// lastErrno is above every error number of Linux.
const lastErrno endpoint.Errno = 134

// errnoName returns the name of the first of Linux's errnos that the host's
// stands for, "" for one without.
func errnoName(errno syscall.Errno) string {
	for e := endpoint.EPERM; e < lastErrno; e++ {
		if name := e.Name(); name != "" && e.Host() == errno {
			return name
		}
	}
	return ""
}
