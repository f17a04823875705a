package parity

import (
	"reflect"
	"testing"
)

// TestParse reads the directives of names, and only those.
func TestParse(t *testing.T) {
	const document = `
.. module:: socket
 :synopsis: x

.. exception:: error

 .. index:: module: errno

.. data:: AF_UNIX
 AF_INET

 text

.. data:: SO_*
 SOMAXCONN

.. function:: fromfd(fd, family[, proto])

.. method:: socket.recv(bufsize[, flags])

.. attribute:: socket.family`
	want := []Name{
		{Exception, "error"}, {Data, "AF_UNIX"}, {Data, "AF_INET"}, {Data, "SO_*"}, {Data, "SOMAXCONN"},
		{Function, "fromfd"}, {Method, "recv"}, {Attribute, "family"},
	}
	if got := Parse(document); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestGoName: the rule, and what it cannot spell.
func TestGoName(t *testing.T) {
	for _, c := range []struct {
		name Name
		want string
	}{
		{Name{Function, "gethostbyname_ex"}, "GetHostByNameEx"},
		{Name{Function, "getfqdn"}, "GetFQDN"},
		{Name{Method, "recvfrom_into"}, "RecvFromInto"},
		{Name{Method, "fileno"}, "Fileno"},
		{Name{Data, "SocketType"}, "SocketType"},
		{Name{Exception, "timeout"}, "Error.Timeout"},
		{Name{Function, "unheardof"}, ""},
	} {
		got, err := goName(c.name)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%v: %s, %v, want %s", c.name, got, err, c.want)
		}
	}
}

// TestCounterpart: nothing is found that is not declared.
func TestCounterpart(t *testing.T) {
	f, err := Load("../..", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name Name
		want string
		ok   bool
	}{
		{Name{Method, "accept"}, "Socket.Accept", true},
		{Name{Method, "getaddrinfo"}, "Socket.GetAddrInfo", false},
		{Name{Function, "accept"}, "Accept", false},
		{Name{Function, "htonl"}, "Htonl", true},
		{Name{Exception, "gaierror"}, "GAIError", true},
		{Name{Exception, "socket"}, "Socket", true},
		{Name{Exception, "inet"}, "Inet", false},
		{Name{Data, "AF_INET"}, "AF_INET", true},
		{Name{Data, "AF_NOSUCH"}, "AF_NOSUCH", false},
		{Name{Data, "NOSUCH_*"}, "NOSUCH_* (0)", false},
	} {
		got, ok, err := f.Counterpart(c.name)
		if got != c.want || ok != c.ok || err != nil {
			t.Errorf("%v: %s, %v, %v", c.name, got, ok, err)
		}
	}
}
