package facade

import (
	"context"
	"net"
	"os"
	"syscall"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// opError shapes an error as package net does: *net.OpError around
// *os.SyscallError around the errno, or around net.ErrClosed or
// os.ErrDeadlineExceeded. It is nil when r is no error.
func opError(op, network string, source, addr net.Addr, call string, r result) error {
	if r.ok() {
		return nil
	}
	return &net.OpError{Op: op, Net: network, Source: source, Addr: addr, Err: cause(call, r)}
}

func cause(call string, r result) error {
	switch r.outcome {
	case closed:
		return net.ErrClosed
	case deadlineExceeded:
		return os.ErrDeadlineExceeded
	case timedOut, contextExpired:
		return errDialTimeout
	case cancelled:
		return errDialCancelled
	}
	return os.NewSyscallError(call, r.errno.Host())
}

// dialError is why a dial was given up. Its texts and its kinship with the
// context's errors are package net's.
type dialError struct {
	text    string
	is      error
	timeout bool
}

var (
	errDialTimeout   = &dialError{"i/o timeout", context.DeadlineExceeded, true}
	errDialCancelled = &dialError{"operation was canceled", context.Canceled, false}
)

func (e *dialError) Error() string        { return e.text }
func (e *dialError) Timeout() bool        { return e.timeout }
func (e *dialError) Temporary() bool      { return e.timeout }
func (e *dialError) Is(target error) bool { return target == e.is }

// argumentError is the OpError for what is refused before any I/O.
func argumentError(op, network string, addr net.Addr, err error) error {
	return &net.OpError{Op: op, Net: network, Addr: addr, Err: err}
}

// syscallError is opError for a setting that needed no waiting.
func syscallError(op string, c *netConn, call string, errno endpoint.Errno) error {
	r := result{errno: errno}
	if errno == endpoint.EBADF {
		r = result{outcome: closed}
	}
	return opError(op, c.network, nil, c.local, call, r)
}

// invalid is the errno of a nil connection: package net's EINVAL.
const invalid = syscall.EINVAL
