package conformance

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var textTests = []test{
	{"Text/ConstantsPrintTheirNames", constantNames},
	{"Text/UnknownNumbersStayNumbers", unknownNumbers},
	{"Text/CrucialConstants", crucialConstants},
	{"Text/SocketPrintsItself", printsItself},
	{"Text/SocketPrintsNoEmptyName", printsNoEmptyName},
	{"Text/SocketPrintsDescriptor", printsDescriptor},
	{"Text/SocketsDoNotSerialise", doNotSerialise},
}

func constantNames(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_DGRAM)
	want := map[facade.Family]string{facade.AF_INET: "AF_INET SOCK_DGRAM", facade.AF_INET6: "AF_INET6 SOCK_DGRAM"}
	if got := fmt.Sprint(s.Family(), " ", s.Type()); got != want[env.Family] {
		t.Errorf("%s", got)
	}
	if got := fmt.Sprint(facade.AF_UNIX, " ", facade.SOCK_STREAM); got != "AF_UNIX SOCK_STREAM" {
		t.Errorf("%s", got)
	}
}

// unknownNumbers survive as what they are.
func unknownNumbers(t *testing.T, env Env) {
	const (
		family facade.Family = 42424
		typ    facade.Type   = 13331
	)
	if got := fmt.Sprint(family, " ", typ); got != "42424 13331" {
		t.Errorf("%s", got)
	}
	if s, err := env.Client.Socket(family, typ, 0); err == nil {
		t.Errorf("it made %v", s)
	}
}

// crucialConstants are those that every socket module has, with Linux's numbers.
func crucialConstants(t *testing.T, env Env) {
	for name, c := range map[string][2]int{
		"AF_INET": {int(facade.AF_INET), 2}, "AF_INET6": {int(facade.AF_INET6), 10},
		"SOCK_STREAM": {int(facade.SOCK_STREAM), 1}, "SOCK_DGRAM": {int(facade.SOCK_DGRAM), 2},
		"SOCK_RAW": {int(facade.SOCK_RAW), 3}, "SOCK_RDM": {int(facade.SOCK_RDM), 4},
		"SOCK_SEQPACKET": {int(facade.SOCK_SEQPACKET), 5},
		"SOL_SOCKET":     {facade.SOL_SOCKET, 1}, "SO_REUSEADDR": {facade.SO_REUSEADDR, 2},
		"IPPROTO_TCP": {facade.IPPROTO_TCP, 6}, "IPPROTO_UDP": {facade.IPPROTO_UDP, 17},
		"IPPROTO_IPV6": {facade.IPPROTO_IPV6, 41},
	} {
		if c[0] != c[1] {
			t.Errorf("%s is %d, want %d", name, c[0], c[1])
		}
	}
}

// printsItself has the addresses only while the socket is open.
func printsItself(t *testing.T, env Env) {
	client, _ := env.pair(t)
	local, err := client.GetSockName()
	must(t, err)
	peer, err := client.GetPeerName()
	must(t, err)
	kind := fmt.Sprintf("family=%v, type=SOCK_STREAM, proto=0", env.Family)
	want := fmt.Sprintf("%s, laddr=%v, raddr=%v>", kind, local, peer)
	if got := client.String(); !strings.HasPrefix(got, "<socket ") || !strings.HasSuffix(got, want) {
		t.Errorf("%s, want it to end in %s", got, want)
	}
	must(t, client.Close())
	if got, want := client.String(), "<socket [closed] fd=-1, "+kind+">"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// printsNoEmptyName: a socket of AF_UNIX has an address only with a name.
func printsNoEmptyName(t *testing.T, env Env) {
	s := env.unixSocket(t)
	const kind = "family=AF_UNIX, type=SOCK_STREAM, proto=0"
	if got := s.String(); !strings.HasSuffix(got, kind+">") {
		t.Errorf("%s, want it to end in %s>", got, kind)
	}
	a := freeName("prints", 0)
	must(t, s.Bind(a))
	if got := s.String(); !strings.HasSuffix(got, kind+", laddr="+a.String()+">") {
		t.Errorf("%s, want it to end in %v", got, a)
	}
}

func printsDescriptor(t *testing.T, env Env) {
	s := env.socket(t, env.Client, facade.SOCK_STREAM)
	want := fmt.Sprintf("<socket fd=%d, family=", env.fileno(t, s))
	if got := s.String(); !strings.HasPrefix(got, want) {
		t.Errorf("%s, want it to begin with %s", got, want)
	}
	_, err := s.Detach()
	must(t, err)
	if got := s.String(); !strings.HasPrefix(got, "<socket [closed] fd=-1, ") {
		t.Errorf("detached: %s", got)
	}
}

func doNotSerialise(t *testing.T, env Env) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(env.socket(t, env.Client, facade.SOCK_STREAM)); err == nil {
		t.Errorf("a socket as %q", b.Bytes())
	}
	type constants struct {
		Family facade.Family
		Type   facade.Type
	}
	want, got := constants{env.Family, facade.SOCK_DGRAM}, constants{}
	must(t, gob.NewEncoder(&b).Encode(want))
	if err := gob.NewDecoder(&b).Decode(&got); err != nil || got != want {
		t.Errorf("constants come back as %v, %v", got, err)
	}
}
