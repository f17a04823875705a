package facade

import (
	"strconv"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Family is an address family of socket(2).
type Family int

// Address families.
const (
	AF_UNSPEC          Family = endpoint.AF_UNSPEC
	AF_UNIX            Family = endpoint.AF_UNIX
	AF_INET            Family = endpoint.AF_INET
	AF_INET6           Family = endpoint.AF_INET6
	AF_NETLINK         Family = 16
	AF_PACKET          Family = 17
	AF_TIPC            Family = 30
	AF_BLUETOOTH       Family = 31
	AF_VSOCK           Family = 40
	TIPC_ADDR_NAMESEQ         = 1
	TIPC_ADDR_NAME            = 2
	TIPC_ADDR_ID              = 3
	BTPROTO_L2CAP             = 0
	SIO_KEEPALIVE_VALS        = 2550136836
	SCM_RIGHTS                = 1
	BTPROTO_HCI               = 1
	BTPROTO_SCO               = 2
	BTPROTO_RFCOMM            = 3
)

var familyNames = map[Family]string{
	AF_UNSPEC: "AF_UNSPEC", AF_UNIX: "AF_UNIX", AF_INET: "AF_INET", AF_INET6: "AF_INET6",
}

// String returns the constant's name, or the number of an unknown family.
func (f Family) String() string { return nameOr(familyNames, f) }

// Type is a socket type of socket(2).
type Type int

// Socket types. SOCK_NONBLOCK and SOCK_CLOEXEC may be or-ed to a type; they never
// show in Socket.Type.
const (
	SOCK_STREAM    Type = endpoint.SOCK_STREAM
	SOCK_DGRAM     Type = endpoint.SOCK_DGRAM
	SOCK_RAW       Type = endpoint.SOCK_RAW
	SOCK_RDM       Type = endpoint.SOCK_RDM
	SOCK_SEQPACKET Type = endpoint.SOCK_SEQPACKET
	SOCK_NONBLOCK  Type = endpoint.SOCK_NONBLOCK
	SOCK_CLOEXEC   Type = endpoint.SOCK_CLOEXEC
)

var typeNames = map[Type]string{
	SOCK_STREAM: "SOCK_STREAM", SOCK_DGRAM: "SOCK_DGRAM", SOCK_RAW: "SOCK_RAW",
	SOCK_RDM: "SOCK_RDM", SOCK_SEQPACKET: "SOCK_SEQPACKET",
}

// String returns the constant's name, or the number of an unknown type.
func (t Type) String() string { return nameOr(typeNames, t) }

func nameOr[T ~int](names map[T]string, v T) string {
	if name, ok := names[v]; ok {
		return name
	}
	return strconv.Itoa(int(v))
}

// Protocols.
const (
	IPPROTO_IP   = endpoint.IPPROTO_IP
	IPPROTO_ICMP = endpoint.IPPROTO_ICMP
	IPPROTO_TCP  = endpoint.IPPROTO_TCP
	IPPROTO_UDP  = endpoint.IPPROTO_UDP
	IPPROTO_IPV6 = endpoint.IPPROTO_IPV6
)

// How of Shutdown.
const (
	SHUT_RD   = endpoint.SHUT_RD
	SHUT_WR   = endpoint.SHUT_WR
	SHUT_RDWR = endpoint.SHUT_RDWR
)

// SOMAXCONN is the greatest backlog that Listen keeps.
const SOMAXCONN = endpoint.SOMAXCONN

// Flags of send and recv.
const (
	MSG_OOB      = endpoint.MSG_OOB
	MSG_PEEK     = endpoint.MSG_PEEK
	MSG_CTRUNC   = endpoint.MSG_CTRUNC
	MSG_TRUNC    = endpoint.MSG_TRUNC
	MSG_DONTWAIT = endpoint.MSG_DONTWAIT
	MSG_EOR      = endpoint.MSG_EOR
	MSG_WAITALL  = endpoint.MSG_WAITALL
	MSG_NOSIGNAL = endpoint.MSG_NOSIGNAL
	MSG_MORE     = endpoint.MSG_MORE
)

// Options of socket(7).
const (
	SOL_SOCKET      = endpoint.SOL_SOCKET
	SO_REUSEADDR    = endpoint.SO_REUSEADDR
	SO_TYPE         = endpoint.SO_TYPE
	SO_ERROR        = endpoint.SO_ERROR
	SO_BROADCAST    = endpoint.SO_BROADCAST
	SO_SNDBUF       = endpoint.SO_SNDBUF
	SO_RCVBUF       = endpoint.SO_RCVBUF
	SO_KEEPALIVE    = endpoint.SO_KEEPALIVE
	SO_LINGER       = endpoint.SO_LINGER
	SO_REUSEPORT    = endpoint.SO_REUSEPORT
	SO_RCVTIMEO     = endpoint.SO_RCVTIMEO
	SO_SNDTIMEO     = endpoint.SO_SNDTIMEO
	SO_BINDTODEVICE = endpoint.SO_BINDTODEVICE
	SO_ACCEPTCONN   = endpoint.SO_ACCEPTCONN
	SO_MARK         = endpoint.SO_MARK
	SO_PROTOCOL     = endpoint.SO_PROTOCOL
	SO_DOMAIN       = endpoint.SO_DOMAIN
)

// Options of tcp(7).
const (
	TCP_NODELAY      = endpoint.TCP_NODELAY
	TCP_MAXSEG       = endpoint.TCP_MAXSEG
	TCP_CORK         = endpoint.TCP_CORK
	TCP_KEEPIDLE     = endpoint.TCP_KEEPIDLE
	TCP_KEEPINTVL    = endpoint.TCP_KEEPINTVL
	TCP_KEEPCNT      = endpoint.TCP_KEEPCNT
	TCP_SYNCNT       = endpoint.TCP_SYNCNT
	TCP_LINGER2      = endpoint.TCP_LINGER2
	TCP_DEFER_ACCEPT = endpoint.TCP_DEFER_ACCEPT
	TCP_WINDOW_CLAMP = endpoint.TCP_WINDOW_CLAMP
	TCP_INFO         = endpoint.TCP_INFO
	TCP_QUICKACK     = endpoint.TCP_QUICKACK
	TCP_CONGESTION   = endpoint.TCP_CONGESTION
	TCP_USER_TIMEOUT = endpoint.TCP_USER_TIMEOUT
)

// Options of ip(7) and ipv6(7).
const (
	IP_TOS            = endpoint.IP_TOS
	IP_TTL            = endpoint.IP_TTL
	IP_MTU_DISCOVER   = endpoint.IP_MTU_DISCOVER
	IPV6_V6ONLY       = endpoint.IPV6_V6ONLY
	IPV6_TCLASS       = endpoint.IPV6_TCLASS
	IPV6_UNICAST_HOPS = endpoint.IPV6_UNICAST_HOPS
	IPV6_MTU_DISCOVER = endpoint.IPV6_MTU_DISCOVER
)
