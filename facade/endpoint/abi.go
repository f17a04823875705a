package endpoint

// Linux's numbers for what crosses the contract, on every platform.

// Address families of socket(2).
const (
	AF_UNSPEC = 0
	AF_UNIX   = 1
	AF_INET   = 2
	AF_INET6  = 10
)

// Socket types of socket(2). The flags may be or-ed to a type.
const (
	SOCK_STREAM    = 1
	SOCK_DGRAM     = 2
	SOCK_RAW       = 3
	SOCK_RDM       = 4
	SOCK_SEQPACKET = 5

	SOCK_NONBLOCK = 0o4000
	SOCK_CLOEXEC  = 0o2000000
)

// Protocols of ip(7).
const (
	IPPROTO_IP     = 0
	IPPROTO_ICMP   = 1
	IPPROTO_TCP    = 6
	IPPROTO_UDP    = 17
	IPPROTO_IPV6   = 41
	IPPROTO_ICMPV6 = 58
	IPPROTO_RAW    = 255
)

// How of shutdown(2).
const (
	SHUT_RD   = 0
	SHUT_WR   = 1
	SHUT_RDWR = 2
)

// SOMAXCONN is the greatest backlog of listen(2).
const SOMAXCONN = 4096

// Flags of send(2) and recv(2).
const (
	MSG_OOB       = 0x1
	MSG_PEEK      = 0x2
	MSG_DONTROUTE = 0x4
	MSG_CTRUNC    = 0x8
	MSG_TRUNC     = 0x20
	MSG_DONTWAIT  = 0x40
	MSG_EOR       = 0x80
	MSG_WAITALL   = 0x100
	MSG_CONFIRM   = 0x800
	MSG_ERRQUEUE  = 0x2000
	MSG_NOSIGNAL  = 0x4000
	MSG_MORE      = 0x8000
)

// Options of socket(7), level SOL_SOCKET.
const (
	SOL_SOCKET = 1

	SO_DEBUG        = 1
	SO_REUSEADDR    = 2
	SO_TYPE         = 3
	SO_ERROR        = 4
	SO_DONTROUTE    = 5
	SO_BROADCAST    = 6
	SO_SNDBUF       = 7
	SO_RCVBUF       = 8
	SO_KEEPALIVE    = 9
	SO_OOBINLINE    = 10
	SO_NO_CHECK     = 11
	SO_PRIORITY     = 12
	SO_LINGER       = 13
	SO_REUSEPORT    = 15
	SO_RCVLOWAT     = 18
	SO_SNDLOWAT     = 19
	SO_RCVTIMEO     = 20
	SO_SNDTIMEO     = 21
	SO_BINDTODEVICE = 25
	SO_ACCEPTCONN   = 30
	SO_SNDBUFFORCE  = 32
	SO_RCVBUFFORCE  = 33
	SO_MARK         = 36
	SO_PROTOCOL     = 38
	SO_DOMAIN       = 39
	SO_COOKIE       = 57
)

// Options of tcp(7), level IPPROTO_TCP.
const (
	TCP_NODELAY      = 1
	TCP_MAXSEG       = 2
	TCP_CORK         = 3
	TCP_KEEPIDLE     = 4
	TCP_KEEPINTVL    = 5
	TCP_KEEPCNT      = 6
	TCP_SYNCNT       = 7
	TCP_LINGER2      = 8
	TCP_DEFER_ACCEPT = 9
	TCP_WINDOW_CLAMP = 10
	TCP_INFO         = 11
	TCP_QUICKACK     = 12
	TCP_CONGESTION   = 13
	TCP_USER_TIMEOUT = 18
)

// Options of ip(7), level IPPROTO_IP.
const (
	IP_TOS             = 1
	IP_TTL             = 2
	IP_MTU_DISCOVER    = 10
	IP_MULTICAST_IF    = 32
	IP_MULTICAST_TTL   = 33
	IP_MULTICAST_LOOP  = 34
	IP_ADD_MEMBERSHIP  = 35
	IP_DROP_MEMBERSHIP = 36
)

// Options of ipv6(7), level IPPROTO_IPV6.
const (
	IPV6_UNICAST_HOPS    = 16
	IPV6_MULTICAST_IF    = 17
	IPV6_MULTICAST_HOPS  = 18
	IPV6_MULTICAST_LOOP  = 19
	IPV6_ADD_MEMBERSHIP  = 20
	IPV6_DROP_MEMBERSHIP = 21
	IPV6_MTU_DISCOVER    = 23
	IPV6_V6ONLY          = 26
	IPV6_TCLASS          = 67
)

// Requests of ioctl(2) for sockets: tcp(7), udp(7).
const (
	FIONREAD = 0x541B
	SIOCOUTQ = 0x5411
)
