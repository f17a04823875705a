package dns

import (
	"slices"
	"strings"
	"sync"
)

// maxFlights bounds the lookups that ask servers at once, each with a socket and a
// buffer. Those over it wait.
const maxFlights = 256

// flights are the lookups of an epoch that ask servers. Only one of equal ones does: a
// forger gets no more chances at the answer because many ask for the same name
// (VU#457875).
type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

// flight is a lookup that asks, and others that wait for its answers.
type flight struct {
	over chan struct{} // closed at the end
	// results are those of its questions, in their order. Nil if its context ended:
	// then one of those that wait has to ask.
	results []result
}

type result struct {
	answer Answer
	err    error
}

// join returns the flight of a key, and whether the caller is the one that asks.
func (f *flights) join(key string) (*flight, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if other, ok := f.all[key]; ok {
		return other, false
	}
	own := &flight{over: make(chan struct{})}
	if f.all == nil {
		f.all = make(map[string]*flight)
	}
	f.all[key] = own
	return own, true
}

func (f *flights) leave(key string, own *flight) {
	f.mu.Lock()
	delete(f.all, key)
	f.mu.Unlock()
	close(own.over)
}

// askOnce has the servers asked, by this lookup or by one that asks the same already.
func (l *lookup) askOnce() {
	key := l.flightKey()
	for {
		own, asks := l.flights.join(key)
		if asks {
			l.fly(key, own)
			return
		}
		select {
		case <-own.over:
		case <-l.ctx.Done():
			l.giveUp(l.ctx.Err(), nil)
			return
		}
		if own.results != nil {
			l.copyResults(own.results)
			return
		}
		if err := l.ended(); err != nil {
			l.giveUp(err, nil)
			return
		}
	}
}

// flightKey is the name and the types that are not answered.
func (l *lookup) flightKey() string {
	key := []string{lowerName(l.name.String())}
	for _, q := range l.questions {
		key = append(key, TypeName(q.typ))
	}
	return strings.Join(key, " ")
}

// fly asks, and keeps the answers for those that wait.
func (l *lookup) fly(key string, own *flight) {
	defer l.flights.leave(key, own)
	select {
	case l.client.slots <- struct{}{}:
		defer func() { <-l.client.slots }()
	case <-l.ctx.Done():
	}
	if err := l.ended(); err != nil {
		l.giveUp(err, nil)
		return
	}
	places := make(map[int]int)
	for place, q := range l.questions {
		places[q.index] = place
	}
	results, done := make([]result, len(places)), l.done
	l.done = func(i int, a Answer, err error) {
		results[places[i]] = result{a, err}
		a.Records = slices.Clone(a.Records)
		done(i, a, err)
	}
	l.fromCache() // of a flight that has just ended
	if len(l.questions) > 0 {
		l.askServers()
	}
	if l.ended() == nil {
		own.results = results
	}
}

// copyResults delivers what another lookup was told.
func (l *lookup) copyResults(results []result) {
	for place, q := range l.takeQuestions() {
		r := results[place]
		r.answer.Records = slices.Clone(r.answer.Records)
		if r.answer.Name != "" {
			r.answer = spelled(r.answer, printName(l.name.String()))
		}
		if e, ok := r.err.(*Error); ok {
			own := *e
			own.Name, r.err = l.text, &own
		}
		l.done(q.index, r.answer, r.err)
	}
}
