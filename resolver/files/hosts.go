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

// Hosts is a table of hosts(5). Names are the same whatever the case of their
// ASCII letters, with a dot at the end or without.
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

// ParseHosts reads hosts(5), up to 64 MiB with 2 Mi names.
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
	if _, ok := h.byAddr[l.Addr.Unmap()]; !ok {
		h.byAddr[l.Addr.Unmap()] = n
	}
}

// Addrs returns the addresses of a name that fit, one for every line that has it, in
// the order of the file; with a nil fits all do. As glibc merges them, the canonical
// name is that of the first such line, and the aliases are the other names of all of
// them, each once. fits is called for every line with the name.
func (h *Hosts) Addrs(name string, fits func(netip.Addr) bool) (addrs []netip.Addr, canonical string, aliases []string) {
	if h == nil {
		return nil, "", nil
	}
	seen := map[string]bool{}
	for _, n := range h.byName[fold(name)] {
		l := h.lines[n]
		if fits != nil && !fits(l.Addr) {
			continue
		}
		addrs = append(addrs, l.Addr)
		for _, other := range l.Names {
			if seen[other] {
				continue
			}
			seen[other] = true
			if len(seen) == 1 {
				canonical = other
			} else {
				aliases = append(aliases, other)
			}
		}
	}
	return addrs, canonical, aliases
}

// Names returns the names of the first line with the address. An IPv4 address and
// its IPv4-mapped form are the same; an address with a zone is also looked for
// without it.
func (h *Hosts) Names(addr netip.Addr) (name string, aliases []string, ok bool) {
	if h == nil {
		return "", nil, false
	}
	addr = addr.Unmap()
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
