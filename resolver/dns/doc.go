// Package dns asks DNS servers: the client of a stub resolver (RFC 1034 section
// 5.3.1, RFC 1035, RFC 9499 "stub resolver"). It sends a question to recursive
// servers, believes only what answers that question, and keeps the answer for as
// long as its TTL says.
//
// What the package does not know: search lists, numeric addresses, hosts files
// and the order of sources. Those are its caller's. It follows no referral and
// checks no signature.
//
// Messages are encoded by golang.org/x/net/dns/dnsmessage: it is package net's own, is
// kept with Go, and reads hostile messages in bounded time (compression pointers lead
// backwards, names with dots in labels are refused). github.com/miekg/dns knows far
// more types, which a stub resolver has no use for.
//
// Every query travels through Config.Dial. Time comes from Config.Now and
// randomness from Config.Rand only. A lookup runs on its caller's goroutine and
// starts none, so the same clock, randomness and answers make the same queries in
// the same order.
//
// # What is believed
//
// A message counts only if it is a response to a standard query, its id is that
// of a question that is waited for, and it repeats exactly that question. All
// else, and what can't be parsed, is counted (Stats) and ignored, so that a
// forger can't end a lookup with one datagram. After 1,000 ignored messages on
// one socket the server is given up for this attempt: someone is guessing, and
// the next attempt has a new port and new ids.
//
// There is one exception: servers older than EDNS may refuse it with a bare
// header. A FORMERR with the right id and no question makes the client ask again
// without EDNS; it ends nothing.
//
// From a message that counts, records are used whose owner is at the end of the
// chain of CNAMEs that starts at the question. Others are ignored.
//
// # What an empty answer means
//
// NXDOMAIN is ErrNotFound, with or without a chain before it (RFC 6604). NOERROR
// without records at the end of the chain is ErrNoData if the server had the
// means to know: the reply is authoritative, or offers recursion, or has the SOA
// record of a zone around the name. Otherwise the server is lame, and the next
// one is asked.
package dns
