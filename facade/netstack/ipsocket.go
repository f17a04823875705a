package netstack

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/stack"
)

const (
	ipv4 = header.IPv4ProtocolNumber
	ipv6 = header.IPv6ProtocolNumber
)

// maxIPPacket is the length that IPv4's total length and IPv6's payload length
// can tell, in bytes.
const maxIPPacket = 65535

// ipSocket is a socket of an IP protocol: raw(7), or icmp(7) for ping. It is the
// tcpip.Endpoint under an Endpoint.
type ipSocket struct {
	mailbox
	stack     *stack.Stack
	owner     *Endpoint
	network   tcpip.NetworkProtocolNumber
	transport tcpip.TransportProtocolNumber
	ping      *pings // nil for a raw socket

	// change orders what binds, connects, sniffs and closes.
	change      sync.Mutex
	cancels     []func()
	hearsErrors bool
	sniffer     sniffer

	// icmpFilter is ICMP_FILTER: a bit for each type that is held back.
	icmpFilter atomic.Uint32

	// state is what receiving looks at, under its own lock because that is done
	// while the stack holds some of its own.
	state struct {
		sync.RWMutex
		ipState
	}
}

// ipState is the addresses of an ipSocket, a value.
type ipState struct {
	bound    tcpip.FullAddress // what Bind was given
	source   tcpip.Address     // what a connection sends from
	remote   tcpip.FullAddress
	peered   bool
	ident    uint16 // a ping socket's identifier; 0 is none yet
	sniffing bool
}

func (s *ipSocket) load() ipState {
	s.state.RLock()
	defer s.state.RUnlock()
	return s.state.ipState
}

func (s *ipSocket) update(fn func(*ipState)) {
	s.state.Lock()
	defer s.state.Unlock()
	fn(&s.state.ipState)
}

// newIPSocket makes a socket that receives nothing yet.
func newIPSocket(e *Endpoint, wq *waiter.Queue) (*ipSocket, tcpip.Error) {
	s := e.p.stack
	options, err := s.NewRawEndpoint(e.transport, e.network, wq, false)
	if err != nil {
		return nil, err
	}
	receiveBuffer(options, s)
	options.SocketOptions().SetReuseAddress(true) // INET_PROTOSW_REUSE
	return &ipSocket{
		mailbox: mailbox{Endpoint: options, wq: wq, clock: s.Clock()},
		stack:   s, owner: e, network: e.network, transport: e.transport,
	}, nil
}

// receive calls fn with packets of a protocol until the socket is closed.
func (s *ipSocket) receive(transport tcpip.TransportProtocolNumber, fn func(*gstack.PacketBuffer)) tcpip.Error {
	cancel, err := s.stack.ReceiveIP(s.network, transport, fn)
	if err == nil {
		s.cancels = append(s.cancels, cancel)
	}
	return err
}

// localAddress is what getsockname(2) tells, without the port.
func (st *ipState) localAddress() tcpip.Address {
	if st.bound.Addr.BitLen() != 0 {
		return st.bound.Addr
	}
	return st.source
}

// GetLocalAddress implements tcpip.Endpoint. A raw socket has its protocol for a
// port, as on Linux.
func (s *ipSocket) GetLocalAddress() (tcpip.FullAddress, tcpip.Error) {
	st := s.load()
	port := uint16(s.transport)
	if s.ping != nil {
		port = st.ident
	}
	return tcpip.FullAddress{NIC: st.bound.NIC, Addr: st.localAddress(), Port: port}, nil
}

// GetRemoteAddress implements tcpip.Endpoint. As inet_getname of the kernel has
// it, there is no peer without a port, which otherwise means nothing here.
func (s *ipSocket) GetRemoteAddress() (tcpip.FullAddress, tcpip.Error) {
	st := s.load()
	if !st.peered || st.remote.Port == 0 {
		return tcpip.FullAddress{}, &tcpip.ErrNotConnected{}
	}
	return st.remote, nil
}

// connected tells whether there is a peer, with or without a port.
func (s *ipSocket) connected() bool { return s.load().peered }

// Bind implements tcpip.Endpoint.
func (s *ipSocket) Bind(addr tcpip.FullAddress) tcpip.Error {
	s.change.Lock()
	defer s.change.Unlock()
	st := s.load()
	if st.peered || st.sniffing || st.ident != 0 {
		return &tcpip.ErrInvalidEndpointState{}
	}
	if err := s.bindable(addr); err != nil {
		return err
	}
	if s.ping != nil {
		return s.ping.bind(s, addr)
	}
	s.update(func(st *ipState) { st.bound = addr })
	return nil
}

func (s *ipSocket) bindable(addr tcpip.FullAddress) tcpip.Error {
	switch {
	case addr.Addr.BitLen() == 0:
		return nil
	case isMapped(addr.Addr):
		if s.ping != nil {
			return &tcpip.ErrInvalidOptionValue{}
		}
		return &tcpip.ErrBadLocalAddress{}
	case unicast(addr.Addr) != addr.Addr:
		if s.ping != nil {
			return &tcpip.ErrBadLocalAddress{}
		}
		return nil
	}
	if _, ok := s.stack.IsLocalAddress(int(addr.NIC), s.network, addr.Addr); !ok {
		return &tcpip.ErrBadLocalAddress{}
	}
	return nil
}

