package parity

import (
	"fmt"
	"strings"
)

// words are the words that names are made of, in Go's spelling.
var words = map[string]string{
	"accept": "Accept", "addr": "Addr", "all": "All", "aton": "Aton", "bind": "Bind", "blocking": "Blocking",
	"by": "By", "close": "Close", "connect": "Connect", "connection": "Connection", "create": "Create",
	"default": "Default", "detach": "Detach", "dualstack": "Dualstack", "dup": "Dup", "error": "Error", "ex": "Ex",
	"family": "Family", "fd": "FD", "fds": "FDs", "file": "File", "fileno": "Fileno", "fqdn": "FQDN", "from": "From",
	"gai": "GAI", "get": "Get", "h": "H", "has": "Has", "host": "Host", "htonl": "Htonl", "htons": "Htons",
	"if": "If", "index": "Index", "inet": "Inet", "info": "Info", "inheritable": "Inheritable", "into": "Into",
	"ioctl": "Ioctl", "ipv6": "IPv6", "listen": "Listen", "make": "Make", "msg": "Msg", "name": "Name",
	"ntoa": "Ntoa", "ntohl": "Ntohl", "ntohs": "Ntohs", "ntop": "Ntop", "opt": "Opt", "pair": "Pair", "peer": "Peer",
	"port": "Port", "proto": "Proto", "pton": "Pton", "recv": "Recv", "send": "Send", "serv": "Serv",
	"server": "Server", "set": "Set", "shutdown": "Shutdown", "sock": "Sock", "socket": "Socket",
	"timeout": "Timeout", "to": "To", "type": "Type",
}

// exceptions to the rule, with why.
var exceptions = map[Name]string{
	{Exception, "timeout"}:        "Error.Timeout",    // a timeout is an Error that says so
	{Function, "close(fd)"}:       "CloseFD",          // Close is the module's own
	{Function, "socket(fileno=)"}: "SocketFromFileno", // Go has no optional arguments
	{Function, "send_fds"}:        "Socket.SendFDs",   // its first argument is the socket
	{Function, "recv_fds"}:        "Socket.RecvFDs",
}

// goName spells a name in Go. Constants, and what has capitals, stay as they are.
// Each part between underscores is split into words, the longest first.
func goName(n Name) (string, error) {
	if name, ok := exceptions[n]; ok {
		return name, nil
	}
	if n.Name != strings.ToLower(n.Name) {
		return n.Name, nil
	}
	var b strings.Builder
	for part := range strings.SplitSeq(n.Name, "_") {
		for part != "" {
			word := longestWord(part)
			if word == "" {
				return "", fmt.Errorf("%s: no word begins %q", n, part)
			}
			b.WriteString(words[word])
			part = part[len(word):]
		}
	}
	return b.String(), nil
}

func longestWord(s string) string {
	for n := len(s); n > 0; n-- {
		if words[s[:n]] != "" {
			return s[:n]
		}
	}
	return ""
}
