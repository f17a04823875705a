package facade

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Error is what a socket answers: socket.error of the reference, with its
// subclass timeout.
//
// errors.Is holds for the Errno; for net.ErrClosed on a closed socket, whose
// Errno is EBADF; for os.ErrDeadlineExceeded when the socket's timeout has
// passed, which has no Errno; and for the context's error when one ended it.
type Error struct {
	// Op is the method, in the reference's spelling: "connect", "recv_into".
	Op string
	// Addr is the address that the call was given, or nil.
	Addr Addr
	// Errno is the host's error number, or 0.
	Errno syscall.Errno

	sentinel error
}

// errExpired is the sentinel of a context whose deadline has passed: a timeout too.
var errExpired = fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, context.DeadlineExceeded)

// Error returns "op address: ERRNO: what went wrong". A timeout is "timed out".
func (e *Error) Error() string {
	s := e.Op
	if e.Addr != nil {
		s += " " + e.Addr.String()
	}
	switch {
	case errors.Is(e.sentinel, os.ErrDeadlineExceeded):
		return s + ": timed out"
	case e.Errno != 0:
		return s + ": " + errnoText(e.Errno)
	case e.sentinel == nil:
		return s
	}
	return s + ": " + e.sentinel.Error()
}

// errnoText is "ECONNREFUSED: connection refused": the name, where it has one, and
// the host's text.
func errnoText(errno syscall.Errno) string {
	if name := errnoName(errno); name != "" {
		return name + ": " + errno.Error()
	}
	return errno.Error()
}

// Unwrap returns the Errno and the sentinel that the error stands for.
func (e *Error) Unwrap() []error {
	var all []error
	if e.Errno != 0 {
		all = append(all, e.Errno)
	}
	if e.sentinel != nil {
		all = append(all, e.sentinel)
	}
	return all
}

// Timeout tells whether the socket's timeout or the stack's own (ETIMEDOUT) has
// passed. A call in non-blocking mode that would have blocked is no timeout.
func (e *Error) Timeout() bool {
	return errors.Is(e.sentinel, os.ErrDeadlineExceeded) || e.Errno == syscall.ETIMEDOUT
}

// Temporary tells whether the same call may succeed later.
func (e *Error) Temporary() bool {
	return e.Timeout() || e.Errno == syscall.EAGAIN || e.Errno.Temporary()
}

// newError makes the error of a Socket's method; nil when r is no error.
func newError(op string, addr Addr, r result) error {
	if r.ok() {
		return nil
	}
	e := &Error{Op: op, Addr: addr, Errno: r.errno.Host()}
	switch r.outcome {
	case closed:
		e.Errno, e.sentinel = syscall.EBADF, net.ErrClosed
	case timedOut, deadlineExceeded:
		e.sentinel = os.ErrDeadlineExceeded
	case contextExpired:
		e.sentinel = errExpired
	case cancelled:
		e.sentinel = context.Canceled
	}
	return e
}

// errnoError is newError for an errno that needed no waiting.
func errnoError(op string, addr Addr, errno endpoint.Errno) error {
	if errno == endpoint.EBADF {
		return newError(op, addr, result{outcome: closed})
	}
	return newError(op, addr, result{errno: errno})
}

// ArgumentError refuses an argument before any I/O: the reference's ValueError,
// TypeError and OverflowError. errors.Is holds for its Errno.
type ArgumentError struct {
	// Op is the method, in the reference's spelling.
	Op string
	// Reason says what is wrong with which argument.
	Reason string
	// Errno is what the system call would have answered: mostly EINVAL.
	Errno syscall.Errno
}

// Error returns "op: reason".
func (e *ArgumentError) Error() string { return e.Op + ": " + e.Reason }

// Unwrap returns the Errno.
func (e *ArgumentError) Unwrap() error { return e.Errno }

func badArgument(op, reason string) error {
	return &ArgumentError{Op: op, Reason: reason, Errno: syscall.EINVAL}
}
