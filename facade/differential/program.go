package differential

import (
	"fmt"
	"strings"
)

// Sizes of a program.
const (
	// slots is the number of sockets that a program may have at once.
	slots = 8
	// sizeofCall is that of a call in bytes: the operation, the socket and three
	// arguments.
	sizeofCall = 5
	// maxCalls bounds what is made of bytes.
	maxCalls = 48
)

// call is an operation on the socket of a slot. Its arguments are indices into
// the pools of the operation. A call that cannot be made, because its slot is
// empty or the one to be filled is not, is left out.
type call struct {
	op   op
	slot slot
	args [3]uint8
}

// Program is a sequence of calls. Every socket is non-blocking, and a stream has
// TCP_NODELAY set: Nagle's algorithm would make readiness a matter of time.
type Program []call

// Decode makes a program of any bytes. What is left of the last call, and calls
// beyond the bound of a program, are ignored.
func Decode(b []byte) Program {
	var p Program
	for ; len(b) >= sizeofCall && len(p) < maxCalls; b = b[sizeofCall:] {
		p = append(p, decodeCall([sizeofCall]byte(b)))
	}
	return p
}

func decodeCall(b [sizeofCall]byte) call {
	c := call{op: op(b[0]) % op(len(operations)), slot: slot(b[1] % slots)}
	for i, pool := range operations[c.op].pools {
		c.args[i] = b[2+i] % uint8(len(pool))
	}
	return c
}

// Encode is the inverse of Decode.
func (p Program) Encode() []byte {
	var b []byte
	for _, c := range p {
		b = append(b, uint8(c.op), uint8(c.slot), c.args[0], c.args[1], c.args[2])
	}
	return b
}

// String returns the calls as they are written in the table of known differences,
// one a line.
func (p Program) String() string {
	var s strings.Builder
	for _, c := range p {
		fmt.Fprintf(&s, "%v,\n", c)
	}
	return s.String()
}

// String returns "s0.bind(loopback, anyPort)".
func (c call) String() string {
	o := operations[c.op]
	var args []string
	for i, pool := range o.pools {
		args = append(args, pool[c.args[i]])
	}
	return fmt.Sprintf("s%d.%s(%s)", c.slot, o.name, strings.Join(args, ", "))
}
