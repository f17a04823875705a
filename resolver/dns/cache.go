package dns

import (
	"container/list"
	"reflect"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// key is a question. The name is absolute and in lower case.
type key struct {
	name string
	typ  Type
}

// entry is what the cache knows of a question.
type entry struct {
	key    key
	answer Answer
	kind   error // nil, ErrNotFound or ErrNoData
	stored time.Time
	bytes  int
}

// cache forgets what was not used for longest when it is full.
type cache struct {
	mu      sync.Mutex
	size    int // bytes
	room    int // bytes that are left of it
	entries map[key]*list.Element
	used    list.List // of *entry, the last used first
}

func newCache(bytes int) *cache {
	return &cache{size: bytes, room: bytes, entries: make(map[key]*list.Element)}
}

// get returns an answer that is not old. Its slice of records is a copy.
func (c *cache) get(k key, now time.Time) (Answer, error, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[k]
	if !ok {
		return Answer{}, nil, false
	}
	e := element.Value.(*entry)
	if !now.Before(e.answer.Expires) {
		c.remove(element)
		return Answer{}, nil, false
	}
	c.used.MoveToFront(element)
	return e.aged(now), e.kind, true
}

// aged returns the answer with the TTLs that are left.
func (e *entry) aged(now time.Time) Answer {
	a := e.answer
	a.FromCache = true
	age := uint32(max(now.Sub(e.stored), 0) / time.Second)
	a.Records = slices.Clone(a.Records)
	for i := range a.Records {
		a.Records[i].Header.TTL -= min(age, a.Records[i].Header.TTL)
	}
	if a.SOA != nil {
		soa := *a.SOA
		soa.Header.TTL -= min(age, soa.Header.TTL)
		a.SOA = &soa
	}
	a.Aliases = slices.Clone(a.Aliases)
	return a
}

// put keeps a copy of an answer that lives longer than now.
func (c *cache) put(k key, a Answer, kind error, now time.Time) {
	if !now.Before(a.Expires) {
		return
	}
	a.Records = slices.Clone(a.Records)
	a.Aliases = slices.Clone(a.Aliases)
	if a.SOA != nil {
		soa := *a.SOA
		a.SOA = &soa
	}
	e := &entry{key: k, answer: a, kind: kind, stored: now}
	e.bytes = e.cost()
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.entries[k]; ok {
		c.remove(old)
	}
	if e.bytes > c.size {
		return
	}
	for e.bytes > c.room {
		c.remove(c.used.Back())
	}
	c.entries[k] = c.used.PushFront(e)
	c.room -= e.bytes
}

func (c *cache) remove(element *list.Element) {
	e := c.used.Remove(element).(*entry)
	delete(c.entries, e.key)
	c.room += e.bytes
}

// overhead is an entry, its element of the list, and its share of a map that is
// half full, in bytes.
var overhead = int(reflect.TypeFor[entry]().Size()+reflect.TypeFor[list.Element]().Size()) +
	2*int(reflect.TypeFor[key]().Size()+reflect.TypeFor[*list.Element]().Size())

// cost is what the entry takes of memory, in bytes.
func (e *entry) cost() int {
	n := overhead + len(e.key.name) + len(e.answer.Name)
	for _, alias := range e.answer.Aliases {
		n += stringBytes + len(alias)
	}
	for _, r := range e.answer.Records {
		n += recordCost(r)
	}
	if e.answer.SOA != nil {
		n += recordCost(*e.answer.SOA)
	}
	return n
}

const stringBytes = 16

func recordCost(r dnsmessage.Resource) int {
	n := int(reflect.TypeFor[dnsmessage.Resource]().Size() + reflect.TypeOf(r.Body).Elem().Size())
	switch b := r.Body.(type) {
	case *dnsmessage.TXTResource:
		for _, text := range b.TXT {
			n += stringBytes + len(text)
		}
	case *dnsmessage.SVCBResource:
		n += paramsCost(b.Params)
	case *dnsmessage.HTTPSResource:
		n += paramsCost(b.Params)
	case *dnsmessage.UnknownResource:
		n += len(b.Data)
	case *dnsmessage.OPTResource:
		for _, o := range b.Options {
			n += int(reflect.TypeOf(o).Size()) + len(o.Data)
		}
	}
	return n
}

func paramsCost(params []dnsmessage.SVCParam) int {
	n := 0
	for _, p := range params {
		n += int(reflect.TypeOf(p).Size()) + len(p.Value)
	}
	return n
}
