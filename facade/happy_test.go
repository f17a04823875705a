package facade_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/resolver"
)

// The delays of RFC 8305.
const (
	resolutionDelay = 50 * time.Millisecond
	attemptDelay    = 250 * time.Millisecond
)

// dialled is what a dial has come to.
type dialled struct {
	conn net.Conn
	err  error
}

func (h *happyHosts) dial(ctx context.Context, network, address string) <-chan dialled {
	result := make(chan dialled, 1)
	go func() {
		c, err := h.client.DialContext(ctx, network, address)
		result <- dialled{c, err}
	}()
	return result
}

// finish waits for a dial, and closes what it made.
func finish(t *testing.T, result <-chan dialled) dialled {
	t.Helper()
	select {
	case d := <-result:
		if d.conn != nil {
			must(t, d.conn.Close())
		}
		return d
	case <-time.After(patience):
		t.Fatal("the dial does not end")
	}
	return dialled{}
}

// connects fails unless a dial has connected to host.
func (h *happyHosts) connects(t *testing.T, result <-chan dialled, host string) {
	t.Helper()
	d := finish(t, result)
	must(t, d.err)
	if got, _, _ := net.SplitHostPort(d.conn.RemoteAddr().String()); got != host {
		t.Errorf("connected to %s, want %s", got, host)
	}
	h.wantNoSockets(t)
}

// bystander is a whole dial to an address, in which whatever else is due would have
// happened too.
func (h *happyHosts) bystander(t *testing.T) {
	t.Helper()
	_, err := h.client.Dial("tcp", net.JoinHostPort(server6, "9"))
	wantErrno(t, "a port without a listener", err, syscall.ECONNREFUSED)
}

// TestRacePassesBlackHole: an address that does not answer costs the Connection
// Attempt Delay.
func TestRacePassesBlackHole(t *testing.T) {
	h := newHappyHosts(t, always("2001:db8::dead", server4))
	h.listen(t, server4+":80")
	result := h.dial(t.Context(), "tcp", "host.example:80")
	h.sent(t, 1)
	h.clock.Advance(attemptDelay - 1)
	h.bystander(t)
	h.wantSYNs(t, syn{"2001:db8::dead", 0}, syn{server6, attemptDelay - 1})
	h.clock.Advance(1)
	h.connects(t, result, server4)
	h.wantSYNs(t, syn{"2001:db8::dead", 0}, syn{server6, attemptDelay - 1}, syn{server4, attemptDelay})
}

// TestRaceGoesOnAfterRefusal without a delay.
func TestRaceGoesOnAfterRefusal(t *testing.T) {
	h := newHappyHosts(t, always(server6, server4))
	h.listen(t, server4+":80")
	h.connects(t, h.dial(t.Context(), "tcp", "host.example:http"), server4)
	h.wantSYNs(t, syn{server6, 0}, syn{server4, 0})
}

// TestRacePrefersFirst: of two that answer nothing is sent to the second.
func TestRacePrefersFirst(t *testing.T) {
	for _, order := range [][2]string{{server6, server4}, {server4, server6}} {
		h := newHappyHosts(t, always(order[:]...))
		h.listen(t, ":80")
		h.connects(t, h.dial(t.Context(), "tcp", "host.example:80"), order[0])
		h.clock.Advance(time.Hour)
		h.wantSYNs(t, syn{order[0], 0})
	}
}

// TestRaceOfOneFamily tries the addresses of the family only, in their order.
func TestRaceOfOneFamily(t *testing.T) {
	for network, want := range map[string][2]string{
		"tcp4": {"192.0.2.66", server4}, "tcp6": {"2001:db8::dead", server6},
	} {
		h := newHappyHosts(t, always("192.0.2.66", "2001:db8::dead", server6, server4))
		h.listen(t, ":80")
		result := h.dial(t.Context(), network, "host.example:80")
		h.sent(t, 1)
		h.clock.Advance(attemptDelay)
		h.connects(t, result, want[1])
		h.wantSYNs(t, syn{want[0], 0}, syn{want[1], attemptDelay})
	}
}

// TestRaceAlternates: the families take turns, one attempt after each delay, until
// the context ends all of them.
func TestRaceAlternates(t *testing.T) {
	h := newHappyHosts(t, always("2001:db8::a", "2001:db8::b", "2001:db8::c", "192.0.2.11", "2001:db8::a", "192.0.2.12"))
	ctx, cancel := context.WithCancel(t.Context())
	result := h.dial(ctx, "tcp", "host.example:80")
	var want []syn
	for i, to := range []string{"2001:db8::a", "192.0.2.11", "2001:db8::b", "192.0.2.12", "2001:db8::c"} {
		want = append(want, syn{to, time.Duration(i) * attemptDelay})
		h.sent(t, i+1)
		h.clock.Advance(attemptDelay)
	}
	h.wantSYNs(t, want...)
	cancel()
	err := finish(t, result).err
	wantOpError(t, err, "[2001:db8::a]:80", "dial tcp [2001:db8::a]:80: operation was canceled", false)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
	h.wantNoSockets(t)
}

