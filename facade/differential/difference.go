package differential

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Difference is where the two paths part: after the last call of Program.
type Difference struct {
	Program Program
	Index   int

	call   call
	slot   slot
	aspect aspect
	// kernel and stack are what the two paths say; of events, the events.
	kernel, stack             answer
	kernelEvents, stackEvents facade.Events

	kind kind
	// facts are those of the socket, anyFact those of all.
	facts, anyFact fact
	// before is what the kernel showed of the socket ahead of the call.
	before view
}

// describe adds what known differences depend on.
func (r *Runner) describe(d *Difference, before *[slots]view) {
	d.kind, d.facts = r.kernel.kinds[d.slot], r.happened.facts[d.slot]
	d.before, d.anyFact = before[d.slot], r.happened.any
}

// Kind names the difference without its data: programs that have the same one are
// of the same cause, as far as one can tell.
func (d *Difference) Kind() string {
	k, s := d.say()
	return fmt.Sprintf("%s of %s, %v of %s: kernel %s, stack %s",
		operations[d.call.op].name, kindName(d.call, d), d.aspect, d.kind.name, generalise(k), generalise(s))
}

func kindName(c call, d *Difference) string {
	if c.slot == d.slot {
		return "itself"
	}
	return "another"
}

// generalise leaves out what is a program's own: data, sizes, and where a port
// was seen.
func generalise(s string) string { return digits.ReplaceAllString(data.ReplaceAllString(s, ""), " N") }

var (
	data   = regexp.MustCompile(`, data .*`)
	digits = regexp.MustCompile(` s?[1-9][0-9]*\b`)
)

// String returns the program, and what each path says of its end.
func (d *Difference) String() string {
	k, s := d.say()
	return fmt.Sprintf("%vafter the last call, %v of s%d (%s):\n\tkernel: %s\n\tstack:  %s\n",
		d.Program, d.aspect, d.slot, d.kind.name, k, s)
}

func (d *Difference) say() (kernel, stack string) {
	if d.aspect == events {
		return eventNames(d.kernelEvents), eventNames(d.stackEvents)
	}
	return d.kernel.String(), d.stack.String()
}

var namedEvents = []struct {
	event facade.Events
	name  string
}{
	{facade.POLLIN, "IN"}, {facade.POLLPRI, "PRI"}, {facade.POLLOUT, "OUT"},
	{facade.POLLERR, "ERR"}, {facade.POLLHUP, "HUP"}, {facade.POLLRDHUP, "RDHUP"}, {facade.POLLNVAL, "NVAL"},
}

func eventNames(e facade.Events) string {
	var all []string
	for _, n := range namedEvents {
		if e&n.event != 0 {
			all = append(all, n.name)
		}
	}
	return "[" + strings.Join(all, " ") + "]"
}

// String returns the errno's name, or what the call answered.
func (a answer) String() string {
	var s []string
	s = append(s, a.errnoName())
	if a.addr != (address{}) {
		s = append(s, a.addr.String())
	}
	if a.n != 0 {
		s = append(s, fmt.Sprint(a.n))
	}
	if a.data != "" {
		const shown = 24
		d := hex.EncodeToString([]byte(a.data[:min(len(a.data), shown)]))
		s = append(s, fmt.Sprintf("data %s (%d)", d, len(a.data)))
	}
	return strings.Join(s, ", ")
}

// errnoName is the name of the errno, "ok" for none.
func (a answer) errnoName() string {
	name := endpoint.Errno(a.errno).Name()
	switch {
	case a.errno == 0 && a.failure == "":
		return "ok"
	case name == "" && a.failure == "":
		return a.errno.Error()
	}
	return strings.TrimSpace(a.failure + " " + name)
}

// String names the port by the call and the socket that showed it first.
func (a address) String() string {
	switch {
	case a.port.known && a.port.slot == noSlot:
		return fmt.Sprintf("%s port of call %d", a.host, a.port.call)
	case a.port.known:
		return fmt.Sprintf("%s port of s%d in call %d", a.host, a.port.slot, a.port.call)
	}
	return fmt.Sprintf("%s port %d", a.host, a.number)
}
