package netstack

import (
	"encoding/binary"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// kept is an option that is kept and read back. With most of them that is all,
// because there is nothing in the stack that they would change, or nothing that a
// program could see: the table of options says why for each. Of others accept has
// an effect.
type kept struct {
	name  int
	fresh int32
	// accept turns what is set into what is kept. Nil keeps every value.
	accept func(e *Endpoint, c *core, value int) (int, endpoint.Errno)
	// form changes how the value is read and written. Nil is an int.
	form func(option) option
}

// keptOptions makes the options of a level.
func keptOptions(level int, all []kept) map[int]option {
	table := make(map[int]option, len(all))
	for _, k := range all {
		o := k.option(optionKey{level, k.name})
		if k.form != nil {
			o = k.form(o)
		}
		table[k.name] = o
	}
	return table
}

func (k kept) option(key optionKey) option {
	return option{
		get: func(e *Endpoint, _ *core, v []byte) (int, endpoint.Errno) {
			return getInt(v, int(e.keptValue(key, k.fresh)))
		},
		set: func(e *Endpoint, c *core, v []byte) endpoint.Errno {
			value, errno := setInt(v)
			if errno != 0 {
				return errno
			}
			if k.accept != nil {
				if value, errno = k.accept(e, c, value); errno != 0 {
					return errno
				}
			}
			e.keep(key, value)
			return 0
		},
	}
}

// keep remembers the value of an option. The caller holds e.mu.
func (e *Endpoint) keep(key optionKey, value int) {
	if e.kept == nil {
		e.kept = make(map[optionKey]int32)
	}
	e.kept[key] = int32(value)
}

// keptValue is what keep remembers, or fresh.
func (e *Endpoint) keptValue(key optionKey, fresh int32) int32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if value, ok := e.kept[key]; ok {
		return value
	}
	return fresh
}

// The ways in which the kernel looks at the value of an option.

// asFlag takes every value for on or off.
func asFlag(_ *Endpoint, _ *core, value int) (int, endpoint.Errno) { return boolInt(value != 0), 0 }

// within takes the values from lowest to highest.
func within(lowest, highest int) func(*Endpoint, *core, int) (int, endpoint.Errno) {
	return func(_ *Endpoint, _ *core, value int) (int, endpoint.Errno) {
		if value < lowest || value > highest {
			return 0, endpoint.EINVAL
		}
		return value, 0
	}
}

// always0 takes what accept takes, and reads 0.
func always0(accept func(*Endpoint, *core, int) (int, endpoint.Errno)) func(*Endpoint, *core, int) (int, endpoint.Errno) {
	return func(e *Endpoint, c *core, value int) (int, endpoint.Errno) {
		if accept == nil {
			return 0, 0
		}
		_, errno := accept(e, c, value)
		return 0, errno
	}
}

// ownOption is not inherited by accepted sockets.
func ownOption(o option) option {
	o.own = true
	return o
}

// writeOnly leaves an option no value to read.
func writeOnly(o option) option {
	o.get = nil
	return o
}

// refuses is an option that these sockets refuse with errno, as Linux does.
func refuses(errno endpoint.Errno) option {
	return option{
		get: func(*Endpoint, *core, []byte) (int, endpoint.Errno) { return 0, errno },
		set: func(*Endpoint, *core, []byte) endpoint.Errno { return errno },
	}
}

// putInts writes ints in the kernel's layout.
func putInts(v []byte, values ...uint32) {
	for i, value := range values {
		binary.NativeEndian.PutUint32(v[i*sizeofInt:], value)
	}
}
