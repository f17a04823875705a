package optiontable_test

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/netstack/optiontable"
)

// notInherited are options that an accepted socket takes from its listener on one
// side only, with the reason.
var notInherited = map[string]string{
	"SO_INCOMING_CPU":  "Linux tells the CPU of a connection",
	"TCP_MAXSEG":       "gVisor does not tell the segment size of a connection",
	"TCP_WINDOW_CLAMP": "Linux tells the window of a connection",
}

// TestAcceptedSocketsInheritAsTheKernels sets each option on a listener and reads it
// from what the listener accepts.
func TestAcceptedSocketsInheritAsTheKernels(t *testing.T) {
	m := module(t)
	for _, k := range kinds {
		if !k.stream() {
			continue
		}
		for _, r := range optiontable.Rows() {
			kept := r.Status == optiontable.Supported || r.Status == optiontable.NoEffect
			if !kept || r.Sockets()&k.kind == 0 {
				continue
			}
			t.Run(fmt.Sprintf("%v/%s", k.kind, r.Name), func(t *testing.T) {
				same := true
				for _, sample := range r.Takes {
					same = inherited(t, m, k, &r, sample) && same
				}
				if why, known := notInherited[r.Name]; same && known {
					t.Errorf("is inherited by now as on the kernel, although: %s", why)
				}
			})
		}
	}
}

// inherited tells whether both sides' accepted sockets read the same.
func inherited(t *testing.T, m *facade.Module, k kind, r *optiontable.Row, sample optiontable.Sample) bool {
	t.Helper()
	if sample.Read == nil {
		return true
	}
	ours, ourErrno := acceptedOnStack(t, m, k, r, sample.Set).get(r.Level, r.Number, longest)
	theirs, theirErrno := acceptedOnKernel(t, k, r, sample.Set).get(r.Level, r.Number, longest)
	same := bytes.Equal(ours, theirs) && ourErrno == theirErrno
	if _, known := notInherited[r.Name]; !same && !known {
		t.Errorf("set % x: accepted reads % x, and % x on the kernel", sample.Set, ours, theirs)
	}
	return same
}

func acceptedOnStack(t *testing.T, m *facade.Module, k kind, r *optiontable.Row, v []byte) socket {
	t.Helper()
	l := openStack(t, m, k, optiontable.FreshSocket)
	isErrno(t, "set", l.set(r.Level, r.Number, v), 0)
	must(t, l.Bind(address(k.loopback(0))))
	must(t, l.Listen(1))
	name, err := l.GetSockName()
	must(t, err)
	c := openStack(t, m, k, optiontable.FreshSocket)
	must(t, c.Connect(name))
	must(t, c.SendAll([]byte("x"))) // what TCP_DEFER_ACCEPT waits for
	s, _, err := l.Accept()
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return stackSocket{s}
}

func acceptedOnKernel(t *testing.T, k kind, r *optiontable.Row, v []byte) socket {
	t.Helper()
	l := openKernel(t, k, optiontable.FreshSocket)
	isErrno(t, "set on the kernel", l.set(r.Level, r.Number, v), 0)
	must(t, unix.Bind(int(l), sockaddr(k.loopback(0))))
	must(t, unix.Listen(int(l), 1))
	name, err := unix.Getsockname(int(l))
	must(t, err)
	c := int(openKernel(t, k, optiontable.FreshSocket))
	must(t, unix.Connect(c, name))
	_, err = unix.Write(c, []byte("x"))
	must(t, err)
	fd, _, err := unix.Accept(int(l))
	must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	return kernelSocket(fd)
}
