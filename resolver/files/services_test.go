package files_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/resolver/files"
)

const servicesText = `
# comment
echo		7/tcp
echo		7/udp
  http		80/tcp	www  web # WorldWideWeb
first		80/udp	http
second		80/tcp	other
big		65536/tcp
sign		+1/tcp
bare		81
slash		82/
word		x/tcp
alone
`

func parseServices(t testing.TB, text string) *files.Services {
	t.Helper()
	s, err := files.ParseServices(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServicesPort(t *testing.T) {
	s := parseServices(t, servicesText)
	for _, tt := range []struct {
		name, proto string
		want        int // -1: none
	}{
		{"echo", "", 7}, {"echo", "udp", 7}, {"echo", "sctp", -1},
		{"http", "tcp", 80}, {"http", "udp", 80}, {"www", "tcp", 80}, {"www", "udp", -1}, {"HTTP", "tcp", -1},
		{"big", "", -1}, {"sign", "", -1}, {"bare", "", 81}, {"slash", "", 82}, {"bare", "tcp", -1}, {"word", "", -1}, {"alone", "", -1},
	} {
		if port, ok := s.Port(tt.name, tt.proto); ok != (tt.want >= 0) || ok && port != tt.want {
			t.Errorf("%s/%s: %d, %v, want %d", tt.name, tt.proto, port, ok, tt.want)
		}
	}
}

func TestServicesName(t *testing.T) {
	s := parseServices(t, servicesText)
	for _, tt := range []struct {
		port  int
		proto string
		want  string
	}{
		{80, "tcp", "http"}, {80, "udp", "first"}, {80, "", "http"}, {80, "sctp", ""}, {65536, "", ""}, {-1, "", ""},
	} {
		if name, ok := s.Name(tt.port, tt.proto); ok != (tt.want != "") || name != tt.want {
			t.Errorf("%d/%s: %q, %v, want %q", tt.port, tt.proto, name, ok, tt.want)
		}
	}
}

func TestProtocols(t *testing.T) {
	p := parseProtocols(t, "ip 0 IP\nhopopt\t0 HOPOPT # comment\ntcp 6 TCP\nmptcp 262\nminus -1\nnone x\nalone\nother 6 TCP\n")
	for name, want := range map[string]int{"ip": 0, "HOPOPT": 0, "TCP": 6, "other": 6, "mptcp": 262, "Tcp": -1, "minus": -1, "none": -1, "alone": -1} {
		if n, ok := p.Number(name); ok != (want >= 0) || ok && n != want {
			t.Errorf("%s: %d, %v, want %d", name, n, ok, want)
		}
	}
	for number, want := range map[int]string{0: "ip", 6: "tcp", 262: "mptcp", 7: ""} {
		if name, ok := p.Name(number); ok != (want != "") || name != want {
			t.Errorf("%d: %q, %v, want %q", number, name, ok, want)
		}
	}
}

func TestNilTablesAreEmpty(t *testing.T) {
	var s *files.Services
	var p *files.Protocols
	_, port := s.Port("http", "")
	_, service := s.Name(80, "")
	_, number := p.Number("tcp")
	_, protocol := p.Name(6)
	if port || service || number || protocol || s.String() != "" || p.String() != "" {
		t.Error("something is found")
	}
}

func TestServicesCap(t *testing.T) {
	text := strings.Repeat("\n", 1<<20+1)
	_, services := files.ParseServices(strings.NewReader(text))
	_, protocols := files.ParseProtocols(strings.NewReader(text))
	_, order := files.ParseNSSwitch(strings.NewReader(text))
	_, conf := files.ParseResolvConf(strings.NewReader(text))
	for _, err := range []error{services, protocols, order, conf} {
		if err != files.ErrTooLarge {
			t.Errorf("1 MiB and one: %v", err)
		}
	}
}

func parseProtocols(t testing.TB, text string) *files.Protocols {
	t.Helper()
	p, err := files.ParseProtocols(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// FuzzServices: what is printed is read as the same, and every row is found.
func FuzzServices(f *testing.F) {
	f.Add(servicesText)
	f.Fuzz(func(t *testing.T, text string) {
		s := parseServices(t, text)
		lines := s.Lines()
		if n := strings.Count(text, "\n") + 1; len(lines) > n {
			t.Fatalf("%d entries of %d lines", len(lines), n)
		}
		if again := parseServices(t, s.String()); !reflect.DeepEqual(again.Lines(), lines) {
			t.Errorf("%q is read as %q", s, again)
		}
		for _, l := range lines {
			_, named := s.Port(l.Name, l.Proto)
			_, numbered := s.Name(l.Port, l.Proto)
			if !named || !numbered {
				t.Errorf("%+v is not found", l)
			}
		}
	})
}

// FuzzProtocols: what is printed is read as the same, and every row is found.
func FuzzProtocols(f *testing.F) {
	f.Add("ip 0 IP # comment\ntcp\t6\tTCP\nmptcp 262\n")
	f.Fuzz(func(t *testing.T, text string) {
		p := parseProtocols(t, text)
		lines := p.Lines()
		if n := strings.Count(text, "\n") + 1; len(lines) > n {
			t.Fatalf("%d entries of %d lines", len(lines), n)
		}
		if again := parseProtocols(t, p.String()); !reflect.DeepEqual(again.Lines(), lines) {
			t.Errorf("%q is read as %q", p, again)
		}
		for _, l := range lines {
			_, named := p.Number(l.Name)
			_, numbered := p.Name(l.Number)
			if !named || !numbered {
				t.Errorf("%+v is not found", l)
			}
		}
	})
}
