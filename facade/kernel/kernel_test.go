package kernel_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/usernet-stack/usernet/facade/kernel"
)

func TestUnsupported(t *testing.T) {
	if !errors.Is(kernel.ErrUnsupported, errors.ErrUnsupported) {
		t.Error("ErrUnsupported is not an errors.ErrUnsupported")
	}
	p, err := kernel.New(kernel.Config{})
	if (runtime.GOOS == "linux") != (err == nil) || (err != nil && !errors.Is(err, kernel.ErrUnsupported)) {
		t.Errorf("New on %s: %v", runtime.GOOS, err)
	}
	if err == nil {
		p.Close()
	}
}
