package differential

// The calls, as String writes them.

func (s slot) call(o op, args ...uint8) call {
	c := call{op: o, slot: s}
	copy(c.args[:], args)
	return c
}

func (s slot) socket(kind uint8) call        { return s.call(opSocket, kind) }
func (s slot) bind(host, port uint8) call    { return s.call(opBind, host, port) }
func (s slot) listen(backlog uint8) call     { return s.call(opListen, backlog) }
func (s slot) connect(host, port uint8) call { return s.call(opConnect, host, port) }
func (s slot) connectWait(host, port uint8) call {
	return s.call(opConnectWait, host, port)
}
func (s slot) accept(into slot) call           { return s.call(opAccept, uint8(into)) }
func (s slot) acceptWait(into slot) call       { return s.call(opAcceptWait, uint8(into)) }
func (s slot) send(size, flags uint8) call     { return s.call(opSend, size, flags) }
func (s slot) sendAll(size, flags uint8) call  { return s.call(opSendAll, size, flags) }
func (s slot) recv(size, flags uint8) call     { return s.call(opRecv, size, flags) }
func (s slot) recvWait(size, flags uint8) call { return s.call(opRecvWait, size, flags) }
func (s slot) recvFrom(size, flags uint8) call { return s.call(opRecvFrom, size, flags) }
func (s slot) recvMsg(size, flags uint8) call  { return s.call(opRecvMsg, size, flags) }
func (s slot) shutdown(direction uint8) call   { return s.call(opShutdown, direction) }
func (s slot) close() call                     { return s.call(opClose) }
func (s slot) dup(into slot) call              { return s.call(opDup, uint8(into)) }
func (s slot) sendTo(host, port, size uint8) call {
	return s.call(opSendTo, host, port, size)
}
func (s slot) setOption(option, value, length uint8) call {
	return s.call(opSetOption, option, value, length)
}
func (s slot) getOption(option, length uint8) call {
	return s.call(opGetOption, option, length)
}
