package optiontable

import (
	"math"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

const (
	noFastOpen = "the handshake is the usual one: what is missing is a round trip saved"
	noRepair   = "sockets cannot be repaired"
	noMD5      = "gVisor does not sign segments"
)

// tcpRows are the options of tcp(7).
var tcpRows = []Row{
	{Number: 1, Name: "TCP_NODELAY", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 2, Name: "TCP_MAXSEG", Form: Int, Fresh: ints(536), Takes: append(same(88, 1460, 32767), reads(0, 536)),
		Refuses: invalid(-1, 1, 87, 32768), Why: "gVisor does not tell the size of a connection, which reads 536"},
	{Number: 3, Name: "TCP_CORK", Form: Flag, Fresh: ints(0), Takes: flags()},
	{Number: 4, Name: "TCP_KEEPIDLE", Form: Int, Fresh: ints(7200), Takes: same(1, 32767), Refuses: invalid(-1, 0, 32768)},
	{Number: 5, Name: "TCP_KEEPINTVL", Form: Int, Fresh: ints(75), Takes: same(1, 32767), Refuses: invalid(-1, 0, 32768)},
	{Number: 6, Name: "TCP_KEEPCNT", Form: Int, Fresh: ints(9), Takes: same(1, 127), Refuses: invalid(-1, 0, 128)},
	{Number: 7, Name: "TCP_SYNCNT", Status: NoEffect, Form: Int, Fresh: ints(6), Takes: same(1, 127), Refuses: invalid(-1, 0, 128),
		Why: "gVisor keeps it without using it: a connect gives up by its own count"},
	{Number: 8, Name: "TCP_LINGER2", Form: Int, Fresh: ints(60), Takes: []Sample{reads(1, 1), reads(120, 120), reads(-1, -1), reads(math.MinInt32, -1), reads(0, 60)}},
	{Number: 9, Name: "TCP_DEFER_ACCEPT", Form: Int, Fresh: ints(0), Takes: []Sample{reads(0, 0), reads(1, 1), reads(2, 3), reads(5, 7), reads(-1, 0)},
		Why: "rounded as on Linux; waits for two minutes at most"},
	{Number: 10, Name: "TCP_WINDOW_CLAMP", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: []Sample{reads(65536, 65536), reads(1, 1152), reads(0, 0)},
		Why: "gVisor advertises what SO_RCVBUF leaves free"},
	{Number: 11, Name: "TCP_INFO", Form: "struct tcp_info", Access: ReadOnly, Volatile: true, Why: "field by field below"},
	{Number: 12, Name: "TCP_QUICKACK", Status: NoEffect, Form: Flag, Fresh: ints(1), Takes: []Sample{reads(0, 0), reads(1, 1)},
		Why: "gVisor never delays acknowledgements"},
	{Number: 13, Name: "TCP_CONGESTION", Form: Text, Takes: []Sample{{[]byte("reno"), name16("reno")}, {[]byte("cubic\x00"), name16("cubic")}},
		Refuses: []Refusal{{[]byte("nonesuch"), endpoint.ENOENT}, {[]byte{}, endpoint.EINVAL}}, Why: "reno or cubic"},
	{Number: 14, Name: "TCP_MD5SIG", Status: Unsupported, Form: "struct tcp_md5sig", Why: noMD5},
	{Number: 16, Name: "TCP_THIN_LINEAR_TIMEOUTS", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: same(0, 1), Refuses: invalid(-1, 2),
		Why: "gVisor backs off in the usual way; a lossy path with little traffic recovers later"},
	{Number: 17, Name: "TCP_THIN_DUPACK", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: []Sample{reads(0, 0), reads(1, 0)}, Refuses: invalid(-1, 2), Why: "nor on Linux"},
	{Number: 18, Name: "TCP_USER_TIMEOUT", Form: Int, Fresh: ints(0), Takes: same(0, 1, math.MaxInt32), Refuses: invalid(-1)},
	{Number: 19, Name: "TCP_REPAIR", Status: Refused, Form: Int, Fresh: ints(0),
		Refuses: []Refusal{{ints(1), endpoint.EPERM}, {ints(0), endpoint.EPERM}},
		Why:     "reads 0, EPERM when set: nobody has CAP_NET_ADMIN"},
	{Number: 20, Name: "TCP_REPAIR_QUEUE", Status: Unsupported, Form: Int, Why: noRepair},
	{Number: 21, Name: "TCP_QUEUE_SEQ", Status: Unsupported, Form: Int, Why: noRepair},
	{Number: 22, Name: "TCP_REPAIR_OPTIONS", Status: Unsupported, Form: "struct tcp_repair_opt[]", Why: noRepair},
	{Number: 23, Name: "TCP_FASTOPEN", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: append(same(0, 1, 4096), reads(65536, 4096)), Refuses: invalid(-1), Why: noFastOpen},
	{Number: 24, Name: "TCP_TIMESTAMP", Status: Unsupported, Form: Int, Why: "gVisor does not tell its clock of timestamps"},
	{Number: 25, Name: "TCP_NOTSENT_LOWAT", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: same(0, 16384, -1),
		Why: "gVisor does not tell what is not sent yet: a socket is writable while SO_SNDBUF has room"},
	{Number: 26, Name: "TCP_CC_INFO", Form: "union tcp_cc_info", Access: ReadOnly, Fresh: []byte{}, Why: "empty, as for reno and cubic on Linux"},
	{Number: 27, Name: "TCP_SAVE_SYN", Status: Unsupported, Form: Int, Why: "gVisor does not keep the SYN"},
	{Number: 28, Name: "TCP_SAVED_SYN", Status: Unsupported, Form: "headers", Why: "gVisor does not keep the SYN"},
	{Number: 29, Name: "TCP_REPAIR_WINDOW", Status: Unsupported, Form: "struct tcp_repair_window", Why: noRepair},
	{Number: 30, Name: "TCP_FASTOPEN_CONNECT", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: same(0, 1), Refuses: invalid(-1, 2), Why: noFastOpen},
	{Number: 31, Name: "TCP_ULP", Status: Unsupported, Form: Text, Why: "there is no TLS in the stack; libraries then encrypt themselves"},
	{Number: 32, Name: "TCP_MD5SIG_EXT", Status: Unsupported, Form: "struct tcp_md5sig", Why: noMD5},
	{Number: 33, Name: "TCP_FASTOPEN_KEY", Status: Unsupported, Form: "u8[16]", Why: "there is no TCP Fast Open that would need keys"},
	{Number: 34, Name: "TCP_FASTOPEN_NO_COOKIE", Status: NoEffect, Form: Int, Fresh: ints(0), Takes: same(0, 1), Refuses: invalid(-1, 2), Why: noFastOpen},
	{Number: 35, Name: "TCP_ZEROCOPY_RECEIVE", Status: Unsupported, Form: "struct tcp_zerocopy_receive", Why: "receives copy"},
	{Number: 36, Name: "TCP_INQ", Aliases: []string{"TCP_CM_INQ"}, Status: Unsupported, Form: Flag, Why: "receives do not carry the length of the queue; FIONREAD has it"},
	{Number: 37, Name: "TCP_TX_DELAY", Status: Unsupported, Form: Int, Why: "links can delay (stack/link), sockets cannot"},
}

// name16 is a name of congestion control as it is read: TCP_CA_NAME_MAX bytes.
func name16(s string) []byte {
	b := make([]byte, 16)
	copy(b, s)
	return b
}
