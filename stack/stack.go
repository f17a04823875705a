package stack

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/raw"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/usernet-stack/usernet/stack/link"
)

// Stack is one host. See New.
type Stack struct {
	gs     *gstack.Stack
	clock  tcpip.Clock
	rand   *source
	logger *slog.Logger
	caps   Caps
	tcp    TCPConfig
	events *publisher
	room   rooms

	zeroWindows zeroWindows
	receivers   ipReceivers
	loopbacks   sync.Map // the NICIDs of loopbacks, for who holds gVisor's locks

	// mu is held while a change is made in gVisor, and never while events are
	// published or a link is waited for.
	mu        sync.RWMutex
	closed    bool
	hostName  string
	links     map[int]*nic
	nextIndex int
	routes    []Route // longest prefix, lowest metric, oldest first
	gone      link.Counters
	taps      []*linkTap // of all links

	closing  sync.Once
	closeErr error
	onClose  []*func()
}

// New makes a host. Nothing is left behind when it returns an error, except
// that endpoints given to it may have been closed.
func New(cfg Config) (*Stack, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := newStack(cfg)
	if err := s.configure(cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newStack(cfg Config) *Stack {
	s := &Stack{
		clock:     cfg.Clock,
		rand:      newSource(cfg.Rand, cfg.Logger),
		logger:    cfg.Logger,
		caps:      cfg.Caps,
		tcp:       cfg.TCP,
		events:    newPublisher(cfg.Clock),
		hostName:  cfg.HostName,
		links:     make(map[int]*nic),
		nextIndex: firstLinkIndex,
	}
	s.gs = gstack.New(gstack.Options{
		NetworkProtocols: []gstack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol, arp.NewProtocol},
		TransportProtocols: []gstack.TransportProtocolFactory{
			tcp.NewProtocolCUBIC, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6,
		},
		Clock:                    cfg.Clock,
		HandleLocal:              true,
		NUDDisp:                  neighbourEvents{s.events},
		RawFactory:               raw.EndpointFactory{},
		AllowPacketEndpointWrite: true,
		SecureRNG:                s.rand,
	})
	return s
}

func (s *Stack) configure(cfg Config) error {
	if err := s.configureProtocols(cfg); err != nil {
		return err
	}
	if !cfg.NoLoopback {
		if cfg.Loopback == nil {
			cfg.Loopback = link.NewLoopback()
		}
		if err := s.addLink(loopbackIndex, LinkConfig{Name: loopbackName, Endpoint: cfg.Loopback, Addresses: loopbackAddresses}); err != nil {
			return err
		}
	}
	for _, l := range cfg.Links {
		if _, err := s.AddLink(l); err != nil {
			return err
		}
	}
	for _, r := range cfg.Routes {
		if err := s.AddRoute(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stack) configureProtocols(cfg Config) error {
	if err := cfg.TCP.apply(s.gs); err != nil {
		return err
	}
	for _, o := range []any{
		tcpip.SendBufferSizeOption{Min: cfg.Buffers.Send.Min, Default: cfg.Buffers.Send.Default, Max: cfg.Buffers.Send.Max},
		tcpip.ReceiveBufferSizeOption{Min: cfg.Buffers.Receive.Min, Default: cfg.Buffers.Receive.Default, Max: cfg.Buffers.Receive.Max},
	} {
		if err := s.gs.SetOption(o); err != nil {
			return netstackError("buffer sizes", err)
		}
	}
	if err := s.gs.SetPortRange(cfg.EphemeralPorts.First, cfg.EphemeralPorts.Last); err != nil {
		return netstackError("ephemeral ports", err)
	}
	for _, proto := range networkProtocols {
		if err := s.gs.SetForwardingDefaultAndAllNICs(proto, cfg.Forwarding); err != nil {
			return netstackError("forwarding", err)
		}
	}
	s.installOffloads()
	return nil
}

// Close resets every connection, removes and closes every link, and returns
// when no goroutine of the stack is left. What it wrote to its links before
// that, resets included, is theirs to deliver. It is idempotent; every caller
// waits. It must not be called from a callback of the stack, its links or its
// endpoints. The error is the first that a link had to report, for one a
// capture that could not be written.
func (s *Stack) Close() error {
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		onClose := s.onClose
		s.onClose = nil
		s.mu.Unlock()
		for _, fn := range onClose {
			(*fn)()
		}
		s.gs.Close()
		s.closeErr = s.removeAllLinks()
		s.gs.Wait()
		s.events.close()
	})
	return s.closeErr
}

// OnClose has fn called, without locks held, when Close begins and before it
// resets connections: who keeps a table of sockets closes them there. fn is called
// at once if the Stack is closed already. cancel ends it; a call may still be
// under way then.
func (s *Stack) OnClose(fn func()) (cancel func()) {
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.onClose = append(s.onClose, &fn)
	}
	s.mu.Unlock()
	if closed {
		fn()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.onClose = slices.DeleteFunc(s.onClose, func(o *func()) bool { return o == &fn })
	}
}

