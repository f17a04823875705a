package dns

import (
	"context"
	"errors"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
)

// What a lookup of one type may end with, as Error.Kind. ErrNotFound and ErrNoData
// are answers; of the failures, where servers differ, the error is the one that
// comes first here, and of equal ones that of the first server.
var (
	// ErrNotFound is NXDOMAIN: no such name, for any type.
	ErrNotFound = errors.New("no such name")
	// ErrNoData is a name without records of the type.
	ErrNoData = errors.New("no records of this type")
	// ErrServerFailure is SERVFAIL, or only answers that are no use: from lame
	// servers, with endless chains of CNAMEs, or a flood of forged ones.
	ErrServerFailure = errors.New("server failure")
	// ErrRefused is REFUSED, NOTIMP, FORMERR and what other codes there are.
	ErrRefused = errors.New("refused by server")
	// ErrTimeout is that nobody answered in time.
	ErrTimeout = errors.New("no answer in time")
	// ErrUnreachable is that a query could not be sent or its answer not be read:
	// no route, a port that nobody listens on, a connection that was closed.
	ErrUnreachable = errors.New("server unreachable")
	// ErrName is a name that can't be asked for: a label longer than 63 bytes or
	// empty, or more than 255 bytes altogether (RFC 1035 section 2.3.4).
	ErrName = errors.New("malformed name")
)

// The causes of failures that no other package has an error for.
var (
	errNoDial    = errors.New("no dial function")
	errNoServers = errors.New("no servers")
	errLame      = errors.New("lame server")
	errChain     = errors.New("chain of CNAMEs is endless")
	errTruncated = errors.New("truncated over TCP")
	errFlood     = errors.New("too many answers to questions that were not asked")
)

// Error is what a lookup of one type ended with. errors.Is holds for its Kind and
// its Err.
type Error struct {
	// Name is the name as it was asked for.
	Name string
	Type Type
	// Server is whose fault or answer it was, or the zero AddrPort.
	Server netip.AddrPort
	// Kind is one of this package's errors, or that of the context: never nil.
	Kind error
	// RCode is the server's code if it answered.
	RCode dnsmessage.RCode
	// Err is why, where more is known, or nil.
	Err error
}

// Error returns "lookup name type on server: kind: cause".
func (e *Error) Error() string {
	s := "lookup " + e.Name + " " + TypeName(e.Type)
	if e.Server.IsValid() {
		s += " on " + e.Server.String()
	}
	s += ": " + e.Kind.Error()
	if e.Kind == ErrServerFailure && e.Err == nil || e.Kind == ErrRefused {
		s += ": " + RCodeName(e.RCode)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the Kind and what is in Err.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Timeout tells whether the time was over: the servers' or the context's.
func (e *Error) Timeout() bool {
	return e.Kind == ErrTimeout || e.Kind == context.DeadlineExceeded
}

// Temporary tells whether the same lookup may succeed later.
func (e *Error) Temporary() bool {
	return e.Kind == ErrServerFailure || e.Kind == ErrTimeout || e.Kind == ErrUnreachable
}

// failureRank orders failures: the lowest is the most telling.
func failureRank(kind error) int {
	switch kind {
	case ErrServerFailure:
		return 0
	case ErrRefused:
		return 1
	case ErrTimeout:
		return 2
	}
	return 3
}
