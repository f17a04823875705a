// Package parity compares the facade with the reference: each documented name has
// a Go counterpart, by a rule, and a test that shows it.
package parity

import "strings"

// Kind is the directive that documents a name.
type Kind string

// The kinds of names, as the reference's directives are called.
const (
	Function  Kind = "function"
	Method    Kind = "method"
	Attribute Kind = "attribute"
	Exception Kind = "exception"
	Data      Kind = "data"
)

var kinds = map[string]Kind{
	"function": Function, "method": Method, "attribute": Attribute, "exception": Exception, "data": Data,
}

// Name is a documented name.
type Name struct {
	Kind Kind
	// Name is without arguments, and for methods and attributes without
	// "socket.". That of a family of constants ends in "*".
	Name string
}

// String is the name as the reference's index has it.
func (n Name) String() string {
	switch {
	case n.Kind == Method:
		return "socket." + n.Name + "()"
	case n.Kind == Attribute:
		return "socket." + n.Name
	case n.Kind == Function && !strings.HasSuffix(n.Name, ")"):
		return n.Name + "()"
	}
	return n.Name
}

// Parse returns the names that the directives of a reStructuredText document
// describe. Those of a directive are its argument and the lines right after it.
func Parse(document string) []Name {
	var all []Name
	lines := strings.Split(document, "\n")
	for i := 0; i < len(lines); i++ {
		kind, argument, ok := directive(lines[i])
		if !ok {
			continue
		}
		for argument != "" {
			all = append(all, Name{kind, bare(argument)})
			if i++; i >= len(lines) {
				break
			}
			argument = strings.TrimSpace(lines[i])
		}
	}
	return all
}

// directive reads ".. kind:: argument" of the kinds that document names.
func directive(line string) (Kind, string, bool) {
	rest, ok := strings.CutPrefix(line, ".. ")
	if !ok {
		return "", "", false
	}
	name, argument, ok := strings.Cut(rest, "::")
	kind := kinds[name]
	return kind, strings.TrimSpace(argument), ok && kind != ""
}

// bare takes arguments and the class from a signature.
func bare(signature string) string {
	name, _, _ := strings.Cut(signature, "(")
	return strings.TrimPrefix(name, "socket.")
}

// Customary are names that the reference lacks and that every user of CPython's
// module expects. Parentheses tell a form of a name from another.
var Customary = []Name{
	{Method, "sendmsg"}, {Method, "recvmsg"}, {Method, "recvmsg_into"}, {Method, "sendfile"},
	{Method, "dup"}, {Method, "detach"}, {Method, "get_inheritable"}, {Method, "set_inheritable"},
	{Function, "create_server"}, {Function, "has_dualstack_ipv6"}, {Function, "sethostname"},
	{Function, "if_nameindex"}, {Function, "if_nametoindex"}, {Function, "if_indextoname"},
	{Function, "CMSG_LEN"}, {Function, "CMSG_SPACE"}, {Function, "send_fds"}, {Function, "recv_fds"},
	{Function, "close(fd)"}, {Function, "socket(fileno=)"},
}
