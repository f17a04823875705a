// Code generated from testdata/constants.tsv; DO NOT EDIT.

package facade

// Address families of socket(2).
const (
	AF_ALG       Family = 38
	AF_APPLETALK Family = 5
	AF_ASH       Family = 18
	AF_ATMPVC    Family = 8
	AF_ATMSVC    Family = 20
	AF_AX25      Family = 3
	AF_BRIDGE    Family = 7
	AF_CAN       Family = 29
	AF_DECnet    Family = 12
	AF_ECONET    Family = 19
	AF_INET      Family = 2
	AF_INET6     Family = 10
	AF_IPX       Family = 4
	AF_IRDA      Family = 23
	AF_KEY       Family = 15
	AF_LLC       Family = 26
	AF_NETBEUI   Family = 13
	AF_NETLINK   Family = 16
	AF_NETROM    Family = 6
	AF_PACKET    Family = 17
	AF_PPPOX     Family = 24
	AF_QIPCRTR   Family = 42
	AF_RDS       Family = 21
	AF_ROSE      Family = 11
	AF_ROUTE     Family = 16
	AF_SECURITY  Family = 14
	AF_SNA       Family = 22
	AF_TIPC      Family = 30
	AF_UNIX      Family = 1
	AF_UNSPEC    Family = 0
	AF_VSOCK     Family = 40
	AF_WANPIPE   Family = 25
	AF_X25       Family = 9
	AF_BLUETOOTH Family = 31
)

// Protocol families: other names of address families.
const (
	PF_CAN    Family = 29
	PF_PACKET Family = 17
	PF_RDS    Family = 21
)

// Values of SO_BUF_LOCK.
const (
	SOCK_BUF_LOCK_MASK = 3
)

// SOCK_RCVBUF_LOCK is a bit of SO_BUF_LOCK.
const (
	SOCK_RCVBUF_LOCK = 2
)

// SOCK_SNDBUF_LOCK is a bit of SO_BUF_LOCK.
const (
	SOCK_SNDBUF_LOCK = 1
)

// Values of SO_TXREHASH.
const (
	SOCK_TXREHASH_DEFAULT  = 255
	SOCK_TXREHASH_DISABLED = 0
	SOCK_TXREHASH_ENABLED  = 1
)

// SOCK_IOC_TYPE is the type of the ioctl(2) requests of sockets.
const (
	SOCK_IOC_TYPE = 137
)

// Socket types of socket(2). SOCK_NONBLOCK and SOCK_CLOEXEC may be or-ed to a type;
// they never show in Socket.Type.
const (
	SOCK_CLOEXEC   Type = 524288
	SOCK_DGRAM     Type = 2
	SOCK_NONBLOCK  Type = 2048
	SOCK_RAW       Type = 3
	SOCK_RDM       Type = 4
	SOCK_SEQPACKET Type = 5
	SOCK_STREAM    Type = 1
	SOCK_DCCP      Type = 6
	SOCK_PACKET    Type = 10
)

// Protocols of socket(2), which are also levels of options.
const (
	IPPROTO_AH       = 51
	IPPROTO_DSTOPTS  = 60
	IPPROTO_EGP      = 8
	IPPROTO_ESP      = 50
	IPPROTO_FRAGMENT = 44
	IPPROTO_GRE      = 47
	IPPROTO_HOPOPTS  = 0
	IPPROTO_ICMP     = 1
	IPPROTO_ICMPV6   = 58
	IPPROTO_IDP      = 22
	IPPROTO_IGMP     = 2
	IPPROTO_IP       = 0
	IPPROTO_IPIP     = 4
	IPPROTO_IPV6     = 41
	IPPROTO_MPTCP    = 262
	IPPROTO_NONE     = 59
	IPPROTO_PIM      = 103
	IPPROTO_PUP      = 12
	IPPROTO_RAW      = 255
	IPPROTO_ROUTING  = 43
	IPPROTO_RSVP     = 46
	IPPROTO_SCTP     = 132
	IPPROTO_TCP      = 6
	IPPROTO_TP       = 29
	IPPROTO_UDP      = 17
	IPPROTO_UDPLITE  = 136
	IPPROTO_BEETPH   = 94
	IPPROTO_COMP     = 108
	IPPROTO_DCCP     = 33
	IPPROTO_ENCAP    = 98
	IPPROTO_ETHERNET = 143
	IPPROTO_MH       = 135
	IPPROTO_MPLS     = 137
	IPPROTO_MTP      = 92
)

