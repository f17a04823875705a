package differential

import (
	"encoding/binary"
	"time"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
)

// op is an operation of a program, an index into operations.
type op uint8

const (
	opSocket op = iota
	opBind
	opListen
	opConnect
	opAccept
	opSend
	opSendAll
	opSendTo
	opRecv
	opRecvFrom
	opRecvMsg
	opShutdown
	opClose
	opSetOption
	opGetOption
	opDup
	opConnectWait
	opAcceptWait
	opRecvWait
)

// operation is how a call is written and made.
type operation struct {
	name  string
	pools []pool
	// run is given the socket of the slot, but for opSocket.
	run func(*world, call, *facade.Socket) answer
}

var (
	kindNames   = names(kinds, func(k kind) string { return k.name })
	hostNames   = names(hosts, func(h host) string { return h.name })
	sizeNames   = names(sizes, sizeName)
	lengthNames = names(lengths, sizeName)
	recvNames   = names(recvFlags, flagName)
	sendNames   = names(sendFlags, flagName)
	valueNames  = names(values, flagName)
	optionNames = names(options, optionName)
)

var operations = []operation{
	opSocket:    {"socket", []pool{kindNames}, socket},
	opBind:      {"bind", []pool{hostNames, portNames}, bind},
	opListen:    {"listen", []pool{names(backlogs, flagName)}, listen},
	opConnect:   {"connect", []pool{hostNames, portNames}, connect},
	opAccept:    {"accept", []pool{slotNames}, accept},
	opSend:      {"send", []pool{sizeNames, sendNames}, send},
	opSendAll:   {"sendAll", []pool{sizeNames, sendNames}, sendAll},
	opSendTo:    {"sendTo", []pool{hostNames, portNames, sizeNames}, sendTo},
	opRecv:      {"recv", []pool{sizeNames, recvNames}, recv},
	opRecvFrom:  {"recvFrom", []pool{sizeNames, recvNames}, recvFrom},
	opRecvMsg:   {"recvMsg", []pool{sizeNames, recvNames}, recvMsg},
	opShutdown:  {"shutdown", []pool{names(directions, flagName)}, shutdown},
	opClose:     {"close", nil, closeSocket},
	opSetOption: {"setOption", []pool{optionNames, valueNames, lengthNames}, setOption},
	opGetOption: {"getOption", []pool{optionNames, lengthNames}, getOption},
	opDup:       {"dup", []pool{slotNames}, dup},
	// These wait, where they need not wait for ever.
	opConnectWait: {"connectWait", []pool{hostNames, portNames}, connectWait},
	opAcceptWait:  {"acceptWait", []pool{slotNames}, acceptWait},
	opRecvWait:    {"recvWait", []pool{sizeNames, recvNames}, recvWait},
}

// do makes a call.
func (w *world) do(c call) answer { return operations[c.op].run(w, c, w.sockets[c.slot]) }

// patience is how long a call may take that need not wait.
const patience = 10 * time.Second

// waiting has a call wait.
func waiting(s *facade.Socket, call func() answer) answer {
	s.SetTimeout(patience)
	defer s.SetTimeout(0)
	return call()
}

func socket(w *world, c call, _ *facade.Socket) answer {
	k := kinds[c.args[0]]
	s, err := w.m.Socket(k.family, k.typ, k.proto)
	if err != nil {
		return failed(err)
	}
	w.put(c.slot, s, k)
	return answer{}
}

func bind(w *world, c call, s *facade.Socket) answer {
	p := c.args[1]
	if p == closedPort {
		p = anyPort // below 1024, which takes privileges on the kernel
	}
	return failed(s.Bind(w.address(c, c.args[0], p)))
}

func listen(w *world, c call, s *facade.Socket) answer {
	return failed(s.Listen(backlogs[c.args[0]].value))
}

func connect(w *world, c call, s *facade.Socket) answer {
	return failed(s.Connect(w.address(c, c.args[0], c.args[1])))
}

func connectWait(w *world, c call, s *facade.Socket) answer {
	return waiting(s, func() answer { return connect(w, c, s) })
}

