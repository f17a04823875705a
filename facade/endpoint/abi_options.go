package endpoint

// Options of socket(7) beyond those of abi.go, level SOL_SOCKET. The NEW ones are
// those of programs whose time_t has 64 bits where long has 32.
const (
	SO_BSDCOMPAT        = 14
	SO_PASSCRED         = 16
	SO_PEERCRED         = 17
	SO_PEERNAME         = 28
	SO_PASSSEC          = 34
	SO_BUSY_POLL        = 46
	SO_INCOMING_CPU     = 49
	SO_CNX_ADVICE       = 53
	SO_MEMINFO          = 55
	SO_INCOMING_NAPI_ID = 56
	SO_PEERGROUPS       = 59
	SO_BINDTOIFINDEX    = 62
	SO_RCVTIMEO_NEW     = 66
	SO_SNDTIMEO_NEW     = 67
	SO_PREFER_BUSY_POLL = 69
	SO_BUSY_POLL_BUDGET = 70
	SO_TXREHASH         = 74
)

// Options of tcp(7) beyond those of abi.go, level IPPROTO_TCP.
const (
	TCP_THIN_LINEAR_TIMEOUTS = 16
	TCP_THIN_DUPACK          = 17
	TCP_REPAIR               = 19
	TCP_FASTOPEN             = 23
	TCP_NOTSENT_LOWAT        = 25
	TCP_CC_INFO              = 26
	TCP_FASTOPEN_CONNECT     = 30
	TCP_FASTOPEN_NO_COOKIE   = 34
)

// Options of udp(7), level IPPROTO_UDP.
const UDP_GRO = 104

// Options of ip(7) beyond those of abi.go, level IPPROTO_IP.
const (
	IP_MTU                  = 14
	IP_BIND_ADDRESS_NO_PORT = 24
)

// Values of IP_MTU_DISCOVER; those of IPV6_MTU_DISCOVER are the same.
const (
	IP_PMTUDISC_DONT      = 0
	IP_PMTUDISC_WANT      = 1
	IP_PMTUDISC_DO        = 2
	IP_PMTUDISC_PROBE     = 3
	IP_PMTUDISC_INTERFACE = 4
	IP_PMTUDISC_OMIT      = 5
)

// Options of ipv6(7) beyond those of abi.go, level IPPROTO_IPV6.
const (
	IPV6_MTU           = 24
	IPV6_AUTOFLOWLABEL = 70
)
