package dns

import "sync/atomic"

// Stats count what a Client did since New.
type Stats struct {
	// Queries were sent, over UDP and TCP.
	Queries uint64
	// Replies were believed, whatever they said.
	Replies uint64
	// CacheHits are questions that needed no query.
	CacheHits uint64
	// Truncated replies were asked for again over TCP.
	Truncated uint64
	// WithoutEDNS are queries that were sent again without EDNS.
	WithoutEDNS uint64
	// The rest are messages that were ignored: NotResponse are queries and other
	// operations than a standard query, UnknownID had the id of no question,
	// WrongQuestion repeated another question or none, Malformed could not be
	// parsed.
	NotResponse, UnknownID, WrongQuestion, Malformed uint64
}

type counter int

const (
	believed counter = iota // not counted: no reason to ignore a message
	countQueries
	countReplies
	countCacheHits
	countTruncated
	countWithoutEDNS
	ignoredNotResponse
	ignoredUnknownID
	ignoredWrongQuestion
	ignoredMalformed
	numCounters
)

// ignoredText says why a message was ignored.
var ignoredText = map[counter]string{
	ignoredNotResponse:   "not a response to a query",
	ignoredUnknownID:     "unknown id",
	ignoredWrongQuestion: "wrong question",
	ignoredMalformed:     "malformed",
}

type counters [numCounters]atomic.Uint64

func (c *counters) add(which counter) { c[which].Add(1) }

// Stats returns the counters of this moment.
func (c *Client) Stats() Stats {
	at := func(which counter) uint64 { return c.stats[which].Load() }
	return Stats{
		Queries:       at(countQueries),
		Replies:       at(countReplies),
		CacheHits:     at(countCacheHits),
		Truncated:     at(countTruncated),
		WithoutEDNS:   at(countWithoutEDNS),
		NotResponse:   at(ignoredNotResponse),
		UnknownID:     at(ignoredUnknownID),
		WrongQuestion: at(ignoredWrongQuestion),
		Malformed:     at(ignoredMalformed),
	}
}
