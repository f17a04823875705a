package addrselect

import "net/netip"

// Scopes of RFC 4291, section 2.7.
const (
	linkLocal = 0x2
	realm     = 0x3 // of administrators' making; IPv4's local scope (RFC 2365)
	siteLocal = 0x5
	orgLocal  = 0x8
	global    = 0xe
)

// scope4 are the IPv4 networks whose scope is not global: unicast of RFC 6724,
// section 3.2, where private addresses are global, and multicast of RFC 2365,
// section 8.
var scope4 = []struct {
	prefix netip.Prefix
	scope  int
}{
	{netip.MustParsePrefix("127.0.0.0/8"), linkLocal},
	{netip.MustParsePrefix("169.254.0.0/16"), linkLocal},
	{netip.MustParsePrefix("224.0.0.0/24"), linkLocal},
	{netip.MustParsePrefix("239.255.0.0/16"), realm},
	{netip.MustParsePrefix("239.192.0.0/14"), orgLocal},
}

var siteLocalUnicast = netip.MustParsePrefix("fec0::/10")

// scopeOf is the scope of RFC 6724, section 3.1: that of multicast is in the address,
// loopback is link-local.
func scopeOf(a netip.Addr) int {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		for _, s := range scope4 {
			if s.prefix.Contains(a) {
				return s.scope
			}
		}
		return global
	}
	switch {
	case a.IsMulticast():
		return int(a.As16()[1] & 0xf)
	case a.IsLinkLocalUnicast(), a.IsLoopback():
		return linkLocal
	case siteLocalUnicast.Contains(a):
		return siteLocal
	}
	return global
}
