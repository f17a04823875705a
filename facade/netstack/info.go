package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// linuxStates maps gVisor's TCP states to the kernel's.
var linuxStates = map[tcp.EndpointState]int{
	tcp.StateEstablished: endpoint.TCP_ESTABLISHED,
	tcp.StateConnecting:  endpoint.TCP_SYN_SENT,
	tcp.StateSynSent:     endpoint.TCP_SYN_SENT,
	tcp.StateSynRecv:     endpoint.TCP_SYN_RECV,
	tcp.StateFinWait1:    endpoint.TCP_FIN_WAIT1,
	tcp.StateFinWait2:    endpoint.TCP_FIN_WAIT2,
	tcp.StateTimeWait:    endpoint.TCP_TIME_WAIT,
	tcp.StateCloseWait:   endpoint.TCP_CLOSE_WAIT,
	tcp.StateLastAck:     endpoint.TCP_LAST_ACK,
	tcp.StateListen:      endpoint.TCP_LISTEN,
	tcp.StateClosing:     endpoint.TCP_CLOSING,
}

// linuxState returns the kernel's number of a state; what is not connected in
// any way is TCP_CLOSE.
func linuxState(s tcp.EndpointState) int {
	if n, ok := linuxStates[s]; ok {
		return n
	}
	return endpoint.TCP_CLOSE
}

// Info implements endpoint.Endpoint. gVisor does not tell a stream's send queue
// nor the length of a listener's accept queue: those are absent.
func (e *Endpoint) Info(info *endpoint.Info) {
	*info = endpoint.Info{}
	if e != nil {
		*info = endpoint.Info{Cookie: e.cookie, Family: e.family, Type: e.typ, Proto: e.proto, Cred: e.cred}
	}
	c, errno := e.live()
	if errno != 0 {
		info.State, info.Exact = endpoint.TCP_CLOSE, endpoint.InfoState
		return
	}
	info.Local, _ = e.LocalAddr()
	peer, errno := e.PeerAddr()
	if errno == 0 {
		info.Peer = peer
	}
	if n, err := c.GetSockOptInt(tcpip.ReceiveQueueSizeOption); err == nil {
		info.RecvQueue = n
		info.Exact |= endpoint.InfoRecvQueue
	}
	if !e.isStream() {
		info.State, info.Derived = endpoint.TCP_CLOSE, endpoint.InfoState
		if c.peer().Addr.BitLen() != 0 {
			info.State = endpoint.TCP_ESTABLISHED
		}
		return
	}
	e.streamInfo(c, info)
}

func (e *Endpoint) streamInfo(c *core, info *endpoint.Info) {
	info.State = linuxState(c.state())
	info.Exact |= endpoint.InfoState
	if info.State == endpoint.TCP_LISTEN {
		info.Backlog = int(e.backlog.Load())
		info.Exact |= endpoint.InfoBacklog
		return
	}
	var t tcpip.TCPInfoOption
	if c.GetSockOpt(&t) == nil {
		info.RTT, info.RTTVar, info.RTO = t.RTT, t.RTTVar, t.RTO
		info.CongestionWindow = t.SndCwnd
		info.Exact |= endpoint.InfoRTT | endpoint.InfoRTO | endpoint.InfoCongestion
	}
	var name tcpip.CongestionControlOption
	if c.GetSockOpt(&name) == nil {
		info.Algorithm = string(name)
	}
}