// Levels of options.
const (
	SOL_ALG       = 279
	SOL_CAN_BASE  = 100
	SOL_CAN_RAW   = 101
	SOL_IP        = 0
	SOL_RDS       = 276
	SOL_SOCKET    = 1
	SOL_TCP       = 6
	SOL_TIPC      = 271
	SOL_UDP       = 17
	SOL_AAL       = 265
	SOL_ATM       = 264
	SOL_BLUETOOTH = 274
	SOL_CAIF      = 278
	SOL_DCCP      = 269
	SOL_DECNET    = 261
	SOL_ICMPV6    = 58
	SOL_IPV6      = 41
	SOL_IRDA      = 266
	SOL_IUCV      = 277
	SOL_KCM       = 281
	SOL_LLC       = 268
	SOL_MCTP      = 285
	SOL_MPTCP     = 284
	SOL_NETBEUI   = 267
	SOL_NETLINK   = 270
	SOL_NFC       = 280
	SOL_PACKET    = 263
	SOL_PNPIPE    = 275
	SOL_PPPOL2TP  = 273
	SOL_RAW       = 255
	SOL_RXRPC     = 272
	SOL_SMC       = 286
	SOL_TLS       = 282
	SOL_X25       = 262
	SOL_XDP       = 283
)

// How of Shutdown.
const (
	SHUT_RD   = 0
	SHUT_RDWR = 2
	SHUT_WR   = 1
)

// SOMAXCONN is the greatest backlog that Listen keeps.
const (
	SOMAXCONN = 4096
)

// Flags of send(2) and recv(2).
const (
	MSG_CMSG_CLOEXEC = 1073741824
	MSG_CONFIRM      = 2048
	MSG_CTRUNC       = 8
	MSG_DONTROUTE    = 4
	MSG_DONTWAIT     = 64
	MSG_EOR          = 128
	MSG_ERRQUEUE     = 8192
	MSG_FASTOPEN     = 536870912
	MSG_MORE         = 32768
	MSG_NOSIGNAL     = 16384
	MSG_OOB          = 1
	MSG_PEEK         = 2
	MSG_TRUNC        = 32
	MSG_WAITALL      = 256
	MSG_BATCH        = 262144
	MSG_FIN          = 512
	MSG_PROXY        = 16
	MSG_RST          = 4096
	MSG_SYN          = 1024
	MSG_TRYHARD      = 4
	MSG_WAITFORONE   = 65536
	MSG_ZEROCOPY     = 67108864
)

// Origins and codes of struct sock_extended_err, which MSG_ERRQUEUE receives.
const (
	SO_EE_CODE_TXTIME_INVALID_PARAM = 1
	SO_EE_CODE_TXTIME_MISSED        = 2
	SO_EE_CODE_ZEROCOPY_COPIED      = 1
	SO_EE_ORIGIN_ICMP               = 2
	SO_EE_ORIGIN_ICMP6              = 3
	SO_EE_ORIGIN_LOCAL              = 1
	SO_EE_ORIGIN_NONE               = 0
	SO_EE_ORIGIN_TIMESTAMPING       = 4
	SO_EE_ORIGIN_TXSTATUS           = 4
	SO_EE_ORIGIN_TXTIME             = 6
	SO_EE_ORIGIN_ZEROCOPY           = 5
	SO_EE_RFC4884_FLAG_INVALID      = 1
)

// Options of vsock(7).
const (
	SO_VM_SOCKETS_BUFFER_MAX_SIZE = 2
	SO_VM_SOCKETS_BUFFER_MIN_SIZE = 1
	SO_VM_SOCKETS_BUFFER_SIZE     = 0
)

// Options of SAE J1939 sockets.
const (
	SO_J1939_ERRQUEUE  = 4
	SO_J1939_FILTER    = 1
	SO_J1939_PROMISC   = 2
	SO_J1939_SEND_PRIO = 3
)

