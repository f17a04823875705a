package endpoint

// Levels of control data that belong to no protocol constant of abi.go.
const (
	SOL_IP   = IPPROTO_IP
	SOL_UDP  = IPPROTO_UDP
	SOL_IPV6 = IPPROTO_IPV6
)

// Options of socket(7) that ask for control data, and the types of that data.
// On 64-bit kernels the old forms of timestamps are 64 bits wide, as the new ones.
const (
	SO_TIMESTAMP       = 29
	SO_TIMESTAMPNS     = 35
	SO_TIMESTAMP_NEW   = 63
	SO_TIMESTAMPNS_NEW = 64

	SCM_RIGHTS          = 1
	SCM_CREDENTIALS     = 2
	SCM_TIMESTAMP       = SO_TIMESTAMP
	SCM_TIMESTAMPNS     = SO_TIMESTAMPNS
	SCM_TIMESTAMP_NEW   = SO_TIMESTAMP_NEW
	SCM_TIMESTAMPNS_NEW = SO_TIMESTAMPNS_NEW
)

// Options and control data of ip(7).
const (
	IP_RETOPTS         = 7
	IP_PKTINFO         = 8
	IP_RECVERR         = 11
	IP_RECVTTL         = 12
	IP_RECVTOS         = 13
	IP_ORIGDSTADDR     = 20
	IP_RECVORIGDSTADDR = IP_ORIGDSTADDR
	IP_MULTICAST_ALL   = 49
	IP_PROTOCOL        = 52
)

// Options and control data of ipv6(7) and RFC 3542.
const (
	IPV6_2292PKTINFO     = 2
	IPV6_2292HOPOPTS     = 3
	IPV6_2292DSTOPTS     = 4
	IPV6_2292RTHDR       = 5
	IPV6_2292HOPLIMIT    = 8
	IPV6_FLOWINFO        = 11
	IPV6_JOIN_GROUP      = IPV6_ADD_MEMBERSHIP
	IPV6_LEAVE_GROUP     = IPV6_DROP_MEMBERSHIP
	IPV6_RECVERR         = 25
	IPV6_MULTICAST_ALL   = 29
	IPV6_RECVPKTINFO     = 49
	IPV6_PKTINFO         = 50
	IPV6_RECVHOPLIMIT    = 51
	IPV6_HOPLIMIT        = 52
	IPV6_HOPOPTS         = 54
	IPV6_RTHDRDSTOPTS    = 55
	IPV6_RTHDR           = 57
	IPV6_DSTOPTS         = 59
	IPV6_DONTFRAG        = 62
	IPV6_RECVTCLASS      = 66
	IPV6_ORIGDSTADDR     = 74
	IPV6_RECVORIGDSTADDR = IPV6_ORIGDSTADDR
)

// UDP_SEGMENT is an option and control data of udp(7).
const UDP_SEGMENT = 103

// Options of both families that filter the sources of a group (RFC 3678).
const (
	IP_UNBLOCK_SOURCE         = 37
	IP_BLOCK_SOURCE           = 38
	IP_ADD_SOURCE_MEMBERSHIP  = 39
	IP_DROP_SOURCE_MEMBERSHIP = 40
	IP_MSFILTER               = 41
	MCAST_JOIN_GROUP          = 42
	MCAST_BLOCK_SOURCE        = 43
	MCAST_UNBLOCK_SOURCE      = 44
	MCAST_LEAVE_GROUP         = 45
	MCAST_JOIN_SOURCE_GROUP   = 46
	MCAST_LEAVE_SOURCE_GROUP  = 47
	MCAST_MSFILTER            = 48

	MCAST_EXCLUDE = 0
	MCAST_INCLUDE = 1
)

// IP_MAX_MEMBERSHIPS bounds the IPv4 groups of a socket (igmp_max_memberships).
const IP_MAX_MEMBERSHIPS = 20

// Origins of struct sock_extended_err (linux/errqueue.h).
const (
	SO_EE_ORIGIN_NONE  = 0
	SO_EE_ORIGIN_LOCAL = 1
	SO_EE_ORIGIN_ICMP  = 2
	SO_EE_ORIGIN_ICMP6 = 3
)
