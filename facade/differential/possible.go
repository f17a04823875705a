package differential

import "github.com/usernet-stack/usernet/facade"

// possible tells whether a call is made at all, by what the kernel's world, the
// judge, shows. A call is left out when its slot is empty, or the one to be filled
// is not; when it might wait for ever; and when what it does is each path's own
// affair.
func (w *world) possible(c call) bool {
	if (w.sockets[c.slot] == nil) != (c.op == opSocket) {
		return false
	}
	switch c.op {
	case opBind:
		return c.args[1] >= slots || w.sockets[c.args[1]] != nil
	case opAccept, opDup:
		return w.sockets[c.args[0]] == nil
	case opAcceptWait:
		return w.sockets[c.args[0]] == nil && w.views[c.slot].events&facade.POLLIN != 0
	case opConnect, opSendTo:
		return w.reaches(c) && !w.chosenByHash(c.slot, c.args[1])
	case opConnectWait:
		return w.reaches(c) && !w.chosenByHash(c.slot, c.args[1]) && w.connectEnds(c)
	case opSend, opSendAll:
		return !w.sharesPort(c.slot, w.views[c.slot].peer.addr.port)
	case opRecvWait:
		return w.recvEnds(c)
	case opSetOption:
		return c.args[0] != noDelay
	}
	return true
}

// reaches keeps packets on the loopback, unless there is nothing else.
func (w *world) reaches(c call) bool {
	sends := c.op == opConnect || c.op == opConnectWait || c.op == opSendTo
	return w.isolated || !sends || c.args[0] != foreign
}

// connectEnds tells whether a connect that waits does not wait for ever: on an
// attempt that has begun, or on a listener whose queue may be full.
func (w *world) connectEnds(c call) bool {
	p := c.args[1]
	return w.views[c.slot].events != 0 && (p >= slots || w.views[p].events&facade.POLLIN == 0)
}

// recvEnds tells whether a receive that waits does not wait for ever.
func (w *world) recvEnds(c call) bool {
	const over = facade.POLLRDHUP | facade.POLLHUP | facade.POLLERR
	v := &w.views[c.slot]
	if v.events&facade.POLLIN == 0 {
		return false
	}
	all := recvFlags[c.args[1]].value&facade.MSG_WAITALL != 0
	return !all || v.events&over != 0 || v.queue.n >= sizes[c.args[0]].n
}

// chosenByHash tells whether several sockets take what is sent to a port.
func (w *world) chosenByHash(s slot, p uint8) bool {
	return p < slots && w.sharesPort(s, w.views[p].local.addr.port)
}

// sharesPort tells whether several sockets of s's type have SO_REUSEPORT and the
// port: which of them is chosen for what comes in is each path's own hash.
func (w *world) sharesPort(s slot, p port) bool {
	n := 0
	for i := range w.views {
		if w.sockets[i] == nil || !p.known || w.kinds[i].typ != w.kinds[s].typ || w.views[i].local.addr.port != p {
			continue
		}
		if v, err := w.sockets[i].GetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEPORT); err == nil && v != 0 {
			n++
		}
	}
	return n > 1
}
