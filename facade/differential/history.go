package differential

import (
	"strings"
	"syscall"

	"github.com/usernet-stack/usernet/facade"
)

// fact is something that has happened to a socket, as far as known differences
// depend on it.
type fact uint32

const (
	triedConnect fact = 1 << iota
	// triedBefore is a second connect.
	triedBefore
	// triedMapped is a connect to an IPv4-mapped address.
	triedMapped
	// reconnectFailed is a connect without a route, after another one.
	reconnectFailed
	listened
	disconnected
	shutReading
	shutWriting
	// shutUnconnected is a shutdown that was ENOTCONN.
	shutUnconnected
	accepted
	// shutConnecting is a shutdown while connecting.
	shutConnecting
	// shutUnread is a shutdown of both directions with data unread.
	shutUnread
	// connectedToZero is a connect of a datagram socket to port 0.
	connectedToZero
	sentMore
	// mixed is an IPv6 wildcard as the peer of a socket that has an IPv4 address.
	mixed
)

// history is what has happened to the sockets of a program.
type history struct {
	facts [slots]fact
	// socket tells which slots are duplicates: they have the same number.
	socket [slots]int
	made   int
	// any are the facts of all sockets, closed ones too.
	any fact
	// toZero says that the call names port 0.
	toZero bool
}

func (h *history) sameSocket(a, b slot) bool { return h.socket[a] == h.socket[b] && h.socket[a] != 0 }

func (h *history) add(s slot, f fact) {
	h.any |= f
	for i := range h.facts {
		if slot(i) == s || h.sameSocket(slot(i), s) {
			h.facts[i] |= f
		}
	}
}

func (h *history) begin(s slot) {
	h.made++
	h.socket[s], h.facts[s] = h.made, 0
}

// shutFacts are the facts of a shutdown, by direction.
var shutFacts = [...]fact{reading: shutReading, writing: shutWriting, both: shutReading | shutWriting, neither: 0}

// note keeps what a call did, by the kernel's answer.
func (r *Runner) note(c call, k answer) {
	h := &r.happened
	ok := k.errno == 0 && k.failure == ""
	if isMixed(c, h.facts[c.slot], &r.kernel.views[c.slot]) {
		h.add(c.slot, mixed)
	}
	switch c.op {
	case opConnect, opConnectWait:
		if h.facts[c.slot]&triedConnect != 0 {
			h.add(c.slot, triedBefore)
		}
		h.add(c.slot, triedConnect)
		if h.facts[c.slot]&triedBefore != 0 && k.errno == syscall.ENETUNREACH {
			h.add(c.slot, reconnectFailed)
		}
		if c.args[0] == mapped {
			h.add(c.slot, triedMapped)
		}
		if c.args[0] == unspec {
			h.add(c.slot, disconnected)
		} else if r.kernel.kinds[c.slot].typ == facade.SOCK_DGRAM && r.happened.toZero {
			h.add(c.slot, connectedToZero)
		}
	case opSend, opSendAll:
		if c.args[1] == sendMore {
			h.add(c.slot, sentMore)
		}
	case opShutdown:
		h.add(c.slot, shutFacts[c.args[0]])
		if h.facts[c.slot]&(shutReading|shutWriting) == shutReading|shutWriting && r.kernel.views[c.slot].queue.n > 0 {
			h.add(c.slot, shutUnread)
		}
		if k.errno == syscall.ENOTCONN {
			h.add(c.slot, shutUnconnected)
		}
		if r.kernel.views[c.slot].events == 0 && h.facts[c.slot]&triedConnect != 0 {
			h.add(c.slot, shutConnecting)
		}
	}
	if !ok {
		return
	}
	switch c.op {
	case opSocket:
		h.begin(c.slot)
	case opListen:
		h.add(c.slot, listened)
	case opAccept, opAcceptWait:
		h.begin(slot(c.args[0]))
		h.add(slot(c.args[0]), accepted)
	case opDup:
		h.socket[c.args[0]], h.facts[c.args[0]] = h.socket[c.slot], h.facts[c.slot]
		r.masked[c.args[0]] = r.masked[c.slot]
	case opClose:
		h.socket[c.slot], h.facts[c.slot] = 0, 0
		r.masked[c.slot] = masked{}
	}
}

// isMixed tells of a call whether an IPv6 wildcard becomes the peer of a socket that
// has had an IPv4 address.
func isMixed(c call, facts fact, v *view) bool {
	named := c.op == opConnect || c.op == opConnectWait || c.op == opSendTo
	had := facts&triedMapped != 0 || strings.HasPrefix(v.local.addr.host, "::ffff:")
	return named && c.args[0] == wildcard && had
}
