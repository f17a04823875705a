package interop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/resolver"
)

// call is a call of the reference's module.
type call struct {
	function string
	args     []any
}

func (c call) String() string { return c.function + fmt.Sprint(c.args) }

// answer is what a call gives: "ok" and its result, or the kind and the code of its
// error.
type answer struct {
	kind  string
	value any
}

func (a answer) String() string {
	text, _ := json.Marshal(a.value)
	return a.kind + " " + string(text)
}

// getaddrinfo is a call with numbers, in the order of the reference.
func getaddrinfo(host, service any, family facade.Family, typ facade.Type, proto, flags int) call {
	return call{"getaddrinfo", []any{host, service, int(family), int(typ), proto, flags}}
}

// stream is getaddrinfo for one type of socket.
func stream(host string, family facade.Family, flags int) call {
	return getaddrinfo(host, 80, family, facade.SOCK_STREAM, 0, flags)
}

func byName(host string) call   { return call{"gethostbyname", []any{host}} }
func byNameEx(host string) call { return call{"gethostbyname_ex", []any{host}} }
func byAddr(host string) call   { return call{"gethostbyaddr", []any{host}} }
func fqdn(name string) call     { return call{"getfqdn", []any{name}} }

// nameinfo is getnameinfo of an address of either family.
func nameinfo(host string, port, flags int) call {
	return call{"getnameinfo", []any{[]any{host, port}, flags}}
}

// do calls our module.
func (c call) do(ctx context.Context, m *facade.Module) answer {
	text := func(i int) string {
		switch a := c.args[i].(type) {
		case nil:
			return ""
		case string:
			return a
		default:
			return fmt.Sprint(a)
		}
	}
	number := func(i int) int { return c.args[i].(int) }
	switch c.function {
	case "getaddrinfo":
		infos, err := m.GetAddrInfo(ctx, text(0), text(1), facade.AddrInfoHints{
			Family: facade.Family(number(2)), Type: facade.Type(number(3)), Proto: number(4), Flags: number(5),
		})
		return result(tuples(infos), err)
	case "getnameinfo":
		a := c.args[0].([]any)
		host, service, err := m.GetNameInfo(ctx, facade.Inet6Addr{Host: a[0].(string), Port: a[1].(int)}, number(1))
		return result([]any{host, service}, err)
	case "gethostbyname":
		ip, err := m.GetHostByName(ctx, text(0))
		return result(ip, err)
	case "gethostbyname_ex":
		ent, err := m.GetHostByNameEx(ctx, text(0))
		return result(triple(ent), err)
	case "gethostbyaddr":
		ent, err := m.GetHostByAddr(ctx, text(0))
		return result(triple(ent), err)
	case "getfqdn":
		name, err := m.GetFQDN(ctx, text(0))
		return result(name, err)
	case "getservbyname":
		n, err := m.GetServByName(text(0), c.optional(1))
		return result(n, err)
	case "getservbyport":
		name, err := m.GetServByPort(number(0), c.optional(1))
		return result(name, err)
	case "getprotobyname":
		n, err := m.GetProtoByName(text(0))
		return result(n, err)
	}
	panic(c.function)
}

func (c call) optional(i int) string {
	if len(c.args) > i {
		return c.args[i].(string)
	}
	return ""
}

func result(value any, err error) answer {
	var gai *facade.GAIError
	var h *facade.HError
	switch {
	case err == nil:
		return answer{"ok", plain(value)}
	case errors.As(err, &gai):
		return answer{"gaierror", gai.Code.String()}
	case errors.As(err, &h):
		return answer{"herror", h.Code.String()}
	}
	for _, known := range []error{resolver.ErrService, resolver.ErrPort, resolver.ErrProtocol} {
		if errors.Is(err, known) {
			return answer{"error", known.Error()}
		}
	}
	return answer{"error", err.Error()}
}

// plain is a value as JSON knows it.
func plain(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		panic(err)
	}
	return v
}

// tuples are results of getaddrinfo in the reference's form.
func tuples(infos []facade.AddrInfo) []any {
	all := []any{}
	for _, i := range infos {
		var addr []any
		switch a := i.Addr.(type) {
		case facade.InetAddr:
			addr = []any{a.Host, a.Port}
		case facade.Inet6Addr:
			addr = []any{a.Host, a.Port, a.FlowInfo, a.ScopeID}
		}
		all = append(all, []any{int(i.Family), int(i.Type), i.Proto, i.CanonName, addr})
	}
	return all
}

func triple(ent facade.HostEnt) []any {
	return []any{ent.Name, append([]string{}, ent.Aliases...), append([]string{}, ent.Addrs...)}
}

// fromOracle gives an answer of CPython its form.
func fromOracle(kind string, value any) answer {
	code, _ := value.(float64)
	switch kind {
	case "gaierror":
		return answer{kind, resolver.EAI(code).String()}
	case "herror":
		return answer{kind, resolver.HErrno(code).String()}
	case "ok":
		return answer{kind, value}
	}
	return answer{"error", fmt.Sprint(value)}
}
