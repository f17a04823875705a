package endpoint_test

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

func TestErrnosAreLinuxs(t *testing.T) {
	for name, errno := range errnoConstants(t) {
		got := unix.ErrnoName(syscall.Errno(errno))
		if got == "ENOTSUP" {
			got = "EOPNOTSUPP" // one number, two names
		}
		if got != name {
			t.Errorf("%s is %d, which is %s on Linux", name, errno, got)
		}
		if got := errno.Host(); got != syscall.Errno(errno) {
			t.Errorf("%s: the host's number is %d, want %d", name, got, errno)
		}
	}
	if endpoint.EWOULDBLOCK.Host() != unix.EWOULDBLOCK || endpoint.ENOTSUP.Host() != unix.ENOTSUP {
		t.Error("EWOULDBLOCK or ENOTSUP differs")
	}
}
