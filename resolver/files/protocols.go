package files

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// ProtocolLine is a line of protocols(5).
type ProtocolLine struct {
	Name    string
	Number  int
	Aliases []string
}

// Protocols is a table of protocols(5). Its names are case-sensitive, as in glibc.
type Protocols struct {
	lines    []ProtocolLine
	byName   map[string]int32
	byNumber map[int]int32
}

// ParseProtocols reads protocols(5), up to 1 MiB. Numbers may be over 255: the
// kernel has some of its own.
func ParseProtocols(r io.Reader) (*Protocols, error) {
	p := &Protocols{byName: map[string]int32{}, byNumber: map[int]int32{}}
	err := eachEntry(r, maxSize, func(words []string) error {
		if n, ok := number(words[1], math.MaxInt32); ok {
			p.add(ProtocolLine{words[0], n, words[2:]})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Protocols) add(l ProtocolLine) {
	n := int32(len(p.lines))
	p.lines = append(p.lines, l)
	if _, ok := p.byNumber[l.Number]; !ok {
		p.byNumber[l.Number] = n
	}
	for _, name := range append([]string{l.Name}, l.Aliases...) {
		if _, ok := p.byName[name]; !ok {
			p.byName[name] = n
		}
	}
}

// Number returns the number of the first line that has the name, or has it as an
// alias, as getprotobyname(3).
func (p *Protocols) Number(name string) (number int, ok bool) {
	if p == nil {
		return 0, false
	}
	n, ok := p.byName[name]
	if !ok {
		return 0, false
	}
	return p.lines[n].Number, true
}

// Name returns the name of the first line that has the number, as
// getprotobynumber(3).
func (p *Protocols) Name(number int) (name string, ok bool) {
	if p == nil {
		return "", false
	}
	n, ok := p.byNumber[number]
	if !ok {
		return "", false
	}
	return p.lines[n].Name, true
}

// Lines returns the table, in the order of the file.
func (p *Protocols) Lines() []ProtocolLine {
	if p == nil {
		return nil
	}
	lines := slices.Clone(p.lines)
	for i := range lines {
		lines[i].Aliases = slices.Clone(lines[i].Aliases)
	}
	return lines
}

// String is the table as protocols(5).
func (p *Protocols) String() string {
	var b strings.Builder
	for _, l := range p.Lines() {
		fmt.Fprintf(&b, "%s\t%d", l.Name, l.Number)
		writeAliases(&b, l.Aliases)
	}
	return b.String()
}
