package resolver

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// transport is a pair of socket type and protocol that GetAddrInfo offers.
type transport struct {
	typ, proto int
	name       string // of the protocol, in the database of services
	// byDefault says that it is offered when neither type nor protocol nor a service
	// by name is asked for.
	byDefault bool
	// raw takes any protocol, and no service.
	raw bool
}

// transports are in glibc's order (gaih_inet_typeproto).
var transports = []transport{
	{typ: endpoint.SOCK_STREAM, proto: endpoint.IPPROTO_TCP, name: "tcp", byDefault: true},
	{typ: endpoint.SOCK_DGRAM, proto: endpoint.IPPROTO_UDP, name: "udp", byDefault: true},
	{typ: SOCK_DCCP, proto: IPPROTO_DCCP, name: "dccp"},
	{typ: endpoint.SOCK_DGRAM, proto: IPPROTO_UDPLITE, name: "udplite"},
	{typ: endpoint.SOCK_STREAM, proto: IPPROTO_SCTP, name: "sctp"},
	{typ: endpoint.SOCK_SEQPACKET, proto: IPPROTO_SCTP, name: "sctp"},
	{typ: endpoint.SOCK_RAW, name: "raw", byDefault: true, raw: true},
}

// target is a transport with its port.
type target struct {
	typ, proto int
	port       uint16
}

// targets returns what fits type, protocol and service. As in glibc, a number is
// a port of every transport that is offered, but a raw socket that was asked for
// has no service; of the transports that a type or protocol selects, only the
// first counts.
func targets(service string, hints Hints, port func(service, proto string) (int, error)) ([]target, EAI) {
	number, code := portNumber(service, hints.Flags)
	if code != 0 {
		return nil, code
	}
	fitting := fittingTransports(hints, number < 0)
	if len(fitting) == 0 {
		if hints.Type != 0 {
			return nil, EAI_SOCKTYPE
		}
		return nil, EAI_SERVICE
	}
	chosen := hints.Type != 0 || hints.Proto != 0
	if service != "" && chosen && fitting[0].raw {
		return nil, EAI_SERVICE
	}
	var all []target
	for _, t := range fitting {
		n, proto := number, t.proto
		if t.raw {
			proto = hints.Proto
		}
		if number < 0 {
			var err error
			if n, err = port(service, t.name); t.raw || err != nil {
				continue
			}
		}
		all = append(all, target{t.typ, proto, uint16(n)})
	}
	if len(all) == 0 {
		return nil, EAI_SERVICE
	}
	return all, 0
}

// fittingTransports are those for a service with a name, or without. A name may be that
// of a service of any transport.
func fittingTransports(hints Hints, named bool) []transport {
	var fitting []transport
	for _, t := range transports {
		if hints.Type == 0 && hints.Proto == 0 {
			if t.byDefault || named {
				fitting = append(fitting, t)
			}
			continue
		}
		if (hints.Type == 0 || hints.Type == t.typ) && (hints.Proto == 0 || t.raw || hints.Proto == t.proto) {
			return []transport{t}
		}
	}
	return fitting
}

// portNumber reads a service that is a number: -1 is a name. A number over 65535
// is refused, where glibc would take its lower 16 bits.
func portNumber(service string, flags int) (int, EAI) {
	if service == "" {
		return 0, 0
	}
	n, err := strconv.Atoi(strings.TrimLeft(service, whiteSpace)) // as strtoul(3)
	switch {
	case errors.Is(err, strconv.ErrSyntax) && flags&AI_NUMERICSERV != 0:
		return 0, EAI_NONAME
	case errors.Is(err, strconv.ErrSyntax):
		return -1, 0
	case err != nil || n < 0 || n > math.MaxUint16:
		return 0, EAI_SERVICE
	}
	return n, 0
}
