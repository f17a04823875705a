// Package constants makes the facade's Go constants from a table of names and
// values.
package constants

import (
	"bytes"
	"fmt"
	"go/format"
	"strconv"
	"strings"
)

// Row is a line of the table.
type Row struct {
	Name string
	// Value is a decimal integer, or the text of a BDADDR_* address.
	Value string
	// Source says where the value was read.
	Source string
}

// header is the table's first line.
const header = "name\tvalue\tsource"

// Parse reads the table: lines of three columns between tabs, after a header.
func Parse(table string) ([]Row, error) {
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	if lines[0] != header {
		return nil, fmt.Errorf("line 1 is %q, not %q", lines[0], header)
	}
	var rows []Row
	seen := map[string]bool{}
	for i, line := range lines[1:] {
		columns := strings.Split(line, "\t")
		if len(columns) != 3 || columns[0] == "" {
			return nil, fmt.Errorf("line %d has no three columns: %q", i+2, line)
		}
		if seen[columns[0]] {
			return nil, fmt.Errorf("line %d: %s is there already", i+2, columns[0])
		}
		seen[columns[0]] = true
		rows = append(rows, Row{columns[0], columns[1], columns[2]})
	}
	return rows, nil
}

// group is the constants of one const block: those with the prefix that no
// earlier group has taken.
type group struct {
	prefix, comment string
	typ             string // the Go type; "" is an untyped constant
	names           string // the table of names that String uses, or ""
}

// groups are in the order of the generated file. Those that begin alike are
// ordered from the longest prefix to the shortest.
var groups = []group{
	{prefix: "AF_", comment: "Address families of socket(2).", typ: "Family", names: "familyNames"},
	{prefix: "PF_", comment: "Protocol families: other names of address families.", typ: "Family", names: "familyNames"},
	{prefix: "SOCK_BUF_LOCK_", comment: "Values of SO_BUF_LOCK."},
	{prefix: "SOCK_RCVBUF_LOCK", comment: "SOCK_RCVBUF_LOCK is a bit of SO_BUF_LOCK."},
	{prefix: "SOCK_SNDBUF_LOCK", comment: "SOCK_SNDBUF_LOCK is a bit of SO_BUF_LOCK."},
	{prefix: "SOCK_TXREHASH_", comment: "Values of SO_TXREHASH."},
	{prefix: "SOCK_IOC_TYPE", comment: "SOCK_IOC_TYPE is the type of the ioctl(2) requests of sockets."},
	{prefix: "SOCK_", comment: "Socket types of socket(2). SOCK_NONBLOCK and SOCK_CLOEXEC may be or-ed to a type;\nthey never show in Socket.Type.", typ: "Type", names: "typeNames"},
	{prefix: "IPPROTO_", comment: "Protocols of socket(2), which are also levels of options."},
	{prefix: "SOL_", comment: "Levels of options."},
	{prefix: "SHUT_", comment: "How of Shutdown."},
	{prefix: "SOMAXCONN", comment: "SOMAXCONN is the greatest backlog that Listen keeps."},
	{prefix: "MSG_", comment: "Flags of send(2) and recv(2)."},
	{prefix: "SO_EE_", comment: "Origins and codes of struct sock_extended_err, which MSG_ERRQUEUE receives."},
	{prefix: "SO_VM_SOCKETS_", comment: "Options of vsock(7)."},
	{prefix: "SO_J1939_", comment: "Options of SAE J1939 sockets."},
	{prefix: "SO_", comment: "Options of socket(7), level SOL_SOCKET."},
	{prefix: "SCM_", comment: "Types of control messages, level SOL_SOCKET."},
	{prefix: "IP_", comment: "Options of ip(7), level IPPROTO_IP, and their values."},
	{prefix: "IPV6_", comment: "Options of ipv6(7), level IPPROTO_IPV6, and their values."},
	{prefix: "MCAST_", comment: "Options of multicast for both families (RFC 3678)."},
	{prefix: "TCP_", comment: "Options of tcp(7), level IPPROTO_TCP, and their values."},
	{prefix: "UDP_", comment: "Options of udp(7), level IPPROTO_UDP, and their values."},
	{prefix: "UDPLITE_", comment: "Options of udplite(7), level IPPROTO_UDPLITE."},
	{prefix: "INADDR_", comment: "IPv4 addresses, in host byte order."},
	{prefix: "IPPORT_", comment: "Bounds of ranges of ports."},
	{prefix: "AI_", comment: "Flags of GetAddrInfo."},
	{prefix: "NI_", comment: "Flags of GetNameInfo, and the lengths of its results in C."},
	{prefix: "EAI_", comment: "Codes of GAIError.", typ: "EAI"},
	{prefix: "PACKET_", comment: "Kinds of packet(7)'s packets, and options of level SOL_PACKET with their values."},
	{prefix: "NETLINK_", comment: "Protocols of netlink(7), and options of level SOL_NETLINK."},
	{prefix: "TIPC_", comment: "Addresses, scopes, options and events of TIPC."},
	{prefix: "SIOC", comment: "Requests of ioctl(2) for sockets: netdevice(7) and others."},
	{prefix: "SIO_", comment: "Control codes of Windows' WSAIoctl, for Ioctl."},
	{prefix: "RCVALL_", comment: "Arguments of SIO_RCVALL."},
	{prefix: "BTPROTO_", comment: "Protocols of Bluetooth."},
	{prefix: "BDADDR_", comment: "Addresses of Bluetooth.", typ: "string"},
}

