package resolver

// The numbers of netdb.h on Linux, on every platform.

// Flags of getaddrinfo(3).
const (
	AI_PASSIVE                  = 0x0001
	AI_CANONNAME                = 0x0002
	AI_NUMERICHOST              = 0x0004
	AI_V4MAPPED                 = 0x0008
	AI_ALL                      = 0x0010
	AI_ADDRCONFIG               = 0x0020
	AI_IDN                      = 0x0040
	AI_CANONIDN                 = 0x0080
	AI_IDN_ALLOW_UNASSIGNED     = 0x0100
	AI_IDN_USE_STD3_ASCII_RULES = 0x0200
	AI_NUMERICSERV              = 0x0400

	knownAI = 0x07ff
)

// Flags of getnameinfo(3).
const (
	NI_NUMERICHOST              = 0x01
	NI_NUMERICSERV              = 0x02
	NI_NOFQDN                   = 0x04
	NI_NAMEREQD                 = 0x08
	NI_DGRAM                    = 0x10
	NI_IDN                      = 0x20
	NI_IDN_ALLOW_UNASSIGNED     = 0x40
	NI_IDN_USE_STD3_ASCII_RULES = 0x80

	knownNI = 0xff
)

// What getaddrinfo(3) offers beyond the types and protocols of the contract.
const (
	SOCK_DCCP       = 6
	IPPROTO_DCCP    = 33
	IPPROTO_SCTP    = 132
	IPPROTO_UDPLITE = 136
)
