package capture

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// Defaults of Config.
const (
	DefaultBuffer        = 16 << 20
	DefaultFlushInterval = 100 * time.Millisecond
	DefaultCloseTimeout  = 2 * time.Second
)

// minMaxSize has room for the headers of some interfaces and a packet.
const minMaxSize = 4096

// Config says how a Recorder records. The zero value is useful.
type Config struct {
	// Clock gives the timestamps and the time of all that is timed; default
	// the system's. It should be the clock of the stacks that are recorded.
	Clock tcpip.Clock
	// SnapLen is how many bytes of each packet are recorded; default all.
	SnapLen int
	// Buffer is how many bytes of packets may wait to be written, with some
	// 200 for each packet's own state; default DefaultBuffer. One packet may
	// always wait.
	Buffer int
	// FlushInterval is how long a packet waits, at most, for others to be
	// written with; default DefaultFlushInterval. Negative: it is written at
	// once.
	FlushInterval time.Duration
	// CloseTimeout is how long Close waits, on Clock, for a target that does
	// not take the rest; default DefaultCloseTimeout.
	CloseTimeout time.Duration
	// MaxSize is how many bytes a file, or all that goes to a writer, may
	// have; default no bound, else at least 4,096. Every file is complete in
	// itself.
	MaxSize int64
	// Files says what happens at MaxSize: 0 ends the recording there, n goes
	// on in another file and keeps the last n, negative keeps all. A writer
	// or a pipe has one file only.
	Files int
	// Comment is about the recording, in the section header of each file; at
	// most 1,024 bytes of it are written.
	Comment string
	// Logger hears of the first error, of the end of a recording at MaxSize
	// and of lost packets at Close; default silent.
	Logger *slog.Logger
}

func (c *Config) complete() error {
	switch {
	case c.SnapLen < 0 || c.Buffer < 0 || c.CloseTimeout < 0 || c.MaxSize < 0:
		return errors.New("capture: a length, size or timeout is negative")
	case c.MaxSize != 0 && c.MaxSize < minMaxSize:
		return fmt.Errorf("capture: MaxSize is %d, less than %d", c.MaxSize, minMaxSize)
	case c.Files != 0 && c.MaxSize == 0:
		return errors.New("capture: Files without MaxSize")
	}
	if c.Clock == nil {
		c.Clock = tcpip.NewStdClock()
	}
	if c.Buffer == 0 {
		c.Buffer = DefaultBuffer
	}
	if c.FlushInterval == 0 {
		c.FlushInterval = DefaultFlushInterval
	}
	if c.CloseTimeout == 0 {
		c.CloseTimeout = DefaultCloseTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}
