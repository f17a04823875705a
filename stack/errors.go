package stack

import (
	"errors"
	"fmt"
	"net"

	"gvisor.dev/gvisor/pkg/tcpip"
)

var (
	// ErrClosed is returned by every method of a Stack that was closed;
	// errors.Is(ErrClosed, net.ErrClosed) holds. The three methods that make
	// endpoints return *tcpip.ErrAborted instead.
	ErrClosed = fmt.Errorf("stack: %w", net.ErrClosed)
	// ErrNoLink means that there is no link with that index or name.
	ErrNoLink = errors.New("stack: no such link")
	// ErrExists means that the link name, address or route is there already.
	ErrExists = errors.New("stack: already exists")
	// ErrNotFound means that the address, route or neighbour is not there.
	ErrNotFound = errors.New("stack: not found")
	// ErrNoNeighbours means that the link does not resolve addresses: it has
	// no neighbour table.
	ErrNoNeighbours = errors.New("stack: link has no neighbours")
	// ErrUnreachable means that no route leads to the destination.
	ErrUnreachable = errors.New("stack: network unreachable")
)

func netstackError(what string, err tcpip.Error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("stack: %s: %v", what, err)
}