// Options of socket(7), level SOL_SOCKET.
const (
	SO_ACCEPTCONN                    = 30
	SO_BINDTODEVICE                  = 25
	SO_BROADCAST                     = 6
	SO_DEBUG                         = 1
	SO_DOMAIN                        = 39
	SO_DONTROUTE                     = 5
	SO_ERROR                         = 4
	SO_INCOMING_CPU                  = 49
	SO_KEEPALIVE                     = 9
	SO_LINGER                        = 13
	SO_MARK                          = 36
	SO_OOBINLINE                     = 10
	SO_PASSCRED                      = 16
	SO_PASSSEC                       = 34
	SO_PEERCRED                      = 17
	SO_PEERSEC                       = 31
	SO_PRIORITY                      = 12
	SO_PROTOCOL                      = 38
	SO_RCVBUF                        = 8
	SO_RCVLOWAT                      = 18
	SO_RCVTIMEO                      = 20
	SO_REUSEADDR                     = 2
	SO_REUSEPORT                     = 15
	SO_SNDBUF                        = 7
	SO_SNDLOWAT                      = 19
	SO_SNDTIMEO                      = 21
	SO_TYPE                          = 3
	SO_ATTACH_BPF                    = 50
	SO_ATTACH_FILTER                 = 26
	SO_ATTACH_REUSEPORT_CBPF         = 51
	SO_ATTACH_REUSEPORT_EBPF         = 52
	SO_BINDTOIFINDEX                 = 62
	SO_BPF_EXTENSIONS                = 48
	SO_BSDCOMPAT                     = 14
	SO_BUF_LOCK                      = 72
	SO_BUSY_POLL                     = 46
	SO_BUSY_POLL_BUDGET              = 70
	SO_CNX_ADVICE                    = 53
	SO_COOKIE                        = 57
	SO_DETACH_BPF                    = 27
	SO_DETACH_FILTER                 = 27
	SO_DETACH_REUSEPORT_BPF          = 68
	SO_GET_FILTER                    = 26
	SO_INCOMING_NAPI_ID              = 56
	SO_LOCK_FILTER                   = 44
	SO_MAX_PACING_RATE               = 47
	SO_MEMINFO                       = 55
	SO_NETNS_COOKIE                  = 71
	SO_NOFCS                         = 43
	SO_NO_CHECK                      = 11
	SO_PEEK_OFF                      = 42
	SO_PEERGROUPS                    = 59
	SO_PEERNAME                      = 28
	SO_PREFER_BUSY_POLL              = 69
	SO_RCVBUFFORCE                   = 33
	SO_RCVMARK                       = 75
	SO_RCVTIMEO_NEW                  = 66
	SO_RCVTIMEO_OLD                  = 20
	SO_RESERVE_MEM                   = 73
	SO_RXQ_OVFL                      = 40
	SO_SECURITY_AUTHENTICATION       = 22
	SO_SECURITY_ENCRYPTION_NETWORK   = 24
	SO_SECURITY_ENCRYPTION_TRANSPORT = 23
	SO_SELECT_ERR_QUEUE              = 45
	SO_SNDBUFFORCE                   = 32
	SO_SNDTIMEO_NEW                  = 67
	SO_SNDTIMEO_OLD                  = 21
	SO_TIMESTAMP                     = 29
	SO_TIMESTAMPING                  = 37
	SO_TIMESTAMPING_NEW              = 65
	SO_TIMESTAMPING_OLD              = 37
	SO_TIMESTAMPNS                   = 35
	SO_TIMESTAMPNS_NEW               = 64
	SO_TIMESTAMPNS_OLD               = 35
	SO_TIMESTAMP_NEW                 = 63
	SO_TIMESTAMP_OLD                 = 29
	SO_TXREHASH                      = 74
	SO_TXTIME                        = 61
	SO_WIFI_STATUS                   = 41
	SO_ZEROCOPY                      = 60
)

// Types of control messages, level SOL_SOCKET.
const (
	SCM_CREDENTIALS            = 2
	SCM_J1939_DEST_ADDR        = 1
	SCM_J1939_DEST_NAME        = 2
	SCM_J1939_ERRQUEUE         = 4
	SCM_J1939_PRIO             = 3
	SCM_RIGHTS                 = 1
	SCM_TIMESTAMP              = 29
	SCM_TIMESTAMPING           = 37
	SCM_TIMESTAMPING_OPT_STATS = 54
	SCM_TIMESTAMPING_PKTINFO   = 58
	SCM_TIMESTAMPNS            = 35
	SCM_TXTIME                 = 61
	SCM_WIFI_STATUS            = 41
)

// Options of ip(7), level IPPROTO_IP, and their values.
const (
	IP_ADD_MEMBERSHIP         = 35
	IP_BIND_ADDRESS_NO_PORT   = 24
	IP_DEFAULT_MULTICAST_LOOP = 1
	IP_DEFAULT_MULTICAST_TTL  = 1
	IP_DROP_MEMBERSHIP        = 36
	IP_HDRINCL                = 3
	IP_MAX_MEMBERSHIPS        = 20
	IP_MULTICAST_IF           = 32
	IP_MULTICAST_LOOP         = 34
	IP_MULTICAST_TTL          = 33
	IP_OPTIONS                = 4
	IP_RECVOPTS               = 6
	IP_RECVRETOPTS            = 7
	IP_RECVTOS                = 13
	IP_RETOPTS                = 7
	IP_TOS                    = 1
	IP_TRANSPARENT            = 19
	IP_TTL                    = 2
	IP_ADD_SOURCE_MEMBERSHIP  = 39
	IP_BLOCK_SOURCE           = 38
	IP_CHECKSUM               = 23
	IP_DROP_SOURCE_MEMBERSHIP = 40
	IP_FREEBIND               = 15
	IP_IPSEC_POLICY           = 16
	IP_MINTTL                 = 21
	IP_MSFILTER               = 41
	IP_MTU                    = 14
	IP_MTU_DISCOVER           = 10
	IP_MULTICAST_ALL          = 49
	IP_NODEFRAG               = 22
	IP_ORIGDSTADDR            = 20
	IP_PASSSEC                = 18
	IP_PKTINFO                = 8
	IP_PKTOPTIONS             = 9
	IP_PMTUDISC               = 10
	IP_PMTUDISC_DO            = 2
	IP_PMTUDISC_DONT          = 0
	IP_PMTUDISC_INTERFACE     = 4
	IP_PMTUDISC_OMIT          = 5
	IP_PMTUDISC_PROBE         = 3
	IP_PMTUDISC_WANT          = 1
	IP_RECVERR                = 11
	IP_RECVERR_RFC4884        = 26
	IP_RECVFRAGSIZE           = 25
	IP_RECVORIGDSTADDR        = 20
	IP_RECVTTL                = 12
	IP_ROUTER_ALERT           = 5
	IP_UNBLOCK_SOURCE         = 37
	IP_UNICAST_IF             = 50
	IP_XFRM_POLICY            = 17
)

