package files_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver/files"
)

// askPython answers calls, each a function of Python's socket module and its
// arguments; null is an OSError.
const askPython = `
import json, socket, sys
def ask(name, *args):
    try:
        return getattr(socket, name)(*args)
    except OSError:
        return None
json.dump([ask(*call) for call in json.load(sys.stdin)], sys.stdout)
`

type call []any

// TestLikePython asks CPython, and so glibc, for everything that the machine's own
// files hold.
func TestLikePython(t *testing.T) {
	python := testenv.Tool(t, "python3")
	services, err := files.NewFile("/etc/services", files.ParseServices).Get()
	if err != nil {
		testenv.Skip(t, err.Error())
	}
	protocols, err := files.NewFile("/etc/protocols", files.ParseProtocols).Get()
	if err != nil {
		testenv.Skip(t, err.Error())
	}
	calls, want := serviceCalls(services)
	for _, l := range protocols.Lines() {
		for _, name := range append([]string{l.Name, "No" + l.Name}, l.Aliases...) {
			calls, want = append(calls, call{"getprotobyname", name}), append(want, answer(protocols.Number(name)))
		}
	}
	input, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", askPython)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	if err := json.Unmarshal(output, &got); err != nil || len(got) != len(want) {
		t.Fatalf("%d answers to %d calls, %v", len(got), len(want), err)
	}
	for i, g := range got {
		if n, ok := g.(float64); ok {
			g = strconv.Itoa(int(n))
		}
		if g != want[i] {
			t.Errorf("%v: %v, CPython has %v", calls[i], want[i], g)
		}
	}
}

func serviceCalls(services *files.Services) (calls []call, want []any) {
	for _, l := range services.Lines() {
		for _, proto := range []string{"", "tcp", "udp", "sctp"} {
			last := []any{proto}
			if proto == "" {
				last = nil
			}
			for _, name := range append([]string{l.Name, "no" + l.Name}, l.Aliases...) {
				calls = append(calls, append(call{"getservbyname", name}, last...))
				want = append(want, answer(services.Port(name, proto)))
			}
			calls = append(calls, append(call{"getservbyport", l.Port}, last...))
			want = append(want, answer(services.Name(l.Port, proto)))
		}
	}
	return calls, want
}

// answer is nil for nothing, otherwise text.
func answer(value any, ok bool) any {
	if n, isInt := value.(int); ok && isInt {
		return strconv.Itoa(n)
	}
	if !ok {
		return nil
	}
	return value
}