// TestRaceIsBounded: a name with any number of addresses has 32 attempts under way.
func TestRaceIsBounded(t *testing.T) {
	var addrs []string
	for i := range 40 {
		addrs = append(addrs, fmt.Sprintf("192.0.2.%d", 100+i))
	}
	h := newHappyHosts(t, always(addrs...))
	ctx, cancel := context.WithCancel(t.Context())
	result := h.dial(ctx, "tcp", "host.example:80")
	for i := range 32 {
		h.sent(t, i+1)
		h.clock.Advance(attemptDelay)
	}
	h.clock.Advance(attemptDelay)
	h.bystander(t)
	if n := len(h.syns.get()); n != 32+1 {
		t.Errorf("SYNs to %d addresses, want 32 and the bystander's", n)
	}
	cancel()
	finish(t, result)
	h.wantNoSockets(t)
}

// wantOpError fails unless err is package net's of a dial, with an address or none.
func wantOpError(t *testing.T, err error, addr, text string, timeout bool) {
	t.Helper()
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" || (op.Addr == nil) != (addr == "") ||
		op.Addr != nil && op.Addr.String() != addr || err.Error() != text || op.Timeout() != timeout {
		t.Errorf("%#v: %v, want %s", err, err, text)
	}
}

// TestRaceError: when all fail, the error is that of the first attempt, whichever
// failed first.
func TestRaceError(t *testing.T) {
	h := newHappyHosts(t, always(server6, server4))
	err := finish(t, h.dial(t.Context(), "tcp", "host.example:80")).err
	wantOpError(t, err, "["+server6+"]:80", "dial tcp ["+server6+"]:80: connect: connection refused", false)
	wantErrno(t, "refused", err, syscall.ECONNREFUSED)
	h.wantNoSockets(t)

	h = newHappyHosts(t, always("2001:db9::1", "198.51.100.1", server4))
	err = finish(t, h.dial(t.Context(), "tcp", "host.example:80")).err
	wantOpError(t, err, "[2001:db9::1]:80", "dial tcp [2001:db9::1]:80: connect: network is unreachable", false)
	h.wantSYNs(t, syn{server4, 0})
	h.wantNoSockets(t)
}

// TestRaceDeadline: the deadline counts by the stack's clock, over all attempts.
func TestRaceDeadline(t *testing.T) {
	h := newHappyHosts(t, always("2001:db8::dead", "192.0.2.66"))
	result := h.dial(byClock{t.Context(), h.start.Add(time.Second)}, "tcp", "host.example:80")
	h.sent(t, 1)
	h.clock.Advance(attemptDelay)
	h.sent(t, 2)
	h.clock.Advance(time.Second - attemptDelay)
	err := finish(t, result).err
	wantOpError(t, err, "[2001:db8::dead]:80", "dial tcp [2001:db8::dead]:80: i/o timeout", true)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is not context.DeadlineExceeded", err)
	}
	h.wantNoSockets(t)
}

// TestLookupEnds: the context and its deadline by the stack's clock end a lookup.
func TestLookupEnds(t *testing.T) {
	for _, network := range []string{"tcp", "tcp4", "udp"} {
		asked := make(chan struct{}, 1)
		never := func(ctx context.Context, _ string, _ func(...string)) ([]string, error) {
			asked <- struct{}{}
			<-ctx.Done()
			return nil, &resolver.GAIError{Op: "getaddrinfo", Code: resolver.EAI_AGAIN, Err: ctx.Err()}
		}
		h := newHappyHosts(t, never)
		ctx, cancel := context.WithCancel(t.Context())
		result := h.dial(ctx, network, "host.example:80")
		<-asked
		cancel()
		err := finish(t, result).err
		wantOpError(t, err, "", "dial "+network+": lookup host.example: operation was canceled", false)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not context.Canceled", err)
		}

		result = h.dial(byClock{t.Context(), h.clock.Now().Add(time.Second)}, network, "host.example:80")
		<-asked
		h.clock.Advance(time.Second)
		err = finish(t, result).err
		wantOpError(t, err, "", "dial "+network+": lookup host.example: i/o timeout", true)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v is not context.DeadlineExceeded", err)
		}
		h.wantNoSockets(t)
	}
}

