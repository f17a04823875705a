package resolver

import (
	"context"
	"net/netip"
	"slices"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver/addrselect"
)

// GetAddrInfo implements Resolver. Results are in glibc's order: by address, as RFC 6724
// has them, then by type. A name that is not ASCII is encoded (RFC 5891), whether AI_IDN
// asks for it or not; AI_CANONIDN has CanonName decoded. A name with addresses of one
// family is found though servers fail to answer for the other.
func (s *Switch) GetAddrInfo(ctx context.Context, host, service string, hints Hints) ([]AddrInfo, error) {
	c := addrInfoCall{s: s.setUp(), host: null(host), service: null(service), hints: hints}
	all, code, cause := c.run(ctx)
	if code != 0 {
		return nil, &GAIError{Op: "getaddrinfo", Name: host, Code: code, Err: cause}
	}
	return all, nil
}

// null reads "*", which glibc takes for NULL.
func null(s string) string {
	if s == "*" {
		return ""
	}
	return s
}

// addrInfoCall is a call of GetAddrInfo.
type addrInfoCall struct {
	s             *Switch
	host, service string
	hints         Hints
	family        int // that of hints, narrowed by AI_ADDRCONFIG
	targets       []target
}

func (c *addrInfoCall) run(ctx context.Context) ([]AddrInfo, EAI, error) {
	if code := c.check(); code != 0 {
		return nil, code, nil
	}
	name, code := ascii(c.host)
	switch {
	case code != 0 && c.hints.Flags&AI_NUMERICHOST != 0:
		return nil, EAI_NONAME, nil
	case code != 0:
		return nil, code, nil
	}
	c.host = name // which may be numeric only now
	if c.host == "" {
		return c.combine(scopedOf(ofFamily(nullHost(c.hints.Flags), c.family)), ""), 0, nil
	}
	if a, zone, ok := parse(c.host); ok {
		one, code := c.s.numeric(a, zone, c.family, c.hints.Flags)
		if code != 0 {
			return nil, code, nil
		}
		return c.combine([]scoped{one}, c.host), 0, nil
	}
	if c.hints.Flags&AI_NUMERICHOST != 0 {
		return nil, EAI_NONAME, nil
	}
	return c.lookup(ctx)
}

// check looks at the arguments, in glibc's order.
func (c *addrInfoCall) check() (code EAI) {
	flags := c.hints.Flags
	switch {
	case c.host == "" && c.service == "":
		return EAI_NONAME
	case flags&^knownAI != 0, flags&AI_CANONNAME != 0 && c.host == "":
		return EAI_BADFLAGS
	}
	if _, code := portNumber(c.service, flags); code != 0 {
		return code
	}
	if c.family, code = c.s.family(c.hints); code != 0 {
		return code
	}
	c.targets, code = targets(c.service, c.hints, c.s.GetServByName)
	return code
}

// family checks hints.Family, and narrows it by AI_ADDRCONFIG: addresses of the
// loopback do not count for that.
func (s *Switch) family(hints Hints) (int, EAI) {
	f := hints.Family
	if f != endpoint.AF_UNSPEC && f != endpoint.AF_INET && f != endpoint.AF_INET6 {
		return 0, EAI_FAMILY
	}
	if hints.Flags&AI_ADDRCONFIG == 0 {
		return f, 0
	}
	var has4, has6 bool
	for _, a := range s.config.Host.addrs() {
		has4 = has4 || a.Is4() && !a.IsLoopback()
		has6 = has6 || a.Is6() && !a.IsLoopback()
	}
	switch {
	case f == endpoint.AF_INET && !has4, f == endpoint.AF_INET6 && !has6:
		return 0, EAI_NONAME
	case f != endpoint.AF_UNSPEC || has4 == has6:
		return f, 0
	case has4:
		return endpoint.AF_INET, 0
	}
	return endpoint.AF_INET6, 0
}

// lookup asks the sources for the host.
func (c *addrInfoCall) lookup(ctx context.Context) ([]AddrInfo, EAI, error) {
	q := Query{Name: c.host, Family: c.family}
	if c.mapsIPv4() {
		q.Family = endpoint.AF_UNSPEC
	} else if c.hints.Partial != nil && c.family == endpoint.AF_UNSPEC {
		q.Partial = func(ent HostEnt) {
			if some := c.results(ent); len(some) > 0 {
				c.hints.Partial(some)
			}
		}
	}
	ent, err := c.s.ask(ctx, func(source Source) (HostEnt, error) { return source.HostByName(ctx, q) })
	if err != nil {
		return nil, eaiOf(err), reason(err)
	}
	all := c.results(ent)
	if len(all) == 0 {
		return nil, EAI_NODATA, nil
	}
	return all, 0, nil
}

func (c *addrInfoCall) mapsIPv4() bool {
	return c.family == endpoint.AF_INET6 && c.hints.Flags&AI_V4MAPPED != 0
}

// results are what a host's entry leads to.
func (c *addrInfoCall) results(ent HostEnt) []AddrInfo {
	addrs := ofFamily(ent.Addrs, c.family)
	if c.mapsIPv4() && (len(addrs) == 0 || c.hints.Flags&AI_ALL != 0) {
		for _, a := range ofFamily(ent.Addrs, endpoint.AF_INET) {
			addrs = append(addrs, map4(a))
		}
	}
	canon := ent.Name
	if c.hints.Flags&AI_CANONIDN != 0 {
		canon = unicode(canon)
	}
	return c.combine(c.s.scopes(c.s.sorted(addrs)), canon)
}

// sorted orders addresses by RFC 6724 section 6.
func (s *Switch) sorted(addrs []netip.Addr) []netip.Addr {
	host := &s.config.Host
	if host.SourceFor == nil || len(addrs) < 2 {
		return addrs
	}
	bits := make(map[netip.Addr]int)
	for _, p := range host.prefixes() {
		bits[p.Addr()] = p.Bits()
	}
	prefixLen := func(source netip.Addr) int {
		source = source.WithZone("").Unmap()
		if n, ok := bits[source]; ok {
			return n
		}
		return source.BitLen()
	}
	addrs = slices.Clone(addrs)
	addrselect.Sort(addrs, addrselect.Host{SourceFor: host.SourceFor, PrefixLen: prefixLen, Policy: s.config.Policy})
	return addrs
}

// combine is every address with every target.
func (c *addrInfoCall) combine(addrs []scoped, canon string) []AddrInfo {
	if c.hints.Flags&AI_CANONNAME == 0 {
		canon = ""
	}
	all := make([]AddrInfo, 0, len(addrs)*len(c.targets))
	for _, a := range addrs {
		family := endpoint.AF_INET6
		if a.addr.Is4() {
			family = endpoint.AF_INET
		}
		for _, t := range c.targets {
			all = append(all, AddrInfo{
				Family: family, Type: t.typ, Proto: t.proto, CanonName: canon,
				Addr: netip.AddrPortFrom(a.addr, t.port), ScopeID: a.scope,
			})
			canon = ""
		}
	}
	return all
}

// eaiOf is the code of getaddrinfo(3) for a source's error.
func eaiOf(err error) EAI {
	return map[HErrno]EAI{
		HOST_NOT_FOUND: EAI_NONAME, NO_DATA: EAI_NODATA, NO_RECOVERY: EAI_FAIL, TRY_AGAIN: EAI_AGAIN,
	}[codeOf(err)]
}
