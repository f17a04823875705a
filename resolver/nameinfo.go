package resolver

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
)

// GetNameInfo implements Resolver. An address or port without a name is numeric,
// unless flags have NI_NAMEREQD; a server that does not answer is EAI_AGAIN in either
// case, and one that refuses EAI_FAIL. NI_IDN has the name decoded (RFC 5891).
func (s *Switch) GetNameInfo(ctx context.Context, addr netip.AddrPort, scopeID uint32, flags int) (host, service string, err error) {
	s.setUp()
	fail := func(code EAI, cause error) (string, string, error) {
		return "", "", &GAIError{Op: "getnameinfo", Name: addr.Addr().String(), Code: code, Err: cause}
	}
	if flags&^knownNI != 0 {
		return fail(EAI_BADFLAGS, nil)
	}
	a := addr.Addr().WithZone("")
	if !a.IsValid() {
		return fail(EAI_FAMILY, nil)
	}
	host, err = s.hostName(ctx, a, flags)
	switch {
	case err != nil && (codeOf(err) == TRY_AGAIN || codeOf(err) == NO_RECOVERY):
		return fail(eaiOf(err), reason(err))
	case err != nil && flags&NI_NAMEREQD != 0:
		return fail(EAI_NONAME, reason(err))
	case err != nil:
		host = s.hostText(a, scopeID)
	}
	return host, s.serviceName(int(addr.Port()), flags), nil
}

func (s *Switch) hostName(ctx context.Context, a netip.Addr, flags int) (string, error) {
	if flags&NI_NUMERICHOST != 0 {
		return "", HOST_NOT_FOUND
	}
	ent, err := s.hostByAddr(ctx, a)
	if err != nil {
		return "", err
	}
	if flags&NI_NOFQDN != 0 {
		ent.Name = s.unqualified(ent.Name)
	}
	if flags&NI_IDN != 0 {
		ent.Name = unicode(ent.Name)
	}
	return ent.Name, nil
}

// unqualified takes the domain of the host itself from the end of a name: that of its
// own name.
func (s *Switch) unqualified(name string) string {
	_, domain, ok := strings.Cut(s.config.Host.name(), ".")
	if i := len(name) - len(domain) - 1; ok && i > 0 && name[i] == '.' && strings.EqualFold(name[i+1:], domain) {
		return name[:i]
	}
	return name
}

// hostText is the numeric form of an address, with its zone by name where an
// address of a link has one.
func (s *Switch) hostText(a netip.Addr, scopeID uint32) string {
	text := addrText(a)
	if a.Is4() || scopeID == 0 {
		return text
	}
	zone := strconv.FormatUint(uint64(scopeID), 10)
	if find := s.config.Host.InterfaceName; find != nil && ofLink(a) {
		if name := find(scopeID); name != "" {
			zone = name
		}
	}
	return text + "%" + zone
}

func (s *Switch) serviceName(port, flags int) string {
	proto := "tcp"
	if flags&NI_DGRAM != 0 {
		proto = "udp"
	}
	if flags&NI_NUMERICSERV == 0 {
		if name, err := s.GetServByPort(port, proto); err == nil {
			return name
		}
	}
	return strconv.Itoa(port)
}
