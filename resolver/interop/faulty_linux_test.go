package interop_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// The servers that misbehave, by the last byte of their addresses.
const (
	silentServer = iota + 3
	wrongIDFirstServer
	wrongIDServer
	wrongQuestionServer
	lameServer
	failingServer
	refusingServer
	truncatingServer  // and no TCP
	oldServer         // FORMERR to EDNS0
	loopingServer     // a CNAME loop in each answer
	slowAAAAServer    // half a second
	closedServer      // nothing listens
	tcpOnlyServer     // truncated by UDP, right by TCP
	notImplementing   // NOTIMP
	recursiveServer   // nsd's answers, as a resolver gives them
	nxdomainServer    // without SOA
	wrongOwnerServer  // an address of a name that nobody asked for
	hangUpServer      // truncated by UDP, and TCP is closed at once
	aaaaFailsServer   // SERVFAIL for AAAA
	aFailsServer      // SERVFAIL for A
	aaaaSilentServer  // no answer for AAAA
	aaaaNXServer      // NXDOMAIN for AAAA
	garbageServer     // bytes that are no message
	headerOnlyServer  // answers without a question
	aaaaRefusedServer // REFUSED for AAAA
	aaaaLameServer    // lame for AAAA
)

// The servers that the relay takes queries to.
const firstServer, lastServer = nsdServer, aaaaLameServer

var (
	fromNSD behaviour = func(q query, reply func([]byte)) {
		if r := forward(q.raw, serverAddr(nsdServer), patience); r != nil {
			reply(r)
		}
	}
	silent behaviour = func(query, func([]byte)) {}
	lame   behaviour = func(q query, reply func([]byte)) {
		m := q.response(dnsmessage.RCodeSuccess)
		m.RecursionAvailable = false
		reply(packed(m))
	}
)

// faulty are the servers of ours that misbehave.
var faulty = map[int]struct {
	noTCP bool
	do    behaviour
}{
	silentServer:        {do: silent},
	wrongIDFirstServer:  {do: wrongIDFirst},
	wrongIDServer:       {do: func(q query, reply func([]byte)) { wrongIDs(q, reply) }},
	wrongQuestionServer: {do: wrongQuestionFirst},
	lameServer:          {do: lame},
	failingServer:       {do: rcode(dnsmessage.RCodeServerFailure)},
	refusingServer:      {do: rcode(dnsmessage.RCodeRefused)},
	truncatingServer:    {noTCP: true, do: truncated},
	oldServer:           {do: formatErrorToEDNS},
	loopingServer:       {do: cnameLoop},
	slowAAAAServer:      {do: slowAAAA},
	tcpOnlyServer:       {do: truncatedUDP},
	notImplementing:     {do: rcode(dnsmessage.RCodeNotImplemented)},
	recursiveServer:     {do: recursive},
	nxdomainServer:      {do: rcode(dnsmessage.RCodeNameError)},
	wrongOwnerServer:    {do: wrongOwner},
	hangUpServer:        {do: hangUp},
	aaaaFailsServer:     {do: only(dnsmessage.TypeAAAA, rcode(dnsmessage.RCodeServerFailure))},
	aFailsServer:        {do: only(dnsmessage.TypeA, rcode(dnsmessage.RCodeServerFailure))},
	aaaaSilentServer:    {do: only(dnsmessage.TypeAAAA, silent)},
	aaaaNXServer:        {do: only(dnsmessage.TypeAAAA, rcode(dnsmessage.RCodeNameError))},
	garbageServer:       {do: func(q query, reply func([]byte)) { reply([]byte("no message")); reply(q.raw[:7]); reply(nil) }},
	headerOnlyServer:    {do: func(q query, reply func([]byte)) { reply(headerOnly(q)) }},
	aaaaRefusedServer:   {do: only(dnsmessage.TypeAAAA, rcode(dnsmessage.RCodeRefused))},
	aaaaLameServer:      {do: only(dnsmessage.TypeAAAA, lame)},
}

