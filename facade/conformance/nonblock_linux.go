package conformance

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade"
)

// wantNonBlockingFD fails unless the socket's descriptor is O_NONBLOCK.
func wantNonBlockingFD(t testing.TB, s *facade.Socket) {
	t.Helper()
	fd, err := s.Fileno()
	must(t, err)
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("flags of descriptor %d: %#x, %v", fd, flags, err)
	}
}
