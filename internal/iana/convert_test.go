package main

import (
	"strings"
	"testing"
)

func TestServices(t *testing.T) {
	var b strings.Builder
	err := services(strings.NewReader(`Service Name,Port Number,Transport Protocol,Description
http,80,udp,
http,80,tcp,"World
Wide Web"
www,80,tcp,
www,80,tcp,again
,81,tcp,Reserved
dns-sd,,udp,
ddp,1,ddp,
echo,7,tcp,
x11,6000-6001,tcp,
shilp,2049,udp,
nfs,2049,udp,
`), &b)
	want := "echo 7/tcp\nhttp 80/tcp www\nhttp 80/udp\nnfs 2049/udp shilp\nx11 6000/tcp\nx11 6001/tcp\n"
	if err != nil || b.String() != want {
		t.Errorf("%q, %v, want %q", b.String(), err, want)
	}
}

func TestProtocols(t *testing.T) {
	var b strings.Builder
	err := protocols(strings.NewReader(`Decimal,Keyword,Protocol
4,IPv4,IPv4 encapsulation
6,TCP,
13,ARGUS (deprecated),
61,,any host internal protocol
124,ISIS over IPv4,
138,manet,
148-252,,Unassigned
255,Reserved,
`), &b)
	want := "ip 0 IP\nipencap 4 IP-ENCAP IPv4\ntcp 6 TCP\nargus 13 ARGUS\nisis 124 ISIS\nmanet 138\nmptcp 262 MPTCP\n"
	if err != nil || b.String() != want {
		t.Errorf("%q, %v, want %q", b.String(), err, want)
	}
}

func TestBadRegistries(t *testing.T) {
	const head = "Service Name,Port Number,Transport Protocol\n"
	for _, text := range []string{"", "a,b,c\n", head + "a,65536,tcp\n", head + "a,1-x,tcp\n", head + "a b,1,tcp\n", head + "a\n"} {
		if err := services(strings.NewReader(text), &strings.Builder{}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	for _, text := range []string{"", "a,b\n", "Decimal,Keyword\n256,A\n"} {
		if err := protocols(strings.NewReader(text), &strings.Builder{}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
