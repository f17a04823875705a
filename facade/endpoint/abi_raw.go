package endpoint

// AF_PACKET is the family of packet(7).
const AF_PACKET = 17

// SOCK_PACKET is the obsolete type of packet(7).
const SOCK_PACKET = 10

// IPPROTO_IGMP and IPPROTO_IPIP are of interest to raw sockets.
const (
	IPPROTO_IGMP = 2
	IPPROTO_IPIP = 4
)

// Options of raw(7) and icmp(7), of RFC 3542 for IPv6, and of packet(7).
const (
	SOL_RAW    = 255
	SOL_ICMPV6 = 58
	SOL_PACKET = 263

	ICMP_FILTER  = 1 // level SOL_RAW
	ICMP6_FILTER = 1 // level SOL_ICMPV6

	IP_HDRINCL = 3

	IPV6_CHECKSUM = 7 // level IPPROTO_IPV6 or SOL_RAW
	IPV6_HDRINCL  = 36

	PACKET_ADD_MEMBERSHIP  = 1
	PACKET_DROP_MEMBERSHIP = 2
	PACKET_STATISTICS      = 6
	PACKET_IGNORE_OUTGOING = 23
)

// Types of PACKET_ADD_MEMBERSHIP.
const (
	PACKET_MR_MULTICAST = 0
	PACKET_MR_PROMISC   = 1
	PACKET_MR_ALLMULTI  = 2
	PACKET_MR_UNICAST   = 3
)

// Packet types of packet(7).
const (
	PACKET_HOST      = 0
	PACKET_BROADCAST = 1
	PACKET_MULTICAST = 2
	PACKET_OTHERHOST = 3
	PACKET_OUTGOING  = 4
)

// EtherTypes of linux/if_ether.h, in host byte order.
const (
	ETH_P_ALL  = 0x0003
	ETH_P_IP   = 0x0800
	ETH_P_ARP  = 0x0806
	ETH_P_IPV6 = 0x86DD
)

// Hardware types of linux/if_arp.h.
const (
	ARPHRD_ETHER    = 1
	ARPHRD_LOOPBACK = 772
	ARPHRD_NONE     = 0xFFFE
)

// Requests of ioctl(2) for sockets and links: socket(7), tcp(7), netdevice(7).
const (
	SIOCATMARK     = 0x8905
	SIOCGIFNAME    = 0x8910
	SIOCGIFCONF    = 0x8912
	SIOCGIFFLAGS   = 0x8913
	SIOCSIFFLAGS   = 0x8914
	SIOCGIFADDR    = 0x8915
	SIOCSIFADDR    = 0x8916
	SIOCGIFDSTADDR = 0x8917
	SIOCSIFDSTADDR = 0x8918
	SIOCGIFBRDADDR = 0x8919
	SIOCSIFBRDADDR = 0x891A
	SIOCGIFNETMASK = 0x891B
	SIOCSIFNETMASK = 0x891C
	SIOCGIFMETRIC  = 0x891D
	SIOCSIFMETRIC  = 0x891E
	SIOCGIFMTU     = 0x8921
	SIOCSIFMTU     = 0x8922
	SIOCSIFNAME    = 0x8923
	SIOCSIFHWADDR  = 0x8924
	SIOCGIFHWADDR  = 0x8927
	SIOCGIFINDEX   = 0x8933
	SIOCGIFCOUNT   = 0x8938
	SIOCGIFTXQLEN  = 0x8942
	SIOCSIFTXQLEN  = 0x8943
	SIOCGIFMAP     = 0x8970
	SIOCSIFMAP     = 0x8971
)

// Flags of SIOCGIFFLAGS (linux/if.h).
const (
	IFF_UP          = 0x1
	IFF_BROADCAST   = 0x2
	IFF_LOOPBACK    = 0x8
	IFF_POINTOPOINT = 0x10
	IFF_RUNNING     = 0x40
	IFF_NOARP       = 0x80
	IFF_MULTICAST   = 0x1000
)

// Sizes of the structures of netdevice(7) on 64-bit platforms, in bytes.
const (
	IFNAMSIZ    = 16
	SizeofIfreq = 40
)

// Requests of Windows's WSAIoctl (mstcpip.h), which Linux does not have.
const (
	SIO_RCVALL             = 0x98000001
	SIO_KEEPALIVE_VALS     = 0x98000004
	SIO_LOOPBACK_FAST_PATH = 0x98000010

	RCVALL_OFF             = 0
	RCVALL_ON              = 1
	RCVALL_SOCKETLEVELONLY = 2
	RCVALL_IPLEVEL         = 3
)
