package differential_test

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// enterNamespace gives the calling goroutine's thread a network namespace of its
// own, with a loopback and nothing else, and tells whether it could: it takes root.
// The thread ends with the goroutine, and the namespace with what was opened in it.
func enterNamespace() (bool, error) {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return false, nil
	}
	return true, loopbackUp()
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_LOOPBACK)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}
