package optiontable_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
)

const (
	linkMTU = 1500
	// patience is how long a packet may take before it counts as lost.
	patience = 30 * time.Second
	discard  = 9 // the port of RFC 863
)

// sender is a host behind a link with an MTU of 1500 bytes, whose packets can be
// read.
type sender interface {
	// send sends a datagram from a socket with one option set.
	send(t *testing.T, to netip.AddrPort, connected bool, option setting, size int) syscall.Errno
	// first is the first packet of the datagram that was sent last.
	first(t *testing.T) []byte
}

type setting struct{ level, name, value int }

// TestFragmentationIsTheKernels sends datagrams that just fit the link and that just
// do not, with every value of the options about it, and compares errors and flags.
func TestFragmentationIsTheKernels(t *testing.T) {
	testenv.Root(t)
	if !testenv.InNetns() {
		testenv.Skip(t, "a network namespace is needed")
	}
	ours, theirs := newStackSender(t), newKernelSender(t)
	for _, f := range []struct {
		to      netip.Addr
		fits    int
		options []setting
	}{
		{netip.MustParseAddr(testenv.Silent4), linkMTU - 28, settings(endpoint.IPPROTO_IP, endpoint.IP_MTU_DISCOVER, 6)},
		{netip.MustParseAddr(testenv.Silent6), linkMTU - 48, append(
			settings(endpoint.IPPROTO_IPV6, endpoint.IPV6_MTU_DISCOVER, 6), settings(endpoint.IPPROTO_IPV6, endpoint.IPV6_DONTFRAG, 2)...)},
	} {
		to := netip.AddrPortFrom(f.to, discard)
		for _, option := range f.options {
			for _, connected := range []bool{false, true} {
				for _, size := range []int{f.fits, f.fits + 1} {
					t.Run(fmt.Sprintf("%v/option %d=%d/connected %t/%d bytes", f.to, option.name, option.value, connected, size), func(t *testing.T) {
						got := outcome(t, ours, to, connected, option, size)
						want := outcome(t, theirs, to, connected, option, size)
						if option == forbidsAnyway && size > f.fits {
							want = strings.Replace(want, "DF false", "DF true", 1)
						}
						if got != want {
							t.Errorf("%s, and %s on the kernel", got, want)
						}
					})
				}
			}
		}
	}
}

// forbidsAnyway is where gVisor forbids routers to fragment the fragments that it
// makes, and Linux does not.
var forbidsAnyway = setting{endpoint.IPPROTO_IP, endpoint.IP_MTU_DISCOVER, endpoint.IP_PMTUDISC_WANT}

// settings are the settings of an option from 0 on.
func settings(level, name, n int) []setting {
	var all []setting
	for value := range n {
		all = append(all, setting{level, name, value})
	}
	return all
}

// outcome is the error of a send, or the flags of what went out.
func outcome(t *testing.T, s sender, to netip.AddrPort, connected bool, option setting, size int) string {
	t.Helper()
	if errno := s.send(t, to, connected, option, size); errno != 0 {
		return unix.ErrnoName(errno)
	}
	packet := s.first(t)
	if packet[0]>>4 == 4 {
		flags := packet[6] >> 5
		return fmt.Sprintf("sent, DF %t, MF %t", flags&2 != 0, flags&1 != 0)
	}
	const fragment = 44 // the header of RFC 8200 section 4.5
	return fmt.Sprintf("sent, fragment %t", packet[6] == fragment)
}

type stackSender struct {
	m    *facade.Module
	link *channel.Endpoint
}

func newStackSender(t *testing.T) stackSender {
	t.Helper()
	testenv.LeakCheck(t)
	link := channel.New(64, linkMTU, "")
	s, err := stack.New(stack.Config{Links: []stack.LinkConfig{{Endpoint: link, Addresses: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8::1/64"),
	}}}})
	must(t, err)
	m := facade.New(facade.Config{Stack: s})
	t.Cleanup(func() {
		must(t, m.Close())
		must(t, s.Close())
	})
	return stackSender{m, link}
}

func (s stackSender) send(t *testing.T, to netip.AddrPort, connected bool, option setting, size int) syscall.Errno {
	t.Helper()
	s.link.Drain()
	family := facade.AF_INET
	if to.Addr().Is6() {
		family = facade.AF_INET6
	}
	k, err := s.m.Socket(family, facade.SOCK_DGRAM, 0)
	must(t, err)
	defer k.Close()
	must(t, k.SetSockOpt(option.level, option.name, option.value))
	if !connected {
		_, err = k.SendTo(make([]byte, size), address(to))
		return errnoOf(err)
	}
	must(t, k.Connect(address(to)))
	_, err = k.Send(make([]byte, size))
	return errnoOf(err)
}

func (s stackSender) first(t *testing.T) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		p := s.link.ReadContext(ctx)
		if p == nil {
			t.Fatal("no packet went out")
		}
		b := p.ToView()
		packet := append([]byte(nil), b.AsSlice()...)
		b.Release()
		p.DecRef()
		if carriesUDP(packet) {
			return packet
		}
	}
}

// carriesUDP tells a datagram from what hosts say by themselves.
func carriesUDP(packet []byte) bool {
	if packet[0]>>4 == 4 {
		return packet[9] == unix.IPPROTO_UDP
	}
	return packet[6] == unix.IPPROTO_UDP || packet[6] == unix.IPPROTO_FRAGMENT
}

// kernelSender reads what leaves by the namespace's silent device.
type kernelSender int

func newKernelSender(t *testing.T) kernelSender {
	t.Helper()
	link, err := net.InterfaceByName("silent0")
	must(t, err)
	all := int(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, all)
	must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	must(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(all), Ifindex: link.Index}))
	must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: int64(patience / time.Second)}))
	return kernelSender(fd)
}

func (s kernelSender) send(t *testing.T, to netip.AddrPort, connected bool, option setting, size int) syscall.Errno {
	t.Helper()
	for {
		if _, _, err := unix.Recvfrom(int(s), make([]byte, 1), unix.MSG_DONTWAIT); err != nil {
			break
		}
	}
	family := unix.AF_INET
	if to.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	must(t, unix.SetsockoptInt(fd, option.level, option.name, option.value))
	if connected {
		must(t, unix.Connect(fd, sockaddr(to)))
		_, err = unix.Write(fd, make([]byte, size))
		return errnoOf(err)
	}
	return errnoOf(unix.Sendto(fd, make([]byte, size), 0, sockaddr(to)))
}

func (s kernelSender) first(t *testing.T) []byte {
	t.Helper()
	for {
		packet := make([]byte, 2*linkMTU)
		n, _, err := unix.Recvfrom(int(s), packet, 0)
		must(t, err)
		if packet = packet[:n]; carriesUDP(packet) {
			return packet
		}
	}
}
