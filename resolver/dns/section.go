package dns

import (
	"errors"

	"golang.org/x/net/dns/dnsmessage"
)

var errFixedLength = errors.New("record of a wrong length")

// section is one of the parts of a message that hold records.
type section struct {
	header func(*dnsmessage.Parser) (dnsmessage.ResourceHeader, error)
	skip   func(*dnsmessage.Parser) error
}

var (
	answers     = section{(*dnsmessage.Parser).AnswerHeader, (*dnsmessage.Parser).SkipAnswer}
	authorities = section{(*dnsmessage.Parser).AuthorityHeader, (*dnsmessage.Parser).SkipAuthority}
	additionals = section{(*dnsmessage.Parser).AdditionalHeader, (*dnsmessage.Parser).SkipAdditional}
)

// each takes p through the section. take gets every header, and a parser that may
// be used for its record. A record that does not end inside the message is an
// error: the parser itself only sees that when it is asked for the next one.
func (s section) each(p *dnsmessage.Parser, take func(dnsmessage.ResourceHeader, dnsmessage.Parser) error) error {
	for {
		h, err := s.header(p)
		if err == dnsmessage.ErrSectionDone {
			return nil
		}
		if err != nil {
			return err
		}
		if !fixedLength(h) {
			return errFixedLength
		}
		body := *p
		if err := s.skip(p); err != nil {
			return err
		}
		if err := take(h, body); err != nil {
			return err
		}
	}
}

// fixedLength checks the length of addresses, which the parser does not.
func fixedLength(h dnsmessage.ResourceHeader) bool {
	switch {
	case h.Class != dnsmessage.ClassINET:
		return true
	case h.Type == TypeA:
		return h.Length == 4
	case h.Type == TypeAAAA:
		return h.Length == 16
	}
	return true
}
