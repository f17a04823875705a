package optiontable

import "strings"

// prefixes begin the names of options of the stack's families.
var prefixes = []string{"SO_", "TCP_", "UDP_", "UDPLITE_", "IP_", "IPV6_", "MCAST_", "PACKET_"}

// Wanted tells whether a constant's name looks like an option that the table must
// classify.
func Wanted(name string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// others are names that look like an option and are none of these families: what
// they are, by the name or by the prefix that ends with *.
var others = map[string]string{
	"SO_J1939_*":                  "options of AF_CAN: kernel path only",
	"SO_VM_SOCKETS_*":             "options of AF_VSOCK: kernel path only",
	"SO_EE_*":                     "values of the error queue",
	"TCP_ENCAP_ESPINTCP":          "a value of UDP_ENCAP",
	"TCP_MD5SIG_FLAG_*":           "flags of TCP_MD5SIG_EXT",
	"TCP_MD5SIG_MAXKEYLEN":        "a length",
	"TCP_MSS_*":                   "numbers of the kernel",
	"TCP_REPAIR_ON":               "a value of TCP_REPAIR",
	"TCP_REPAIR_OFF*":             "values of TCP_REPAIR",
	"TCP_RECEIVE_ZEROCOPY_FLAG_*": "flags of TCP_ZEROCOPY_RECEIVE",
	"UDP_ENCAP_*":                 "values of UDP_ENCAP",
	"IP_DEFAULT_MULTICAST_*":      "defaults",
	"IP_MAX_MEMBERSHIPS":          "a number of the kernel",
	"IP_PMTUDISC_*":               "values of IP_MTU_DISCOVER",
	"IPV6_PMTUDISC_*":             "values of IPV6_MTU_DISCOVER",
	"IPV6_RTHDR_LOOSE":            "a value of IPV6_RTHDR",
	"IPV6_RTHDR_STRICT":           "a value of IPV6_RTHDR",
	"IPV6_RTHDR_TYPE_0":           "a value of IPV6_RTHDR",
	"MCAST_EXCLUDE":               "a mode of MCAST_MSFILTER",
	"MCAST_INCLUDE":               "a mode of MCAST_MSFILTER",
	"PACKET_BROADCAST":            "a type of packet",
	"PACKET_FASTROUTE":            "a type of packet",
	"PACKET_HOST":                 "a type of packet",
	"PACKET_KERNEL":               "a type of packet",
	"PACKET_LOOPBACK":             "a type of packet",
	"PACKET_MULTICAST":            "a type of packet",
	"PACKET_OTHERHOST":            "a type of packet",
	"PACKET_OUTGOING":             "a type of packet",
	"PACKET_USER":                 "a type of packet",
	"PACKET_MR_*":                 "types of PACKET_ADD_MEMBERSHIP",
	"PACKET_FANOUT_CBPF":          "a mode of PACKET_FANOUT",
	"PACKET_FANOUT_CPU":           "a mode of PACKET_FANOUT",
	"PACKET_FANOUT_EBPF":          "a mode of PACKET_FANOUT",
	"PACKET_FANOUT_HASH":          "a mode of PACKET_FANOUT",
	"PACKET_FANOUT_LB":            "a mode of PACKET_FANOUT",
	"PACKET_FANOUT_QM":            "a mode of PACKET_FANOUT",
	"PACKET_FANOUT_RND":           "a mode of PACKET_FANOUT",
	"PACKET_FANOUT_ROLLOVER":      "a mode of PACKET_FANOUT",
	"PACKET_FANOUT_FLAG_*":        "flags of PACKET_FANOUT",
}

// Other says what a name is that has no row, and "" if the table does not know it.
func Other(name string) string {
	if what, ok := others[name]; ok {
		return what
	}
	for pattern, what := range others {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok && strings.HasPrefix(name, prefix) {
			return what
		}
	}
	return ""
}
