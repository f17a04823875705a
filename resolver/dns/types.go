package dns

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// Type is the type of a record or question: IANA's registry of DNS parameters.
type Type = dnsmessage.Type

// The types that have a form of their own among the bodies of records. Records of
// all other types are *dnsmessage.UnknownResource.
const (
	TypeA     = dnsmessage.TypeA
	TypeNS    = dnsmessage.TypeNS
	TypeCNAME = dnsmessage.TypeCNAME
	TypeSOA   = dnsmessage.TypeSOA
	TypePTR   = dnsmessage.TypePTR
	TypeMX    = dnsmessage.TypeMX
	TypeTXT   = dnsmessage.TypeTXT
	TypeAAAA  = dnsmessage.TypeAAAA
	TypeSRV   = dnsmessage.TypeSRV
	TypeSVCB  = dnsmessage.TypeSVCB
	TypeHTTPS = dnsmessage.TypeHTTPS
)

// TypeANY is the question for records of all types, which a server may answer
// with some of them (RFC 8482).
const TypeANY = dnsmessage.TypeALL

// typeNames are the mnemonics of IANA's registry.
var typeNames = map[Type]string{
	1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 11: "WKS", 12: "PTR", 13: "HINFO",
	14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 24: "SIG", 25: "KEY",
	28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR", 36: "KX", 37: "CERT",
	39: "DNAME", 41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY",
	46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID", 50: "NSEC3",
	51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 55: "HIP", 59: "CDS",
	60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 64: "SVCB",
	65: "HTTPS", 99: "SPF", 104: "NID", 105: "L32", 106: "L64", 107: "LP",
	108: "EUI48", 109: "EUI64", 249: "TKEY", 250: "TSIG", 251: "IXFR",
	252: "AXFR", 255: "ANY", 256: "URI", 257: "CAA",
}

// TypeName returns the mnemonic of a type, or "TYPE" and its number (RFC 3597).
func TypeName(t Type) string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return "TYPE" + strconv.Itoa(int(t))
}

// ParseType reads what TypeName writes, and "TYPE" with the number of any type, in
// upper or lower case.
func ParseType(text string) (Type, error) {
	upper := strings.ToUpper(text)
	for t, name := range typeNames {
		if name == upper {
			return t, nil
		}
	}
	if digits, ok := strings.CutPrefix(upper, "TYPE"); ok {
		if n, err := strconv.ParseUint(digits, 10, 16); err == nil {
			return Type(n), nil
		}
	}
	return 0, fmt.Errorf("dns: unknown type %q", text)
}

// rcodeNames are the mnemonics of IANA's registry.
var rcodeNames = map[dnsmessage.RCode]string{
	0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP",
	5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH",
	10: "NOTZONE", rcodeBadVersion: "BADVERS", 23: "BADCOOKIE",
}

// rcodeBadVersion is BADVERS (RFC 6891 section 9): the server knows EDNS, but not
// version 0 of it.
const rcodeBadVersion dnsmessage.RCode = 16

// RCodeName returns the mnemonic of a response code, or "RCODE" and its number.
func RCodeName(code dnsmessage.RCode) string {
	if name, ok := rcodeNames[code]; ok {
		return name
	}
	return "RCODE" + strconv.Itoa(int(code))
}