// NewEndpoint makes a socket of a transport protocol; it is in no table and
// charged to nobody. After Close: *tcpip.ErrAborted.
func (s *Stack) NewEndpoint(transport tcpip.TransportProtocolNumber, network tcpip.NetworkProtocolNumber, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	return s.newEndpoint(func() (tcpip.Endpoint, tcpip.Error) { return s.gs.NewEndpoint(transport, network, wq) })
}

// NewRawEndpoint makes a raw socket (raw(7)). An associated one receives the
// packets of transport; one that is not writes whole packets.
func (s *Stack) NewRawEndpoint(transport tcpip.TransportProtocolNumber, network tcpip.NetworkProtocolNumber, wq *waiter.Queue, associated bool) (tcpip.Endpoint, tcpip.Error) {
	return s.newEndpoint(func() (tcpip.Endpoint, tcpip.Error) {
		return s.gs.NewRawEndpoint(transport, network, wq, associated)
	})
}

// NewPacketEndpoint makes a packet socket (packet(7)). One that is not bound
// to a link receives from the links that are there now, not from later ones.
func (s *Stack) NewPacketEndpoint(cooked bool, network tcpip.NetworkProtocolNumber, wq *waiter.Queue) (tcpip.Endpoint, tcpip.Error) {
	return s.newEndpoint(func() (tcpip.Endpoint, tcpip.Error) { return s.gs.NewPacketEndpoint(cooked, network, wq) })
}

func (s *Stack) newEndpoint(make func() (tcpip.Endpoint, tcpip.Error)) (tcpip.Endpoint, tcpip.Error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, &tcpip.ErrAborted{}
	}
	return make()
}

// Pause parks the TCP processors of the stack, for a simulation that steps it,
// and returns when each has done what it had to do. Each Pause wants a Resume.
func (s *Stack) Pause() { s.gs.Pause() }

// Resume undoes Pause.
func (s *Stack) Resume() { s.gs.Resume() }

// Clock of the stack.
func (s *Stack) Clock() tcpip.Clock { return s.clock }

// Rand is the stack's source of randomness: safe for concurrent use, it fills
// what it is given and never fails.
func (s *Stack) Rand() io.Reader { return s.rand }

// Caps in force, defaults filled in.
func (s *Stack) Caps() Caps { return s.caps }

// TCP is the TCP settings in force, defaults filled in.
func (s *Stack) TCP() TCPConfig { return s.tcp }

// HostName of the host.
func (s *Stack) HostName() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.hostName
}

// SetHostName sets the host name, of 1 to 64 bytes.
func (s *Stack) SetHostName(name string) error {
	if err := validateHostName(name); err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	return s.change(func() error {
		if s.hostName != name {
			s.hostName = name
			s.events.queueEvent(Event{Kind: HostNameChanged, HostName: name})
		}
		return nil
	})
}

// change runs fn with the lock held, and then publishes what fn queued.
func (s *Stack) change(fn func() error) error {
	err := s.locked(fn)
	s.events.deliver()
	return err
}

func (s *Stack) locked(fn func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	return fn()
}
