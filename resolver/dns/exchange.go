package dns

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// udpPayload is the size of an answer that fits every path (RFC 9715).
	udpPayload = 1232
	// maxIgnored bounds the guesses that a forger has at the ids of one socket,
	// and the work that they cause.
	maxIgnored = 1000
)

// exchange is what is said to one server in one attempt.
type exchange struct {
	*lookup
	server    netip.AddrPort
	limit     time.Duration // for all of it
	until     time.Time
	buffer    []byte
	network   string
	conn      messageConn
	waiting   []*question
	truncated []*question
	ignored   int
}

// run asks by UDP, and again by TCP for what was truncated. Its error is that of
// a server that is no use at the moment; what was asked knows of it already.
func (x *exchange) run(questions []*question) error {
	x.until = x.end()
	if x.UseTCP {
		return x.converse("tcp", questions)
	}
	err := x.converse("udp", questions)
	if len(x.truncated) > 0 && x.ended() == nil {
		err = x.converse("tcp", x.truncated)
	}
	return err
}

// converse is one connection.
func (x *exchange) converse(network string, questions []*question) error {
	x.network, x.waiting, x.truncated, x.ignored = network, slices.Clone(questions), nil, 0
	err := x.overConn()
	if err != nil {
		x.fail(x.waiting, err)
	}
	return err
}

func (x *exchange) overConn() error {
	ctx := dialContext{x.ctx, x.until}
	conn, err := x.client.config.Dial(ctx, x.network, x.server.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	x.conn = messages(x.network, conn)
	stop := context.AfterFunc(x.ctx, func() { conn.SetDeadline(x.client.config.Now().Add(-time.Second)) })
	defer stop()
	if err := x.send(x.waiting...); err != nil {
		return err
	}
	for len(x.waiting) > 0 {
		if err := x.receive(); err != nil {
			return err
		}
	}
	return nil
}

// dialContext has a deadline by a clock that contexts know nothing of.
type dialContext struct {
	context.Context
	deadline time.Time
}

func (c dialContext) Deadline() (time.Time, bool) { return c.deadline, true }

// end is when the server's time is over, or that of the lookup.
func (x *exchange) end() time.Time {
	t := x.client.config.Now().Add(x.limit)
	if d, ok := x.ctx.Deadline(); ok && d.Before(t) {
		return d
	}
	return t
}

// send asks. What is answered too late is not read.
func (x *exchange) send(questions ...*question) error {
	if err := x.conn.SetDeadline(x.until); err != nil {
		return err
	}
	for _, q := range questions {
		// The end of the context sets a deadline too: perhaps before ours.
		if err := x.ctx.Err(); err != nil {
			return err
		}
		query, err := x.query(q)
		if err != nil {
			return err
		}
		if err := x.conn.write(query); err != nil {
			return err
		}
		x.client.stats.add(countQueries)
	}
	return nil
}

// query is the message that asks q, RFC 1035 section 4.1.
func (x *exchange) query(q *question) ([]byte, error) {
	b := dnsmessage.NewBuilder(make([]byte, 0, 512), dnsmessage.Header{ID: q.id, RecursionDesired: true})
	err := b.StartQuestions()
	if err == nil {
		err = b.Question(x.question(q))
	}
	if err == nil && q.edns {
		err = b.StartAdditionals()
		var opt dnsmessage.ResourceHeader
		if err == nil {
			err = opt.SetEDNS0(udpPayload, dnsmessage.RCodeSuccess, false)
		}
		if err == nil {
			err = b.OPTResource(opt, dnsmessage.OPTResource{})
		}
	}
	if err != nil {
		return nil, err
	}
	return b.Finish()
}

func (x *exchange) question(q *question) dnsmessage.Question {
	return dnsmessage.Question{Name: x.name, Type: q.typ, Class: dnsmessage.ClassINET}
}

// receive handles one message.
func (x *exchange) receive() error {
	n, err := x.conn.read(x.buffer)
	if err != nil {
		return err
	}
	m, reason := x.match(x.buffer[:n])
	if reason == ignoredWrongQuestion && m.bareFormatError() {
		return x.withoutEDNS(m.q)
	}
	if reason != believed {
		return x.ignore(reason)
	}
	if m.header.Truncated {
		return x.cut(m.q)
	}
	r, err := parseReply(m.parser, m.header, m.asked)
	if err != nil {
		return x.ignore(ignoredMalformed)
	}
	if m.q.edns && r.rejectsEDNS() {
		return x.withoutEDNS(m.q)
	}
	x.client.stats.add(countReplies)
	x.settle(m.q, r)
	return nil
}

// ignore goes on waiting, unless that happens too often.
func (x *exchange) ignore(reason counter) error {
	x.client.stats.add(reason)
	x.client.config.Logger.Debug("message from a DNS server ignored",
		slog.String("server", x.server.String()), slog.String("name", x.text), slog.String("reason", ignoredText[reason]))
	if x.ignored++; x.ignored == maxIgnored {
		return errFlood
	}
	return nil
}

// cut keeps a truncated answer's question for TCP, where there is no such thing.
func (x *exchange) cut(q *question) error {
	x.answered(q)
	if x.network == "tcp" {
		x.fail([]*question{q}, errTruncated)
		return nil
	}
	x.client.stats.add(countTruncated)
	x.truncated = append(x.truncated, q)
	return nil
}

// withoutEDNS asks the server again at once, in the manner of before RFC 2671.
func (x *exchange) withoutEDNS(q *question) error {
	q.edns = false
	if err := x.client.drawIDs([]*question{q}, x.waiting); err != nil {
		return err
	}
	x.client.stats.add(countWithoutEDNS)
	return x.send(q)
}

// settle ends the question with an answer, or notes the server's failure.
func (x *exchange) settle(q *question, r *reply) {
	x.answered(q)
	kind, cause := r.verdict()
	switch kind {
	case nil, ErrNotFound, ErrNoData:
		now := x.client.config.Now()
		a := r.answer(x.server, x.network, now)
		x.cache.put(q.key, a, kind, now)
		x.questions = without(x.questions, q)
		x.deliver(q, a, kind)
	default:
		x.failed(q, kind, cause, r.rcode)
	}
}

func (x *exchange) answered(q *question) { x.waiting = without(x.waiting, q) }

func without(all []*question, q *question) []*question {
	return slices.DeleteFunc(all, func(other *question) bool { return other == q })
}

// fail notes why questions were not answered.
func (x *exchange) fail(questions []*question, err error) {
	kind, cause := ErrUnreachable, err
	var timeout interface{ Timeout() bool }
	switch {
	case err == errFlood || err == errTruncated:
		kind = ErrServerFailure
	case errors.Is(err, os.ErrDeadlineExceeded):
		kind, cause = ErrTimeout, nil
	case errors.As(err, &timeout) && timeout.Timeout():
		kind = ErrTimeout
	case errors.Is(err, io.EOF):
		cause = io.ErrUnexpectedEOF
	}
	for _, q := range questions {
		x.failed(q, kind, cause, 0)
	}
}

func (x *exchange) failed(q *question, kind, cause error, rcode dnsmessage.RCode) {
	err := x.error(q, x.server, kind, cause)
	err.RCode = rcode
	x.client.config.Logger.Debug("DNS server failed", slog.Any("err", err))
	if q.failure == nil || failureRank(kind) < failureRank(q.failure.Kind) {
		q.failure = err
	}
}

// messages puts the framing of the network on a connection.
func messages(network string, conn net.Conn) messageConn {
	if network == "tcp" {
		return streamConn{conn}
	}
	return datagramConn{conn}
}
