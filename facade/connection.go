package facade

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// ConnectionConfig is the optional part of CreateConnection. The zero value is the
// reference's defaults.
type ConnectionConfig struct {
	// Timeout is that of the new socket, and so of each attempt to connect: 0 is
	// the module's default timeout, NoTimeout is blocking.
	Timeout time.Duration
	// Source is an address to bind before connecting. Default none.
	Source Addr
	// AllErrors asks for the errors of every address, by errors.Join, where the
	// default is that of the last one.
	AllErrors bool
}

// CreateConnection connects a stream to host and port, 0 to 65535, and returns its
// socket. The host's addresses are tried one after the other; "" is the loopback.
// Errors are *GAIError for the host, or what Socket, Bind and Connect return.
// It waits as long as the timeout and ctx let it; when ctx ends, no further address
// is tried.
func (m *Module) CreateConnection(ctx context.Context, host string, port int, c ConnectionConfig) (*Socket, error) {
	const op = "create_connection"
	if c.Timeout < 0 {
		return nil, badArgument(op, "timeout value out of range")
	}
	if err := checkPort(op, port); err != nil {
		return nil, err
	}
	found, err := m.GetAddrInfo(ctx, host, strconv.Itoa(port), AddrInfoHints{Type: SOCK_STREAM})
	if err != nil {
		return nil, err
	}
	var all []error
	for _, f := range found {
		s, err := m.connectTo(ctx, f, c)
		if err == nil {
			return s, nil
		}
		if all = append(all, err); ctx.Err() != nil {
			break
		}
	}
	if c.AllErrors {
		return nil, errors.Join(all...)
	}
	return nil, all[len(all)-1]
}

// connectTo is one attempt of CreateConnection.
func (m *Module) connectTo(ctx context.Context, to AddrInfo, c ConnectionConfig) (*Socket, error) {
	s, err := m.Socket(to.Family, to.Type, to.Proto)
	if err != nil {
		return nil, err
	}
	if c.Timeout != 0 {
		err = s.SetTimeout(c.Timeout)
	}
	if err == nil && c.Source != nil {
		err = s.Bind(c.Source)
	}
	if err == nil {
		err = s.WithContext(ctx).Connect(to.Addr)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}