// Options of ipv6(7), level IPPROTO_IPV6, and their values.
const (
	IPV6_CHECKSUM             = 7
	IPV6_DONTFRAG             = 62
	IPV6_DSTOPTS              = 59
	IPV6_HOPLIMIT             = 52
	IPV6_HOPOPTS              = 54
	IPV6_JOIN_GROUP           = 20
	IPV6_LEAVE_GROUP          = 21
	IPV6_MULTICAST_HOPS       = 18
	IPV6_MULTICAST_IF         = 17
	IPV6_MULTICAST_LOOP       = 19
	IPV6_NEXTHOP              = 9
	IPV6_PATHMTU              = 61
	IPV6_PKTINFO              = 50
	IPV6_RECVDSTOPTS          = 58
	IPV6_RECVHOPLIMIT         = 51
	IPV6_RECVHOPOPTS          = 53
	IPV6_RECVPATHMTU          = 60
	IPV6_RECVPKTINFO          = 49
	IPV6_RECVRTHDR            = 56
	IPV6_RECVTCLASS           = 66
	IPV6_RTHDR                = 57
	IPV6_RTHDRDSTOPTS         = 55
	IPV6_RTHDR_TYPE_0         = 0
	IPV6_TCLASS               = 67
	IPV6_UNICAST_HOPS         = 16
	IPV6_V6ONLY               = 26
	IPV6_2292DSTOPTS          = 4
	IPV6_2292HOPLIMIT         = 8
	IPV6_2292HOPOPTS          = 3
	IPV6_2292PKTINFO          = 2
	IPV6_2292PKTOPTIONS       = 6
	IPV6_2292RTHDR            = 5
	IPV6_ADDRFORM             = 1
	IPV6_ADDR_PREFERENCES     = 72
	IPV6_ADD_MEMBERSHIP       = 20
	IPV6_AUTHHDR              = 10
	IPV6_AUTOFLOWLABEL        = 70
	IPV6_DROP_MEMBERSHIP      = 21
	IPV6_FREEBIND             = 78
	IPV6_HDRINCL              = 36
	IPV6_IPSEC_POLICY         = 34
	IPV6_JOIN_ANYCAST         = 27
	IPV6_LEAVE_ANYCAST        = 28
	IPV6_MINHOPCOUNT          = 73
	IPV6_MTU                  = 24
	IPV6_MTU_DISCOVER         = 23
	IPV6_MULTICAST_ALL        = 29
	IPV6_ORIGDSTADDR          = 74
	IPV6_PMTUDISC_DO          = 2
	IPV6_PMTUDISC_DONT        = 0
	IPV6_PMTUDISC_INTERFACE   = 4
	IPV6_PMTUDISC_OMIT        = 5
	IPV6_PMTUDISC_PROBE       = 3
	IPV6_PMTUDISC_WANT        = 1
	IPV6_RECVERR              = 25
	IPV6_RECVERR_RFC4884      = 31
	IPV6_RECVFRAGSIZE         = 77
	IPV6_RECVORIGDSTADDR      = 74
	IPV6_ROUTER_ALERT         = 22
	IPV6_ROUTER_ALERT_ISOLATE = 30
	IPV6_RTHDR_LOOSE          = 0
	IPV6_RTHDR_STRICT         = 1
	IPV6_RXDSTOPTS            = 59
	IPV6_RXHOPOPTS            = 54
	IPV6_TRANSPARENT          = 75
	IPV6_UNICAST_IF           = 76
	IPV6_XFRM_POLICY          = 35
)

