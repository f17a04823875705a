package netstack

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"

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

// lookup finds an option by what the socket is.
func (e *Endpoint) lookup(key optionKey) (option, bool) {
	switch key.level {
	case endpoint.SOL_SOCKET:
		o, ok := socketOptions[key.name]
		return o, ok
	case endpoint.IPPROTO_TCP:
		if e.isStream() {
			o, ok := tcpOptions[key.name]
			return o, ok
		}
	case endpoint.IPPROTO_IP:
		o, ok := ipOptions[key.name]
		return o, ok
	case endpoint.IPPROTO_IPV6:
		if e.family == endpoint.AF_INET6 {
			o, ok := ipv6Options[key.name]
			return o, ok
		}
	}
	return option{}, false
}

func (e *Endpoint) unsupportedOption(call string, level, name int) endpoint.Errno {
	e.p.log.Debug("socket option is not supported",
		slog.String("call", call), slog.Int("level", level), slog.Int("name", name))
	return endpoint.ENOPROTOOPT
}

// SetSockOpt wraps setsockopt(2).
func (e *Endpoint) SetSockOpt(level, name int, v []byte) endpoint.Errno {
	c, errno := e.lock()
	if errno != 0 {
		return errno
	}
	defer e.mu.Unlock()
	key := optionKey{level, name}
	o, ok := e.lookup(key)
	if !ok || o.set == nil {
		return e.unsupportedOption("setsockopt", level, name)
	}
	if errno := o.set(e, c, v); errno != 0 {
		return errno
	}
	if e.isStream() && !o.once {
		e.remember(key, o, v)
	}
	return 0
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
	o, ok := e.lookup(optionKey{level, name})
	if !ok || o.get == nil {
		return 0, e.unsupportedOption("getsockopt", level, name)
	}
	return o.get(e, c, v)
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
