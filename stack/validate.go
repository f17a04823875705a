package stack

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const (
	minMTU = header.IPv4MinimumMTU // RFC 791
	maxMTU = 1 << 16
	// nameSize is IFNAMSIZ of linux/if.h less the terminating zero.
	nameSize = 15
	// hostNameSize is __NEW_UTS_LEN of linux/utsname.h.
	hostNameSize = 64
)

// validate checks everything that can be checked before anything is made. It
// expects c with its defaults filled in.
func (c Config) validate() error {
	checks := []func() error{
		func() error { return validateHostName(c.HostName) },
		c.validateLinks,
		c.validateRoutes,
		func() error { return c.Buffers.Send.validate("Buffers.Send", gstack.MinBufferSize) },
		func() error { return c.Buffers.Receive.validate("Buffers.Receive", gstack.MinBufferSize) },
		c.EphemeralPorts.validate,
		c.TCP.validate,
		c.Caps.validate,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return fmt.Errorf("stack: config: %w", err)
		}
	}
	return nil
}

// fieldError names a field of the configuration.
func fieldError(field, format string, args ...any) error {
	return fmt.Errorf("%s: %w", field, fmt.Errorf(format, args...))
}

func validateHostName(name string) error {
	if name == "" || len(name) > hostNameSize || strings.ContainsRune(name, 0) {
		return fieldError("HostName", "want 1 to %d bytes without NUL, have %d", hostNameSize, len(name))
	}
	return nil
}

func (c Config) validateLinks() error {
	if c.NoLoopback && c.Loopback != nil {
		return fieldError("Loopback", "given together with NoLoopback")
	}
	names := make(map[string]bool)
	endpoints := make(map[gstack.LinkEndpoint]bool)
	if !c.NoLoopback {
		names[loopbackName] = true
	}
	if c.Loopback != nil {
		if c.Loopback.Capabilities()&gstack.CapabilityLoopback == 0 {
			return fieldError("Loopback", "not a loopback endpoint")
		}
		if c.Loopback.IsAttached() {
			return fieldError("Loopback", "already attached to a stack")
		}
		endpoints[c.Loopback] = true
	}
	for i, l := range c.Links {
		if l.Name == "" {
			l.Name = defaultLinkName(i + firstLinkIndex)
		}
		if err := l.validate(); err != nil {
			return fieldError(fmt.Sprintf("Links[%d]", i), "%w", err)
		}
		if names[l.Name] {
			return fieldError(fmt.Sprintf("Links[%d]", i), "Name %q: %w", l.Name, ErrExists)
		}
		if endpoints[l.Endpoint] {
			return fieldError(fmt.Sprintf("Links[%d]", i), "Endpoint given twice")
		}
		names[l.Name], endpoints[l.Endpoint] = true, true
	}
	return nil
}

// validate expects l with its name filled in.
func (l LinkConfig) validate() error {
	if err := validateLinkName(l.Name); err != nil {
		return err
	}
	if l.Endpoint == nil {
		return fieldError("Endpoint", "missing")
	}
	if l.Endpoint.IsAttached() {
		return fieldError("Endpoint", "already attached to a stack")
	}
	if mtu := l.Endpoint.MTU(); mtu < minMTU || mtu > maxMTU {
		return fieldError("Endpoint", "MTU %d is not between %d and %d", mtu, minMTU, maxMTU)
	}
	seen := make(map[netip.Addr]bool)
	for i, p := range l.Addresses {
		if err := validateAddress(p, l.Endpoint.MTU()); err != nil {
			return fieldError(fmt.Sprintf("Addresses[%d]", i), "%w", err)
		}
		if seen[p.Addr()] {
			return fieldError(fmt.Sprintf("Addresses[%d]", i), "%v: %w", p, ErrExists)
		}
		seen[p.Addr()] = true
	}
	return nil
}

// validateLinkName follows dev_valid_name of Linux's net/core/dev.c.
func validateLinkName(name string) error {
	bad := func(r rune) bool { return r == '/' || r == ':' || r == 0 || unicode.IsSpace(r) }
	if name == "" || len(name) > nameSize || name == "." || name == ".." || strings.ContainsFunc(name, bad) {
		return fieldError("Name", "%q is not a link name", name)
	}
	return nil
}

