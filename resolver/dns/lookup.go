package dns

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// lookup is one call of Lookup.
type lookup struct {
	client *Client
	*epoch
	ctx       context.Context
	text      string          // as the caller spells the name
	name      dnsmessage.Name // absolute
	done      func(i int, a Answer, err error)
	questions []*question // not answered yet
}

// question is one type of a lookup.
type question struct {
	index   int
	typ     Type
	key     key
	id      uint16
	edns    bool
	failure *Error // the most telling so far
}

// Lookup asks for types of an absolute name, whose last dot is optional, side by
// side. done is called once for each type, on the caller's goroutine, as answers
// arrive: i is the index in types, err nil or an *Error. It may call Lookup.
// Lookup returns after all of them, at the latest when ctx ends or when every
// server had its time in every attempt. The deadline of ctx counts by Config.Now,
// too. Types that the cache knows come first. Of lookups for the same at the same time
// one asks, and the others wait for what it is told; at most 256 ask at once.
//
// There is no search list, and numbers are names like others. Any type can be
// asked for, but a transfer of zones (AXFR) is not one answer and fails.
func (c *Client) Lookup(ctx context.Context, name string, types []Type, done func(i int, a Answer, err error)) {
	l := &lookup{client: c, epoch: c.servers.Load(), ctx: ctx, text: name, done: done}
	for i, t := range types {
		l.questions = append(l.questions, &question{index: i, typ: t})
	}
	err := l.ended()
	if err == nil {
		l.name, err = parseName(name)
	}
	if err != nil {
		l.giveUp(err, nil)
		return
	}
	l.fromCache()
	switch {
	case len(l.questions) == 0:
	case c.config.Dial == nil:
		l.giveUp(ErrUnreachable, errNoDial)
	case len(l.Addrs) == 0:
		l.giveUp(ErrUnreachable, errNoServers)
	default:
		l.askOnce()
	}
}

// ended returns the error of the context. Its deadline counts by Config.Now, too.
func (l *lookup) ended() error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
	if d, ok := l.ctx.Deadline(); ok && !l.client.config.Now().Before(d) {
		return context.DeadlineExceeded
	}
	return nil
}

// giveUp ends what is not answered with the same error.
func (l *lookup) giveUp(kind, cause error) {
	for _, q := range l.takeQuestions() {
		l.done(q.index, Answer{}, l.error(q, netip.AddrPort{}, kind, cause))
	}
}

func (l *lookup) takeQuestions() []*question {
	all := l.questions
	l.questions = nil
	return all
}

func (l *lookup) error(q *question, server netip.AddrPort, kind, cause error) *Error {
	return &Error{Name: l.text, Type: q.typ, Server: server, Kind: kind, Err: cause}
}

func (l *lookup) fromCache() {
	name, now := lowerName(l.name.String()), l.client.config.Now()
	for _, q := range l.takeQuestions() {
		q.key = key{name, q.typ}
		a, kind, ok := l.cache.get(q.key, now)
		if !ok {
			l.questions = append(l.questions, q)
			continue
		}
		l.client.stats.add(countCacheHits)
		l.deliver(q, spelled(a, printName(l.name.String())), kind)
	}
}

// spelled gives an answer of the cache the spelling of its question, as servers do
// with theirs: the question that was answered first may have had another.
func spelled(a Answer, asked string) Answer {
	if len(a.Aliases) == 0 {
		a.Name = asked
		return a
	}
	a.Aliases = append([]string{asked}, a.Aliases[1:]...)
	return a
}

// deliver tells the caller of an answer. kind is nil, ErrNotFound or ErrNoData.
func (l *lookup) deliver(q *question, a Answer, kind error) {
	if kind == nil {
		l.done(q.index, a, nil)
		return
	}
	err := l.error(q, a.Server, kind, nil)
	err.RCode = a.RCode
	l.done(q.index, a, err)
}

// askServers goes through the servers, attempt by attempt, until all is answered.
func (l *lookup) askServers() {
	start := uint32(0)
	if l.Rotate {
		start = (l.rotate.Add(1) - 1) % uint32(len(l.Addrs))
	}
	for range l.Attempts {
		for i := range l.Addrs {
			server := l.Addrs[(int(start)+i)%len(l.Addrs)]
			if err := l.ask(server, l.wait(i)); err != nil {
				l.giveUp(ErrUnreachable, err)
			}
			if err := l.ended(); err != nil {
				l.giveUp(err, nil)
			}
			if len(l.questions) == 0 {
				return
			}
		}
	}
	for _, q := range l.takeQuestions() {
		l.done(q.index, Answer{}, q.failure)
	}
}

// ask asks one server for all that is not answered, and waits for each answer as long
// as limit. Its error ends the lookup.
func (l *lookup) ask(server netip.AddrPort, limit time.Duration) error {
	open := slices.Clone(l.questions)
	if err := l.client.drawIDs(open, nil); err != nil {
		return err
	}
	for _, q := range open {
		q.edns = !l.NoEDNS0
	}
	groups := [][]*question{open}
	if l.SingleRequest {
		groups = slices.Collect(slices.Chunk(open, 1))
	}
	buffer := l.client.buffers.Get().(*[maxMessage]byte)
	defer l.client.buffers.Put(buffer)
	for i, group := range groups {
		x := exchange{lookup: l, server: server, limit: limit, buffer: buffer[:]}
		if err := x.run(group); err != nil {
			for _, rest := range groups[i+1:] {
				x.fail(rest, err)
			}
			return nil
		}
	}
	return nil
}

// drawIDs gives new ids to questions that share a socket with others, which have
// theirs. Those of one socket differ.
func (c *Client) drawIDs(questions, others []*question) error {
	random := make([]byte, 2*len(questions))
	c.random.Lock()
	_, err := io.ReadFull(c.config.Rand, random)
	c.random.Unlock()
	if err != nil {
		return fmt.Errorf("drawing ids: %w", err)
	}
	taken := make(map[uint16]bool)
	for _, q := range others {
		taken[q.id] = true
	}
	for i, q := range questions {
		q.id = uint16(random[2*i])<<8 | uint16(random[2*i+1])
		for taken[q.id] {
			q.id++
		}
		taken[q.id] = true
	}
	return nil
}