// usual is the name that String returns for a value that has several names of
// the same prefix.
var usual = map[string]bool{"AF_NETLINK": true}

// Generate writes Go source with a constant for each row. A name that no group
// takes, and a group that takes none, are errors.
func Generate(pkg, from string, rows []Row) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated from %s; DO NOT EDIT.\n\npackage %s\n", from, pkg)
	grouped, err := byGroup(rows)
	if err != nil {
		return nil, err
	}
	for i, g := range groups {
		writeGroup(&b, g, grouped[i])
	}
	for _, table := range []struct{ name, typ, comment string }{
		{"familyNames", "Family", "familyNames are what Family.String returns; of names that share a value, the usual one."},
		{"typeNames", "Type", "typeNames are what Type.String returns."},
	} {
		fmt.Fprintf(&b, "\n// %s\nvar %s = map[%s]string{\n", table.comment, table.name, table.typ)
		for _, name := range names(table.name, grouped) {
			fmt.Fprintf(&b, "%s: %q,\n", name, name)
		}
		b.WriteString("}\n")
	}
	return format.Source(b.Bytes())
}

// byGroup returns the rows of each group.
func byGroup(rows []Row) ([][]Row, error) {
	grouped := make([][]Row, len(groups))
rows:
	for _, r := range rows {
		for i, g := range groups {
			if strings.HasPrefix(r.Name, g.prefix) {
				grouped[i] = append(grouped[i], r)
				continue rows
			}
		}
		return nil, fmt.Errorf("%s belongs to no group", r.Name)
	}
	for i, g := range groups {
		if len(grouped[i]) == 0 {
			return nil, fmt.Errorf("no name begins with %s", g.prefix)
		}
	}
	return grouped, nil
}

func writeGroup(b *bytes.Buffer, g group, rows []Row) {
	fmt.Fprintf(b, "\n// %s\nconst (\n", strings.ReplaceAll(g.comment, "\n", "\n// "))
	for _, r := range rows {
		value := r.Value
		if g.typ == "string" {
			value = strconv.Quote(value)
		}
		fmt.Fprintf(b, "%s %s = %s\n", r.Name, g.typ, value)
	}
	b.WriteString(")\n")
}

// names picks one name for each value of a table: the usual one, or else the
// first.
func names(table string, grouped [][]Row) []string {
	var order []string
	name := map[string]string{}
	for i, g := range groups {
		if g.names != table {
			continue
		}
		for _, r := range grouped[i] {
			if _, ok := name[r.Value]; !ok {
				order = append(order, r.Value)
			} else if !usual[r.Name] {
				continue
			}
			name[r.Value] = r.Name
		}
	}
	for i, value := range order {
		order[i] = name[value]
	}
	return order
}
