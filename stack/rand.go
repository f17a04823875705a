package stack

import (
	"crypto/rand"
	"io"
	"log/slog"
	"sync"
)

// source makes an io.Reader safe for concurrent use, always full, and never
// failing: gVisor panics on a source of randomness that fails.
type source struct {
	logger *slog.Logger

	mu sync.Mutex
	r  io.Reader
}

func newSource(r io.Reader, logger *slog.Logger) *source {
	if r == nil {
		r = rand.Reader
	}
	return &source{logger: logger, r: r}
}

func (s *source) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, err := io.ReadFull(s.r, p); err != nil && len(p) > 0 {
		s.logger.Error("source of randomness failed, using the system's from now on", "err", err)
		s.r = rand.Reader
		_, err := rand.Read(p[n:])
		return len(p), err
	}
	return len(p), nil
}
