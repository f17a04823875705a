package netstack_test

import (
	goflag "flag"
	"os"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
)

// TestMain gives the tests that compare with the kernel a namespace of their own.
// Fuzzing needs none, and its workers do not survive being started a second time.
func TestMain(m *testing.M) {
	goflag.Parse()
	if f := goflag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		os.Exit(m.Run())
	}
	os.Exit(testenv.RunInNetns(m))
}
