package netstack

import (
	"encoding/binary"
	"math"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// sizeofTCPInfo is that of struct tcp_info (linux/tcp.h) of Linux 6.18.
const sizeofTCPInfo = 280

// Where the fields of struct tcp_info that the stack fills in begin.
const (
	tcpiState        = 0
	tcpiCAState      = 1
	tcpiRTO          = 8
	tcpiPMTU         = 60
	tcpiRTT          = 68
	tcpiRTTVar       = 72
	tcpiSndSsthresh  = 76
	tcpiSndCwnd      = 80
	tcpiAdvMSS       = 84
	tcpiTotalRetrans = 100
	tcpiSegsOut      = 136
	tcpiSegsIn       = 140
	tcpiReordSeen    = 220
	tcpiTotalRTO     = 240 // two bytes
)

// infiniteThreshold is the kernel's slow start threshold before the first loss
// (TCP_INFINITE_SSTHRESH).
const infiniteThreshold = 0x7fffffff

// congestionStates maps gVisor's states to the kernel's TCP_CA_* (linux/tcp.h).
var congestionStates = map[tcpip.CongestionControlState]byte{
	tcpip.Open:         0, // TCP_CA_Open
	tcpip.Disorder:     1, // TCP_CA_Disorder
	tcpip.FastRecovery: 3, // TCP_CA_Recovery
	tcpip.SACKRecovery: 3,
	tcpip.RTORecovery:  4, // TCP_CA_Loss
}

// getTCPInfo answers TCP_INFO. What gVisor does not tell is zero; the table of
// options says which fields those are.
func getTCPInfo(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	var info tcpip.TCPInfoOption
	if err := c.GetSockOpt(&info); err != nil {
		return 0, toErrno(err)
	}
	var raw [sizeofTCPInfo]byte
	put := func(at int, value uint32) { binary.NativeEndian.PutUint32(raw[at:], value) }
	raw[tcpiState] = byte(linuxState(c.state()))
	raw[tcpiCAState] = congestionStates[info.CcState]
	put(tcpiRTO, uint32(info.RTO/time.Microsecond))
	put(tcpiRTT, uint32(info.RTT/time.Microsecond))
	put(tcpiRTTVar, uint32(info.RTTVar/time.Microsecond))
	put(tcpiSndSsthresh, min(info.SndSsthresh, infiniteThreshold))
	put(tcpiSndCwnd, info.SndCwnd)
	put(tcpiReordSeen, uint32(boolInt(info.ReorderSeen)))
	if mtu, errno := e.linkMTU(c); errno == 0 {
		put(tcpiPMTU, uint32(mtu))
		put(tcpiAdvMSS, uint32(e.advertisedMSS(c, mtu)))
	}
	if stats, ok := c.Stats().(*tcp.Stats); ok {
		put(tcpiTotalRetrans, uint32(stats.SendErrors.Retransmits.Value()))
		put(tcpiSegsOut, uint32(stats.SegmentsSent.Value()))
		put(tcpiSegsIn, uint32(stats.SegmentsReceived.Value()))
		timeouts := min(stats.SendErrors.Timeouts.Value(), math.MaxUint16)
		binary.NativeEndian.PutUint16(raw[tcpiTotalRTO:], uint16(timeouts))
	}
	return copy(v, raw[:]), 0
}

// advertisedMSS is the segment size that gVisor tells the peer: what the link
// carries, or less if TCP_MAXSEG says so. It works with 16 bits.
func (e *Endpoint) advertisedMSS(c *core, mtu int) uint16 {
	network := header.IPv4MinimumSize
	if peer, err := c.GetRemoteAddress(); err == nil && peer.Addr.Len() == header.IPv6AddressSize {
		network = header.IPv6MinimumSize
	}
	size := uint16(mtu - network - header.TCPMinimumSize)
	return min(size, uint16(e.askedSegment()))
}

// askedSegment is the segment size that was set before the connection.
func (e *Endpoint) askedSegment() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := optionKey{endpoint.IPPROTO_TCP, endpoint.TCP_MAXSEG}
	for i := range e.options {
		if o := &e.options[i]; o.key == key {
			if size, errno := setInt(o.value[:o.n]); errno == 0 && size != 0 {
				return size
			}
		}
	}
	return alignedMSS
}
