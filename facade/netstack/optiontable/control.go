package optiontable

import "github.com/usernet-stack/usernet/facade/endpoint"

// Control is one kind of control data of sendmsg(2) and recvmsg(2).
type Control struct {
	Level, Type int
	Name        string
	Form        Form
	// Option asks for it, if it is received.
	Option string
	// Received are the kinds of sockets that it comes with, Sent those that take it.
	Received, Sent Kinds
	// Sample is a value to send to the loopback.
	Sample []byte
	Why    string
}

const (
	withIPv4 = UDP4 | UDP6 | Raw4 | Ping4
	anyTime  = Datagrams | Packet
)

// Controls returns the control data of the stack.
func Controls() []Control {
	return []Control{
		{Level: endpoint.SOL_SOCKET, Type: 29, Name: "SCM_TIMESTAMP", Form: "struct timeval", Option: "SO_TIMESTAMP", Received: anyTime,
			Why: "a socket has one form of time, the one that was set last"},
		{Level: endpoint.SOL_SOCKET, Type: 35, Name: "SCM_TIMESTAMPNS", Form: "struct timespec", Option: "SO_TIMESTAMPNS", Received: anyTime},
		{Level: endpoint.SOL_SOCKET, Type: 63, Name: "SO_TIMESTAMP_NEW", Form: "struct timeval", Option: "SO_TIMESTAMP_NEW", Received: anyTime},
		{Level: endpoint.SOL_SOCKET, Type: 64, Name: "SO_TIMESTAMPNS_NEW", Form: "struct timespec", Option: "SO_TIMESTAMPNS_NEW", Received: anyTime},
		{Level: endpoint.IPPROTO_IP, Type: 1, Name: "IP_TOS", Form: "byte", Option: "IP_RECVTOS", Received: withIPv4, Sent: withIPv4, Sample: []byte{0x20},
			Why: "an int is sent as well"},
		{Level: endpoint.IPPROTO_IP, Type: 2, Name: "IP_TTL", Form: Int, Option: "IP_RECVTTL", Received: withIPv4, Sent: withIPv4, Sample: ints(7)},
		{Level: endpoint.IPPROTO_IP, Type: 8, Name: "IP_PKTINFO", Form: "struct in_pktinfo", Option: "IP_PKTINFO", Received: withIPv4, Sent: withIPv4, Sample: ints(0, 0, 0),
			Why: "a source must belong to the link that the datagram leaves by"},
		{Level: endpoint.IPPROTO_IP, Type: 20, Name: "IP_ORIGDSTADDR", Form: "struct sockaddr_in", Option: "IP_RECVORIGDSTADDR", Received: withIPv4},
		{Level: endpoint.IPPROTO_IPV6, Type: 50, Name: "IPV6_PKTINFO", Form: "struct in6_pktinfo", Option: "IPV6_RECVPKTINFO", Received: Datagrams6, Sent: Datagrams6, Sample: make([]byte, 20),
			Why: "of IPv4 to an IPv6 socket too, mapped"},
		{Level: endpoint.IPPROTO_IPV6, Type: 52, Name: "IPV6_HOPLIMIT", Form: Int, Option: "IPV6_RECVHOPLIMIT", Received: Datagrams6, Sent: Datagrams6, Sample: ints(7)},
		{Level: endpoint.IPPROTO_IPV6, Type: 67, Name: "IPV6_TCLASS", Form: Int, Option: "IPV6_RECVTCLASS", Received: Datagrams6, Sent: Datagrams6, Sample: ints(0x20)},
		{Level: endpoint.IPPROTO_IPV6, Type: 74, Name: "IPV6_ORIGDSTADDR", Form: "struct sockaddr_in6", Option: "IPV6_RECVORIGDSTADDR", Received: Datagrams6},
		{Level: endpoint.IPPROTO_IP, Type: 11, Name: "IP_RECVERR", Form: "struct sock_extended_err", Option: "IP_RECVERR", Received: withIPv4,
			Why: "with MSG_ERRQUEUE"},
		{Level: endpoint.IPPROTO_IPV6, Type: 25, Name: "IPV6_RECVERR", Form: "struct sock_extended_err", Option: "IPV6_RECVERR", Received: Datagrams6,
			Why: "with MSG_ERRQUEUE"},
	}
}
