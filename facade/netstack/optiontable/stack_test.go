package optiontable_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"syscall"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack/optiontable"
)

// longest is more than any option has.
const longest = 512

// TestRowsHoldOnTheStack: each option is what its row says, on each kind of socket.
func TestRowsHoldOnTheStack(t *testing.T) {
	m := module(t)
	for _, k := range kinds {
		for _, r := range optiontable.Rows() {
			t.Run(fmt.Sprintf("%v/%s", k.kind, r.Name), func(t *testing.T) {
				s := openStack(t, m, k, optiontable.FreshSocket)
				switch {
				case r.Status == optiontable.Unsupported, r.Sockets()&k.kind == 0 && r.On == 0:
					isUnsupported(t, s, &r)
				case r.Sockets()&k.kind == 0:
					// Another answer, which only the kernel can judge.
				default:
					holds(t, s, &r)
				}
			})
		}
	}
}

func isUnsupported(t *testing.T, s socket, r *optiontable.Row) {
	t.Helper()
	if v, errno := s.get(r.Level, r.Number, longest); !unsupported[errno] {
		t.Errorf("get: % x, %v", v, errno)
	}
	for _, size := range []int{4, 8, longest} {
		if errno := s.set(r.Level, r.Number, make([]byte, size)); !unsupported[errno] {
			t.Errorf("set of %d bytes: %v", size, errno)
		}
	}
}

func holds(t *testing.T, s socket, r *optiontable.Row) {
	t.Helper()
	v, errno := s.get(r.Level, r.Number, longest)
	switch {
	case r.Status == optiontable.Refused:
		if errno := s.set(r.Level, r.Number, make([]byte, longest)); errno == 0 {
			t.Error("set: the row says that it is refused")
		}
	case r.Access == optiontable.WriteOnly:
		isErrno(t, "get", errno, endpoint.ENOPROTOOPT)
	case r.Fresh != nil && (errno != 0 || !bytes.Equal(v, r.Fresh)):
		t.Errorf("fresh: % x, %v, want % x", v, errno, r.Fresh)
	}
	if r.Access == optiontable.ReadOnly {
		isErrno(t, "set", s.set(r.Level, r.Number, make([]byte, longest)), endpoint.ENOPROTOOPT)
	}
	for _, sample := range r.Takes {
		isErrno(t, fmt.Sprintf("set %.32x", sample.Set), s.set(r.Level, r.Number, sample.Set), 0)
		if sample.Read == nil {
			continue
		}
		if v, errno := s.get(r.Level, r.Number, longest); errno != 0 || !bytes.Equal(v, sample.Read) {
			t.Errorf("set % x: reads % x, %v, want % x", sample.Set, v, errno, sample.Read)
		}
	}
	for _, refusal := range r.Refuses {
		isErrno(t, fmt.Sprintf("set %.32x", refusal.Value), s.set(r.Level, r.Number, refusal.Value), refusal.Errno)
	}
}

func isErrno(t *testing.T, what string, got syscall.Errno, want endpoint.Errno) {
	t.Helper()
	if got != want.Host() && (got != 0 || want != 0) {
		t.Errorf("%s: %v, want %s", what, got, want.Name())
	}
}

// TestTCPInfoFields: the struct is as long as its fields, those that the table calls
// exact or derived become known on a connection, and the others stay 0.
func TestTCPInfoFields(t *testing.T) {
	m := module(t)
	for _, k := range kinds {
		if !k.stream() {
			continue
		}
		s := openStack(t, m, k, optiontable.Connected)
		if _, err := s.Send(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		info, errno := s.get(facade.IPPROTO_TCP, facade.TCP_INFO, longest)
		isErrno(t, "TCP_INFO", errno, 0)
		at := 0
		for _, f := range optiontable.TCPInfo() {
			value := info[at : at+f.Size]
			at += f.Size
			known := !bytes.Equal(value, make([]byte, f.Size))
			if known && f.Fidelity == optiontable.Absent {
				t.Errorf("%v: %s is % x: the table says that it is absent", k.kind, f.Name, value)
			}
			if !known && inUse[f.Name] {
				t.Errorf("%v: %s is 0", k.kind, f.Name)
			}
		}
		if at != len(info) {
			t.Errorf("%d bytes of fields, %d of TCP_INFO", at, len(info))
		}
		if mss := binary.NativeEndian.Uint32(info[84:]); mss < 536 {
			t.Errorf("advertised segment size %d", mss)
		}
	}
}

// inUse are the fields that a connection without losses has.
var inUse = map[string]bool{
	"tcpi_state": true, "tcpi_rto": true, "tcpi_snd_ssthresh": true, "tcpi_snd_cwnd": true, "tcpi_pmtu": true,
	"tcpi_advmss": true, "tcpi_segs_out": true, "tcpi_segs_in": true,
}
