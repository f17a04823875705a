package resolver

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
)

// GetNameInfo implements Resolver. An address or port without a name is numeric,
// unless flags have NI_NAMEREQD. The NI_IDN flags have no effect.
func (n Numeric) GetNameInfo(_ context.Context, addr netip.AddrPort, scopeID uint32, flags int) (host, service string, err error) {
	fail := func(code EAI) (string, string, error) {
		return "", "", &GAIError{Op: "getnameinfo", Name: addr.Addr().String(), Code: code}
	}
	if flags&^knownNI != 0 {
		return fail(EAI_BADFLAGS)
	}
	if !addr.Addr().IsValid() {
		return fail(EAI_FAMILY)
	}
	host, ok := n.hostName(addr.Addr().WithZone(""), flags)
	if !ok {
		if flags&NI_NAMEREQD != 0 {
			return fail(EAI_NONAME)
		}
		host = n.hostText(addr.Addr().WithZone(""), scopeID)
	}
	return host, n.serviceName(int(addr.Port()), flags), nil
}

func (n Numeric) hostName(a netip.Addr, flags int) (string, bool) {
	if flags&NI_NUMERICHOST != 0 {
		return "", false
	}
	name, _, ok := n.nameOf(a)
	if ok && flags&NI_NOFQDN != 0 {
		name, _, _ = strings.Cut(name, ".")
	}
	return name, ok
}

// hostText is the numeric form of an address, with its zone by name where an
// address of a link has one.
func (n Numeric) hostText(a netip.Addr, scopeID uint32) string {
	text := addrText(a)
	if a.Is4() || scopeID == 0 {
		return text
	}
	zone := strconv.FormatUint(uint64(scopeID), 10)
	if n.Host.InterfaceName != nil && ofLink(a) {
		if name := n.Host.InterfaceName(scopeID); name != "" {
			zone = name
		}
	}
	return text + "%" + zone
}

func (n Numeric) serviceName(port, flags int) string {
	proto := "tcp"
	if flags&NI_DGRAM != 0 {
		proto = "udp"
	}
	if flags&NI_NUMERICSERV == 0 {
		if name, err := n.GetServByPort(port, proto); err == nil {
			return name
		}
	}
	return strconv.Itoa(port)
}
