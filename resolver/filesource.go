package resolver

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver/files"
)

// filesSource is the source of hosts(5): a table, and then a file.
type filesSource struct {
	table *files.Hosts
	file  *files.File[*files.Hosts]
}

func newFilesSource(c *Config) filesSource {
	s := filesSource{table: c.Hosts}
	if c.HostsFile != "" {
		s.file = files.NewFile(c.HostsFile, files.ParseHosts)
	}
	return s
}

// tables are those to look into. A file that is missing is an empty one.
func (s filesSource) tables() ([]*files.Hosts, error) {
	if s.file == nil {
		return []*files.Hosts{s.table}, nil
	}
	hosts, err := s.file.Get()
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return []*files.Hosts{s.table, hosts}, err
}

// HostByName implements Source. All lines that have the name count; the first one of
// them names the host.
func (s filesSource) HostByName(_ context.Context, q Query) (HostEnt, error) {
	tables, unread := s.tables()
	known := false
	for _, t := range tables {
		lines := t.Find(q.Name)
		known = known || len(lines) > 0
		addrs, name, aliases := files.MergeHosts(linesOf(lines, q.Family))
		if len(addrs) > 0 {
			return HostEnt{Name: name, Aliases: aliases, Addrs: addrs}, nil
		}
	}
	switch {
	case unread != nil:
		return HostEnt{}, &failure{NO_RECOVERY, true, unread}
	case known:
		return HostEnt{}, NO_DATA
	}
	return HostEnt{}, HOST_NOT_FOUND
}

// linesOf are the lines with an address of a family.
func linesOf(lines []files.HostsLine, family int) []files.HostsLine {
	var all []files.HostsLine
	for _, l := range lines {
		ok := true
		switch family {
		case endpoint.AF_INET:
			l.Addr, ok = l.Addr4()
		case endpoint.AF_INET6:
			ok = l.Addr.Is6()
		}
		if ok {
			all = append(all, l)
		}
	}
	return all
}

// HostByAddr implements Source.
func (s filesSource) HostByAddr(_ context.Context, a netip.Addr) (HostEnt, error) {
	tables, unread := s.tables()
	for _, t := range tables {
		if name, aliases, ok := t.Names(a); ok {
			return HostEnt{Name: name, Aliases: aliases, Addrs: []netip.Addr{a}}, nil
		}
	}
	if unread != nil {
		return HostEnt{}, &failure{NO_RECOVERY, true, unread}
	}
	return HostEnt{}, HOST_NOT_FOUND
}
