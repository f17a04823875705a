// Package kernel is the kernel path: endpoints over the host's own sockets. It
// makes sockets of every family that the kernel has, with raw sockaddr, option
// and control bytes passed straight through.
//
// No call parks its caller: descriptors are non-blocking, and readiness comes
// from one edge-triggered epoll instance per Provider. Only Linux is supported;
// elsewhere New returns ErrUnsupported.
package kernel

import (
	"errors"
	"fmt"
	"log/slog"
)

// DefaultMaxSockets is the number of sockets that a Provider holds unless
// Config says otherwise. The process's RLIMIT_NOFILE usually ends first.
const DefaultMaxSockets = 1 << 18

// Config is how a Provider is made. The zero value is useful.
type Config struct {
	// Logger is told of failures that no caller sees; nil is silent.
	Logger *slog.Logger
	// MaxSockets is the greatest number of live sockets: 0 is
	// DefaultMaxSockets, and below 0 there is no limit but the kernel's.
	MaxSockets int
}

// ErrUnsupported says that there is no kernel path on this platform. It is an
// errors.ErrUnsupported too.
var ErrUnsupported = fmt.Errorf("usernet: the kernel path is for Linux: %w", errors.ErrUnsupported)
