// Package addrselect puts the addresses of a name in the order in which they should
// be tried: Default Address Selection for IPv6, RFC 6724, section 6.
package addrselect

import (
	"cmp"
	"math/bits"
	"net/netip"
	"slices"
)

// Host is what the order depends on. Only SourceFor is needed.
type Host struct {
	// SourceFor returns the source address of packets to a destination, or an error
	// where there is none. Sort asks once for each destination.
	SourceFor func(dst netip.Addr) (netip.Addr, error)
	// PrefixLen returns how many bits of a source address are its network's. If nil
	// it is 64 for IPv6, and rule 9 does not compare IPv4 addresses.
	PrefixLen func(src netip.Addr) int
	// Deprecated tells whether a source address is deprecated (RFC 4862). If nil none
	// is.
	Deprecated func(src netip.Addr) bool
	// Encapsulated tells whether a destination is reached through a tunnel that
	// carries one family in the other. If nil none is.
	Encapsulated func(dst netip.Addr) bool
	// Policy is the policy table. If nil it is DefaultPolicy.
	Policy []Row
}

// Sort sorts destinations in place, the best first, by rules 1 to 10 of RFC 6724.
// IPv4 addresses count as IPv4-mapped, and the two forms of one are the same.
//
// Rule 4 decides nothing: there is no Mobile IP. Rule 9 compares addresses of one
// family only. For IPv6 it is that of the RFC: bits in common count up to the
// source's prefix length. For IPv4 it is glibc's: they count, all of them, if the
// destination is in the source's network, and are none otherwise, since a longer
// common prefix says nothing of how near an IPv4 network is. What no rule tells apart
// keeps its order, and so do the two families where only rule 9 would decide.
func Sort(dsts []netip.Addr, host Host) {
	if len(dsts) < 2 {
		return
	}
	if host.Policy == nil {
		host.Policy = defaultPolicy
	}
	all := make([]candidate, len(dsts))
	for i, dst := range dsts {
		all[i] = host.candidate(dst)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return slices.Compare(a.ranks[:], b.ranks[:]) })
	for rest := all; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].ranks == rest[0].ranks {
			n++
		}
		sortByPrefix(rest[:n])
		rest = rest[n:]
	}
	for i, c := range all {
		dsts[i] = c.dst
	}
}

// candidate is a destination with what the rules ask of it.
type candidate struct {
	dst netip.Addr
	is4 bool
	// ranks are of rules 1 to 8, the lower the better.
	ranks [7]int
	// common is how many bits it has in common with its source, for rule 9.
	common int
}

func (h *Host) candidate(dst netip.Addr) candidate {
	c := candidate{dst: dst, is4: dst.Unmap().Is4()}
	policy, scope := lookup(h.Policy, dst), scopeOf(dst)
	var usable, matchingScope, deprecated, matchingLabel bool
	if src, err := h.SourceFor(dst); err == nil && src.IsValid() {
		usable = true
		matchingScope = scopeOf(src) == scope
		deprecated = h.Deprecated != nil && h.Deprecated(src)
		matchingLabel = lookup(h.Policy, src).Label == policy.Label
		c.common = h.commonPrefix(src, dst)
	}
	encapsulated := h.Encapsulated != nil && h.Encapsulated(dst)
	c.ranks = [...]int{
		better(usable),        // rule 1
		better(matchingScope), // rule 2
		better(!deprecated),   // rule 3
		better(matchingLabel), // rule 5
		-policy.Precedence,    // rule 6
		better(!encapsulated), // rule 7
		scope,                 // rule 8
	}
	return c
}

func better(is bool) int {
	if is {
		return 0
	}
	return 1
}

// commonPrefix is CommonPrefixLen of section 2.2, or glibc's notion of it for IPv4.
func (h *Host) commonPrefix(src, dst netip.Addr) int {
	src, dst = src.Unmap(), dst.Unmap()
	length := 0
	switch {
	case src.Is4() != dst.Is4():
		return 0
	case h.PrefixLen != nil:
		length = h.PrefixLen(src)
	case src.Is6():
		length = 64
	}
	n := bitsInCommon(src, dst)
	if src.Is6() {
		return min(n, max(length, 0))
	}
	if length <= 0 || n < length {
		return 0
	}
	return n
}

// bitsInCommon counts the first bits that two addresses of one family share.
func bitsInCommon(a, b netip.Addr) int {
	n, other := 0, b.AsSlice()
	for i, x := range a.AsSlice() {
		zeros := bits.LeadingZeros8(x ^ other[i])
		n += zeros
		if zeros < 8 {
			break
		}
	}
	return n
}

// sortByPrefix is rule 9, for candidates that the other rules don't tell apart. The
// places of either family stay its own: the rule alone would be no order, since it
// says nothing of two families.
func sortByPrefix(all []candidate) {
	for _, is4 := range []bool{true, false} {
		var places []int
		var family []candidate
		for i, c := range all {
			if c.is4 == is4 {
				places, family = append(places, i), append(family, c)
			}
		}
		slices.SortStableFunc(family, func(a, b candidate) int { return cmp.Compare(b.common, a.common) })
		for i, place := range places {
			all[place] = family[i]
		}
	}
}
