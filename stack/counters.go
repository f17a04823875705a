package stack

import (
	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/stack/link"
)

// Counters is what the stack has counted since it was made. The fields are
// read one after another, not at one instant.
type Counters struct {
	Drops Drops
	IP    IPCounters
	TCP   TCPCounters
	UDP   UDPCounters
	// Links by index; those that were removed are in Drops only.
	Links []LinkCounters
}

// Drops counts the packets that went no further, by reason.
type Drops struct {
	// Link is what the links of package link counted, of removed links too:
	// its Refused and Dropped fields.
	Link link.Counters
	// LinkRefused counts packets that a link answered with ErrNoBufferSpace,
	// whatever link it is.
	LinkRefused uint64
	// LinkDown counts packets that arrived over a link that was down.
	LinkDown uint64
	// Output counts packets that could not be written to a link, those of
	// LinkRefused included.
	Output uint64
	// UnknownTransport counts packets of a transport protocol that the stack
	// does not have.
	UnknownTransport uint64
	// BadTransport counts packets whose transport header could not be parsed.
	BadTransport uint64
	// BadIP counts packets with a malformed network header.
	BadIP uint64
	// BadFragment counts malformed fragments.
	BadFragment uint64
	// BadDestination and BadSource count packets that were not for this host,
	// or came from an address that cannot be on the wire.
	BadDestination, BadSource uint64
	// Forward counts packets that were to be forwarded, by reason.
	Forward ForwardDrops
	// Transport counts packets that no socket took.
	Transport uint64
	// TCPChecksum, TCPInvalid count segments that were corrupt.
	TCPChecksum, TCPInvalid uint64
	// SYN and HandshakeACK count handshakes dropped because a listener was
	// full.
	SYN, HandshakeACK uint64
	// UDPChecksum, UDPInvalid count datagrams that were corrupt.
	UDPChecksum, UDPInvalid uint64
	// UDPPort counts datagrams to a port without a socket.
	UDPPort uint64
	// UDPBuffer counts datagrams for a socket whose receive buffer was full.
	UDPBuffer uint64
	// ICMPRateLimited counts ICMP messages not sent because of their rate.
	ICMPRateLimited uint64
}

// ForwardDrops counts packets that were not forwarded.
type ForwardDrops struct {
	NoRoute     uint64
	TTLExceeded uint64
	TooBig      uint64
	LinkLocal   uint64 // source or destination
	Refused     uint64 // by a link with a full queue
	Other       uint64
}

// IPCounters of IPv4 and IPv6 together.
type IPCounters struct {
	Received, Delivered, Sent uint64
}

// TCPCounters of the stack.
type TCPCounters struct {
	ActiveOpens, PassiveOpens          uint64
	FailedOpens                        uint64
	Established                        uint64 // now
	Connected                          uint64 // now, in any state between handshake and CLOSED
	SegmentsReceived, SegmentsSent     uint64
	SendErrors                         uint64 // segments a link refused; sent again
	ResetsReceived, ResetsSent         uint64
	Retransmits                        uint64
	FastRecoveries, SACKRecoveries     uint64
	Timeouts                           uint64
	TimedOut                           uint64 // connections given up by keep-alive
	SYNCookiesSent, SYNCookiesReceived uint64
	// ZeroWindowACKs counts pure ACKs that arrived from beyond a window that
	// was closed and were made acceptable, for gVisor drops them.
	ZeroWindowACKs uint64
	// ZeroWindowsEvicted counts connections with a closed window that are not
	// helped in this way, because more than 4096 had one.
	ZeroWindowsEvicted uint64
}

// UDPCounters of the stack.
type UDPCounters struct {
	Received, Sent, SendErrors uint64
}

// LinkCounters of one link, as the stack sees it.
type LinkCounters struct {
	Index                          int
	SentPackets, SentBytes         uint64
	ReceivedPackets, ReceivedBytes uint64
	RefusedPackets                 uint64 // answered with ErrNoBufferSpace
	ReceivedDownPackets            uint64
	// Own is what the endpoint itself counted; zero if it does not count.
	Own link.Counters
}

// Counters returns the counters. It may be called after Close.
func (s *Stack) Counters() Counters {
	stats := s.gs.Stats()
	return Counters{
		Drops: drops(stats, s.linkCountersTotal()),
		IP: IPCounters{
			Received:  stats.IP.PacketsReceived.Value(),
			Delivered: stats.IP.PacketsDelivered.Value(),
			Sent:      stats.IP.PacketsSent.Value(),
		},
		TCP: tcpCounters(stats.TCP, &s.zeroWindows),
		UDP: UDPCounters{
			Received:   stats.UDP.PacketsReceived.Value(),
			Sent:       stats.UDP.PacketsSent.Value(),
			SendErrors: stats.UDP.PacketSendErrors.Value(),
		},
		Links: s.linkCounters(),
	}
}

