package resolver

import (
	"context"
	"errors"
	"math"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver/dns"
)

// Respond answers a DNS message (RFC 1035) as a name server that knows what the Switch
// knows: addresses and reverse names from all sources in their order, other types from
// DNS. Names are absolute. It returns nil for what is no query. Records have a TTL of 0:
// the Switch keeps what may be kept. It waits for servers until ctx ends, which is
// SERVFAIL. The answer may have up to 65535 bytes, whatever the client of a datagram
// takes.
func (s *Switch) Respond(ctx context.Context, query []byte) []byte {
	var p dnsmessage.Parser
	header, err := p.Start(query)
	if err != nil || header.Response {
		return nil
	}
	r := response{header: dnsmessage.Header{
		ID: header.ID, Response: true, OpCode: header.OpCode, RecursionDesired: header.RecursionDesired, RecursionAvailable: true,
	}}
	questions, err := p.AllQuestions()
	r.readOPT(&p)
	switch {
	case r.version > 0: // RFC 6891 section 6.1.3: BADVERS
	case header.OpCode != 0:
		r.header.RCode = dnsmessage.RCodeNotImplemented
	case err != nil || len(questions) != 1:
		r.header.RCode = dnsmessage.RCodeFormatError
	default:
		r.questions = questions
		r.answer(ctx, s.setUp())
	}
	return r.pack()
}

// response is the answer to a query.
type response struct {
	header    dnsmessage.Header
	questions []dnsmessage.Question
	records   []dnsmessage.Resource
	edns      bool  // the query has an OPT record
	version   uint8 // of EDNS
}

// readOPT looks for the OPT record of a query whose questions were read.
func (r *response) readOPT(p *dnsmessage.Parser) {
	if p.SkipAllAnswers() != nil || p.SkipAllAuthorities() != nil {
		return
	}
	for {
		h, err := p.AdditionalHeader()
		if err != nil {
			return
		}
		if h.Type == dnsmessage.TypeOPT {
			r.edns, r.version = true, uint8(h.TTL>>16)
			return
		}
		if p.SkipAdditional() != nil {
			return
		}
	}
}

// opt is the OPT record that one with an OPT is answered with.
func (r *response) opt() []dnsmessage.Resource {
	if !r.edns {
		return nil
	}
	const badVersion = 16
	code := dnsmessage.RCodeSuccess
	if r.version > 0 {
		code = badVersion
	}
	var h dnsmessage.ResourceHeader
	if h.SetEDNS0(math.MaxUint16, code, false) != nil {
		return nil
	}
	return []dnsmessage.Resource{{Header: h, Body: &dnsmessage.OPTResource{}}}
}

func (r *response) answer(ctx context.Context, s *Switch) {
	q := r.questions[0]
	if q.Class != dnsmessage.ClassINET {
		r.header.RCode = dnsmessage.RCodeRefused
		return
	}
	var err error
	a, isReverse := reversed(q.Name.String())
	switch {
	case q.Type == dns.TypeA:
		err = r.addrs(ctx, s, endpoint.AF_INET)
	case q.Type == dns.TypeAAAA:
		err = r.addrs(ctx, s, endpoint.AF_INET6)
	case q.Type == dns.TypePTR && isReverse:
		var ent HostEnt
		if ent, err = s.hostByAddr(ctx, a); err == nil {
			r.names(append([]string{ent.Name}, ent.Aliases...))
		}
	default:
		err = r.others(ctx, s)
	}
	if err != nil {
		r.header.RCode = rcodes[codeOf(err)]
	}
}

// rcodes are what a server says of a name for which there is no answer.
var rcodes = map[HErrno]dnsmessage.RCode{
	HOST_NOT_FOUND: dnsmessage.RCodeNameError,
	NO_DATA:        dnsmessage.RCodeSuccess,
	NO_RECOVERY:    dnsmessage.RCodeRefused,
	TRY_AGAIN:      dnsmessage.RCodeServerFailure,
}

// known asks for the name, for both families: the source that has it counts for both, as
// for getaddrinfo.
func (r *response) known(ctx context.Context, s *Switch) (HostEnt, error) {
	q := Query{Name: r.questions[0].Name.String()}
	return s.ask(ctx, func(source Source) (HostEnt, error) { return source.HostByName(ctx, q) })
}

// addrs adds the addresses of the name, under its canonical name.
func (r *response) addrs(ctx context.Context, s *Switch, family int) error {
	ent, err := r.known(ctx, s)
	addrs := ofFamily(ent.Addrs, family)
	switch {
	case err != nil:
		return err
	case len(addrs) == 0:
		return NO_DATA
	}
	owner := r.alias(ent.Name)
	for _, a := range addrs {
		if a.Is4() {
			r.add(owner, &dnsmessage.AResource{A: a.As4()})
		} else {
			r.add(owner, &dnsmessage.AAAAResource{AAAA: a.As16()})
		}
	}
	return nil
}

// names adds the names of the address that is asked for.
func (r *response) names(names []string) {
	for _, name := range names {
		if ptr, err := dnsmessage.NewName(absolute(name)); err == nil {
			r.add(r.questions[0].Name, &dnsmessage.PTRResource{PTR: ptr})
		}
	}
}

// others adds what DNS has of another type. A name that it does not have, and another
// source does, has no such records.
func (r *response) others(ctx context.Context, s *Switch) error {
	answer, err := s.dns.query(ctx, r.questions[0].Name.String(), r.questions[0].Type)
	if codeOf(err) == HOST_NOT_FOUND || errors.Is(err, errNoServer) {
		ent, unknown := r.known(ctx, s)
		if unknown != nil {
			return unknown
		}
		if r.alias(ent.Name); r.questions[0].Type == dns.TypeCNAME && len(r.records) > 0 {
			return nil
		}
		return NO_DATA
	}
	if err != nil {
		return err
	}
	owner := r.alias(answer.Name)
	for _, record := range answer.Records {
		r.add(owner, record.Body)
	}
	return nil
}

// alias adds the step from the name that is asked for to its canonical name, if that is
// another one, and returns it.
func (r *response) alias(canonical string) dnsmessage.Name {
	asked := r.questions[0].Name
	name, err := dnsmessage.NewName(absolute(canonical))
	if err != nil || strings.EqualFold(name.String(), asked.String()) {
		return asked
	}
	r.add(asked, &dnsmessage.CNAMEResource{CNAME: name})
	return name
}

func (r *response) add(owner dnsmessage.Name, body dnsmessage.ResourceBody) {
	r.records = append(r.records, dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET}, Body: body,
	})
}

// pack encodes the response; one that is too long fails as a whole.
func (r *response) pack() []byte {
	m := dnsmessage.Message{Header: r.header, Questions: r.questions, Answers: r.records, Additionals: r.opt()}
	packed, err := m.Pack()
	if err == nil && len(packed) <= math.MaxUint16 {
		return packed
	}
	m.Answers, m.RCode = nil, dnsmessage.RCodeServerFailure
	packed, _ = m.Pack()
	return packed
}

func absolute(name string) string { return strings.TrimSuffix(name, ".") + "." }