func accept(w *world, c call, s *facade.Socket) answer {
	into := c.args[0]
	a, peer, err := s.Accept()
	if err != nil {
		return failed(err)
	}
	w.put(slot(into), a, w.kinds[c.slot])
	return answer{addr: w.nameAddress(peer, facade.SOCK_STREAM, noSlot)}
}

func acceptWait(w *world, c call, s *facade.Socket) answer {
	return waiting(s, func() answer { return accept(w, c, s) })
}

// payload is the data of a call: which byte of which call can be told from it.
func (w *world) payload(c call, size uint8) []byte {
	n := sizes[size].n
	if w.kinds[c.slot].typ == facade.SOCK_STREAM {
		n = min(n, sizes[many].n)
	}
	b := w.buffer[:n]
	for i := range b {
		b[i] = byte(w.call*31 + i)
	}
	return b
}

func send(w *world, c call, s *facade.Socket) answer {
	n, err := s.Send(w.payload(c, c.args[0]), sendFlags[c.args[1]].value)
	a := failed(err)
	a.n = n
	return a
}

func sendAll(w *world, c call, s *facade.Socket) answer {
	return failed(s.SendAll(w.payload(c, c.args[0]), sendFlags[c.args[1]].value))
}

func sendTo(w *world, c call, s *facade.Socket) answer {
	n, err := s.SendTo(w.payload(c, c.args[2]), w.address(c, c.args[0], c.args[1]))
	a := failed(err)
	a.n = n
	return a
}

func recv(w *world, c call, s *facade.Socket) answer {
	b := w.buffer[:sizes[c.args[0]].n]
	clear(b)
	n, err := s.RecvInto(b, recvFlags[c.args[1]].value)
	a := failed(err)
	a.n, a.data = n, string(b[:min(n, len(b))])
	return a
}

func recvWait(w *world, c call, s *facade.Socket) answer {
	return waiting(s, func() answer { return recv(w, c, s) })
}

func recvFrom(w *world, c call, s *facade.Socket) answer {
	b := w.buffer[:sizes[c.args[0]].n]
	clear(b)
	n, from, err := s.RecvFromInto(b, recvFlags[c.args[1]].value)
	if err != nil {
		return failed(err)
	}
	return answer{n: n, data: string(b[:min(n, len(b))]), addr: w.nameAddress(from, w.kinds[c.slot].typ, noSlot)}
}

func recvMsg(w *world, c call, s *facade.Socket) answer {
	m, err := s.RecvMsg(sizes[c.args[0]].n, 0, recvFlags[c.args[1]].value)
	if err != nil {
		return failed(err)
	}
	// The flags that come out are told as data.
	flags := "/" + string(encodeInts(m.Flags))
	return answer{n: m.N, data: string(m.Data) + flags, addr: w.nameAddress(m.Addr, w.kinds[c.slot].typ, noSlot)}
}

func shutdown(w *world, c call, s *facade.Socket) answer {
	return failed(s.Shutdown(directions[c.args[0]].value))
}

func closeSocket(w *world, c call, s *facade.Socket) answer {
	defer w.drop(c.slot)
	return failed(s.Close())
}

func setOption(w *world, c call, s *facade.Socket) answer {
	o, length := options[c.args[0]], lengths[c.args[2]].n
	v := encodeInts(values[c.args[1]].value, 0)[:length]
	return failed(s.SetSockOptBytes(o.level, o.value, v))
}

func getOption(w *world, c call, s *facade.Socket) answer {
	o, length := options[c.args[0]], lengths[c.args[1]].n
	v, err := s.GetSockOptBytes(o.level, o.value, length)
	a := failed(err)
	if err == nil {
		a.data = string(v)
	}
	return a
}

func dup(w *world, c call, s *facade.Socket) answer {
	into := c.args[0]
	d, err := s.Dup()
	if err != nil {
		return failed(err)
	}
	w.sockets[into], w.kinds[into] = d, w.kinds[c.slot]
	return answer{}
}

// fionread is a request of ioctl(2).
const fionread = endpoint.FIONREAD

// encodeInts lays ints out as the kernel does.
func encodeInts(values ...int) []byte {
	var b []byte
	for _, v := range values {
		b = binary.NativeEndian.AppendUint32(b, uint32(v))
	}
	return b
}
