package optiontable_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade/netstack/optiontable"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// kernelSocket is a descriptor of a socket of the machine.
type kernelSocket int

func (fd kernelSocket) get(level, name, size int) ([]byte, syscall.Errno) {
	v := make([]byte, size)
	n := uint32(size)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return nil, errno
	}
	return v[:n], 0
}

func (fd kernelSocket) set(level, name int, v []byte) syscall.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)), 0)
	return errno
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// address is what bound sockets of the kernel have.
func (k kind) address() unix.Sockaddr {
	if k.kind == optiontable.Packet {
		// In network byte order, which unix leaves to the caller.
		return &unix.SockaddrLinklayer{Protocol: unix.ETH_P_IP<<8&0xffff | unix.ETH_P_IP>>8, Ifindex: 1}
	}
	return sockaddr(k.loopback(0))
}

// openKernel opens a socket in a state; it is closed with the test.
func openKernel(t *testing.T, k kind, state optiontable.States) kernelSocket {
	t.Helper()
	if k.kind&(optiontable.Streams|optiontable.UDP) == 0 {
		testenv.Root(t)
	}
	open := func() int {
		fd, err := unix.Socket(int(k.family), int(k.typ)|unix.SOCK_CLOEXEC, k.proto)
		must(t, err)
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	bound := func() int {
		fd := open()
		must(t, unix.Bind(fd, k.address()))
		return fd
	}
	switch state {
	case optiontable.Bound:
		return kernelSocket(bound())
	case optiontable.Listening:
		fd := bound()
		must(t, unix.Listen(fd, 1))
		return kernelSocket(fd)
	case optiontable.Connected:
		peer, fd := bound(), open()
		if k.stream() {
			must(t, unix.Listen(peer, 1))
		}
		name, err := unix.Getsockname(peer)
		must(t, err)
		must(t, unix.Connect(fd, name))
		return kernelSocket(fd)
	}
	return kernelSocket(open())
}

// answer is what a socket said to one question.
type answer struct {
	aspect         optiontable.Aspect
	question, said string
	errno          syscall.Errno
}

// sizes are the lengths of buffers that are read into.
var sizes = []int{1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 20, 36, 64, longest}

// probes are values of ints at the edges of what some option takes.
var probes = []int{math.MinInt32, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 63, 87, 88, 120, 121, 126, 127, 128, 254, 255, 256,
	1152, 1279, 1280, 2048, 4096, 5000, 32767, 32768, 65535, 65536, 1 << 20, math.MaxInt32}

// ask puts every question about an option to a socket.
func ask(s socket, r *optiontable.Row) []answer {
	q := questions{s: s, r: r}
	q.value, _ = q.read(optiontable.ValueRead, "get", longest)
	for _, size := range sizes {
		q.prefix(size)
	}
	for _, sample := range r.Takes {
		q.write(optiontable.SampleSet, optiontable.SampleSet, sample.Set)
	}
	for _, refusal := range r.Refuses {
		q.write(optiontable.SampleSet, optiontable.SampleSet, refusal.Value)
	}
	if r.Form != optiontable.Text {
		for _, v := range lengths(r) {
			q.write(optiontable.WriteLength, optiontable.WriteLength, v)
		}
	}
	if r.Form == optiontable.Int || r.Form == optiontable.Flag {
		for _, v := range probes {
			q.write(optiontable.WriteErrno, optiontable.ReadBack, binary.NativeEndian.AppendUint32(nil, uint32(v)))
		}
	}
	return q.answers
}

// questions are what is asked of one socket about one option.
type questions struct {
	s       socket
	r       *optiontable.Row
	value   []byte // what was read last
	answers []answer
}

func (q *questions) answer(a optiontable.Aspect, question, said string, errno syscall.Errno) {
	q.answers = append(q.answers, answer{a, question, said, errno})
}

// read asks for the value.
func (q *questions) read(a optiontable.Aspect, question string, size int) ([]byte, syscall.Errno) {
	v, errno := q.s.get(q.r.Level, q.r.Number, size)
	said := fmt.Sprintf("[% x]", v)
	switch {
	case errno != 0:
		said = unix.ErrnoName(errno)
	case q.r.Volatile:
		said = fmt.Sprint(len(v), " bytes")
	}
	q.answer(a, question, said, errno)
	return v, errno
}

// prefix asks how a buffer of a size is filled from the value.
func (q *questions) prefix(size int) {
	v, errno := q.s.get(q.r.Level, q.r.Number, size)
	said := unix.ErrnoName(errno)
	if errno == 0 {
		said = fmt.Sprintf("%d bytes, of the value: %t", len(v), bytes.HasPrefix(q.value, v) || q.r.Volatile)
	}
	q.answer(optiontable.ReadLength, fmt.Sprint("get ", size), said, errno)
}

// write sets a value, and asks for it. What was refused must not have changed
// anything.
func (q *questions) write(set, get optiontable.Aspect, v []byte) {
	question := fmt.Sprintf("set % x", v)
	errno := q.s.set(q.r.Level, q.r.Number, v)
	q.answer(set, question, unix.ErrnoName(errno), errno)
	if errno == 0 {
		q.value, _ = q.read(get, question+", then get", longest)
		return
	}
	after, _ := q.s.get(q.r.Level, q.r.Number, longest)
	q.answer(get, question+", then get", fmt.Sprint("unchanged: ", bytes.Equal(after, q.value) || q.r.Volatile), 0)
}

// lengths are values that are too short, and too long.
func lengths(r *optiontable.Row) [][]byte {
	v := []byte{1, 0, 0, 0}
	if len(r.Takes) > 0 {
		v = r.Takes[0].Set
	}
	long := append(slices.Clone(v), 0, 0, 0, 0, 0)
	all := [][]byte{{}, long[:1], long[:2], long[:3], long[:len(v)+1], long}
	if len(v) > 4 {
		all = append(all, v[:4], v[:len(v)-1])
	}
	return all
}

// deviation is where the stack said something else than the kernel.
type deviation struct {
	row    *optiontable.Row
	kind   optiontable.Kinds
	state  optiontable.States
	aspect optiontable.Aspect
}

func (d deviation) is(known *optiontable.Difference) bool {
	return known.Name == d.row.Name && known.Aspect == d.aspect &&
		(known.Kinds == 0 || known.Kinds&d.kind != 0) && (known.States == 0 || known.States&d.state != 0)
}

// TestRowsAreTheKernels asks the stack and the kernel the same about every option, on
// every kind of socket, in every state. The differences are the known ones, and those
// are all there.
func TestRowsAreTheKernels(t *testing.T) {
	useReno(t)
	m := module(t)
	known := optiontable.Differences()
	met := make([]bool, len(known))
	for _, k := range kinds {
		for _, state := range k.states() {
			for _, r := range optiontable.Rows() {
				if r.Status == optiontable.Unsupported || needsNetns[r.Name] && !testenv.InNetns() {
					continue
				}
				t.Run(fmt.Sprintf("%v/%v/%s", k.kind, state, r.Name), func(t *testing.T) {
					compare(t, openStack(t, m, k, state), openKernel(t, k, state), deviation{row: &r, kind: k.kind, state: state}, known, met)
				})
			}
		}
	}
	for i, d := range known {
		if !met[i] && !t.Failed() && testenv.InNetns() {
			t.Errorf("%s, %s: the stack is as the kernel is by now: take the difference off the table", d.Name, d.Aspect)
		}
	}
}

func compare(t *testing.T, ours, theirs socket, d deviation, known []optiontable.Difference, met []bool) {
	t.Helper()
	said, wanted := ask(ours, d.row), ask(theirs, d.row)
	for i := range said {
		if said[i] == wanted[i] || isPrivileged(wanted, i) {
			continue
		}
		d.aspect = said[i].aspect
		explained := false
		for n := range known {
			if d.is(&known[n]) {
				explained, met[n] = true, true
			}
		}
		if !explained {
			t.Errorf("%s: %s: %s, and %s on the kernel", d.aspect, said[i].question, said[i].said, wanted[i].said)
		}
	}
}

// isPrivileged tells of an answer that root alone gets otherwise: a set, or what was
// read after it. The stack has no privileges.
func isPrivileged(theirs []answer, i int) bool {
	if os.Geteuid() == 0 {
		return false
	}
	return denied[theirs[i].errno] || i > 0 && denied[theirs[i-1].errno]
}

// denied are what a lack of privilege is; SO_DEBUG has its own.
var denied = map[syscall.Errno]bool{syscall.EPERM: true, syscall.EACCES: true}

// needsNetns are rows whose default is a setting of the machine.
var needsNetns = map[string]bool{"TCP_CONGESTION": true, "TCP_CC_INFO": true}

// useReno sets a congestion control for the namespace: every kernel has this one.
func useReno(t *testing.T) {
	t.Helper()
	if testenv.InNetns() {
		must(t, os.WriteFile("/proc/sys/net/ipv4/tcp_congestion_control", []byte("reno"), 0))
	}
}

// TestSamplesAreTheKernels: what rows say of supported options holds on the kernel,
// of those as well that the stack is still to have.
func TestSamplesAreTheKernels(t *testing.T) {
	for _, k := range kinds {
		for _, r := range optiontable.Rows() {
			kept := r.Status == optiontable.Supported || r.Status == optiontable.NoEffect
			if !kept || r.Sockets()&k.kind == 0 {
				continue
			}
			t.Run(fmt.Sprintf("%v/%s", k.kind, r.Name), func(t *testing.T) {
				holds(t, openKernel(t, k, optiontable.FreshSocket), &r)
			})
		}
	}
}

// TestUnsupportedRowsAreOptionsOfTheKernel: what the stack lacks Linux has, so that
// the reasons are about the stack.
func TestUnsupportedRowsAreOptionsOfTheKernel(t *testing.T) {
	for _, r := range optiontable.Rows() {
		if r.Status != optiontable.Unsupported || r.Sockets() == 0 {
			continue
		}
		has := false
		for _, k := range kinds {
			s := openKernel(t, k, optiontable.FreshSocket)
			_, errno := s.get(r.Level, r.Number, longest)
			has = has || !unsupported[errno]
			for _, v := range [][]byte{{1, 0, 0, 0}, bytes.Repeat([]byte{0}, 256)} {
				has = has || s.set(r.Level, r.Number, v) != syscall.ENOPROTOOPT
			}
		}
		if !has {
			t.Errorf("%s: the kernel does not have it either", r.Name)
		}
	}
}
