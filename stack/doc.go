// Package stack is one host: a gVisor stack with its links, addresses, routes,
// limits, clock, randomness and host name.
//
// Every change of links, addresses, routes, neighbours and the host name goes
// through a method of Stack, and is published to those who subscribed (see
// Stack.Subscribe). The forwarding table is the Stack's own and is compiled
// into gVisor's. No gVisor stack is handed out: sockets are made through
// NewEndpoint, NewRawEndpoint and NewPacketEndpoint.
//
// All methods are safe for concurrent use. None of them may be called from a
// waiter.Queue callback of an endpoint, or from the function given to
// NotifyRoom, except Congested, Clock, Rand, Caps and TCP: such callbacks run
// inside gVisor.
package stack