// startFaulty starts all that misbehave, until the test ends.
func startFaulty(t testing.TB) map[int]*server {
	t.Helper()
	all := make(map[int]*server)
	for n, f := range faulty {
		all[n] = startServer(t, n, !f.noTCP, f.do)
	}
	return all
}

func rcode(code dnsmessage.RCode) behaviour {
	return func(q query, reply func([]byte)) { reply(packed(q.response(code))) }
}

// only misbehaves for one type.
func only(typ dnsmessage.Type, do behaviour) behaviour {
	return func(q query, reply func([]byte)) {
		if q.typ == typ {
			do(q, reply)
			return
		}
		fromNSD(q, reply)
	}
}

// spoofed is the address that only answers have that must not count.
var spoofed = dnsmessage.AResource{A: [4]byte{10, 66, 66, 66}}

// withAddress adds a spoofed address to a name, whatever was asked for.
func withAddress(m dnsmessage.Message, name string) []byte {
	header := dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET, TTL: 300}
	m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &spoofed})
	return packed(m)
}

func wrongIDs(q query, reply func([]byte)) {
	for i := range uint16(3) {
		m := q.response(dnsmessage.RCodeSuccess)
		m.ID += 1000 + i
		reply(withAddress(m, q.name))
	}
}

func wrongIDFirst(q query, reply func([]byte)) {
	wrongIDs(q, reply)
	fromNSD(q, reply)
}

// wrongQuestionFirst answers other questions first: of another name, type, class,
// and of none.
func wrongQuestionFirst(q query, reply func([]byte)) {
	for _, change := range []func(*dnsmessage.Message){
		func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("other.test.") },
		func(m *dnsmessage.Message) { m.Questions[0].Type = dnsmessage.TypeTXT },
		func(m *dnsmessage.Message) { m.Questions[0].Class = dnsmessage.ClassCHAOS },
	} {
		m := q.response(dnsmessage.RCodeSuccess)
		change(&m)
		reply(withAddress(m, q.name))
	}
	fromNSD(q, reply)
}

func truncated(q query, reply func([]byte)) {
	m := q.response(dnsmessage.RCodeSuccess)
	m.Truncated = true
	reply(packed(m))
}

func hangUp(q query, reply func([]byte)) {
	if q.tcp {
		reply(nil)
		return
	}
	truncated(q, reply)
}

func truncatedUDP(q query, reply func([]byte)) {
	if q.tcp {
		fromNSD(q, reply)
		return
	}
	truncated(q, reply)
}

func formatErrorToEDNS(q query, reply func([]byte)) {
	if q.edns {
		rcode(dnsmessage.RCodeFormatError)(q, reply)
		return
	}
	fromNSD(q, reply)
}

func cnameLoop(q query, reply func([]byte)) {
	m := q.response(dnsmessage.RCodeSuccess)
	one, two := dnsmessage.MustNewName(q.name), dnsmessage.MustNewName("loop.test.")
	for _, link := range [][2]dnsmessage.Name{{one, two}, {two, one}} {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: link[0], Class: dnsmessage.ClassINET, TTL: 300},
			Body:   &dnsmessage.CNAMEResource{CNAME: link[1]},
		})
	}
	reply(packed(m))
}

func slowAAAA(q query, reply func([]byte)) {
	if q.typ == dnsmessage.TypeAAAA {
		time.AfterFunc(500*time.Millisecond, func() { fromNSD(q, reply) })
		return
	}
	fromNSD(q, reply)
}

// recursive gives nsd's answers without authority and with recursion available.
func recursive(q query, reply func([]byte)) {
	r := forward(q.raw, serverAddr(nsdServer), patience)
	if len(r) < 4 {
		return
	}
	r[2] &^= 0x04 // AA
	r[3] |= 0x80  // RA
	reply(r)
}

func wrongOwner(q query, reply func([]byte)) {
	reply(withAddress(q.response(dnsmessage.RCodeSuccess), "victim."+strings.TrimPrefix(q.name, ".")))
}

// headerOnly is an answer without any section.
func headerOnly(q query) []byte {
	m := q.response(dnsmessage.RCodeSuccess)
	m.Questions = nil
	return packed(m)
}
