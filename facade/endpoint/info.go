package endpoint

import "time"

// Field names the fields of Info that an endpoint may not know.
type Field uint32

// The fields of Info.
const (
	InfoState Field = 1 << iota
	InfoRecvQueue
	InfoSendQueue
	InfoBacklog
	InfoRTT
	InfoRTO
	InfoCongestion
)

// Info is a snapshot of a socket for ss(8) and netlink's sock_diag. A field is
// exact when its bit is in Exact, worked out from other facts when it is in
// Derived, and absent (zero, to be shown as unknown) when it is in neither.
type Info struct {
	Exact, Derived Field

	Cookie              uint64
	Family, Type, Proto int
	Cred                Cred
	Local, Peer         Sockaddr

	// State is TCP_* of the kernel's tcp_states.h; other families use
	// TCP_ESTABLISHED for connected and TCP_CLOSE for the rest, as Linux does.
	State int
	// RecvQueue is the number of bytes that wait to be read; on a listener the
	// number of connections that wait to be accepted.
	RecvQueue int
	// SendQueue is the number of bytes not yet acknowledged by the peer.
	SendQueue int
	// Backlog is a listener's limit.
	Backlog int
	// RTT and RTTVar are the smoothed round trip and its variation.
	RTT, RTTVar time.Duration
	// RTO is the retransmission timeout.
	RTO time.Duration
	// CongestionWindow is in segments; Algorithm names the control.
	CongestionWindow uint32
	Algorithm        string
}

// The kernel's TCP states (include/net/tcp_states.h).
const (
	TCP_ESTABLISHED = 1 + iota
	TCP_SYN_SENT
	TCP_SYN_RECV
	TCP_FIN_WAIT1
	TCP_FIN_WAIT2
	TCP_TIME_WAIT
	TCP_CLOSE
	TCP_CLOSE_WAIT
	TCP_LAST_ACK
	TCP_LISTEN
	TCP_CLOSING
)
