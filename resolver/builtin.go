package resolver

import "slices"

// protocols are those that the stack or the kernel path make sockets of, by the
// names of protocols(5).
var protocols = map[string]int{
	"ip": 0, "icmp": 1, "igmp": 2, "ipencap": 4, "tcp": 6, "udp": 17, "dccp": 33, "ipv6": 41,
	"gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "sctp": 132, "udplite": 136,
}

// service is a row of services(5).
type service struct {
	name   string
	port   int
	protos []string
}

var (
	tcpOnly = []string{"tcp"}
	udpOnly = []string{"udp"}
	both    = []string{"tcp", "udp"}
)

// services are a handful that examples and tests ask for by name (RFC 6335's
// registry has them all).
var services = []service{
	{"echo", 7, both},
	{"discard", 9, both},
	{"daytime", 13, both},
	{"ftp", 21, tcpOnly},
	{"ssh", 22, tcpOnly},
	{"telnet", 23, tcpOnly},
	{"smtp", 25, tcpOnly},
	{"domain", 53, both},
	{"tftp", 69, udpOnly},
	{"http", 80, tcpOnly},
	{"pop3", 110, tcpOnly},
	{"ntp", 123, udpOnly},
	{"imap2", 143, tcpOnly},
	{"snmp", 161, both},
	{"https", 443, both},
	{"submission", 587, tcpOnly},
	{"imaps", 993, tcpOnly},
	{"pop3s", 995, tcpOnly},
}

// GetProtoByName implements Resolver for the protocols that sockets are made of.
func (Numeric) GetProtoByName(name string) (int, error) {
	if n, ok := protocols[name]; ok {
		return n, nil
	}
	return 0, ErrProtocol
}

// GetServByName implements Resolver for a handful of well-known services.
func (Numeric) GetServByName(name, proto string) (int, error) {
	for _, s := range services {
		if s.name == name && (proto == "" || slices.Contains(s.protos, proto)) {
			return s.port, nil
		}
	}
	return 0, ErrService
}

// GetServByPort implements Resolver for a handful of well-known services.
func (Numeric) GetServByPort(port int, proto string) (string, error) {
	for _, s := range services {
		if s.port == port && (proto == "" || slices.Contains(s.protos, proto)) {
			return s.name, nil
		}
	}
	return "", ErrPort
}
