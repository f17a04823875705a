package files_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/resolver/files"
)

func parseNSSwitch(t testing.TB, text string) files.NSSwitch {
	t.Helper()
	n, err := files.ParseNSSwitch(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestParseNSSwitch(t *testing.T) {
	n := parseNSSwitch(t, `
# comment
passwd:		files systemd
hosts:	files
 hosts : files mdns4_minimal [NOTFOUND=return] dns # the last counts
services	db files
nothing:
networks
: files
`)
	want := "hosts: files mdns4_minimal [NOTFOUND=return] dns\nnothing:\npasswd: files systemd\nservices: db files\n"
	if got := n.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestParseOrder(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "[]"},
		{"files dns", "[files dns]"},
		{"files[notfound=RETURN]dns", "[files [NOTFOUND=return] dns]"},
		{"a [ SUCCESS = continue\tTryAgain=return ] b", "[a [SUCCESS=continue TRYAGAIN=return] b]"},
		{"dns [!UNAVAIL=return] files", "[dns [SUCCESS=return NOTFOUND=return TRYAGAIN=return] files]"},
		{"a [!success=return SUCCESS=merge]", "[a [SUCCESS=continue NOTFOUND=return UNAVAIL=return TRYAGAIN=return]]"},
		{"a [SUCCESS=return NOTFOUND=continue][UNAVAIL=return] b", "[a [SUCCESS=return NOTFOUND=continue]]"},
		{"[NOTFOUND=return] files", "[]"},
		{"a b [NOTFOUND=stop] c", "[a]"},
		{"a b [NOBODY=return] c", "[a]"},
		{"a b [NOTFOUND return] c", "[a]"},
		{"a b [NOTFOUND=return", "[a]"},
		{"a b [] c", "[a]"},
	} {
		if got := fmt.Sprint(files.ParseOrder(tt.text)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestServiceActions(t *testing.T) {
	plain := files.Service{Name: "files"}
	if plain.On(files.Success) != files.Return || plain.On(files.NotFound) != files.Continue ||
		plain.On(files.Unavail) != files.Continue || plain.On(files.TryAgain) != files.Continue {
		t.Error("not the defaults")
	}
	set := files.ParseOrder("dns [!UNAVAIL=return SUCCESS=continue]")[0]
	if set.On(files.Success) != files.Continue || set.On(files.NotFound) != files.Return ||
		set.On(files.Unavail) != files.Continue || set.On(files.TryAgain) != files.Return {
		t.Error(set)
	}
}

// FuzzNSSwitch: what is printed is read as the same.
func FuzzNSSwitch(f *testing.F) {
	f.Add("hosts: files mdns4_minimal [NOTFOUND=return] dns\npasswd : a [!SUCCESS=continue] b\n")
	f.Fuzz(func(t *testing.T, text string) {
		n := parseNSSwitch(t, text)
		if lines := strings.Count(text, "\n") + 1; len(n) > lines {
			t.Fatalf("%d databases of %d lines", len(n), lines)
		}
		if again := parseNSSwitch(t, n.String()); !reflect.DeepEqual(again, n) {
			t.Errorf("%q is read as %q", n, again)
		}
	})
}
