package facade

import (
	"strconv"
	"strings"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver"
)

//go:generate go run ../internal/constants/generate

// Family is an address family of socket(2).
type Family int

// String returns the constant's name, or the number of an unknown family.
func (f Family) String() string { return nameOr(familyNames, f) }

// Type is a socket type of socket(2).
type Type int

// String returns the constant's name, or the number of an unknown type; flags
// that are or-ed to the type follow it: "SOCK_STREAM|SOCK_NONBLOCK".
func (t Type) String() string {
	const flags = SOCK_NONBLOCK | SOCK_CLOEXEC
	var all []string
	if base := t &^ flags; base != 0 || t&flags == 0 {
		all = append(all, nameOr(typeNames, base))
	}
	for _, flag := range []Type{SOCK_NONBLOCK, SOCK_CLOEXEC} {
		if t&flag != 0 {
			all = append(all, typeNames[flag])
		}
	}
	return strings.Join(all, "|")
}

// EAI is the code of a GAIError; it prints by name.
type EAI = resolver.EAI

func nameOr[T ~int](names map[T]string, v T) string {
	if name, ok := names[v]; ok {
		return name
	}
	return strconv.Itoa(int(v))
}

// Requests of Ioctl from asm/sockios.h and asm-generic/ioctls.h: the bytes that
// wait to be read, and those that wait to be sent.
const (
	FIONREAD = endpoint.FIONREAD
	SIOCOUTQ = endpoint.SIOCOUTQ
)