func validateAddress(p netip.Prefix, mtu uint32) error {
	a := p.Addr()
	switch {
	case !p.IsValid():
		return errors.New("not a valid prefix")
	case a.Is4In6():
		return fmt.Errorf("%v is an IPv4 address in IPv6 form", p)
	case a.Zone() != "":
		return fmt.Errorf("%v has a zone", p)
	case a.IsUnspecified(), a.IsMulticast(), a == broadcast:
		return fmt.Errorf("%v is not a unicast address", p)
	case a.Is6() && mtu < header.IPv6MinimumMTU:
		return fmt.Errorf("%v: IPv6 needs an MTU of %d (RFC 8200), the link has %d", p, header.IPv6MinimumMTU, mtu)
	}
	return nil
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

func (c Config) validateRoutes() error {
	for i, r := range c.Routes {
		if err := r.validate(); err != nil {
			return fieldError(fmt.Sprintf("Routes[%d]", i), "%w", err)
		}
		lo := r.Link == loopbackIndex && !c.NoLoopback
		if r.Link != 0 && !lo && (r.Link < firstLinkIndex || r.Link >= firstLinkIndex+len(c.Links)) {
			return fieldError(fmt.Sprintf("Routes[%d]", i), "Link %d: %w", r.Link, ErrNoLink)
		}
	}
	return nil
}

func (r Route) validate() error {
	d := r.Destination
	switch {
	case !d.IsValid():
		return fieldError("Destination", "not a valid prefix")
	case d.Addr().Is4In6():
		return fieldError("Destination", "%v is an IPv4 prefix in IPv6 form", d)
	case d != d.Masked():
		return fieldError("Destination", "%v has bits set beyond its length", d)
	case r.Link < 0:
		return fieldError("Link", "%d is negative", r.Link)
	case r.Link == 0 && !r.Gateway.IsValid():
		return errors.New("neither Link nor Gateway given")
	}
	for name, a := range map[string]netip.Addr{"Gateway": r.Gateway, "Source": r.Source} {
		if !a.IsValid() {
			continue
		}
		if a.Is4() != d.Addr().Is4() {
			return fmt.Errorf("%s: %v is of another family than %v", name, a, d)
		}
		if a.IsUnspecified() || a.IsMulticast() || a.Is4In6() || a.Zone() != "" {
			return fmt.Errorf("%s: %v is not a unicast address without zone", name, a)
		}
	}
	return nil
}

func (b BufferRange) validate(name string, low int) error {
	if b.Min < low || b.Default < b.Min || b.Max < b.Default {
		return fmt.Errorf("%s: want %d <= Min <= Default <= Max, have %d, %d, %d", name, low, b.Min, b.Default, b.Max)
	}
	if b.Max > 1<<30 {
		return fmt.Errorf("%s: Max %d is over 1 GiB", name, b.Max)
	}
	return nil
}

func (p PortRange) validate() error {
	if p.First == 0 || p.Last < p.First {
		return fieldError("EphemeralPorts", "want 1 <= First <= Last, have %d, %d", p.First, p.Last)
	}
	return nil
}

func (c Caps) validate() error {
	if c.Sockets < 0 || c.Backlog < 0 {
		return fieldError("Caps", "negative: %+v", c)
	}
	return nil
}

func (c TCPConfig) validate() error {
	if err := c.SendBuffer.validate("TCP.SendBuffer", 1); err != nil {
		return err
	}
	if err := c.ReceiveBuffer.validate("TCP.ReceiveBuffer", 1); err != nil {
		return err
	}
	if c.CongestionControl != congestionCubic && c.CongestionControl != congestionReno {
		return fieldError("TCP.CongestionControl", "%q is neither cubic nor reno", c.CongestionControl)
	}
	if _, ok := timeWaitReuse[c.TimeWaitReuse]; !ok {
		return fieldError("TCP.TimeWaitReuse", "%d is unknown", c.TimeWaitReuse)
	}
	for _, d := range []struct {
		name        string
		v, low, max time.Duration
	}{
		{"TimeWait", c.TimeWait, 1, 1 << 62},
		{"FINWait2", c.FINWait2, 1, tcp.MaxTCPLingerTimeout},
		{"KeepAlive.Idle", c.KeepAlive.Idle, time.Second, 32767 * time.Second},
		{"KeepAlive.Interval", c.KeepAlive.Interval, time.Second, 32767 * time.Second},
		{"MinRTO", c.MinRTO, 1, c.MaxRTO},
		{"MaxRTO", c.MaxRTO, c.MinRTO, 1 << 62},
		{"KeepAlive.Count", time.Duration(c.KeepAlive.Count), 1, 127},
		{"SYNRetries", time.Duration(c.SYNRetries), 1, 255},
		{"MaxRetries", time.Duration(c.MaxRetries), 1, 1 << 31},
	} {
		if d.v < d.low || d.v > d.max {
			return fieldError("TCP."+d.name, "out of range")
		}
	}
	return nil
}
