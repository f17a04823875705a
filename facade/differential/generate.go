package differential

import (
	"math/rand/v2"
	"slices"
)

// Generate makes a program of a seed: the same one each time. Most begin with
// sockets that can talk to one another.
func Generate(seed uint64) Program {
	g := generator{rand: rand.New(rand.NewPCG(seed, 0))}
	g.add(g.pick(openings)...)
	for range 3 + g.rand.IntN(24) {
		g.add(g.call())
	}
	return g.program
}

type generator struct {
	rand    *rand.Rand
	program Program
	// open are the slots that the program has most probably filled.
	open [slots]bool
}

// openings put sockets into states that random calls seldom reach.
var openings = []Program{
	{},
	{},
	streams(tcp4, loopback),
	streams(tcp4, loopback),
	streams(tcp6, loopback),
	{s0.socket(tcp6), s0.bind(wildcard, anyPort), s0.listen(backlog1), s1.socket(tcp4), s1.connect(loopback, of(s0)), s0.accept(s2)},
	{s0.socket(tcp4), s0.bind(wildcard, anyPort), s0.listen(backlog128)},
	{s0.socket(tcp6), s0.listen(backlog1), s1.socket(tcp6), s1.connectWait(mapped, of(s0))},
	datagrams(udp4, loopback),
	datagrams(udp6, loopback),
	datagrams(udp6, mapped),
	{s0.socket(udp6), s0.bind(wildcard, anyPort), s1.socket(udp4), s1.connect(loopback, of(s0)), s1.send(few, plain)},
}

// streams are a listener and a connection to it.
func streams(kind, host uint8) Program {
	return Program{
		s0.socket(kind), s0.bind(host, anyPort), s0.listen(backlog1),
		s1.socket(kind), s1.connectWait(host, of(s0)), s0.accept(s2),
	}
}

// datagrams are two sockets that are connected to each other.
func datagrams(kind, host uint8) Program {
	return Program{
		s0.socket(kind), s0.bind(host, anyPort), s1.socket(kind), s1.bind(host, anyPort),
		s0.connect(host, of(s1)), s1.connect(host, of(s0)),
	}
}

func (g *generator) pick(of []Program) Program { return of[g.rand.IntN(len(of))] }

// add appends calls, and keeps count of the slots.
func (g *generator) add(calls ...call) {
	for _, c := range calls {
		g.program = append(g.program, c)
		switch c.op {
		case opSocket:
			g.open[c.slot] = true
		case opAccept, opAcceptWait, opDup:
			g.open[c.args[0]] = true
		case opClose:
			g.open[c.slot] = false
		}
	}
}

// weights say how often each operation comes.
var weights = [...]int{
	opSocket: 8, opBind: 6, opListen: 4, opConnect: 8, opAccept: 5,
	opSend: 10, opSendAll: 3, opSendTo: 6, opRecv: 10, opRecvFrom: 4, opRecvMsg: 3,
	opShutdown: 4, opClose: 3, opSetOption: 5, opGetOption: 6, opDup: 1,
	opConnectWait: 5, opAcceptWait: 3, opRecvWait: 4,
}

func (g *generator) op() op {
	total := 0
	for _, w := range weights {
		total += w
	}
	n := g.rand.IntN(total)
	for o, w := range weights {
		if n < w {
			return op(o)
		}
		n -= w
	}
	return opSocket
}

// call makes one that probably can be made.
func (g *generator) call() call {
	c := call{op: g.op()}
	for i, pool := range operations[c.op].pools {
		c.args[i] = g.argument(len(pool))
	}
	c.slot = g.slot(c.op != opSocket)
	switch c.op {
	case opSocket:
		if g.rand.IntN(8) != 0 {
			c.args[0] %= unusual
		}
	case opAccept, opAcceptWait, opDup:
		c.args[0] = uint8(g.slot(false))
	case opSend, opSendAll:
		g.seldom(&c.args[1], sendOOB, sendMore)
	case opBind:
		g.seldom(&c.args[0], unspec)
		if g.rand.IntN(2) == 0 {
			c.args[1] = anyPort
		}
	case opConnect, opConnectWait, opSendTo:
		g.seldom(&c.args[0], unspec, loopback2)
		if g.rand.IntN(4) != 0 {
			c.args[1] = of(g.slot(true))
		}
	}
	return c
}

// seldom keeps to the first of a pool, most times, instead of values after which
// the two paths are known to part.
func (g *generator) seldom(arg *uint8, values ...uint8) {
	if slices.Contains(values, *arg) && g.rand.IntN(5) != 0 {
		*arg = 0
	}
}

// argument chooses from a pool: often the first, which is the usual one.
func (g *generator) argument(n int) uint8 {
	if g.rand.IntN(3) == 0 {
		return 0
	}
	return uint8(g.rand.IntN(n))
}

// slot chooses one that is open, or empty, if there is one.
func (g *generator) slot(open bool) slot {
	first := slot(0)
	if open {
		first = slot(g.rand.IntN(slots))
	}
	for i := range slots {
		if s := (first + slot(i)) % slots; g.open[s] == open {
			return s
		}
	}
	return first
}
