package files

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// ServiceLine is a line of services(5).
type ServiceLine struct {
	Name    string
	Port    int
	Proto   string
	Aliases []string
}

// Services is a table of services(5). Its names are case-sensitive, as in glibc.
type Services struct {
	lines  []ServiceLine
	byName map[string][]int32
	byPort map[int][]int32
}

// ParseServices reads services(5), up to 1 MiB. As in glibc, a line may have no
// protocol; a port over 65535 makes it malformed, where glibc takes its lower 16 bits.
func ParseServices(r io.Reader) (*Services, error) {
	s := &Services{byName: map[string][]int32{}, byPort: map[int][]int32{}}
	err := eachEntry(r, maxSize, func(words []string) error {
		digits, proto, _ := strings.Cut(words[1], "/")
		if port, ok := number(digits, math.MaxUint16); ok {
			s.add(ServiceLine{words[0], port, proto, words[2:]})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Services) add(l ServiceLine) {
	n := int32(len(s.lines))
	s.lines = append(s.lines, l)
	s.byPort[l.Port] = append(s.byPort[l.Port], n)
	s.byName[l.Name] = append(s.byName[l.Name], n)
	for _, alias := range l.Aliases {
		s.byName[alias] = append(s.byName[alias], n)
	}
}

// Port returns the port of the first line of the protocol that has the name, or
// has it as an alias, as getservbyname(3). An empty proto is any.
func (s *Services) Port(name, proto string) (port int, ok bool) {
	if s == nil {
		return 0, false
	}
	l, ok := s.first(s.byName[name], proto)
	return l.Port, ok
}

// Name returns the name of the first line of the protocol that has the port, as
// getservbyport(3). An empty proto is any.
func (s *Services) Name(port int, proto string) (name string, ok bool) {
	if s == nil {
		return "", false
	}
	l, ok := s.first(s.byPort[port], proto)
	return l.Name, ok
}

func (s *Services) first(lines []int32, proto string) (ServiceLine, bool) {
	for _, n := range lines {
		if l := s.lines[n]; proto == "" || l.Proto == proto {
			return l, true
		}
	}
	return ServiceLine{}, false
}

// Lines returns the table, in the order of the file.
func (s *Services) Lines() []ServiceLine {
	if s == nil {
		return nil
	}
	lines := slices.Clone(s.lines)
	for i := range lines {
		lines[i].Aliases = slices.Clone(lines[i].Aliases)
	}
	return lines
}

// String is the table as services(5).
func (s *Services) String() string {
	var b strings.Builder
	for _, l := range s.Lines() {
		fmt.Fprintf(&b, "%s\t%d/%s", l.Name, l.Port, l.Proto)
		writeAliases(&b, l.Aliases)
	}
	return b.String()
}

// writeAliases ends a line.
func writeAliases(b *strings.Builder, aliases []string) {
	for i, alias := range aliases {
		b.WriteByte("\t "[min(i, 1)])
		b.WriteString(alias)
	}
	b.WriteByte('\n')
}
