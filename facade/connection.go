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
// socket. The host's addresses are tried one after the other, in the resolver's
// order; "" is the loopback. Errors are *GAIError for the host, or what Socket, Bind
// and Connect return.
//
// The timeout is that of each attempt, not of them all, as in CPython. The deadline
// of ctx, by the stack's clock as well as the system's, is that of everything, the
// resolver included: an attempt has an equal share of the time that is left, but at
// least 2 s if there are as many, so that an address that never answers leaves time
// for those after it. An attempt whose share has passed has timed out. When ctx ends,
// no further address is tried.
func (m *Module) CreateConnection(ctx context.Context, host string, port int, c ConnectionConfig) (*Socket, error) {
	const op = "create_connection"
	if c.Timeout < 0 {
		return nil, badArgument(op, "timeout value out of range")
	}
	if err := checkPort(op, port); err != nil {
		return nil, err
	}
	ctx, cancel := m.onClock(ctx)
	defer cancel()
	found, err := m.GetAddrInfo(ctx, host, strconv.Itoa(port), AddrInfoHints{Type: SOCK_STREAM})
	if err != nil {
		return nil, err
	}
	var all []error
	for i, f := range found {
		s, err := m.connectTo(ctx, f, c, len(found)-i)
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

// connectTo is one attempt of CreateConnection, the first of those that are left.
func (m *Module) connectTo(ctx context.Context, to AddrInfo, c ConnectionConfig, left int) (*Socket, error) {
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
		err = s.connectWithin(ctx, to.Addr, left)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// connectWithin is Connect with the first of so many shares of ctx's time.
func (s *Socket) connectWithin(ctx context.Context, to Addr, shares int) error {
	const op = "connect"
	view := s.WithContext(ctx)
	sa, err := view.call(op).toSockaddr(to)
	if err != nil {
		return err
	}
	w := view.patience(&s.e.wr, 0)
	if end, ok := ctx.Deadline(); ok {
		left := end.Sub(s.e.exec.Now())
		if part := share(left, shares); part < left { // all that is left ends with ctx
			w.timeout = min(w.timeout, part)
		}
	}
	return newError(op, to, s.e.connect(sa, w))
}

// leastShare is the least time that an attempt is given, if there is as much.
const leastShare = 2 * time.Second

// share is the time that the first of so many attempts is given of what is left.
func share(left time.Duration, attempts int) time.Duration {
	return min(left, max(left/time.Duration(attempts), leastShare))
}
