//go:build !linux

package facade

import "github.com/usernet-stack/usernet/facade/endpoint"

// pollFile exists on Linux only.
type pollFile struct{ fd int }

func newPollFile(endpoint.Endpoint) (*pollFile, endpoint.Errno) { return nil, endpoint.ENOSYS }

func (*pollFile) mark()  {}
func (*pollFile) sync()  {}
func (*pollFile) close() {}