func drops(stats tcpip.Stats, own link.Counters) Drops {
	icmp := stats.ICMP
	return Drops{
		Link:             own,
		LinkRefused:      stats.NICs.TxPacketsDroppedNoBufferSpace.Value(),
		LinkDown:         stats.NICs.DisabledRx.Packets.Value() + stats.IP.DisabledPacketsReceived.Value(),
		Output:           stats.IP.OutgoingPacketErrors.Value(),
		UnknownTransport: unknownProtocols(stats.NICs.UnknownL4ProtocolRcvdPacketCounts),
		BadTransport:     stats.NICs.MalformedL4RcvdPackets.Value(),
		BadIP:            stats.IP.MalformedPacketsReceived.Value(),
		BadFragment:      stats.IP.MalformedFragmentsReceived.Value(),
		BadDestination:   stats.IP.InvalidDestinationAddressesReceived.Value(),
		BadSource:        stats.IP.InvalidSourceAddressesReceived.Value(),
		Forward:          forwardDrops(stats.IP.Forwarding),
		Transport:        stats.DroppedPackets.Value(),
		TCPChecksum:      stats.TCP.ChecksumErrors.Value(),
		TCPInvalid:       stats.TCP.InvalidSegmentsReceived.Value(),
		SYN:              stats.TCP.ListenOverflowSynDrop.Value(),
		HandshakeACK:     stats.TCP.ListenOverflowAckDrop.Value(),
		UDPChecksum:      stats.UDP.ChecksumErrors.Value(),
		UDPInvalid:       stats.UDP.MalformedPacketsReceived.Value(),
		UDPPort:          stats.UDP.UnknownPortErrors.Value(),
		UDPBuffer:        stats.UDP.ReceiveBufferErrors.Value(),
		ICMPRateLimited:  icmp.V4.PacketsSent.RateLimited.Value() + icmp.V6.PacketsSent.RateLimited.Value(),
	}
}

func unknownProtocols(m *tcpip.IntegralStatCounterMap) uint64 {
	var sum uint64
	for _, k := range m.Keys() {
		if c, ok := m.Get(k); ok {
			sum += c.Value()
		}
	}
	return sum
}

func forwardDrops(f tcpip.IPForwardingStats) ForwardDrops {
	return ForwardDrops{
		NoRoute:     f.Unrouteable.Value() + f.HostUnreachable.Value() + f.UnknownOutputEndpoint.Value(),
		TTLExceeded: f.ExhaustedTTL.Value(),
		TooBig:      f.PacketTooBig.Value(),
		LinkLocal:   f.LinkLocalSource.Value() + f.LinkLocalDestination.Value(),
		Refused:     f.OutgoingDeviceNoBufferSpace.Value(),
		Other: f.InitializingSource.Value() + f.ExtensionHeaderProblem.Value() +
			f.UnexpectedMulticastInputInterface.Value() + f.NoMulticastPendingQueueBufferSpace.Value() +
			f.OutgoingDeviceClosedForSend.Value(),
	}
}

func tcpCounters(t tcpip.TCPStats, z *zeroWindows) TCPCounters {
	return TCPCounters{
		ActiveOpens:        t.ActiveConnectionOpenings.Value(),
		PassiveOpens:       t.PassiveConnectionOpenings.Value(),
		FailedOpens:        t.FailedConnectionAttempts.Value(),
		Established:        t.CurrentEstablished.Value(),
		Connected:          t.CurrentConnected.Value(),
		SegmentsReceived:   t.ValidSegmentsReceived.Value(),
		SegmentsSent:       t.SegmentsSent.Value(),
		SendErrors:         t.SegmentSendErrors.Value(),
		ResetsReceived:     t.ResetsReceived.Value(),
		ResetsSent:         t.ResetsSent.Value(),
		Retransmits:        t.Retransmits.Value(),
		FastRecoveries:     t.FastRecovery.Value(),
		SACKRecoveries:     t.SACKRecovery.Value(),
		Timeouts:           t.Timeouts.Value(),
		TimedOut:           t.EstablishedTimedout.Value(),
		SYNCookiesSent:     t.ListenOverflowSynCookieSent.Value(),
		SYNCookiesReceived: t.ListenOverflowSynCookieRcvd.Value(),
		ZeroWindowACKs:     z.rewritten.Load(),
		ZeroWindowsEvicted: z.evicted.Load(),
	}
}

func (s *Stack) linkCountersTotal() link.Counters {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sum := s.gone
	for _, n := range s.links {
		if c, ok := n.ep.(link.Counted); ok {
			sum = sum.Add(c.Counters())
		}
	}
	return sum
}

func (s *Stack) linkCounters() []LinkCounters {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var links []LinkCounters
	infos := s.gs.NICInfo()
	for _, n := range s.sortedLinks() {
		stats := infos[n.id()].Stats
		l := LinkCounters{
			Index:               n.index,
			SentPackets:         stats.Tx.Packets.Value(),
			SentBytes:           stats.Tx.Bytes.Value(),
			ReceivedPackets:     stats.Rx.Packets.Value(),
			ReceivedBytes:       stats.Rx.Bytes.Value(),
			RefusedPackets:      stats.TxPacketsDroppedNoBufferSpace.Value(),
			ReceivedDownPackets: stats.DisabledRx.Packets.Value(),
		}
		if c, ok := n.ep.(link.Counted); ok {
			l.Own = c.Counters()
		}
		links = append(links, l)
	}
	return links
}
