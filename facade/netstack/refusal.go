package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// refusal is why a UDP socket that was shut down, or that has an error to tell, does
// not send. Linux looks at the address and the size first, and then at the error and
// the shutdown (sock_alloc_send_pskb); gVisor the other way round.
func (e *Endpoint) refusal(c *core, p *payload, opts tcpip.WriteOptions) endpoint.Errno {
	shut := tcpip.ShutdownFlags(e.shut.Load())&tcpip.ShutdownWrite != 0
	if !shut && !e.failed.Load() || !e.isUDP() || !shut && !e.mayFail(c) {
		return 0
	}
	sender, ok := c.Endpoint.(tcpip.EndpointWithPreflight)
	if !ok {
		return 0
	}
	err := sender.Preflight(opts)
	if err == nil && p.size > e.maxDatagram(c, opts.To) {
		return e.notSent(c, &tcpip.ErrMessageTooLong{}, p.size, opts.To)
	}
	if err == nil && shut {
		if err = c.LastError(); err == nil {
			err = &tcpip.ErrClosedForSend{}
		}
	}
	return toErrno(err)
}

// mayFail tells whether an error waits. failed is set again by the next one.
func (e *Endpoint) mayFail(c *core) bool {
	e.failed.Store(false)
	if c.Readiness(waiter.EventErr) == 0 {
		return false
	}
	e.failed.Store(true)
	return true
}

// maxDatagram is how much a datagram to an address, nil for that of the connection,
// can carry.
func (e *Endpoint) maxDatagram(c *core, to *tcpip.FullAddress) int {
	addr := c.peer().Addr
	if to != nil {
		addr = to.Addr
	}
	if e.family == endpoint.AF_INET || isIPv4(addr) {
		return maxIPPacket - header.IPv4MinimumSize - header.UDPMinimumSize
	}
	return maxIPPacket - header.UDPMinimumSize
}
