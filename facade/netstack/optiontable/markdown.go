package optiontable

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const intro = `<!-- Printed from facade/netstack/optiontable by go generate. Change the table. -->

# Socket options on the stack

Every option of setsockopt(2) that Linux has for these families, and what the stack path makes of it. On the kernel path every
option is the kernel's. Values are bytes in the kernel's layout. The tests hold each row to the stack and, value by value,
length by length and state by state, to a kernel.

- **supported**: does what it does on Linux, but for what the remark says.
- **no effect**: is checked, kept and read back as on Linux, and that is all; the remark says what a program misses.
- **ENOPROTOOPT**: setsockopt and getsockopt fail, with one debug line in the log; the remark says why.
- **refused, as on Linux**: gets the error that Linux gives on these sockets.

What the stack has no notion of needs no privilege: SO_MARK, SO_PRIORITY, SO_DEBUG, SO_BINDTODEVICE and the others for which
Linux asks CAP_NET_ADMIN or CAP_NET_RAW are open to everybody. Only TCP_REPAIR is EPERM.

An accepted socket has the options of its listener, as on Linux: all but SO_PRIORITY, TCP_DEFER_ACCEPT, TCP_FASTOPEN and
TCP_QUICKACK. Raw sockets also have ICMP_FILTER and IPV6_CHECKSUM at SOL_RAW, and ICMP6_FILTER at SOL_ICMPV6. A stream that connects again after a failure keeps its options. The flow label of an address (sin6_flowinfo) is
accepted; packets carry 0.
`

// Markdown prints the table as docs/options.md.
func Markdown() []byte {
	var b bytes.Buffer
	b.WriteString(intro)
	level := -1
	for _, r := range Rows() {
		if r.Level != level {
			level = r.Level
			fmt.Fprintf(&b, "\n## %s: %s\n\n", levels[level].name, levels[level].page)
			b.WriteString("| option | value | default | status | remark |\n|---|---|---|---|---|\n")
		}
		writeRow(&b, &r)
	}
	writeControls(&b)
	writeTCPInfo(&b)
	writeDifferences(&b)
	writeOthers(&b)
	return b.Bytes()
}

func writeRow(b *bytes.Buffer, r *Row) {
	name := r.Name
	if len(r.Aliases) > 0 {
		name += " (" + strings.Join(r.Aliases, ", ") + ")"
	}
	form := string(r.Form)
	if r.Access != ReadWrite {
		form += ", " + r.Access.String()
	}
	status := r.Status.String()
	if on := r.Sockets(); on != levels[r.Level].kinds && on != 0 {
		status += " on " + on.String()
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", name, form, r.fresh(), status, r.Why)
}

// fresh prints the default of an option whose value is a number.
func (r *Row) fresh() string {
	if len(r.Fresh) != 4 || r.Form != Int && r.Form != Flag {
		return ""
	}
	return strconv.Itoa(int(int32(binary.NativeEndian.Uint32(r.Fresh))))
}

// kindNames are the groups of kinds that rows use.
var kindNames = []struct {
	kinds Kinds
	name  string
}{
	{Internet, "all but packet sockets"}, {IPLevel, "all but raw IPv6"}, {IPv6, "IPv6"}, {Streams, "TCP"}, {UDP, "UDP"},
	{Datagrams, "UDP, raw and ping"}, {Datagrams &^ Raw6, "UDP, raw IPv4 and ping"}, {Datagrams6, "UDP, raw and ping over IPv6"}, {IPv6 &^ Raw6, "all but raw sockets"},
	{TCP6 | UDP6, "TCP and UDP"}, {withIPv4, "UDP, raw IPv4, ping IPv4"}, {anyTime, "all but TCP"}, {Raw, "raw sockets"}, {Ping, "ping sockets"},
	{TCP4, "TCP over IPv4"}, {TCP6, "TCP over IPv6"}, {UDP4, "UDP over IPv4"}, {UDP6, "UDP over IPv6"},
	{Raw4, "raw IPv4"}, {Raw6, "raw IPv6"}, {Ping4, "ping IPv4"}, {Ping6, "ping IPv6"}, {Packet, "packet sockets"},
}

// String names a group of kinds.
func (k Kinds) String() string {
	for _, n := range kindNames {
		if n.kinds == k {
			return n.name
		}
	}
	var names []string
	for _, n := range kindNames {
		if n.kinds&k == n.kinds && n.kinds&(n.kinds-1) == 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ", ")
}

var stateNames = []string{"new", "bound", "listening", "connected"}

// String names states.
func (s States) String() string {
	var names []string
	for i, name := range stateNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

const controlIntro = `
## Control data

What recvmsg(2) delivers once its option is set, and what sendmsg(2) takes for one datagram instead of the socket's option. What
Linux takes and the stack does not have (IP_RETOPTS, UDP_SEGMENT, SO_MARK, extension headers and the like) is EOPNOTSUPP, an
unknown type of these levels EINVAL; other levels are passed over. Streams keep the options, and deliver nothing.

| data | value | asked for by | received on | sent on | remark |
|---|---|---|---|---|---|
`

func writeControls(b *bytes.Buffer) {
	b.WriteString(controlIntro)
	for _, c := range Controls() {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", c.Name, c.Form, c.Option, c.Received, c.Sent, c.Why)
	}
}

func writeTCPInfo(b *bytes.Buffer) {
	b.WriteString("\n## TCP_INFO, field by field\n\nAbsent fields are 0: gVisor does not tell them.\n\n")
	b.WriteString("| field | byte | known | from |\n|---|---|---|---|\n")
	at := 0
	for _, f := range TCPInfo() {
		fmt.Fprintf(b, "| %s | %d | %s | %s |\n", f.Name, at, f.Fidelity, f.From)
		at += f.Size
	}
}

func writeDifferences(b *bytes.Buffer) {
	b.WriteString("\n## Differences from Linux\n\n")
	b.WriteString("Of what is supported or has no effect, as compared with Linux 6.18 by the tests.\n\n")
	b.WriteString("| option | of | where | Linux and the stack |\n|---|---|---|---|\n")
	for _, d := range Differences() {
		where := []string{}
		if d.Kinds != 0 {
			where = append(where, d.Kinds.String())
		}
		if d.States != 0 {
			where = append(where, d.States.String())
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", d.Name, d.Aspect, strings.Join(where, "; "), d.Why)
	}
}

func writeOthers(b *bytes.Buffer) {
	b.WriteString("\n## Names that are no options of these families\n\n| names | what they are |\n|---|---|\n")
	var names []string
	for name := range others {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(b, "| %s | %s |\n", strings.ReplaceAll(name, "*", "\\*"), others[name])
	}
}
