package netstack_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

func (k *talk) ready(e endpoint.Endpoint) { k.note("ready %#x", e.Ready()) }

func (k *talk) soError(e endpoint.Endpoint) {
	k.get(e, endpoint.SOL_SOCKET, endpoint.SO_ERROR, make([]byte, 4))
}

// fails waits for an error of the socket.
func (k *talk) fails(e endpoint.Endpoint) {
	k.t.Helper()
	wait(k.t, e, func() endpoint.Errno {
		if e.Ready()&endpoint.POLLERR == 0 {
			return endpoint.EAGAIN
		}
		return 0
	})
	k.ready(e)
}

// refusals are sockets and the closed port of the host that they are connected to.
var refusals = map[string]struct{ from, to endpoint.Sockaddr }{
	"IPv4":                   {addr4("127.0.0.1", 5001), addr4("127.0.0.1", 5999)},
	"IPv4 of another link":   {addr4(local4, 5001), addr4(local4, 5999)},
	"IPv6":                   {addr6("::1", 5001), addr6("::1", 5999)},
	"mapped":                 {addr6("::ffff:127.0.0.1", 5001), addr6("::ffff:127.0.0.1", 5999)},
	"mapped, bound to none":  {addr6("::", 5001), addr6("::ffff:127.0.0.1", 5999)},
	"IPv6, bound to nothing": {addr6("::", 5001), addr6("::1", 5999)},
}

// recverr are the options that ask for extended errors, in all ways.
var recverr = map[string][]step{
	"none":               nil,
	"IP_RECVERR":         {{ip, endpoint.IP_RECVERR, int32Bytes(1)}},
	"IPV6_RECVERR":       {{ipv6, endpoint.IPV6_RECVERR, int32Bytes(1)}},
	"both":               {{ip, endpoint.IP_RECVERR, int32Bytes(1)}, {ipv6, endpoint.IPV6_RECVERR, int32Bytes(1)}},
	"both and the time":  {{ip, endpoint.IP_RECVERR, int32Bytes(1)}, {ipv6, endpoint.IPV6_RECVERR, int32Bytes(1)}, {endpoint.SOL_SOCKET, endpoint.SO_TIMESTAMP, int32Bytes(1)}},
	"both, then neither": {{ip, endpoint.IP_RECVERR, int32Bytes(1)}, {ip, endpoint.IP_RECVERR, int32Bytes(0)}},
}

func refusedSocket(k *talk, from, to endpoint.Sockaddr, options []step) endpoint.Endpoint {
	k.t.Helper()
	e := k.bound(from)
	for _, o := range options {
		if o.level != ipv6 || from.Family() == endpoint.AF_INET6 {
			ok(k.t, "SetSockOpt", e.SetSockOpt(o.level, o.opt, o.value))
		}
	}
	ok(k.t, "Connect", e.Connect(to))
	return e
}

// scripts are ways to learn of a refusal.
var refusalScripts = map[string]func(k *talk, e endpoint.Endpoint){
	"the queue": func(k *talk, e endpoint.Endpoint) {
		k.tryRecv(e, endpoint.MSG_ERRQUEUE, 128)
		k.ready(e)
		k.soError(e)
		k.tryRecv(e, endpoint.MSG_ERRQUEUE, 128)
		k.tryRecv(e, 0, 128)
	},
	"SO_ERROR first": func(k *talk, e endpoint.Endpoint) {
		k.soError(e)
		k.ready(e)
		k.tryRecv(e, endpoint.MSG_ERRQUEUE, 128)
		k.ready(e)
		k.soError(e)
	},
	"a receive first": func(k *talk, e endpoint.Endpoint) {
		k.tryRecv(e, 0, 128)
		k.tryRecv(e, 0, 128)
		k.ready(e)
		k.tryRecv(e, endpoint.MSG_ERRQUEUE|endpoint.MSG_PEEK, 128)
		k.tryRecv(e, endpoint.MSG_ERRQUEUE, 128)
	},
	"two errors": func(k *talk, e endpoint.Endpoint) {
		k.soError(e)
		k.send(e, "second", endpoint.Sockaddr{}, nil)
		k.fails(e)
		k.tryRecv(e, endpoint.MSG_ERRQUEUE, 128)
		k.ready(e)
		k.soError(e)
		k.ready(e)
		k.tryRecv(e, endpoint.MSG_ERRQUEUE, 128)
		k.soError(e)
		k.ready(e)
	},
	"cleared": func(k *talk, e endpoint.Endpoint) {
		k.set(e, ip, endpoint.IP_RECVERR, int32Bytes(0))
		k.ready(e)
		k.tryRecv(e, endpoint.MSG_ERRQUEUE, 128)
		k.soError(e)
	},
	"little room": func(k *talk, e endpoint.Endpoint) {
		m := endpoint.Message{Iov: [][]byte{make([]byte, 2), make([]byte, 1)}, Flags: endpoint.MSG_ERRQUEUE | endpoint.MSG_TRUNC, Control: make([]byte, 30), NeedAddr: true}
		n, errno := e.Recv(&m)
		k.note("%d, %s", n, name(errno))
		if errno == 0 {
			k.noteMessage(&m, min(n, 2), errno)
		}
	},
}

func TestRefusalsOfPortsAreTheKernels(t *testing.T) {
	for path, c := range refusals {
		for asked, options := range recverr {
			for how, script := range refusalScripts {
				t.Run(fmt.Sprintf("%s, %s, %s", path, asked, how), func(t *testing.T) {
					compare(t, func(k *talk) {
						e := refusedSocket(k, c.from, c.to, options)
						k.send(e, "hello", endpoint.Sockaddr{}, nil)
						k.fails(e)
						script(k, e)
					})
				})
			}
		}
	}
}

func TestTooLongDatagramsAreTheKernels(t *testing.T) {
	for path, c := range refusals {
		for _, size := range []int{65508, 65535, 65536} {
			for _, connected := range []bool{true, false} {
				if size == 65508 && strings.HasPrefix(path, "IPv6") && !connected {
					continue // it fits, and gVisor tells unconnected sockets of no refusal
				}
				t.Run(fmt.Sprintf("%s, %d, connected %v", path, size, connected), func(t *testing.T) {
					compare(t, func(k *talk) {
						e, to := k.bound(c.from), c.to
						ok(t, "IP_RECVERR", setInt(e, ip, endpoint.IP_RECVERR, 1))
						if c.from.Family() == endpoint.AF_INET6 {
							ok(t, "IPV6_RECVERR", setInt(e, ipv6, endpoint.IPV6_RECVERR, 1))
						}
						if connected {
							ok(t, "Connect", e.Connect(to))
							to = endpoint.Sockaddr{}
						}
						k.send(e, strings.Repeat("x", size), to, nil)
						k.ready(e)
						k.soError(e)
						k.tryRecv(e, endpoint.MSG_ERRQUEUE, 128)
						k.ready(e)
					})
				})
			}
		}
	}
}
