package optiontable

// Fidelity says how well a field of TCP_INFO is known.
type Fidelity int

// The fidelities.
const (
	// Absent fields are 0: gVisor does not tell.
	Absent Fidelity = iota
	// Derived fields are worked out from what gVisor tells.
	Derived
	// Exact fields are what gVisor itself goes by.
	Exact
)

// String returns the fidelity in words.
func (f Fidelity) String() string { return [...]string{"absent", "derived", "exact"}[f] }

// Field is a field of struct tcp_info (linux/tcp.h).
type Field struct {
	Name     string
	Size     int // bytes; bit fields share one
	Fidelity Fidelity
	From     string
}

// TCPInfo returns the fields of struct tcp_info in their order, as in Linux 6.18.
func TCPInfo() []Field {
	return []Field{
		{"tcpi_state", 1, Exact, ""},
		{"tcpi_ca_state", 1, Derived, "gVisor's states; it has none for CWR"},
		{"tcpi_retransmits", 1, Absent, ""},
		{"tcpi_probes", 1, Absent, ""},
		{"tcpi_backoff", 1, Absent, ""},
		{"tcpi_options", 1, Absent, ""},
		{"tcpi_snd_wscale, tcpi_rcv_wscale", 1, Absent, ""},
		{"tcpi_delivery_rate_app_limited, tcpi_fastopen_client_fail", 1, Absent, ""},
		{"tcpi_rto", 4, Exact, "microseconds"},
		{"tcpi_ato", 4, Absent, ""},
		{"tcpi_snd_mss", 4, Absent, ""},
		{"tcpi_rcv_mss", 4, Absent, ""},
		{"tcpi_unacked", 4, Absent, ""},
		{"tcpi_sacked", 4, Absent, ""},
		{"tcpi_lost", 4, Absent, ""},
		{"tcpi_retrans", 4, Absent, ""},
		{"tcpi_fackets", 4, Absent, ""},
		{"tcpi_last_data_sent", 4, Absent, ""},
		{"tcpi_last_ack_sent", 4, Absent, "nor on Linux"},
		{"tcpi_last_data_recv", 4, Absent, ""},
		{"tcpi_last_ack_recv", 4, Absent, ""},
		{"tcpi_pmtu", 4, Derived, "the MTU of the link towards the peer"},
		{"tcpi_rcv_ssthresh", 4, Absent, ""},
		{"tcpi_rtt", 4, Exact, "microseconds"},
		{"tcpi_rttvar", 4, Exact, "microseconds"},
		{"tcpi_snd_ssthresh", 4, Exact, "segments; 0x7fffffff before the first loss, as on Linux"},
		{"tcpi_snd_cwnd", 4, Exact, "segments"},
		{"tcpi_advmss", 4, Derived, "the MTU of the link less the headers, or less by TCP_MAXSEG"},
		{"tcpi_reordering", 4, Absent, ""},
		{"tcpi_rcv_rtt", 4, Absent, ""},
		{"tcpi_rcv_space", 4, Absent, ""},
		{"tcpi_total_retrans", 4, Exact, "segments"},
		{"tcpi_pacing_rate", 8, Absent, ""},
		{"tcpi_max_pacing_rate", 8, Absent, ""},
		{"tcpi_bytes_acked", 8, Absent, ""},
		{"tcpi_bytes_received", 8, Absent, ""},
		{"tcpi_segs_out", 4, Derived, "a segment that is cut further down counts once; the side that accepts counts its SYN-ACK, on Linux it does not"},
		{"tcpi_segs_in", 4, Derived, "the side that accepts does not count the SYN, on Linux it does"},
		{"tcpi_notsent_bytes", 4, Absent, ""},
		{"tcpi_min_rtt", 4, Absent, ""},
		{"tcpi_data_segs_in", 4, Absent, ""},
		{"tcpi_data_segs_out", 4, Absent, ""},
		{"tcpi_delivery_rate", 8, Absent, ""},
		{"tcpi_busy_time", 8, Absent, ""},
		{"tcpi_rwnd_limited", 8, Absent, ""},
		{"tcpi_sndbuf_limited", 8, Absent, ""},
		{"tcpi_delivered", 4, Absent, ""},
		{"tcpi_delivered_ce", 4, Absent, "gVisor has no ECN"},
		{"tcpi_bytes_sent", 8, Absent, ""},
		{"tcpi_bytes_retrans", 8, Absent, ""},
		{"tcpi_dsack_dups", 4, Absent, ""},
		{"tcpi_reord_seen", 4, Derived, "1 once segments came out of order, whatever their number"},
		{"tcpi_rcv_ooopack", 4, Absent, ""},
		{"tcpi_snd_wnd", 4, Absent, ""},
		{"tcpi_rcv_wnd", 4, Absent, ""},
		{"tcpi_rehash", 4, Absent, ""},
		{"tcpi_total_rto", 2, Exact, "timeouts"},
		{"tcpi_total_rto_recoveries", 2, Absent, ""},
		{"tcpi_total_rto_time", 4, Absent, ""},
		{"tcpi_received_ce", 4, Absent, "gVisor has no ECN"},
		{"tcpi_delivered_e1_bytes", 4, Absent, "gVisor has no ECN"},
		{"tcpi_delivered_e0_bytes", 4, Absent, "gVisor has no ECN"},
		{"tcpi_delivered_ce_bytes", 4, Absent, "gVisor has no ECN"},
		{"tcpi_received_e1_bytes", 4, Absent, "gVisor has no ECN"},
		{"tcpi_received_e0_bytes", 4, Absent, "gVisor has no ECN"},
		{"tcpi_received_ce_bytes", 4, Absent, "gVisor has no ECN"},
		{"tcpi_accecn_fail_mode", 2, Absent, "gVisor has no ECN"},
		{"tcpi_accecn_opt_seen", 2, Absent, "gVisor has no ECN"},
	}
}
