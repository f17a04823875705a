package resolver

import (
	"errors"
	"strings"

	"github.com/usernet-stack/usernet/resolver/dns"
	"github.com/usernet-stack/usernet/resolver/files"
)

// search asks for a name as it is and in the domains of the search list, in the order
// that resolv.conf(5) gives by ndots, until there is an answer; of several failures it
// tells the one that glibc does (__res_context_search).
func search(conf files.ResolvConf, name string, ask func(absolute string) (HostEnt, error)) (HostEnt, error) {
	if strings.HasSuffix(name, ".") {
		return ask(name)
	}
	dots := strings.Count(name, ".")
	var asIs error
	if dots >= conf.NDots {
		ent, err := ask(name)
		if err == nil {
			return ent, nil
		}
		asIs = err
	}
	var failed searchFailures
	rooted := false
	for _, domain := range conf.Search {
		domain = strings.Trim(domain, ".")
		rooted = rooted || domain == ""
		ent, err := ask(strings.TrimSuffix(name+"."+domain, "."))
		if err == nil {
			return ent, nil
		}
		if failed.add(err); errors.Is(err, dns.ErrUnreachable) {
			return HostEnt{}, err
		}
		if !failed.goOn(err) {
			break
		}
	}
	if asIs == nil && !rooted && (dots > 0 || len(conf.Search) == 0 || !conf.NoTLDQuery) {
		ent, err := ask(name)
		if err == nil {
			return ent, nil
		}
		failed.add(err)
	}
	if asIs != nil {
		return HostEnt{}, asIs
	}
	return HostEnt{}, failed.worst()
}

// searchFailures are the errors of a search so far.
type searchFailures struct{ noData, serverFailure, last error }

func (s *searchFailures) add(err error) {
	switch s.last = err; {
	case codeOf(err) == NO_DATA:
		s.noData = err
	case errors.Is(err, dns.ErrServerFailure):
		s.serverFailure = err
	}
}

// goOn tells whether the next domain is worth a question after an error: not when
// nobody answers.
func (s *searchFailures) goOn(err error) bool {
	code := codeOf(err)
	return code == NO_DATA || code == HOST_NOT_FOUND || errors.Is(err, dns.ErrServerFailure)
}

func (s *searchFailures) worst() error {
	switch {
	case s.noData != nil:
		return s.noData
	case s.serverFailure != nil:
		return s.serverFailure
	}
	return s.last
}