// isMapped tells an IPv4 address on a socket of IPv6, which these sockets do not
// take.
func isMapped(a tcpip.Address) bool { return header.IsV4MappedAddress(a) }

// Connect implements tcpip.Endpoint.
func (s *ipSocket) Connect(addr tcpip.FullAddress) tcpip.Error {
	s.change.Lock()
	defer s.change.Unlock()
	to, err := s.toward(addr)
	if err != nil {
		return err
	}
	st := s.load()
	source, _, err := s.stack.SourceToward(s.linkToward(to), s.network, unicast(st.bound.Addr), to.Addr)
	if err != nil {
		return err
	}
	if s.ping != nil && st.ident == 0 {
		if err := s.ping.bind(s, tcpip.FullAddress{}); err != nil {
			return err
		}
	}
	if err := s.listenForErrors(); err != nil {
		return err
	}
	s.update(func(st *ipState) {
		st.remote, st.source, st.peered = to, source, true
	})
	return nil
}

// reportErrors has the socket hear of ICMP errors without being connected.
func (s *ipSocket) reportErrors() tcpip.Error {
	s.change.Lock()
	defer s.change.Unlock()
	if s.isClosed() {
		return nil
	}
	return s.listenForErrors()
}

// listenForErrors has ICMP tell what happens to the socket's packets. The caller
// holds s.change.
func (s *ipSocket) listenForErrors() tcpip.Error {
	if s.ping != nil || s.hearsErrors {
		return nil // a ping socket hears all ICMP anyway
	}
	s.hearsErrors = true
	return s.receive(icmpOf(s.network), s.handleError)
}

// Disconnect implements tcpip.Endpoint.
func (s *ipSocket) Disconnect() tcpip.Error {
	s.change.Lock()
	defer s.change.Unlock()
	s.update(func(st *ipState) {
		st.remote, st.source, st.peered = tcpip.FullAddress{}, tcpip.Address{}, false
	})
	return nil
}

// Shutdown implements tcpip.Endpoint.
func (s *ipSocket) Shutdown(flags tcpip.ShutdownFlags) tcpip.Error {
	s.shutdown(flags)
	if !s.connected() {
		return &tcpip.ErrNotConnected{}
	}
	return nil
}

// Close implements tcpip.Endpoint.
func (s *ipSocket) Close() {
	s.change.Lock()
	defer s.change.Unlock()
	if !s.close() {
		return
	}
	s.sniffer.stop()
	for _, cancel := range s.cancels {
		cancel()
	}
	if s.ping != nil {
		s.ping.forget(s)
	}
}

// Abort implements tcpip.Endpoint.
func (s *ipSocket) Abort() { s.Close() }

// admits tells whether the socket's addresses let a packet in: raw_v4_match of
// the kernel.
func (s *ipSocket) admits(st *ipState, nic tcpip.NICID, src, dst tcpip.Address) bool {
	if device := s.SocketOptions().GetBindToDevice(); device != 0 && tcpip.NICID(device) != nic {
		return false
	}
	if st.bound.NIC != 0 && st.bound.NIC != nic {
		return false
	}
	if st.peered && st.remote.Addr != src && s.ping == nil {
		return false
	}
	local := st.localAddress()
	// A packet of a group that the host is in passes on IPv6 (raw_v6_match).
	return local.BitLen() == 0 || local == dst || s.network == ipv6 && isMulticast(dst)
}

// unicast is a, or nothing if packets cannot come from it.
func unicast(a tcpip.Address) tcpip.Address {
	if isMulticast(a) || a == header.IPv4Broadcast {
		return tcpip.Address{}
	}
	return a
}

// datagramOf takes over what a packet says beside its data. Payload is what follows
// its IP header.
func datagramOf(pkt *gstack.PacketBuffer, data, payload []byte) datagram {
	network := pkt.Network()
	d := datagram{
		data:    data,
		network: pkt.NetworkProtocolNumber,
		from:    tcpip.FullAddress{NIC: pkt.NICID, Addr: network.SourceAddress()},
		nic:     pkt.NICID,
		to:      network.DestinationAddress(),
		local:   network.DestinationAddress(),
		port:    portIn(payload),
	}
	d.tos, _ = network.TOS()
	switch h := network.(type) {
	case header.IPv4:
		d.ttl = h.TTL()
	case header.IPv6:
		d.ttl = h.HopLimit()
	}
	return d
}

// payloadOf copies what follows the network header.
func payloadOf(pkt *gstack.PacketBuffer) []byte {
	return append(append([]byte(nil), pkt.TransportHeader().Slice()...), dataOf(pkt)...)
}

func dataOf(pkt *gstack.PacketBuffer) []byte { return pkt.Data().AsRange().ToSlice() }
