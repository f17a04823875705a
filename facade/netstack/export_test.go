package netstack

import (
	"maps"
	"slices"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// QueuedErrors tells whether extended errors wait in gVisor's queue.
func (e *Endpoint) QueuedErrors() bool {
	return e.current.Load().SocketOptions().PeekErr() != nil
}

// Waiting is the number of sockets that wait for a link to have room.
func (p *Provider) Waiting() int {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return len(p.room.waiting)
}

// OptionName is an option that a table has, and whether it can be set.
type OptionName struct {
	Level, Name int
	Settable    bool
}

// Options lists the tables of options.
func Options() []OptionName {
	var all []OptionName
	for _, level := range slices.Sorted(maps.Keys(optionLevels)) {
		for _, table := range optionLevels[level].tables {
			for _, name := range slices.Sorted(maps.Keys(table.options)) {
				all = append(all, OptionName{level, name, table.options[name].set != nil})
			}
		}
	}
	return all
}

// ErrorTypes are the names of the types that the table of errors has.
func ErrorTypes() []string {
	var names []string
	for t := range errnos {
		names = append(names, t.Elem().Name())
	}
	slices.Sort(names)
	return names
}

// ToErrno is toErrno.
var ToErrno = toErrno

// ParseICMPError tells whether b is an error for a socket, a hard one, and what part
// of b is the packet's payload.
func ParseICMPError(six bool, b []byte) (errno endpoint.Errno, hard bool, payload []byte, ok bool) {
	network := ipv4
	if six {
		network = ipv6
	}
	e, ok := parseICMPError(network, b)
	return e.errno, e.hard, e.packet.payload, ok
}
