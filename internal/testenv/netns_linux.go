package testenv

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inNetns marks a test binary that runs in a network namespace of its own.
const inNetns = "USERNET_TEST_NETNS"

// noNetns is the exit status of a child whose namespace could not be set up.
const noNetns = 77

// RunInNetns runs the tests of a package in a network namespace of their own, and
// in a UTS namespace, where they may change the host's name: every thread is in
// them, and the kernel removes them with the last process. Where there can be none
// (it takes root, iproute2 and TUN devices) the tests run where they are, and
// InNetns tells them. It is for TestMain and returns the exit status.
func RunInNetns(m *testing.M) int {
	if slices.Contains(os.Args, "-test.fuzzworker") {
		return m.Run() // in the namespace of the process that started it
	}
	if os.Getenv(inNetns) != "" {
		silent, err := setUpNetns()
		if err != nil {
			fmt.Fprintln(os.Stderr, "no network namespace:", err)
			return noNetns
		}
		defer silent.Close()
		return m.Run()
	}
	if os.Geteuid() != 0 {
		return m.Run()
	}
	code, err := runChild()
	if err != nil || code == noNetns {
		fmt.Fprintln(os.Stderr, "tests run outside of a network namespace", errors.Join(err))
		return m.Run()
	}
	return code
}

// runChild runs this binary again in a new network and a new UTS namespace.
func runChild() (code int, err error) {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), inNetns+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS, Pdeathsig: syscall.SIGKILL}
	// The child dies with the thread that started it, which must not end.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	defer signal.Stop(signals)
	go func() {
		for s := range signals {
			cmd.Process.Signal(s)
		}
	}()
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// InNetns tells whether the test runs in a network namespace of its own.
func InNetns() bool { return os.Getenv(inNetns) != "" }

// Addresses in the namespace, of the documentation ranges of RFC 5737 and
// RFC 3849: packets to the silent ones go out of a TUN device that nobody
// reads.
const (
	Silent4 = "192.0.2.2"
	Silent6 = "2001:db8::2"
)

// setUpNetns returns the TUN device, which is there as long as it is open.
func setUpNetns() (*os.File, error) {
	silent, err := openTUN("silent0")
	if err != nil {
		return nil, err
	}
	for _, line := range []string{
		"link set lo up",
		"address add 192.0.2.1/24 dev silent0",
		"address add 2001:db8::1/64 dev silent0 nodad",
		"link set silent0 up",
	} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			silent.Close()
			return nil, fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
	}
	for file, setting := range map[string]string{
		// The ports below are for tests that set the range themselves: no
		// connection of another test lingers there.
		ephemeralPorts: "42000 60999",
		// Everybody may have icmp(7) sockets.
		"/proc/sys/net/ipv4/ping_group_range": "0 2147483647",
	} {
		if err := os.WriteFile(file, []byte(setting), 0); err != nil {
			silent.Close()
			return nil, err
		}
	}
	return silent, nil
}

const ephemeralPorts = "/proc/sys/net/ipv4/ip_local_port_range"

// openTUN makes a TUN device (Documentation/networking/tuntap.rst).
func openTUN(name string) (*os.File, error) {
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	request, err := unix.NewIfreq(name)
	if err != nil {
		return nil, err
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.TUNSETIFF, uintptr(unsafe.Pointer(request))); errno != 0 {
		f.Close()
		return nil, fmt.Errorf("TUNSETIFF: %w", errno)
	}
	return f, nil
}

// SetEphemeralPorts sets the namespace's range of ephemeral ports until the test
// ends.
func SetEphemeralPorts(t testing.TB, first, last int) {
	t.Helper()
	before, err := os.ReadFile(ephemeralPorts)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ephemeralPorts, fmt.Appendf(nil, "%d %d", first, last), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(ephemeralPorts, before, 0); err != nil {
			t.Error(err)
		}
	})
}
