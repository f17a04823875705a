package dns

import "golang.org/x/net/dns/dnsmessage"

// match is a message as far as its question.
type match struct {
	q      *question // whose id it has
	header dnsmessage.Header
	parser dnsmessage.Parser   // after the question
	asked  dnsmessage.Question // as the server spells it
	bare   bool                // has no question at all
}

// match finds the question that a message answers, or the reason to ignore it.
func (x *exchange) match(message []byte) (m match, reason counter) {
	var err error
	if m.header, err = m.parser.Start(message); err != nil {
		return m, ignoredMalformed
	}
	if !m.header.Response || m.header.OpCode != 0 {
		return m, ignoredNotResponse
	}
	for _, q := range x.waiting {
		if q.id == m.header.ID {
			m.q = q
		}
	}
	if m.q == nil {
		return m, ignoredUnknownID
	}
	return m, m.parseQuestion(x.question(m.q))
}

// parseQuestion accepts one question, and only want.
func (m *match) parseQuestion(want dnsmessage.Question) (reason counter) {
	var err error
	m.asked, err = m.parser.Question()
	if err == dnsmessage.ErrSectionDone {
		m.bare = true
		return ignoredWrongQuestion
	}
	if err != nil {
		return ignoredMalformed
	}
	if _, err := m.parser.Question(); err != dnsmessage.ErrSectionDone {
		return ignoredWrongQuestion
	}
	if m.asked.Type != want.Type || m.asked.Class != want.Class || !sameName(m.asked.Name.String(), want.Name.String()) {
		return ignoredWrongQuestion
	}
	return believed
}

// bareFormatError tells whether a server may have refused EDNS without a look at
// the question.
func (m *match) bareFormatError() bool {
	return m.bare && m.q.edns && m.header.RCode == dnsmessage.RCodeFormatError
}
