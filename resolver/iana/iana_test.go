package iana_test

import (
	"os"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver/files"
	"github.com/usernet-stack/usernet/resolver/iana"
)

func TestServices(t *testing.T) {
	s := iana.Services()
	for _, tt := range []struct {
		name, proto string
		port        int
	}{
		{"http", "tcp", 80}, {"www", "tcp", 80}, {"https", "udp", 443}, {"domain", "", 53}, {"ssh", "sctp", 22},
		{"discard", "dccp", 9}, {"x11", "tcp", 6000}, {"submissions", "tcp", 465}, {"ipp", "tcp", 631}, {"ipps", "tcp", 631},
	} {
		if port, ok := s.Port(tt.name, tt.proto); !ok || port != tt.port {
			t.Errorf("%s/%s: %d, %v, want %d", tt.name, tt.proto, port, ok, tt.port)
		}
	}
	if name, ok := s.Name(80, "tcp"); !ok || name != "http" {
		t.Errorf("80/tcp is %q, %v", name, ok)
	}
	if iana.Services() != s {
		t.Error("read twice")
	}
	if n := len(s.Lines()); n < 11_000 {
		t.Errorf("%d rows", n)
	}
}

func TestProtocols(t *testing.T) {
	p := iana.Protocols()
	for name, number := range map[string]int{
		"ip": 0, "hopopt": 0, "icmp": 1, "ipencap": 4, "TCP": 6, "udp": 17, "ipv6-icmp": 58, "sctp": 132, "udplite": 136, "mptcp": 262,
	} {
		if n, ok := p.Number(name); !ok || n != number {
			t.Errorf("%s: %d, %v, want %d", name, n, ok, number)
		}
	}
	if name, ok := p.Name(0); !ok || name != "ip" {
		t.Errorf("0 is %q, %v", name, ok)
	}
	if iana.Protocols() != p {
		t.Error("read twice")
	}
}

// TestEveryLineParses compares with the texts: what the parser leaves out would be
// missing without a word.
func TestEveryLineParses(t *testing.T) {
	for name, rows := range map[string]int{"services": len(iana.Services().Lines()), "protocols": len(iana.Protocols().Lines())} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(string(text), "\n") - 1; rows != lines {
			t.Errorf("%s: %d rows of %d lines", name, rows, lines)
		}
	}
}

// TestServicesLikeTheHost compares with the host's own file, where it has a name
// that is in the registry too.
func TestServicesLikeTheHost(t *testing.T) {
	host, err := files.NewFile("/etc/services", files.ParseServices).Get()
	if err != nil {
		testenv.Skip(t, err.Error())
	}
	for _, l := range host.Lines() {
		if l.Name == "http-alt" {
			continue // 591 and 8080 in the registry, 8080 alone in Debian's file
		}
		port, ok := iana.Services().Port(l.Name, l.Proto)
		if ok && port != l.Port {
			t.Errorf("%s/%s is %d, the host has %d", l.Name, l.Proto, port, l.Port)
		}
		if name, _ := iana.Services().Name(l.Port, l.Proto); ok && name != l.Name {
			t.Errorf("%d/%s is %s, the host has %s", l.Port, l.Proto, name, l.Name)
		}
	}
}

// TestProtocolsLikeTheHost compares with the host's own file: every name and number
// of it is in the registry.
func TestProtocolsLikeTheHost(t *testing.T) {
	host, err := files.NewFile("/etc/protocols", files.ParseProtocols).Get()
	if err != nil {
		testenv.Skip(t, err.Error())
	}
	for _, l := range host.Lines() {
		for _, name := range append([]string{l.Name}, l.Aliases...) {
			if n, ok := iana.Protocols().Number(name); !ok || n != l.Number {
				t.Errorf("%s is %d, %v, the host has %d", name, n, ok, l.Number)
			}
		}
		want, _ := host.Name(l.Number)
		if name, _ := iana.Protocols().Name(l.Number); name != want {
			t.Errorf("%d is %q, the host has %q", l.Number, name, want)
		}
	}
}