// Options of multicast for both families (RFC 3678).
const (
	MCAST_BLOCK_SOURCE       = 43
	MCAST_EXCLUDE            = 0
	MCAST_INCLUDE            = 1
	MCAST_JOIN_GROUP         = 42
	MCAST_JOIN_SOURCE_GROUP  = 46
	MCAST_LEAVE_GROUP        = 45
	MCAST_LEAVE_SOURCE_GROUP = 47
	MCAST_MSFILTER           = 48
	MCAST_UNBLOCK_SOURCE     = 44
)

// Options of tcp(7), level IPPROTO_TCP, and their values.
const (
	TCP_CONGESTION                           = 13
	TCP_CORK                                 = 3
	TCP_DEFER_ACCEPT                         = 9
	TCP_FASTOPEN                             = 23
	TCP_INFO                                 = 11
	TCP_KEEPCNT                              = 6
	TCP_KEEPIDLE                             = 4
	TCP_KEEPINTVL                            = 5
	TCP_LINGER2                              = 8
	TCP_MAXSEG                               = 2
	TCP_NODELAY                              = 1
	TCP_NOTSENT_LOWAT                        = 25
	TCP_QUICKACK                             = 12
	TCP_SYNCNT                               = 7
	TCP_USER_TIMEOUT                         = 18
	TCP_WINDOW_CLAMP                         = 10
	TCP_CC_INFO                              = 26
	TCP_CM_INQ                               = 36
	TCP_ENCAP_ESPINTCP                       = 7
	TCP_FASTOPEN_CONNECT                     = 30
	TCP_FASTOPEN_KEY                         = 33
	TCP_FASTOPEN_NO_COOKIE                   = 34
	TCP_INQ                                  = 36
	TCP_MD5SIG                               = 14
	TCP_MD5SIG_EXT                           = 32
	TCP_MD5SIG_FLAG_IFINDEX                  = 2
	TCP_MD5SIG_FLAG_PREFIX                   = 1
	TCP_MD5SIG_MAXKEYLEN                     = 80
	TCP_MSS_DEFAULT                          = 536
	TCP_MSS_DESIRED                          = 1220
	TCP_QUEUE_SEQ                            = 21
	TCP_RECEIVE_ZEROCOPY_FLAG_TLB_CLEAN_HINT = 1
	TCP_REPAIR                               = 19
	TCP_REPAIR_OFF                           = 0
	TCP_REPAIR_OFF_NO_WP                     = -1
	TCP_REPAIR_ON                            = 1
	TCP_REPAIR_OPTIONS                       = 22
	TCP_REPAIR_QUEUE                         = 20
	TCP_REPAIR_WINDOW                        = 29
	TCP_SAVED_SYN                            = 28
	TCP_SAVE_SYN                             = 27
	TCP_THIN_DUPACK                          = 17
	TCP_THIN_LINEAR_TIMEOUTS                 = 16
	TCP_TIMESTAMP                            = 24
	TCP_TX_DELAY                             = 37
	TCP_ULP                                  = 31
	TCP_ZEROCOPY_RECEIVE                     = 35
)

// Options of udp(7), level IPPROTO_UDP, and their values.
const (
	UDP_CORK                   = 1
	UDP_ENCAP                  = 100
	UDP_ENCAP_ESPINUDP         = 2
	UDP_ENCAP_ESPINUDP_NON_IKE = 1
	UDP_ENCAP_GTP0             = 4
	UDP_ENCAP_GTP1U            = 5
	UDP_ENCAP_L2TPINUDP        = 3
	UDP_ENCAP_RXRPC            = 6
	UDP_GRO                    = 104
	UDP_NO_CHECK6_RX           = 102
	UDP_NO_CHECK6_TX           = 101
	UDP_SEGMENT                = 103
)

// Options of udplite(7), level IPPROTO_UDPLITE.
const (
	UDPLITE_RECV_CSCOV = 11
	UDPLITE_SEND_CSCOV = 10
)

// IPv4 addresses, in host byte order.
const (
	INADDR_ALLHOSTS_GROUP  = 3758096385
	INADDR_ANY             = 0
	INADDR_BROADCAST       = 4294967295
	INADDR_LOOPBACK        = 2130706433
	INADDR_MAX_LOCAL_GROUP = 3758096639
	INADDR_NONE            = 4294967295
	INADDR_UNSPEC_GROUP    = 3758096384
)

// Bounds of ranges of ports.
const (
	IPPORT_RESERVED     = 1024
	IPPORT_USERRESERVED = 5000
)

// Flags of GetAddrInfo.
const (
	AI_ADDRCONFIG               = 32
	AI_ALL                      = 16
	AI_CANONNAME                = 2
	AI_NUMERICHOST              = 4
	AI_NUMERICSERV              = 1024
	AI_PASSIVE                  = 1
	AI_V4MAPPED                 = 8
	AI_CANONIDN                 = 128
	AI_IDN                      = 64
	AI_IDN_ALLOW_UNASSIGNED     = 256
	AI_IDN_USE_STD3_ASCII_RULES = 512
)

