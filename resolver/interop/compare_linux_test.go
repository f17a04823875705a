package interop_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/files"
	"github.com/usernet-stack/usernet/stack"
)

// ours is a module that lives in an environment.
func (e environment) ours(t testing.TB, s *stack.Stack) *facade.Module {
	t.Helper()
	e = e.withDefaults()
	dns, err := files.ParseResolvConf(strings.NewReader(e.overTheCable()))
	must(t, err)
	hosts, err := files.ParseHosts(strings.NewReader(e.hosts))
	must(t, err)
	known, err := files.ParseServices(strings.NewReader(services))
	must(t, err)
	transports, err := files.ParseProtocols(strings.NewReader(protocols))
	must(t, err)
	m := facade.New(facade.Config{Stack: s, Names: &resolver.Config{
		Host:  resolver.Host{Name: func() string { return e.host }},
		Order: files.ParseOrder(e.order), DNS: dns, Hosts: hosts, Services: known, Protocols: transports,
	}})
	t.Cleanup(func() { m.Close() })
	return m
}

// overTheCable has the servers at the addresses of the relay.
func (e environment) overTheCable() string {
	return strings.NewReplacer("127.0.0.", "10.0.0.", "::1", "fd00::2").Replace(e.resolv)
}

// atOnce is how many environments are compared at a time: those that keep the machine
// busy, and then those that wait, whose timeouts are short.
var atOnce = map[bool]int{false: 4, true: 24}

// TestLikeGlibc: our resolver answers every call of the matrix as glibc does, or
// with a difference that is known.
func TestLikeGlibc(t *testing.T) {
	inNamespace(t)
	withOracle(t)
	testenv.LeakCheck(t)
	startNSD(t)
	startFaulty(t)
	s, _ := network(t)
	all := environments()
	comparisons := make([]comparison, len(all))
	for _, waits := range []bool{false, true} {
		var wg sync.WaitGroup
		room := make(chan struct{}, atOnce[waits])
		for i, e := range all {
			if e.waits != waits {
				continue
			}
			m := e.ours(t, s)
			wg.Go(func() {
				room <- struct{}{}
				defer func() { <-room }()
				comparisons[i] = e.compare(t.Context(), m)
			})
		}
		wg.Wait()
	}
	seen, differences := make(map[string]int), explanations()
	for i, e := range all {
		t.Run(e.name, func(t *testing.T) { comparisons[i].report(t, e, differences, seen) })
	}
	for _, d := range known {
		if seen[d.reason] == 0 {
			t.Errorf("no call shows this difference any more: %s", d.reason)
		}
	}
}

// comparison is what both sides answered to the calls of an environment.
type comparison struct {
	glibc, ours []answer
	err         error
}

// compare makes the calls of an environment on both sides.
func (e environment) compare(ctx context.Context, m *facade.Module) (both comparison) {
	ctx, cancel := context.WithTimeout(ctx, 10*patience)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { both.glibc, both.err = e.ask() })
	for _, c := range e.calls {
		both.ours = append(both.ours, c.do(ctx, m))
	}
	wg.Wait()
	return both
}

// report fails for differences that are not known, and counts the others by their
// reasons.
func (both comparison) report(t *testing.T, e environment, differences []explanation, seen map[string]int) {
	must(t, both.err)
	for i, c := range e.calls {
		glibc, ours := both.glibc[i], both.ours[i]
		if ours.String() == glibc.String() {
			continue
		}
		known := slices.IndexFunc(differences, func(d explanation) bool { return d.explains(e, c, glibc, ours) })
		if known >= 0 {
			seen[differences[known].reason]++
			continue
		}
		t.Errorf("%s\n glibc: %s\n  ours: %s", c, glibc, ours)
	}
}
