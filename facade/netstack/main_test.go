package netstack_test

import (
	"os"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
)

// TestMain gives the tests that compare with the kernel a namespace of their own.
func TestMain(m *testing.M) { os.Exit(testenv.RunInNetns(m)) }
