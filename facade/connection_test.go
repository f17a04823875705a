package facade_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// silentModule is a module whose resolver answers twice with an address that never
// answers.
func silentModule(t *testing.T) *facade.Module {
	t.Helper()
	a, _ := link.NewCable(link.CableConfig{})
	s, err := stack.New(stack.Config{Links: []stack.LinkConfig{
		{Endpoint: a, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}}})
	must(t, err)
	closeAtEnd(t, s)
	m := facade.New(facade.Config{Stack: s, Resolver: stubOf("192.0.2.2", "192.0.2.3")})
	closeAtEnd(t, m)
	return m
}

// TestCreateConnectionEnds: a timeout stays one, and a context ends the attempts.
func TestCreateConnectionEnds(t *testing.T) {
	testenv.LeakCheck(t)
	m := silentModule(t)
	all := facade.ConnectionConfig{AllErrors: true}
	attempts := func(err error) int {
		joined, _ := err.(interface{ Unwrap() []error })
		if joined == nil {
			return 0
		}
		return len(joined.Unwrap())
	}

	late := facade.ConnectionConfig{AllErrors: true, Timeout: time.Millisecond}
	_, err := m.CreateConnection(t.Context(), "any", 9, late)
	if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.HasSuffix(err.Error(), ": timed out") || attempts(err) != 2 {
		t.Errorf("timeout: %v", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err = m.CreateConnection(soon, "any", 9, all); !errors.Is(err, os.ErrDeadlineExceeded) || attempts(err) != 1 {
		t.Errorf("deadline: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = m.CreateConnection(gone, "any", 9, all); !errors.Is(err, context.Canceled) || attempts(err) != 1 {
		t.Errorf("cancelled: %v", err)
	}
}
