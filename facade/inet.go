package facade

import (
	"errors"
	"syscall"

	"github.com/usernet-stack/usernet/resolver"
)

// Htonl converts a 32-bit integer from host to network byte order: byteorder(3).
// One that is negative or wider is refused, here and in its kin.
func Htonl[T resolver.Integer](x T) (uint32, error) {
	n, err := resolver.Htonl(x)
	return n, inetError("htonl", err)
}

// Htons converts a 16-bit integer from host to network byte order.
func Htons[T resolver.Integer](x T) (uint16, error) {
	n, err := resolver.Htons(x)
	return n, inetError("htons", err)
}

// Ntohl converts a 32-bit integer from network to host byte order.
func Ntohl[T resolver.Integer](x T) (uint32, error) {
	n, err := resolver.Ntohl(x)
	return n, inetError("ntohl", err)
}

// Ntohs converts a 16-bit integer from network to host byte order.
func Ntohs[T resolver.Integer](x T) (uint16, error) {
	n, err := resolver.Ntohs(x)
	return n, inetError("ntohs", err)
}

// InetAton packs an IPv4 address into 4 bytes. It takes every form of inet(3): one
// to four parts, decimal, octal or hexadecimal, up to white space.
func InetAton(ipString string) ([]byte, error) {
	b, err := resolver.InetAton(ipString)
	return b, inetError("inet_aton", err)
}

// InetNtoa returns the dotted quad of 4 bytes.
func InetNtoa(packedIP []byte) (string, error) {
	s, err := resolver.InetNtoa(packedIP)
	return s, inetError("inet_ntoa", err)
}

// InetPton packs an address of AF_INET into 4 bytes, or of AF_INET6 into 16. It is
// as strict as inet_pton(3).
func InetPton(family Family, ipString string) ([]byte, error) {
	b, err := resolver.InetPton(int(family), ipString)
	return b, inetError("inet_pton", err)
}

// InetNtop returns the text of 4 bytes of AF_INET, or of 16 bytes of AF_INET6.
func InetNtop(family Family, packedIP []byte) (string, error) {
	s, err := resolver.InetNtop(int(family), packedIP)
	return s, inetError("inet_ntop", err)
}

// inetError makes the reference's OverflowError and ValueError an ArgumentError,
// and its socket.error an Error.
func inetError(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, resolver.ErrAddressFamily):
		return &Error{Op: op, Errno: syscall.EAFNOSUPPORT}
	case errors.Is(err, resolver.ErrOverflow), errors.Is(err, resolver.ErrAddressLength) && op == "inet_ntop":
		return badArgument(op, err.Error())
	}
	return &Error{Op: op, sentinel: err}
}
