//go:build !linux

package conformance

import (
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

// wantNonBlockingFD has nothing to check where sockets have no descriptors.
func wantNonBlockingFD(testing.TB, *facade.Socket) {}
