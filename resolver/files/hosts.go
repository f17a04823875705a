package files

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
)

// HostsLine is a line of hosts(5): an address and its names, of which the first
// is the canonical one and the others are aliases.
type HostsLine struct {
	Addr  netip.Addr
	Names []string
}

// Addr4 is the line's address to whom asks for IPv4 only, if it has one. As in glibc,
// an IPv4-mapped address is one, and ::1 is 127.0.0.1.
func (l HostsLine) Addr4() (netip.Addr, bool) {
	if l.Addr == netip.IPv6Loopback() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	a := l.Addr.Unmap()
	return a, a.Is4()
}

// Hosts is a table of hosts(5). Names are the same whatever the case of their
// ASCII letters and, other than in glibc, with a dot at the end or without.
type Hosts struct {
	lines  []HostsLine
	byName map[string][]int32
	byAddr map[netip.Addr]int32
}

// NewHosts returns the table of lines, which it copies. It refuses a line that
// hosts(5) cannot hold: without an address or a name, or with a name that is
// empty or has white space, '#' or a NUL byte in it.
func NewHosts(lines []HostsLine) (*Hosts, error) {
	h := emptyHosts()
	for _, l := range lines {
		if !l.Addr.IsValid() || !isHostsWord(l.Addr.Zone()) && l.Addr.Zone() != "" {
			return nil, fmt.Errorf("hosts line %v %q: no address", l.Addr, l.Names)
		}
		if len(l.Names) == 0 || !allOf(l.Names, isHostsWord) {
			return nil, fmt.Errorf("hosts line %v %q: no name", l.Addr, l.Names)
		}
		h.add(HostsLine{l.Addr, slices.Clone(l.Names)})
	}
	return h, nil
}

// ParseHosts reads hosts(5), up to 64 MiB with 2 Mi names. Addresses are as
// inet_pton(3) reads them; other than in glibc, they may have a zone.
func ParseHosts(r io.Reader) (*Hosts, error) {
	h, names := emptyHosts(), 0
	err := eachEntry(r, maxHosts, func(words []string) error {
		addr, err := netip.ParseAddr(words[0])
		if err != nil {
			return nil
		}
		if names += len(words) - 1; names > maxNames {
			return ErrTooLarge
		}
		h.add(HostsLine{addr, words[1:]})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

func emptyHosts() *Hosts {
	return &Hosts{byName: map[string][]int32{}, byAddr: map[netip.Addr]int32{}}
}

func (h *Hosts) add(l HostsLine) {
	n := int32(len(h.lines))
	h.lines = append(h.lines, l)
	for _, name := range l.Names {
		key := fold(name)
		of := h.byName[key]
		if len(of) == 0 || of[len(of)-1] != n {
			h.byName[key] = append(of, n)
		}
	}
	h.addAddr(l.Addr, n)
	if a, ok := l.Addr4(); ok {
		h.addAddr(a, n)
	}
}

func (h *Hosts) addAddr(a netip.Addr, n int32) {
	if _, ok := h.byAddr[a]; !ok {
		h.byAddr[a] = n
	}
}

// Find returns the lines that have a name, in the order of the file. Their names are
// the table's own, not to be changed.
func (h *Hosts) Find(name string) []HostsLine {
	if h == nil {
		return nil
	}
	var lines []HostsLine
	for _, n := range h.byName[fold(name)] {
		lines = append(lines, h.lines[n])
	}
	return lines
}

// Addrs returns the addresses of a name, of both families, with its canonical name
// and its aliases: Find, merged. Without addresses the name is not in the table.
func (h *Hosts) Addrs(name string) (addrs []netip.Addr, canonical string, aliases []string) {
	return MergeHosts(h.Find(name))
}

// MergeHosts returns the addresses of lines, in their order and each as often as it is
// there, as glibc merges them: the canonical name is that of the first line. The
// aliases are those of all lines, and the other canonical names, each after the
// aliases of its line; nothing is left out for being there twice.
func MergeHosts(lines []HostsLine) (addrs []netip.Addr, canonical string, aliases []string) {
	for _, l := range lines {
		addrs = append(addrs, l.Addr)
		if len(l.Names) == 0 {
			continue
		}
		aliases = append(aliases, l.Names[1:]...)
		if canonical == "" {
			canonical = l.Names[0]
		} else if l.Names[0] != canonical {
			aliases = append(aliases, l.Names[0])
		}
	}
	return addrs, canonical, aliases
}

// Names returns the names of the first line with the address. As in glibc, an IPv4
// address is also that of a line that has its IPv4-mapped form, and 127.0.0.1 that of
// ::1. An address with a zone is also looked for without it.
func (h *Hosts) Names(addr netip.Addr) (name string, aliases []string, ok bool) {
	if h == nil {
		return "", nil, false
	}
	n, ok := h.byAddr[addr]
	if !ok {
		n, ok = h.byAddr[addr.WithZone("")]
	}
	if !ok {
		return "", nil, false
	}
	names := h.lines[n].Names
	return names[0], slices.Clone(names[1:]), true
}

// Lines returns the table, in the order of the file.
func (h *Hosts) Lines() []HostsLine {
	if h == nil {
		return nil
	}
	lines := slices.Clone(h.lines)
	for i := range lines {
		lines[i].Names = slices.Clone(lines[i].Names)
	}
	return lines
}

// String is the table as hosts(5).
func (h *Hosts) String() string {
	var b strings.Builder
	for _, l := range h.Lines() {
		fmt.Fprintf(&b, "%s\t%s\n", l.Addr, strings.Join(l.Names, " "))
	}
	return b.String()
}

// isHostsWord tells whether s is read back as one word.
func isHostsWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, isSpace) && !strings.ContainsAny(s, "#\x00")
}

func allOf(all []string, is func(string) bool) bool {
	return !slices.ContainsFunc(all, func(s string) bool { return !is(s) })
}

// fold is what names are compared by: without a dot at the end, ASCII in lower
// case.
func fold(name string) string {
	name = strings.TrimSuffix(name, ".")
	isUpper := func(r rune) bool { return 'A' <= r && r <= 'Z' }
	if !strings.ContainsFunc(name, isUpper) {
		return name
	}
	b := []byte(name)
	for i, c := range b {
		if isUpper(rune(c)) {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
