package resolver_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/files"
)

// call is a line of testdata/golden.jsonl: what CPython and glibc answered.
type call struct {
	Function  string
	Arguments []any
	Result    any
	// Error is an EAI code, or "refused" for an error of another kind.
	Error any
}

func golden(t *testing.T) []call {
	t.Helper()
	f, err := os.Open("testdata/golden.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []call
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c call
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		all = append(all, c)
	}
	return all
}

func (c call) text(i int) string { s, _ := c.Arguments[i].(string); return s }

// optional is an argument that may be missing.
func (c call) optional(i int) string {
	if i < len(c.Arguments) {
		return c.text(i)
	}
	return ""
}

func (c call) number(i int) int { return int(c.Arguments[i].(float64)) }

func (c call) bytes(i int) []byte { b, _ := hex.DecodeString(c.text(i)); return b }

// lo is the host that the golden calls were made on: it has the loopback, and the
// databases in testdata.
var lo = sync.OnceValue(func() resolver.Resolver {
	return resolver.New(resolver.Config{
		Host: resolver.Host{
			InterfaceIndex: func(name string) uint32 { return map[string]uint32{"lo": 1}[name] },
			InterfaceName:  func(index uint32) string { return map[uint32]string{1: "lo"}[index] },
		},
		Services:  parsed("testdata/services", files.ParseServices),
		Protocols: parsed("testdata/protocols", files.ParseProtocols),
	})
})

func parsedText[T any](text string, parse func(io.Reader) (T, error)) T {
	v, err := parse(strings.NewReader(text))
	if err != nil {
		panic(err)
	}
	return v
}

// parsed reads a file of the test's own.
func parsed[T any](path string, parse func(io.Reader) (T, error)) T {
	v, err := files.NewFile(path, parse).Get()
	if err != nil {
		panic(err)
	}
	return v
}

// functions make the golden calls; their results have the types that JSON gives.
var functions = map[string]func(*testing.T, call) (any, error){
	"gai_strerror": func(_ *testing.T, c call) (any, error) { return resolver.EAI(c.number(0)).Text(), nil },
	"hstrerror":    func(_ *testing.T, c call) (any, error) { return resolver.HErrno(c.number(0)).Text(), nil },
	"inet_aton":    func(_ *testing.T, c call) (any, error) { return packed(resolver.InetAton(c.text(0))) },
	"inet_ntoa":    func(_ *testing.T, c call) (any, error) { return resolver.InetNtoa(c.bytes(0)) },
	"inet_pton": func(_ *testing.T, c call) (any, error) {
		return packed(resolver.InetPton(c.number(0), c.text(1)))
	},
	"inet_ntop":   func(_ *testing.T, c call) (any, error) { return resolver.InetNtop(c.number(0), c.bytes(1)) },
	"htonl":       func(_ *testing.T, c call) (any, error) { return number(resolver.Htonl(int64(c.number(0)))) },
	"ntohl":       func(_ *testing.T, c call) (any, error) { return number(resolver.Ntohl(int64(c.number(0)))) },
	"htons":       func(_ *testing.T, c call) (any, error) { return number(resolver.Htons(int64(c.number(0)))) },
	"ntohs":       func(_ *testing.T, c call) (any, error) { return number(resolver.Ntohs(int64(c.number(0)))) },
	"getaddrinfo": getAddrInfo,
	"getnameinfo": getNameInfo,
	"getservbyname": func(_ *testing.T, c call) (any, error) {
		return port(lo().GetServByName(c.text(0), c.optional(1)))
	},
	"getservbyport":  func(_ *testing.T, c call) (any, error) { return lo().GetServByPort(c.number(0), c.optional(1)) },
	"getprotobyname": func(_ *testing.T, c call) (any, error) { return port(lo().GetProtoByName(c.text(0))) },
}

func packed(b []byte, err error) (any, error) { return hex.EncodeToString(b), err }

func number[T uint16 | uint32](n T, err error) (any, error) { return float64(n), err }

func port(n int, err error) (any, error) { return float64(n), err }

func getAddrInfo(t *testing.T, c call) (any, error) {
	hints := resolver.Hints{Family: c.number(2), Type: c.number(3), Proto: c.number(4), Flags: c.number(5)}
	infos, err := lo().GetAddrInfo(t.Context(), c.text(0), c.text(1), hints)
	all := []any{}
	for _, i := range infos {
		addr := []any{i.Addr.Addr().String(), float64(i.Addr.Port())}
		if i.Addr.Addr().Is6() {
			addr = append(addr, 0.0, float64(i.ScopeID))
		}
		all = append(all, []any{float64(i.Family), float64(i.Type), float64(i.Proto), i.CanonName, addr})
	}
	return all, err
}

func getNameInfo(t *testing.T, c call) (any, error) {
	addr := c.Arguments[0].([]any)
	var scope uint32
	if len(addr) == 4 {
		scope = uint32(addr[3].(float64))
	}
	ap := netip.AddrPortFrom(netip.MustParseAddr(addr[0].(string)), uint16(addr[1].(float64)))
	host, service, err := lo().GetNameInfo(t.Context(), ap, scope, c.number(1))
	return []any{host, service}, err
}

// TestGolden compares with what CPython and glibc answered.
func TestGolden(t *testing.T) {
	calls := golden(t)
	count := map[string]int{}
	for _, c := range calls {
		count[c.Function]++
		got, err := functions[c.Function](t, c)
		name := fmt.Sprintf("%s%v", c.Function, c.Arguments)
		switch code, isEAI := c.Error.(float64); {
		case c.Error == nil && (err != nil || !reflect.DeepEqual(got, c.Result)):
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.Result)
		case isEAI && !errors.Is(err, resolver.EAI(code)):
			t.Errorf("%s: %v, %v, want %v", name, got, err, resolver.EAI(code))
		case c.Error != nil && err == nil:
			t.Errorf("%s: %v, want an error", name, got)
		}
	}
	for function := range functions {
		if count[function] == 0 {
			t.Errorf("no call of %s", function)
		}
	}
}
