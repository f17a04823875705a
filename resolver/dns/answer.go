package dns

import (
	"net/netip"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Answer is what a server, or the cache, said of one type of a name. With
// ErrNotFound and ErrNoData it has no Records; with other errors it is zero.
type Answer struct {
	// Name is the end of the chain of CNAMEs, without the last dot, as the server
	// spells it.
	Name string
	// Aliases are the names that led there, that asked for first; nil without a
	// CNAME.
	Aliases []string
	// Records are those of the type asked for that Name owns, in the server's
	// order. TypeANY has all types; for it and for TypeCNAME no chain is followed.
	// The slice is the caller's, but the bodies are shared and not to be changed.
	// Their TTLs, in seconds, are those that are left.
	Records []dnsmessage.Resource
	// Omitted counts the records over 1,000, which are left out of Records. It
	// includes CNAMEs.
	Omitted int
	// SOA is the record that a negative answer's lifetime comes from, or nil.
	SOA *dnsmessage.Resource
	// Expires is when the answer gets old by the clock of Config.Now: after the
	// smallest TTL of all that was used, at most a day, 3 hours for a negative
	// answer. One without an SOA record is old at once.
	Expires time.Time
	// Server is who answered, and Network "udp" or "tcp".
	Server  netip.AddrPort
	Network string
	// RCode is the server's code, and the rest are its flags: of the moment when
	// it answered.
	RCode              dnsmessage.RCode
	Authoritative      bool
	RecursionAvailable bool
	AuthenticData      bool
	// FromCache says that no query was needed.
	FromCache bool
}

const (
	maxRecords     = 1000
	maxLinks       = 16
	maxTTL         = 24 * 60 * 60
	maxNegativeTTL = 3 * 60 * 60
)

// reply is a message that answers a question, as far as it is used.
type reply struct {
	header  dnsmessage.Header
	rcode   dnsmessage.RCode // with EDNS's upper bits
	end     string           // of the chain, absolute
	aliases []string
	endless bool
	records []dnsmessage.Resource
	omitted int
	soa     *dnsmessage.Resource
	ttl     uint32 // of the answer section
	life    uint32 // of all; 0 is not to be kept
}

// link is a CNAME.
type link struct {
	owner, target string
	ttl           uint32
}

// parseReply reads what follows the question, which p has parsed.
func parseReply(p dnsmessage.Parser, header dnsmessage.Header, q dnsmessage.Question) (*reply, error) {
	r := &reply{header: header, rcode: header.RCode, end: q.Name.String(), ttl: maxTTL}
	if q.Type != TypeCNAME && q.Type != TypeANY {
		links, err := r.links(p)
		if err != nil {
			return nil, err
		}
		r.follow(links)
	}
	if err := r.collect(&p, q.Type); err != nil {
		return nil, err
	}
	if err := r.authority(&p); err != nil {
		return nil, err
	}
	if err := r.additional(&p); err != nil {
		return nil, err
	}
	r.setLife()
	return r, nil
}

// links returns the CNAMEs of the answer section, of which p is a copy.
func (r *reply) links(p dnsmessage.Parser) ([]link, error) {
	var all []link
	err := answers.each(&p, func(h dnsmessage.ResourceHeader, body dnsmessage.Parser) error {
		if h.Type != TypeCNAME || h.Class != dnsmessage.ClassINET {
			return nil
		}
		if len(all) == maxRecords {
			r.omitted++
			return nil
		}
		cname, err := body.CNAMEResource()
		if err != nil {
			return err
		}
		all = append(all, link{h.Name.String(), cname.CNAME.String(), clampTTL(h.TTL)})
		return nil
	})
	return all, err
}

// follow goes from the question to the end of the chain. Of several CNAMEs of one
// name the first counts.
func (r *reply) follow(links []link) {
	for next := firstLink(links, r.end); next != nil; next = firstLink(links, r.end) {
		if len(r.aliases) == maxLinks {
			r.endless = true
			return
		}
		r.aliases = append(r.aliases, printName(next.owner))
		r.end = next.target
		r.ttl = min(r.ttl, next.ttl)
	}
}

func firstLink(links []link, owner string) *link {
	for i := range links {
		if sameName(links[i].owner, owner) {
			return &links[i]
		}
	}
	return nil
}

// collect takes the records of the type that the end of the chain owns.
func (r *reply) collect(p *dnsmessage.Parser, t Type) error {
	return answers.each(p, func(h dnsmessage.ResourceHeader, body dnsmessage.Parser) error {
		if h.Class != dnsmessage.ClassINET || h.Type != t && t != TypeANY || !sameName(h.Name.String(), r.end) {
			return nil
		}
		if len(r.records) == maxRecords {
			r.omitted++
			return nil
		}
		record, err := body.Answer()
		if err != nil {
			return err
		}
		if len(r.records) == 0 {
			r.end = h.Name.String()
		}
		record.Header.TTL = clampTTL(h.TTL)
		r.ttl = min(r.ttl, record.Header.TTL)
		r.records = append(r.records, record)
		return nil
	})
}

// authority looks for the SOA record of a zone that the end of the chain is in.
func (r *reply) authority(p *dnsmessage.Parser) error {
	return authorities.each(p, func(h dnsmessage.ResourceHeader, body dnsmessage.Parser) error {
		if r.soa != nil || h.Type != TypeSOA || h.Class != dnsmessage.ClassINET || !within(r.end, h.Name.String()) {
			return nil
		}
		record, err := body.Authority()
		if err != nil {
			return err
		}
		record.Header.TTL = clampTTL(h.TTL)
		r.soa = &record
		return nil
	})
}

// additional looks for EDNS's part of the response code.
func (r *reply) additional(p *dnsmessage.Parser) error {
	found := false
	return additionals.each(p, func(h dnsmessage.ResourceHeader, _ dnsmessage.Parser) error {
		if h.Type == dnsmessage.TypeOPT && !found {
			found = true
			r.rcode = h.ExtendedRCode(r.header.RCode)
		}
		return nil
	})
}

// setLife follows RFC 2308 section 5 where there are no records. Those of a name
// that is said not to be don't count.
func (r *reply) setLife() {
	if r.rcode == dnsmessage.RCodeNameError {
		r.records = nil
	}
	r.life = r.ttl
	if len(r.records) > 0 {
		r.soa = nil
		return
	}
	if r.soa == nil {
		r.life = 0
		return
	}
	soa := r.soa.Body.(*dnsmessage.SOAResource)
	r.life = min(r.ttl, r.soa.Header.TTL, clampTTL(soa.MinTTL), maxNegativeTTL)
}

// clampTTL is RFC 2181 section 8, and a day at most.
func clampTTL(ttl uint32) uint32 {
	if ttl >= 1<<31 {
		return 0
	}
	return min(ttl, maxTTL)
}

// verdict returns nil, ErrNotFound or ErrNoData for an answer, and for a failure
// its kind and, if the code does not tell it, its cause.
func (r *reply) verdict() (kind, cause error) {
	switch r.rcode {
	case dnsmessage.RCodeSuccess, dnsmessage.RCodeNameError:
	case dnsmessage.RCodeServerFailure:
		return ErrServerFailure, nil
	default:
		return ErrRefused, nil
	}
	switch {
	case r.endless:
		return ErrServerFailure, errChain
	case r.rcode == dnsmessage.RCodeNameError:
		return ErrNotFound, nil
	case len(r.records) > 0:
		return nil, nil
	case r.soa != nil || r.header.Authoritative || r.header.RecursionAvailable:
		return ErrNoData, nil
	}
	return ErrServerFailure, errLame
}

// rejectsEDNS tells whether the question may do better without EDNS (RFC 6891
// section 7).
func (r *reply) rejectsEDNS() bool {
	switch r.rcode {
	case dnsmessage.RCodeFormatError, dnsmessage.RCodeNotImplemented, rcodeBadVersion:
		return true
	}
	return false
}

// answer is what the caller gets of the reply.
func (r *reply) answer(server netip.AddrPort, network string, now time.Time) Answer {
	return Answer{
		Name:               printName(r.end),
		Aliases:            r.aliases,
		Records:            r.records,
		Omitted:            r.omitted,
		SOA:                r.soa,
		Expires:            now.Add(time.Duration(r.life) * time.Second),
		Server:             server,
		Network:            network,
		RCode:              r.rcode,
		Authoritative:      r.header.Authoritative,
		RecursionAvailable: r.header.RecursionAvailable,
		AuthenticData:      r.header.AuthenticData,
	}
}