// Flags of GetNameInfo, and the lengths of its results in C.
const (
	NI_DGRAM                    = 16
	NI_MAXHOST                  = 1025
	NI_MAXSERV                  = 32
	NI_NAMEREQD                 = 8
	NI_NOFQDN                   = 4
	NI_NUMERICHOST              = 1
	NI_NUMERICSERV              = 2
	NI_IDN                      = 32
	NI_IDN_ALLOW_UNASSIGNED     = 64
	NI_IDN_USE_STD3_ASCII_RULES = 128
)

// Codes of GAIError.
const (
	EAI_ADDRFAMILY  EAI = -9
	EAI_AGAIN       EAI = -3
	EAI_BADFLAGS    EAI = -1
	EAI_FAIL        EAI = -4
	EAI_FAMILY      EAI = -6
	EAI_MEMORY      EAI = -10
	EAI_NODATA      EAI = -5
	EAI_NONAME      EAI = -2
	EAI_OVERFLOW    EAI = -12
	EAI_SERVICE     EAI = -8
	EAI_SOCKTYPE    EAI = -7
	EAI_SYSTEM      EAI = -11
	EAI_ALLDONE     EAI = -103
	EAI_CANCELED    EAI = -101
	EAI_IDN_ENCODE  EAI = -105
	EAI_INPROGRESS  EAI = -100
	EAI_INTR        EAI = -104
	EAI_NOTCANCELED EAI = -102
)

// Kinds of packet(7)'s packets, and options of level SOL_PACKET with their values.
const (
	PACKET_BROADCAST            = 1
	PACKET_FASTROUTE            = 6
	PACKET_HOST                 = 0
	PACKET_LOOPBACK             = 5
	PACKET_MULTICAST            = 2
	PACKET_OTHERHOST            = 3
	PACKET_OUTGOING             = 4
	PACKET_ADD_MEMBERSHIP       = 1
	PACKET_AUXDATA              = 8
	PACKET_COPY_THRESH          = 7
	PACKET_DROP_MEMBERSHIP      = 2
	PACKET_FANOUT               = 18
	PACKET_FANOUT_CBPF          = 6
	PACKET_FANOUT_CPU           = 2
	PACKET_FANOUT_DATA          = 22
	PACKET_FANOUT_EBPF          = 7
	PACKET_FANOUT_FLAG_DEFRAG   = 32768
	PACKET_FANOUT_FLAG_ROLLOVER = 4096
	PACKET_FANOUT_FLAG_UNIQUEID = 8192
	PACKET_FANOUT_HASH          = 0
	PACKET_FANOUT_LB            = 1
	PACKET_FANOUT_QM            = 5
	PACKET_FANOUT_RND           = 4
	PACKET_FANOUT_ROLLOVER      = 3
	PACKET_HDRLEN               = 11
	PACKET_IGNORE_OUTGOING      = 23
	PACKET_KERNEL               = 7
	PACKET_LOSS                 = 14
	PACKET_MR_ALLMULTI          = 2
	PACKET_MR_MULTICAST         = 0
	PACKET_MR_PROMISC           = 1
	PACKET_MR_UNICAST           = 3
	PACKET_ORIGDEV              = 9
	PACKET_QDISC_BYPASS         = 20
	PACKET_RECV_OUTPUT          = 3
	PACKET_RESERVE              = 12
	PACKET_ROLLOVER_STATS       = 21
	PACKET_RX_RING              = 5
	PACKET_STATISTICS           = 6
	PACKET_TIMESTAMP            = 17
	PACKET_TX_HAS_OFF           = 19
	PACKET_TX_RING              = 13
	PACKET_TX_TIMESTAMP         = 16
	PACKET_USER                 = 6
	PACKET_VERSION              = 10
	PACKET_VNET_HDR             = 15
)

