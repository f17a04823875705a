package interop_test

import (
	"os"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.RunInNetns(m)) }
