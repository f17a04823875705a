package files

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Status is what comes of a lookup in one source.
type Status int

// The statuses of nsswitch.conf(5).
const (
	Success Status = iota
	NotFound
	Unavail
	TryAgain

	statuses = 4
)

// statusNames are as nsswitch.conf(5) spells them.
var statusNames = [statuses]string{"SUCCESS", "NOTFOUND", "UNAVAIL", "TRYAGAIN"}

// Action is what follows on a status.
type Action int

const (
	// Default is Return for Success and Continue for any other status.
	Default Action = iota
	// Return ends the lookup with the status.
	Return
	// Continue goes on to the next service. "merge", which glibc has for groups, is
	// read as Continue.
	Continue
)

// Service is a source of names, such as "files" or "dns", in an order.
type Service struct {
	Name string
	// Actions are by Status.
	Actions [statuses]Action
}

// On returns what follows on a status: Return or Continue.
func (s Service) On(status Status) Action {
	if a := s.Actions[status]; a != Default {
		return a
	}
	if status == Success {
		return Return
	}
	return Continue
}

// NSSwitch is nsswitch.conf(5): the order of services of each database, such as
// "hosts".
type NSSwitch map[string][]Service

// ParseNSSwitch reads nsswitch.conf(5), up to 1 MiB. The last line of a database
// counts.
func ParseNSSwitch(r io.Reader) (NSSwitch, error) {
	all := NSSwitch{}
	err := eachLine(r, maxSize, func(line []byte) error {
		text, _, _ := strings.Cut(string(line), "#")
		text = trimSpace(text)
		end := strings.IndexFunc(text, func(r rune) bool { return r == ':' || isSpace(r) })
		if end > 0 {
			all[text[:end]] = ParseOrder(strings.TrimPrefix(trimSpace(text[end:]), ":"))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// ParseOrder reads what follows the colon in a line of nsswitch.conf(5), for
// example "files mdns4_minimal [NOTFOUND=return] dns". A service with malformed
// actions is left out, with all that follows, where glibc has no use for the whole
// file and finds nothing.
func ParseOrder(text string) []Service {
	var all []Service
	for {
		text = trimSpace(text)
		end := strings.IndexFunc(text, func(r rune) bool { return r == '[' || isSpace(r) })
		if end < 0 {
			end = len(text)
		}
		if end == 0 {
			return all
		}
		s := Service{Name: text[:end]}
		text = trimSpace(text[end:])
		if actions, ok := strings.CutPrefix(text, "["); ok {
			if text, ok = s.parseActions(actions); !ok {
				return all
			}
		}
		all = append(all, s)
	}
}

// parseActions reads actions up to their bracket, and returns what follows.
func (s *Service) parseActions(text string) (rest string, ok bool) {
	for {
		text = trimSpace(text)
		not := strings.HasPrefix(text, "!")
		status, rest, ok := cutWord(strings.TrimPrefix(text, "!"))
		n := slices.IndexFunc(statusNames[:], func(name string) bool { return strings.EqualFold(name, status) })
		rest, equals := strings.CutPrefix(rest, "=")
		if !ok || n < 0 || !equals {
			return "", false
		}
		word, rest, ok := cutWord(trimSpace(rest))
		action, known := actionNamed(word)
		if !ok || !known {
			return "", false
		}
		for i := range s.Actions {
			if (i == n) != not {
				s.Actions[i] = action
			}
		}
		if after, ok := strings.CutPrefix(rest, "]"); ok {
			return after, true
		}
		text = rest
	}
}

// cutWord cuts a word from what follows it: white space, '=' or ']'. Without any of
// them it is not ok. White space after the word is dropped.
func cutWord(s string) (word, rest string, ok bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return r == '=' || r == ']' || isSpace(r) })
	if end < 0 {
		return "", "", false
	}
	return s[:end], trimSpace(s[end:]), true
}

func actionNamed(word string) (Action, bool) {
	switch strings.ToLower(word) {
	case "return":
		return Return, true
	case "continue", "merge":
		return Continue, true
	}
	return Default, false
}

func trimSpace(s string) string { return strings.TrimFunc(s, isSpace) }

// String is the service with its actions as nsswitch.conf(5) has them.
func (s Service) String() string {
	var actions []string
	for status, a := range s.Actions {
		switch a {
		case Return:
			actions = append(actions, statusNames[status]+"=return")
		case Continue:
			actions = append(actions, statusNames[status]+"=continue")
		}
	}
	if len(actions) == 0 {
		return s.Name
	}
	return s.Name + " [" + strings.Join(actions, " ") + "]"
}

// String is nsswitch.conf(5), with the databases in the order of their names.
func (n NSSwitch) String() string {
	var b strings.Builder
	for _, database := range slices.Sorted(maps.Keys(n)) {
		fmt.Fprintf(&b, "%s:", database)
		for _, s := range n[database] {
			fmt.Fprintf(&b, " %s", s)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
