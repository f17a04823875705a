package stack_test

import (
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/stack"
)

func TestZeroConfigIsAHostWithLoopback(t *testing.T) {
	testenv.LeakCheck(t)
	s, err := stack.New(stack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(s.Links(), s.Addresses(), s.Routes())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	t.Log(s.Counters())
}
