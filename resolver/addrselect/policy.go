package addrselect

import (
	"net/netip"
	"slices"
)

// Row is a row of the policy table (RFC 6724, section 2.1). IPv4 addresses are under
// ::ffff:0:0/96; a prefix of IPv4 is taken as the IPv4-mapped one.
type Row struct {
	Prefix     netip.Prefix
	Precedence int // the higher the better
	Label      int // a source and a destination of one label go together
}

var defaultPolicy = []Row{
	{netip.MustParsePrefix("::1/128"), 50, 0},
	{netip.MustParsePrefix("::/0"), 40, 1},
	{netip.MustParsePrefix("::ffff:0:0/96"), 35, 4},
	{netip.MustParsePrefix("2002::/16"), 30, 2},
	{netip.MustParsePrefix("2001::/32"), 5, 5},
	{netip.MustParsePrefix("fc00::/7"), 3, 13},
	{netip.MustParsePrefix("::/96"), 1, 3},
	{netip.MustParsePrefix("fec0::/10"), 1, 11},
	{netip.MustParsePrefix("3ffe::/16"), 1, 12},
}

// DefaultPolicy returns the table of RFC 6724, section 2.1, in a new slice.
func DefaultPolicy() []Row { return slices.Clone(defaultPolicy) }

// lookup returns the row with the longest prefix that the address has, or a row of
// zeros. Of two rows with one prefix, the first counts.
func lookup(policy []Row, a netip.Addr) Row {
	a = a.Unmap().WithZone("")
	mapped := netip.AddrFrom16(a.As16())
	var found Row
	longest := -1
	for _, row := range policy {
		length := row.Prefix.Bits()
		if row.Prefix.Addr().Is4() {
			length += 96
		}
		if length > longest && (row.Prefix.Contains(mapped) || row.Prefix.Contains(a)) {
			found, longest = row, length
		}
	}
	return found
}
