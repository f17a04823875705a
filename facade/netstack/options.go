package netstack

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"maps"
	"slices"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// optionKey names an option of setsockopt(2).
type optionKey struct{ level, name int }

// option is how one option is read and written. Values are in the kernel's
// layout. A nil get or set makes the option write-only or read-only.
type option struct {
	get func(e *Endpoint, c *core, v []byte) (int, endpoint.Errno)
	set func(e *Endpoint, c *core, v []byte) endpoint.Errno
	// once marks a set that acts rather than configures, so that it is not
	// repeated on a core that follows.
	once bool
	// own marks an option that an accepted socket does not take from its listener.
	own bool
	// text marks a value that is a string, of any length.
	text bool
}

// optionLevel is a level of setsockopt(2).
type optionLevel struct {
	// tables are the level's options; the first table that has one counts.
	tables []optionTable
	// atLeast is the length below which the kernel refuses every value that is no
	// text, whatever the option, with EINVAL (sk_setsockopt, do_tcp_setsockopt,
	// udp_lib_setsockopt).
	atLeast int
}

// optionTable is a group of options, and the sockets that have it.
type optionTable struct {
	has     func(*Endpoint) bool
	options map[int]option
}

var optionLevels = map[int]optionLevel{
	endpoint.SOL_SOCKET: {
		tables:  []optionTable{{anySocket, socketOptions}, {anySocket, keptSocketOptions}, {anySocket, controlSocketOptions}},
		atLeast: sizeofInt,
	},
	endpoint.IPPROTO_TCP: {
		tables:  []optionTable{{(*Endpoint).isStream, tcpOptions}, {(*Endpoint).isStream, keptTCPOptions}},
		atLeast: sizeofInt,
	},
	endpoint.IPPROTO_UDP: {
		tables:  []optionTable{{(*Endpoint).isUDP, keptUDPOptions}},
		atLeast: sizeofInt,
	},
	endpoint.IPPROTO_IP: {tables: []optionTable{
		{(*Endpoint).isRaw4, rawIPOptions},
		{(*Endpoint).hasIPLevel, ipOptions}, {(*Endpoint).hasIPLevel, keptIPOptions}, {(*Endpoint).hasIPLevel, controlIPOptions},
	}},
	endpoint.IPPROTO_IPV6: {tables: []optionTable{
		{(*Endpoint).isRaw6, rawIPv6Options},
		{(*Endpoint).isIPv6, ipv6Options}, {(*Endpoint).isIPv6, keptIPv6Options}, {(*Endpoint).isIPv6, controlIPv6Options},
	}},
	endpoint.SOL_RAW:    {tables: []optionTable{{(*Endpoint).isRaw4, rawOptions}, {(*Endpoint).isRaw6, rawOptions6}}},
	endpoint.SOL_ICMPV6: {tables: []optionTable{{(*Endpoint).isRaw6, icmp6Options}}},
	endpoint.SOL_PACKET: {tables: []optionTable{{(*Endpoint).isPacket, packetOptions}}},
}

func anySocket(*Endpoint) bool { return true }

func (e *Endpoint) isIPv6() bool { return e.family == endpoint.AF_INET6 }

func (e *Endpoint) isInternet() bool { return e.family == endpoint.AF_INET || e.isIPv6() }

// hasIPLevel tells of sockets with the options of IPv4: on IPv6 all but raw ones
// (ipv6_setsockopt).
func (e *Endpoint) hasIPLevel() bool { return e.isInternet() && !e.isRaw6() }

func (e *Endpoint) isPacket() bool { return e.family == endpoint.AF_PACKET }

func (e *Endpoint) isRaw4() bool { return e.family == endpoint.AF_INET && e.typ == endpoint.SOCK_RAW }

func (e *Endpoint) isRaw6() bool { return e.isIPv6() && e.typ == endpoint.SOCK_RAW }

func (e *Endpoint) isUDP() bool {
	return e.isInternet() && e.typ == endpoint.SOCK_DGRAM && e.transport == udp.ProtocolNumber
}

// maxOptionLen is that of the longest option, the name of a link or of a
// congestion control (IFNAMSIZ, TCP_CA_NAME_MAX).
const maxOptionLen = 16

// setOption is an option that was set, for a core that follows.
type setOption struct {
	key    optionKey
	option option
	n      int
	value  [maxOptionLen]byte
}

// level finds the level of an option, if the socket has it.
func (e *Endpoint) level(n int) (optionLevel, bool) {
	l, ok := optionLevels[n]
	return l, ok && slices.ContainsFunc(l.tables, func(t optionTable) bool { return t.has(e) })
}

// find looks an option of the level up.
func (l optionLevel) find(e *Endpoint, name int) (option, bool) {
	for _, t := range l.tables {
		if o, ok := t.options[name]; ok && t.has(e) {
			return o, true
		}
	}
	return option{}, false
}

func (e *Endpoint) unsupportedOption(call string, level, name int, errno endpoint.Errno) endpoint.Errno {
	e.p.log.Debug("socket option is not supported",
		slog.String("call", call), slog.Int("level", level), slog.Int("name", name))
	return errno
}

// SetSockOpt wraps setsockopt(2).
func (e *Endpoint) SetSockOpt(level, name int, v []byte) endpoint.Errno {
	c, errno := e.lock()
	if errno != 0 {
		return errno
	}
	defer e.mu.Unlock()
	l, ok := e.level(level)
	if !ok {
		return e.unsupportedOption("setsockopt", level, name, endpoint.ENOPROTOOPT)
	}
	o, ok := l.find(e, name)
	if len(v) < l.atLeast && !o.text {
		return endpoint.EINVAL
	}
	if !ok || o.set == nil {
		return e.unsupportedOption("setsockopt", level, name, endpoint.ENOPROTOOPT)
	}
	if errno := o.set(e, c, v); errno != 0 {
		return errno
	}
	if e.isStream() && !o.once {
		e.remember(optionKey{level, name}, o, v)
	}
	return 0
}

