package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// streamEvents is what poll(2) says of a TCP socket for its state alone, as
// tcp_poll of the kernel does. Readable data and room to write come on top.
var streamEvents = map[tcp.EndpointState]endpoint.Events{
	tcp.StateInitial:   endpoint.POLLOUT | endpoint.POLLHUP,
	tcp.StateBound:     endpoint.POLLOUT | endpoint.POLLHUP,
	tcp.StateCloseWait: endpoint.POLLIN | endpoint.POLLRDHUP,
	tcp.StateClosing:   endpoint.POLLIN | endpoint.POLLRDHUP | endpoint.POLLHUP | endpoint.POLLOUT,
	tcp.StateLastAck:   endpoint.POLLIN | endpoint.POLLRDHUP | endpoint.POLLHUP | endpoint.POLLOUT,
	tcp.StateTimeWait:  endpoint.POLLIN | endpoint.POLLRDHUP | endpoint.POLLHUP | endpoint.POLLOUT,
	tcp.StateClose:     endpoint.POLLIN | endpoint.POLLRDHUP | endpoint.POLLHUP | endpoint.POLLOUT,
	tcp.StateError:     endpoint.POLLIN | endpoint.POLLRDHUP | endpoint.POLLHUP | endpoint.POLLOUT | endpoint.POLLERR,
}

// shutEvents is what poll(2) says for the directions that shutdown(2) closed.
var shutEvents = map[tcpip.ShutdownFlags]endpoint.Events{
	tcpip.ShutdownRead:                       endpoint.POLLIN | endpoint.POLLRDHUP,
	tcpip.ShutdownRead | tcpip.ShutdownWrite: endpoint.POLLIN | endpoint.POLLRDHUP | endpoint.POLLHUP,
}

// Ready wraps poll(2). POLLERR of a stream stays after SO_ERROR has been read,
// because gVisor does not tell whether it has been.
func (e *Endpoint) Ready() endpoint.Events {
	c, errno := e.live()
	if errno != 0 {
		return endpoint.AllEvents
	}
	ready := endpoint.Events(c.Readiness(waiter.ReadableEvents | waiter.WritableEvents))
	shut := shutEvents[tcpip.ShutdownFlags(e.shut.Load())]
	if e.isStream() {
		ready = e.aboveLowWater(c, ready)
		state := c.state()
		if state == tcp.StateListen {
			shut = 0 // inet_csk_listen_poll does not look
		}
		if c.broken() && !c.told.Load() {
			shut |= endpoint.POLLERR
		}
		return ready&(endpoint.POLLIN|endpoint.POLLOUT|endpoint.POLLRDHUP) | streamEvents[state] | shut
	}
	ready = ready & (endpoint.POLLIN | endpoint.POLLOUT | endpoint.POLLERR)
	if ready&endpoint.POLLIN != 0 && !e.wanted(c) {
		ready &^= endpoint.POLLIN
	}
	ready = e.errors.events(e, c, ready) | shut
	if e.congested.Load() {
		ready &^= endpoint.POLLOUT
	}
	return ready
}