// answersOf is a lookup that answers in two steps: the second comes when the test
// sends it, or never.
func answersOf(first ...string) (lookup, chan<- []string) {
	rest := make(chan []string)
	return func(ctx context.Context, _ string, partial func(...string)) ([]string, error) {
		partial(first...)
		select {
		case all := <-rest:
			return all, nil
		case <-ctx.Done():
			return nil, &resolver.GAIError{Code: resolver.EAI_AGAIN, Err: ctx.Err()}
		}
	}, rest
}

// TestResolutionDelay: IPv4 addresses wait 50 ms for those of IPv6, and no longer.
func TestResolutionDelay(t *testing.T) {
	names, _ := answersOf(server4)
	h := newHappyHosts(t, names)
	h.listen(t, ":80")
	result := h.dial(t.Context(), "tcp", "host.example:80")
	h.armed(t, 1, resolutionDelay)
	h.clock.Advance(resolutionDelay - 1)
	h.bystander(t)
	h.wantSYNs(t, syn{server6, resolutionDelay - 1})
	h.clock.Advance(1)
	h.connects(t, result, server4) // and ends the lookup, which is still under way
	h.wantSYNs(t, syn{server6, resolutionDelay - 1}, syn{server4, resolutionDelay})
}

// TestLateIPv6: within the Resolution Delay it comes first, and after that its turn
// is next.
func TestLateIPv6(t *testing.T) {
	names, rest := answersOf(server4)
	h := newHappyHosts(t, names)
	h.listen(t, ":80")
	result := h.dial(t.Context(), "tcp", "host.example:80")
	h.armed(t, 1, resolutionDelay)
	rest <- []string{server6, server4}
	h.connects(t, result, server6)
	h.wantSYNs(t, syn{server6, 0})

	names, rest = answersOf("192.0.2.66")
	h = newHappyHosts(t, names)
	h.listen(t, ":80")
	result = h.dial(t.Context(), "tcp", "host.example:80")
	h.armed(t, 1, resolutionDelay)
	h.clock.Advance(resolutionDelay)
	h.sent(t, 1)
	rest <- []string{"192.0.2.66", "192.0.2.67", server6}
	h.clock.Advance(attemptDelay)
	h.connects(t, result, server6)
	h.wantSYNs(t, syn{"192.0.2.66", resolutionDelay}, syn{server6, resolutionDelay + attemptDelay})
}

// TestEarlyIPv6 is not held up by IPv4 addresses that are still to come.
func TestEarlyIPv6(t *testing.T) {
	names, rest := answersOf(server6)
	h := newHappyHosts(t, names)
	h.listen(t, server4+":80")
	result := h.dial(t.Context(), "tcp", "host.example:80")
	h.sent(t, 1) // and is refused: the rest is waited for
	rest <- []string{server6, server4}
	h.connects(t, result, server4)
	h.wantSYNs(t, syn{server6, 0}, syn{server4, 0})
}

// TestEachAddressOnce: what was tried early is not tried again.
func TestEachAddressOnce(t *testing.T) {
	names, rest := answersOf(server6)
	h := newHappyHosts(t, names)
	result := h.dial(t.Context(), "tcp", "host.example:80")
	h.sent(t, 1)
	rest <- []string{server6, server4}
	err := finish(t, result).err
	wantOpError(t, err, "["+server6+"]:80", "dial tcp ["+server6+"]:80: connect: connection refused", false)
	h.wantSYNs(t, syn{server6, 0}, syn{server4, 0})
	h.wantNoSockets(t)
}

// TestLookupFailsInTheMiddle: what is known is tried all the same, and its error
// counts.
func TestLookupFailsInTheMiddle(t *testing.T) {
	h := newHappyHosts(t, func(_ context.Context, _ string, partial func(...string)) ([]string, error) {
		partial(server4)
		return nil, &resolver.GAIError{Code: resolver.EAI_FAIL}
	})
	err := finish(t, h.dial(t.Context(), "tcp", "host.example:80")).err
	wantErrno(t, "a port without a listener", err, syscall.ECONNREFUSED)
	h.wantNoSockets(t)
}

// TestRaceOfClosedModule: closing the module ends a race.
func TestRaceOfClosedModule(t *testing.T) {
	h := newHappyHosts(t, always("2001:db8::dead", "192.0.2.66"))
	result := h.dial(t.Context(), "tcp", "host.example:80")
	h.sent(t, 1)
	must(t, h.client.Close())
	if err := finish(t, result).err; !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), "2001:db8::dead") {
		t.Errorf("%v", err)
	}
}