// Protocols of netlink(7), and options of level SOL_NETLINK.
const (
	NETLINK_CRYPTO           = 21
	NETLINK_DNRTMSG          = 14
	NETLINK_FIREWALL         = 3
	NETLINK_IP6_FW           = 13
	NETLINK_NFLOG            = 5
	NETLINK_ROUTE            = 0
	NETLINK_USERSOCK         = 2
	NETLINK_XFRM             = 6
	NETLINK_ADD_MEMBERSHIP   = 1
	NETLINK_AUDIT            = 9
	NETLINK_BROADCAST_ERROR  = 4
	NETLINK_CAP_ACK          = 10
	NETLINK_CONNECTOR        = 11
	NETLINK_DROP_MEMBERSHIP  = 2
	NETLINK_ECRYPTFS         = 19
	NETLINK_EXT_ACK          = 11
	NETLINK_FIB_LOOKUP       = 10
	NETLINK_GENERIC          = 16
	NETLINK_GET_STRICT_CHK   = 12
	NETLINK_INET_DIAG        = 4
	NETLINK_ISCSI            = 8
	NETLINK_KOBJECT_UEVENT   = 15
	NETLINK_LISTEN_ALL_NSID  = 8
	NETLINK_LIST_MEMBERSHIPS = 9
	NETLINK_NETFILTER        = 12
	NETLINK_NO_ENOBUFS       = 5
	NETLINK_PKTINFO          = 3
	NETLINK_RDMA             = 20
	NETLINK_RX_RING          = 6
	NETLINK_SCSITRANSPORT    = 18
	NETLINK_SELINUX          = 7
	NETLINK_SMC              = 22
	NETLINK_SOCK_DIAG        = 4
	NETLINK_TX_RING          = 7
	NETLINK_UNUSED           = 1
)

// Addresses, scopes, options and events of TIPC.
const (
	TIPC_ADDR_ID             = 3
	TIPC_ADDR_NAME           = 2
	TIPC_ADDR_NAMESEQ        = 1
	TIPC_CFG_SRV             = 0
	TIPC_CLUSTER_SCOPE       = 2
	TIPC_CONN_TIMEOUT        = 130
	TIPC_CRITICAL_IMPORTANCE = 3
	TIPC_DEST_DROPPABLE      = 129
	TIPC_HIGH_IMPORTANCE     = 2
	TIPC_IMPORTANCE          = 127
	TIPC_LOW_IMPORTANCE      = 0
	TIPC_MEDIUM_IMPORTANCE   = 1
	TIPC_NODE_SCOPE          = 3
	TIPC_PUBLISHED           = 1
	TIPC_SRC_DROPPABLE       = 128
	TIPC_SUBSCR_TIMEOUT      = 3
	TIPC_SUB_CANCEL          = 4
	TIPC_SUB_PORTS           = 1
	TIPC_SUB_SERVICE         = 2
	TIPC_TOP_SRV             = 1
	TIPC_WAIT_FOREVER        = -1
	TIPC_WITHDRAWN           = 2
	TIPC_ZONE_SCOPE          = 1
)

// Requests of ioctl(2) for sockets: netdevice(7) and others.
const (
	SIOCADDDLCI            = 35200
	SIOCADDMULTI           = 35121
	SIOCADDRT              = 35083
	SIOCATMARK             = 35077
	SIOCBONDCHANGEACTIVE   = 35221
	SIOCBONDENSLAVE        = 35216
	SIOCBONDINFOQUERY      = 35220
	SIOCBONDRELEASE        = 35217
	SIOCBONDSETHWADDR      = 35218
	SIOCBONDSLAVEINFOQUERY = 35219
	SIOCBRADDBR            = 35232
	SIOCBRADDIF            = 35234
	SIOCBRDELBR            = 35233
	SIOCBRDELIF            = 35235
	SIOCDARP               = 35155
	SIOCDELDLCI            = 35201
	SIOCDELMULTI           = 35122
	SIOCDELRT              = 35084
	SIOCDEVPRIVATE         = 35312
	SIOCDIFADDR            = 35126
	SIOCDRARP              = 35168
	SIOCETHTOOL            = 35142
	SIOCGARP               = 35156
	SIOCGHWTSTAMP          = 35249
	SIOCGIFADDR            = 35093
	SIOCGIFBR              = 35136
	SIOCGIFBRDADDR         = 35097
	SIOCGIFCONF            = 35090
	SIOCGIFCOUNT           = 35128
	SIOCGIFDSTADDR         = 35095
	SIOCGIFENCAP           = 35109
	SIOCGIFFLAGS           = 35091
	SIOCGIFHWADDR          = 35111
	SIOCGIFINDEX           = 35123
	SIOCGIFMAP             = 35184
	SIOCGIFMEM             = 35103
	SIOCGIFMETRIC          = 35101
	SIOCGIFMTU             = 35105
	SIOCGIFNAME            = 35088
	SIOCGIFNETMASK         = 35099
	SIOCGIFPFLAGS          = 35125
	SIOCGIFSLAVE           = 35113
	SIOCGIFTXQLEN          = 35138
	SIOCGIFVLAN            = 35202
	SIOCGMIIPHY            = 35143
	SIOCGMIIREG            = 35144
	SIOCGPGRP              = 35076
	SIOCGRARP              = 35169
	SIOCGSKNS              = 35148
	SIOCGSTAMP             = 35078
	SIOCGSTAMPNS           = 35079
	SIOCGSTAMPNS_OLD       = 35079
	SIOCGSTAMP_OLD         = 35078
	SIOCOUTQNSD            = 35147
	SIOCPROTOPRIVATE       = 35296
	SIOCRTMSG              = 35085
	SIOCSARP               = 35157
	SIOCSHWTSTAMP          = 35248
	SIOCSIFADDR            = 35094
	SIOCSIFBR              = 35137
	SIOCSIFBRDADDR         = 35098
	SIOCSIFDSTADDR         = 35096
	SIOCSIFENCAP           = 35110
	SIOCSIFFLAGS           = 35092
	SIOCSIFHWADDR          = 35108
	SIOCSIFHWBROADCAST     = 35127
	SIOCSIFLINK            = 35089
	SIOCSIFMAP             = 35185
	SIOCSIFMEM             = 35104
	SIOCSIFMETRIC          = 35102
	SIOCSIFMTU             = 35106
	SIOCSIFNAME            = 35107
	SIOCSIFNETMASK         = 35100
	SIOCSIFPFLAGS          = 35124
	SIOCSIFSLAVE           = 35120
	SIOCSIFTXQLEN          = 35139
	SIOCSIFVLAN            = 35203
	SIOCSMIIREG            = 35145
	SIOCSPGRP              = 35074
	SIOCSRARP              = 35170
	SIOCWANDEV             = 35146
)