// inherit gives an accepted socket the options that were set on its listener, of
// which gVisor passes on only a few.
func (e *Endpoint) inherit(listener *Endpoint) {
	listener.mu.Lock()
	options, kept := slices.Clone(listener.options), maps.Clone(listener.kept)
	only := listener.onlyIPv6(listener.current.Load())
	listener.mu.Unlock()
	options = slices.DeleteFunc(options, func(o setOption) bool {
		if o.option.own {
			delete(kept, o.key)
		}
		return o.option.own
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.options, e.kept = options, kept
	c := e.current.Load()
	e.replay(c)
	if only {
		c.SocketOptions().SetV6Only(true)
	}
}

// replay sets on c the options that were set before. Each was accepted then;
// what the new state refuses stays default.
func (e *Endpoint) replay(c *core) {
	for i := range e.options {
		o := &e.options[i]
		o.option.set(e, c, o.value[:o.n])
	}
}

func (e *Endpoint) remember(key optionKey, o option, v []byte) {
	saved := setOption{key: key, option: o}
	saved.n = copy(saved.value[:], v)
	for i := range e.options {
		if e.options[i].key == key {
			e.options[i] = saved
			return
		}
	}
	if e.options == nil {
		e.options = make([]setOption, 0, usualOptions)
	}
	e.options = append(e.options, saved)
}

// usualOptions are what package net's face sets on a connection, and some.
const usualOptions = 6

// GetSockOpt wraps getsockopt(2).
func (e *Endpoint) GetSockOpt(level, name int, v []byte) (int, endpoint.Errno) {
	c, errno := e.live()
	if errno != 0 {
		return 0, errno
	}
	l, ok := e.level(level)
	if !ok {
		return 0, e.unsupportedOption("getsockopt", level, name, e.unknownLevel())
	}
	o, ok := l.find(e, name)
	if !ok || o.get == nil {
		return 0, e.unsupportedOption("getsockopt", level, name, endpoint.ENOPROTOOPT)
	}
	return o.get(e, c, v)
}

// unknownLevel is what getsockopt(2) answers for a level that the socket does not
// have: do_ip_getsockopt and ipv6_getsockopt of the kernel differ.
func (e *Endpoint) unknownLevel() endpoint.Errno {
	if e.family == endpoint.AF_INET {
		return endpoint.EOPNOTSUPP
	}
	return endpoint.ENOPROTOOPT
}

const sizeofInt = 4

// getInt answers an int, cut to the caller's buffer as the kernel does.
func getInt(v []byte, value int) (int, endpoint.Errno) {
	var raw [sizeofInt]byte
	binary.NativeEndian.PutUint32(raw[:], uint32(int32(value)))
	return copy(v, raw[:]), 0
}

// setInt reads an int; fewer than four bytes are EINVAL.
func setInt(v []byte) (int, endpoint.Errno) {
	if len(v) < sizeofInt {
		return 0, endpoint.EINVAL
	}
	return int(int32(binary.NativeEndian.Uint32(v))), 0
}

// cString is v up to its first NUL.
func cString(v []byte) string {
	s, _, _ := bytes.Cut(v, []byte{0})
	return string(s)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// boolOption is a flag of gVisor's SocketOptions.
func boolOption(get func(*tcpip.SocketOptions) bool, set func(*tcpip.SocketOptions, bool)) option {
	o := option{get: func(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
		return getInt(v, boolInt(get(c.SocketOptions())))
	}}
	if set != nil {
		o.set = func(_ *Endpoint, c *core, v []byte) endpoint.Errno {
			value, errno := setInt(v)
			if errno == 0 {
				set(c.SocketOptions(), value != 0)
			}
			return errno
		}
	}
	return o
}

// intOption is an option that gVisor keeps as an int, within limits.
func intOption(name tcpip.SockOptInt, lowest, highest int) option {
	return option{
		get: func(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
			value, err := c.GetSockOptInt(name)
			if err != nil {
				return 0, toErrno(err)
			}
			return getInt(v, value)
		},
		set: func(_ *Endpoint, c *core, v []byte) endpoint.Errno {
			value, errno := setInt(v)
			if errno != 0 {
				return errno
			}
			if value < lowest || value > highest {
				return endpoint.EINVAL
			}
			return toErrno(c.SetSockOptInt(name, value))
		},
	}
}

// durationOption is an option that gVisor keeps as a duration and the kernel as
// a whole number of units.
func durationOption[T any, P interface {
	*T
	tcpip.GettableSocketOption
	tcpip.SettableSocketOption
}](unit time.Duration, lowest, highest int, to func(time.Duration) T, from func(T) time.Duration) option {
	return option{
		get: func(_ *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
			var value T
			if err := c.GetSockOpt(P(&value)); err != nil {
				return 0, toErrno(err)
			}
			return getInt(v, int(from(value)/unit))
		},
		set: func(_ *Endpoint, c *core, v []byte) endpoint.Errno {
			n, errno := setInt(v)
			if errno != 0 {
				return errno
			}
			if n < lowest || n > highest {
				return endpoint.EINVAL
			}
			value := to(time.Duration(n) * unit)
			return toErrno(c.SetSockOpt(P(&value)))
		},
	}
}

// readOnly is an int that follows from the socket.
func readOnly(get func(*Endpoint, *core) int) option {
	return option{get: func(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
		return getInt(v, get(e, c))
	}}
}
