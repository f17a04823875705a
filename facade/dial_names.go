package facade

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver"
)

// servicePort finds the port of a service by name. Its errors are package net's:
// *net.DNSError "unknown port".
func (m *Module) servicePort(stream bool, service string) (uint16, error) {
	proto := "udp"
	if stream {
		proto = "tcp"
	}
	port, err := m.GetServByName(strings.ToLower(service), proto)
	switch {
	case errors.Is(err, resolver.ErrService):
		return 0, &net.DNSError{Err: "unknown port", Name: proto + "/" + service, IsNotFound: true}
	case err != nil:
		return 0, &net.DNSError{Err: err.Error(), Name: proto + "/" + service, UnwrapErr: err}
	case port < 0 || port > 65535:
		return 0, &net.AddrError{Err: "invalid port", Addr: service}
	}
	return uint16(port), nil
}

// lookup finds the addresses of t's name, at least one, in the order to be tried in.
// partial, if it is set, is told of those of one family that are there first. The
// error is a *net.DNSError.
func (m *Module) lookup(ctx context.Context, t target, partial func([]netip.AddrPort)) ([]netip.AddrPort, error) {
	hints := resolver.Hints{Type: typeOf(t.stream)}
	switch t.version {
	case 4:
		hints.Family = endpoint.AF_INET
	case 6:
		hints.Family = endpoint.AF_INET6
	}
	if partial != nil {
		hints.Partial = func(some []resolver.AddrInfo) { partial(m.addrPorts(t, some)) }
	}
	found, err := m.addrInfo(ctx, "getaddrinfo", t.name, strconv.Itoa(int(t.ap.Port())), hints)
	if err != nil {
		return nil, dnsError(ctx, t.name, err)
	}
	all := m.addrPorts(t, found)
	if len(all) == 0 {
		return nil, &net.DNSError{Err: noSuchHost, Name: t.name, IsNotFound: true}
	}
	return all, nil
}

// addrPorts are the addresses that fit t, each once, with their zones.
func (m *Module) addrPorts(t target, found []resolver.AddrInfo) []netip.AddrPort {
	all := make([]netip.AddrPort, 0, len(found))
	seen := make(map[netip.AddrPort]bool, len(found))
	for _, f := range found {
		ap := netip.AddrPortFrom(f.Addr.Addr().WithZone(m.zone(f.ScopeID)), t.ap.Port())
		if _, ok := familyFor(t.version, ap.Addr()); ok && !seen[ap] {
			all, seen[ap] = append(all, ap), true
		}
	}
	return slices.Clip(all)
}

func isIPv4(ap netip.AddrPort) bool { return ap.Addr().Is4() || ap.Addr().Is4In6() }

const noSuchHost = "no such host"

// dnsError gives an error of the resolver package net's form. It wraps it, unless
// ctx has ended: then it wraps what that is for package net.
func dnsError(ctx context.Context, name string, err error) *net.DNSError {
	if ctx.Err() != nil {
		why := cause("", result{outcome: contextOutcome(ctx)})
		late := why == errDialTimeout
		return &net.DNSError{Err: why.Error(), Name: name, IsTimeout: late, IsTemporary: late, UnwrapErr: why}
	}
	d := &net.DNSError{Err: err.Error(), Name: name, UnwrapErr: err}
	var gai *GAIError
	if !errors.As(err, &gai) {
		return d
	}
	d.Err, d.IsTimeout, d.IsTemporary = gai.Code.Text(), gai.Timeout(), gai.Temporary()
	switch {
	case gai.Code == EAI_NONAME || gai.Code == EAI_NODATA || gai.Code == EAI_ADDRFAMILY:
		d.Err, d.IsNotFound = noSuchHost, true
	case d.IsTimeout:
		d.Err = errDialTimeout.text
	case gai.Err != nil:
		d.Err += ": " + gai.Err.Error()
	}
	return d
}

// executor is what the sockets of AF_INET run by, or the system's clock where there
// can be none.
func (m *Module) executor() endpoint.Executor {
	if m != nil {
		if p, errno := m.provider(endpoint.AF_INET); errno == 0 {
			return p.Executor()
		}
	}
	return endpoint.Direct{}
}

// clockContext is a context that also ends when the stack's clock has passed its
// deadline.
type clockContext struct{ context.Context }

// Err implements context.Context.
func (c clockContext) Err() error {
	if context.Cause(c.Context) == errExpired {
		return context.DeadlineExceeded
	}
	return c.Context.Err()
}

// onClock returns ctx as one whose deadline counts by the stack's clock as well. The
// caller must call cancel.
func (m *Module) onClock(ctx context.Context) (_ context.Context, cancel context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	exec := m.executor()
	inner, cancelCause := context.WithCancelCause(ctx)
	expire := func() { cancelCause(errExpired) }
	left := end.Sub(exec.Now())
	if left <= 0 {
		expire()
		return clockContext{inner}, expire
	}
	timer := exec.NewTimer(left, expire)
	return clockContext{inner}, func() {
		timer.Stop()
		cancelCause(context.Canceled)
	}
}