// Control codes of Windows' WSAIoctl, for Ioctl.
const (
	SIO_RCVALL             = 2550136833
	SIO_KEEPALIVE_VALS     = 2550136836
	SIO_LOOPBACK_FAST_PATH = 2550136848
)

// Arguments of SIO_RCVALL.
const (
	RCVALL_OFF             = 0
	RCVALL_ON              = 1
	RCVALL_SOCKETLEVELONLY = 2
	RCVALL_IPLEVEL         = 3
	RCVALL_MAX             = 3
)

// Protocols of Bluetooth.
const (
	BTPROTO_L2CAP  = 0
	BTPROTO_HCI    = 1
	BTPROTO_SCO    = 2
	BTPROTO_RFCOMM = 3
)

// Addresses of Bluetooth.
const (
	BDADDR_ANY   string = "00:00:00:00:00:00"
	BDADDR_LOCAL string = "00:00:00:ff:ff:ff"
)

// familyNames are what Family.String returns; of names that share a value, the usual one.
var familyNames = map[Family]string{
	AF_ALG:       "AF_ALG",
	AF_APPLETALK: "AF_APPLETALK",
	AF_ASH:       "AF_ASH",
	AF_ATMPVC:    "AF_ATMPVC",
	AF_ATMSVC:    "AF_ATMSVC",
	AF_AX25:      "AF_AX25",
	AF_BRIDGE:    "AF_BRIDGE",
	AF_CAN:       "AF_CAN",
	AF_DECnet:    "AF_DECnet",
	AF_ECONET:    "AF_ECONET",
	AF_INET:      "AF_INET",
	AF_INET6:     "AF_INET6",
	AF_IPX:       "AF_IPX",
	AF_IRDA:      "AF_IRDA",
	AF_KEY:       "AF_KEY",
	AF_LLC:       "AF_LLC",
	AF_NETBEUI:   "AF_NETBEUI",
	AF_NETLINK:   "AF_NETLINK",
	AF_NETROM:    "AF_NETROM",
	AF_PACKET:    "AF_PACKET",
	AF_PPPOX:     "AF_PPPOX",
	AF_QIPCRTR:   "AF_QIPCRTR",
	AF_RDS:       "AF_RDS",
	AF_ROSE:      "AF_ROSE",
	AF_SECURITY:  "AF_SECURITY",
	AF_SNA:       "AF_SNA",
	AF_TIPC:      "AF_TIPC",
	AF_UNIX:      "AF_UNIX",
	AF_UNSPEC:    "AF_UNSPEC",
	AF_VSOCK:     "AF_VSOCK",
	AF_WANPIPE:   "AF_WANPIPE",
	AF_X25:       "AF_X25",
	AF_BLUETOOTH: "AF_BLUETOOTH",
}

// typeNames are what Type.String returns.
var typeNames = map[Type]string{
	SOCK_CLOEXEC:   "SOCK_CLOEXEC",
	SOCK_DGRAM:     "SOCK_DGRAM",
	SOCK_NONBLOCK:  "SOCK_NONBLOCK",
	SOCK_RAW:       "SOCK_RAW",
	SOCK_RDM:       "SOCK_RDM",
	SOCK_SEQPACKET: "SOCK_SEQPACKET",
	SOCK_STREAM:    "SOCK_STREAM",
	SOCK_DCCP:      "SOCK_DCCP",
	SOCK_PACKET:    "SOCK_PACKET",
}
