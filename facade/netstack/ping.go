package netstack

import (
	"slices"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// pings are the identifiers of the ping sockets of a provider, which IPv4 and
// IPv6 share: net/ipv4/ping.c. The zero value is ready for use.
type pings struct {
	mu      sync.Mutex
	sockets map[uint16][]*ipSocket
	last    uint16
}

// newPing makes an icmp(7) socket: echo requests out, their replies in.
//
// gVisor's own ping endpoint does not hear of errors and lets an identifier be
// bound once only.
func newPing(e *Endpoint, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	r, err := newIPSocket(e, wq)
	if err != nil {
		return nil, err
	}
	r.ping = &e.p.pings
	r.SocketOptions().SetHeaderIncluded(false)
	r.SocketOptions().SetV6Only(r.network == ipv6) // ping_init_sock
	if err := r.receive(r.transport, r.handlePing); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// isPing tells of icmp(7) sockets.
func (e *Endpoint) isPing() bool {
	return e.isInternet() && e.typ == endpoint.SOCK_DGRAM && !e.isUDP()
}

// bind gives a socket an identifier and an address: the port of addr, or the
// next one that is free. An identifier may be shared if every socket has
// SO_REUSEADDR, which they have by default. The caller holds s.change.
func (p *pings) bind(s *ipSocket, addr tcpip.FullAddress) tcpip.Error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ident := addr.Port
	if ident == 0 {
		if ident = p.free(); ident == 0 {
			return &tcpip.ErrPortInUse{}
		}
	}
	exclusive := func(o *ipSocket) bool { return !o.SocketOptions().GetReuseAddress() }
	if others := p.sockets[ident]; len(others) > 0 && (exclusive(s) || slices.ContainsFunc(others, exclusive)) {
		return &tcpip.ErrPortInUse{}
	}
	if p.sockets == nil {
		p.sockets = make(map[uint16][]*ipSocket)
	}
	p.sockets[ident] = append(p.sockets[ident], s)
	s.update(func(st *ipState) { st.bound, st.ident = addr, ident })
	return nil
}

// free is the next identifier that no socket has, 0 if there is none.
func (p *pings) free() uint16 {
	for range 1 << 16 {
		p.last++
		if p.last != 0 && len(p.sockets[p.last]) == 0 {
			return p.last
		}
	}
	return 0
}

func (p *pings) forget(s *ipSocket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ident := s.load().ident
	rest := slices.DeleteFunc(p.sockets[ident], func(o *ipSocket) bool { return o == s })
	if len(rest) == 0 {
		delete(p.sockets, ident)
		return
	}
	p.sockets[ident] = rest
}

// takes tells whether s is the one socket that gets a reply: of those that share
// the identifier and admit it, the one that was bound last.
func (p *pings) takes(s *ipSocket, ident uint16, nic tcpip.NICID, src, dst tcpip.Address) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range slices.Backward(p.sockets[ident]) {
		st := o.load()
		if o.network == s.network && o.admits(&st, nic, src, dst) {
			return o == s
		}
	}
	return false
}

// echo are the ICMP types of a version of IP: what may be sent, and what is
// received. The extended echo is RFC 8335's.
type echo struct{ request, extended, reply byte }

var echoes = map[tcpip.NetworkProtocolNumber]echo{
	ipv4: {8, 42, 0},
	ipv6: {128, 160, 129},
}

// handlePing queues an echo reply, from the ICMP header on.
func (s *ipSocket) handlePing(pkt *gstack.PacketBuffer) {
	b := payloadOf(pkt)
	if len(b) < icmpHeader {
		return
	}
	if b[0] != echoes[s.network].reply || b[1] != 0 {
		s.handleError(pkt)
		return
	}
	ip := pkt.Network()
	if !intact(s.network, b, ip) {
		return
	}
	if s.ping.takes(s, header.ICMPv4(b).Ident(), pkt.NICID, ip.SourceAddress(), ip.DestinationAddress()) {
		d := datagramOf(pkt, b, b)
		d.local = header.IPv4Any // ping_queue_rcv_skb does not look it up
		s.push(d)
	}
}

// intact tells whether an ICMP message has the right checksum.
func intact(network tcpip.NetworkProtocolNumber, icmp []byte, ip header.Network) bool {
	var sum uint16
	if network == ipv6 {
		sum = header.PseudoHeaderChecksum(header.ICMPv6ProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(icmp)))
	}
	return checksum.Checksum(icmp, sum) == 0xffff
}

// checkPing lets echo requests pass, with the socket's identifier and a checksum.
func (s *ipSocket) checkPing(p *stack.IPPacket) tcpip.Error {
	b, types := p.Payload, echoes[s.network]
	if len(b) < icmpHeader || b[1] != 0 || b[0] != types.request && b[0] != types.extended {
		return &tcpip.ErrInvalidOptionValue{}
	}
	if s.network == ipv4 && len(b) > maxIPPacket-header.IPv4MinimumSize {
		return &tcpip.ErrMessageTooLong{}
	}
	ident, err := s.identifier()
	if err != nil {
		return err
	}
	header.ICMPv4(b).SetIdent(ident) // at the same place in ICMPv6
	p.HeaderIncluded = false
	if s.network == ipv6 {
		p.ChecksumOffset = header.ICMPv6ChecksumOffset
		return nil
	}
	header.ICMPv4(b).SetChecksum(0)
	header.ICMPv4(b).SetChecksum(^checksum.Checksum(b, 0))
	return nil
}

// identifier is the socket's; one that is not bound is bound to the next free one.
func (s *ipSocket) identifier() (uint16, tcpip.Error) {
	if ident := s.load().ident; ident != 0 {
		return ident, nil
	}
	s.change.Lock()
	defer s.change.Unlock()
	if ident := s.load().ident; ident != 0 {
		return ident, nil
	}
	if err := s.writable(); err != nil {
		return 0, err // closed meanwhile
	}
	err := s.ping.bind(s, tcpip.FullAddress{})
	return s.load().ident, err
}
