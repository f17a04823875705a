package interop_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
)

// environment is what both sides find out about the world, with the calls to make
// in it.
type environment struct {
	name string
	// resolv is resolv.conf(5), with the addresses of the namespace.
	resolv string
	// hosts is hosts(5).
	hosts string
	// host is the own name of both hosts. Default "ours".
	host string
	// order is the line "hosts" of nsswitch.conf(5). Default "files dns".
	order string
	// gai is gai.conf(5), which only glibc reads. Default rfc6724.
	gai   string
	calls []call
	// waits says that most calls end with a timeout.
	waits bool
}

func (e environment) withDefaults() environment {
	if e.host == "" {
		e.host = "ours"
	}
	if e.order == "" {
		e.order = "files dns"
	}
	if e.gai == "" {
		e.gai = rfc6724
	}
	return e
}

// rfc6724 is the policy table of RFC 6724 section 2.1. glibc's own is that of RFC
// 3484 with additions.
const rfc6724 = `
label ::1/128 0
label ::/0 1
label ::ffff:0:0/96 4
label 2002::/16 2
label 2001::/32 5
label fc00::/7 13
label ::/96 3
label fec0::/10 11
label 3ffe::/16 12
precedence ::1/128 50
precedence ::/0 40
precedence ::ffff:0:0/96 35
precedence 2002::/16 30
precedence 2001::/32 5
precedence fc00::/7 3
precedence ::/96 1
precedence fec0::/10 1
precedence 3ffe::/16 1
`

// glibcTable leaves glibc its own table.
const glibcTable = "# nothing\n"

// python is Debian's CPython, which is linked with Debian's glibc.
const python = "/usr/bin/python3"

//go:embed testdata/oracle.py
var oracle string

// withOracle skips the test where glibc cannot be asked.
func withOracle(t testing.TB) {
	t.Helper()
	testenv.Tool(t, python)
	testenv.Tool(t, "unshare")
}

// ask has glibc answer all calls of an environment. Its /etc holds the
// environment's files and nothing else.
func (e environment) ask() ([]answer, error) {
	e = e.withDefaults()
	etc, err := os.MkdirTemp("", "etc")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(etc)
	for name, text := range map[string]string{
		"resolv.conf": e.resolv, "hosts": e.hosts, "gai.conf": e.gai, "host.conf": "multi on\n",
		"nsswitch.conf": "hosts: " + e.order + "\nservices: files\nprotocols: files\n",
		"services":      services, "protocols": protocols,
	} {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	request, err := e.request()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("unshare", "--mount", "--uts", "sh", "-c", `mount --bind "$0" /etc && exec "$@"`, etc, python, "-ISc", oracle)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOST=" + e.host} // neither RES_OPTIONS nor LOCALDOMAIN
	cmd.Stdin = bytes.NewReader(request)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	var replies [][2]any
	if err := json.Unmarshal(out, &replies); err != nil {
		return nil, err
	}
	answers := make([]answer, len(replies))
	for i, r := range replies {
		answers[i] = fromOracle(r[0].(string), r[1])
	}
	return answers, nil
}

func (e environment) request() ([]byte, error) {
	calls := make([][2]any, len(e.calls))
	for i, c := range e.calls {
		calls[i] = [2]any{c.function, c.args}
	}
	return json.Marshal(calls)
}

// services is services(5) for both sides.
const services = `
echo		7/tcp
echo		7/udp
domain		53/tcp
domain		53/udp
tftp		69/udp
http		80/tcp		www
pop3		110/tcp		pop-3
ntp		123/udp
https		443/tcp
https		443/udp
shell		514/tcp		cmd syslog
syslog		514/udp
`

// protocols is protocols(5) for both sides.
const protocols = `
ip	0	IP
icmp	1	ICMP
tcp	6	TCP
udp	17	UDP
ipv6-icmp	58	IPv6-ICMP
`
