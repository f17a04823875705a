package link

import (
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Direction is the way of a packet, as the stack sees it.
type Direction int

const (
	Outbound Direction = iota // from the stack to the link
	Inbound                   // from the link to the stack
)

func (d Direction) String() string {
	if d == Outbound {
		return "outbound"
	}
	return "inbound"
}

// FateKind is something that an Impairment does to a packet. Each packet has
// one fate that ends it; before that it may be duplicated, corrupted and
// reordered. A packet that is duplicated has two ends.
type FateKind int

const (
	// Delivered: passed on. An end.
	Delivered FateKind = iota
	// Lost by Faults.Loss. An end.
	Lost
	// BurstLost by Faults.Burst. An end.
	BurstLost
	// Partitioned by Faults.Partition. An end.
	Partitioned
	// QueueFull: dropped for want of room in the queue before the transmitter,
	// or among the packets that are held. An end.
	QueueFull
	// Refused by the link below. An end.
	Refused
	// Discarded: held when the Impairment was closed, or its stack detached. An
	// end.
	Discarded
	// Duplicated: a copy follows it.
	Duplicated
	// Corrupted: one bit was flipped.
	Corrupted
	// Reordered: passed on without latency.
	Reordered

	fateKinds = int(Reordered) + 1
)

var fateNames = [...]string{
	Delivered: "delivered", Lost: "lost", BurstLost: "lost in a burst", Partitioned: "partitioned",
	QueueFull: "queue full", Refused: "refused by the link", Discarded: "discarded",
	Duplicated: "duplicated", Corrupted: "corrupted", Reordered: "reordered",
}

func (k FateKind) String() string {
	if k < 0 || int(k) >= len(fateNames) {
		return "unknown"
	}
	return fateNames[k]
}

// Dropped reports whether the packet went no further.
func (k FateKind) Dropped() bool {
	return k >= Lost && k <= Discarded
}

// Fate is what an Impairment did to a packet.
type Fate struct {
	Kind      FateKind
	Direction Direction
	// Number of the packet in its direction, from 0. A copy has the number of
	// its original.
	Number uint64
	// Copy says that it is the second of a packet that was duplicated.
	Copy bool
	// At is when it happened, by the Impairment's clock.
	At time.Time
	// Protocol is the EtherType of the packet.
	Protocol tcpip.NetworkProtocolNumber
	// Packet is the receiver's only until it returns, and is not to be changed.
	Packet *gstack.PacketBuffer
}
